# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_plan; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_plan
short_description: Plan how the servers of a pool come to share a certificate
description:
  - Takes the states of all servers of a set, usually an Edge pool, and tells which steps lead to one certificate that
    all of them have and use.
  - The steps are those of the vendor's procedure. The chain goes to all servers; one server, the leader, makes the
    request, imports the answer and exports the certificate with its key; the others import the copy; all assign it.
  - Steps that are done already are not in the plan. A set that has what it needs gets an empty one, so that later tasks
    can be skipped by it.
  - A certificate that is on one of the servers and fits is shared before a new one is asked for; first one that can be
    used at once, then the one that serves most servers, then the one that lasts longest. It is shared only if its
    private key is exportable, or all servers have it. What fits is told at M(sfb.certificates.cs_certificate_request).
  - An answer that lies ready (O(answers)) is planned in at once, to whichever request of the servers it belongs and
    however late it comes, if it can be used and was issued later than the certificate that would be shared else. Of
    several ones the newest is taken.
  - If a request waits on a server, its answer is waited for. The request is recognised by its public key, as long as
    its CSR lies on the server or among O(csrs); its record may be lost. An answer that lies ready needs neither.
  - If an answer to the request that waits cannot be used (it has expired, lacks a name, or is not meant for servers),
    the module says so and fails. No new request is planned because of it.
  - A request is never repeated while a server that cannot be reached holds it. When a request is made, each other
    server gets a note of who made it (step C(note)); with such a note of a server that cannot be reached the module
    fails, unless O(force) is set.
  - The certificate in use stays assigned, as long as it works, until all servers of the set have the new one; see
    RV(held).
  - A certificate is never renewed before half of its lifetime has passed.
  - The plan does not depend on the host that the task runs for. It can run for each host of the set, and each finds its
    own part; or once for the whole pool, which takes far less time if the pool is large, and each server finds its part
    in RV(parts).
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - sfb.certificates._options.type
  - sfb.certificates._options.request
  - sfb.certificates._options.names
  - sfb.certificates._options.work
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - It changes nothing and does the same in check mode.
  diff_mode:
    support: none
    details:
      - It changes nothing; the modules that carry out the steps show the differences.
  idempotent:
    support: full
    details:
      - It changes nothing.
options:
  allow_expired:
    description: Takes authorities too that have expired, see
      O(sfb.certificates.cs_certificate_chain#module:allow_expired).
    type: bool
    default: false
  answer_passphrase:
    description: Passphrase of the PFX among O(answers).
    type: str
  answers:
    description:
      - Certificates that authorities have issued, and PFX, which lie ready on the controller, as
        RV(sfb.certificates.cs_certificate_folder#module:answers) lists them.
      - Those that belong to no request of the servers are passed over. A PFX brings its private key along and belongs
        to no request; O(requester), else the first server, imports it.
    type: list
    elements: dict
    default: []
    suboptions:
      content:
        description: The whole file, as the text of a PEM file or as base64 of any file.
        type: str
        required: true
      name:
        description: What to call it in messages and in RV(answer), usually its path.
        type: str
        required: true
      pfx:
        description: Whether it is a PFX, which is to be opened with O(answer_passphrase).
        type: bool
        default: false
  ca:
    description:
      - Authority that the leader sends its request to itself, as C(host\name). When it is empty, the request is made
        offline, and somebody has to have it signed.
      - A request that waits there is recognised if the servers were read with
        O(sfb.certificates.cs_certificate_info#module:pending_requests), and fetched instead of made anew.
    type: str
  chain_content:
    description:
      - The chain of the authority that all servers have to trust, as the text of a PEM file or as base64 of any file.
      - Mutually exclusive with O(chain_path). Without both the plan has no step for the chain.
    type: str
  chain_path:
    description:
      - File on the controller with the chain of the authority that all servers have to trust. A relative path is looked
        for as M(ansible.builtin.copy) looks for its O(ansible.builtin.copy#module:src).
      - Mutually exclusive with O(chain_content).
    type: path
  csrs:
    description:
      - Requests (PKCS#10) as PEM that lie on the controller, as RV(sfb.certificates.cs_certificate_folder#module:csrs)
        lists them.
      - With them a request that waits on a server is recognised even if its record and its CSR are lost there.
    type: list
    elements: str
    default: []
  effective_date:
    description:
      - When the usages turn to the certificate that are staged, see O(roll), such as V(2026-12-01T22:00:00Z).
      - If not given, the one that servers of the set are staged for already, else a full hour O(roll_lead) from now, but not
        later than the certificate in use allows.
    type: str
  force:
    description:
      - Plans a new request although a certificate that fits or an answer is there, a request waits for its answer, or a
        server that cannot be reached holds one.
  host:
    description: Server whose part is told in RV(steps), RV(reasons), RV(commands) and RV(predicted). If not given, the
      host of the task.
    type: str
  leader:
    description:
      - Server that makes a new request, one of the pool. If not given, O(requester), else the first one in natural
        order that can be reached and is in O(limit).
      - A certificate that fits, an answer, and a request that waits are used where they are, whatever this says.
    type: str
  limit:
    description:
      - Servers that may be changed. The others of the pool are only read, and get no steps. If not given, all may be
        changed.
      - If a request that waits, or that is answered, is on another one, nothing follows from it, and RV(waiting_for)
        names that server. Of several requests that wait, one on a server of this list comes first.
      - A certificate that fits is exported from another one all the same, since that changes nothing there.
      - O(requester) may be changed in any case.
    type: list
    elements: str
  members:
    description:
      - The servers of the pool by the names of their hosts, such as a group of the inventory. Their states are taken from
        O(variable) on each of these hosts, so that none is copied into the task.
      - A server that has no such state counts as one that cannot be reached, unless O(servers) has it.
      - At least one of O(members) and O(servers) is needed. Needs O(variable).
    type: list
    elements: str
  names:
    description:
      - FQDNs that the certificate must carry. If not given, those that the usages need according to the topology of the
        pool, on which all servers must agree.
      - A name counts if it is in the subject alternative name. For the usage V(Internal) alone, and if the certificate
        has no such names at all, the common name of the subject counts as well. Wildcards do not count, since Edge
        Servers do not support them.
  predict:
    description: Whether RV(predicted) is told. It is large, and needed only by tasks that go on from it.
    type: bool
    default: true
  public_ca:
    description:
      - Whether the certificate is one that everybody is to trust, from a public authority, as those of the external usages
        of an Edge Server often are. Warns of
        lifetimes that such an authority may not give any more, of the usage client authentication, and of an
        O(renew_before) that does not suit the lifetime.
      - An authority of one's own is bound by none of that; leave this V(false) for V(Internal).
    type: bool
    default: false
  requester:
    description:
      - Server outside of the set that makes requests for it, for example while the servers of the set are not installed
        yet. It imports the answer and exports the certificate, and is assigned nothing.
      - It asks for the first server of the set with C(-ComputerFqdn), unless O(computer_fqdn) names another; so it has
        to be one that reaches the Central Management Store, such as a Front End Server.
      - Needs O(requester_server).
    type: str
  requester_server:
    description: State of O(requester), of the same kind as those of O(servers) and O(members).
    type: dict
  roll:
    description:
      - Whether the usages C(AudioVideoAuthentication) and C(OAuthTokenIssuer), where they have a certificate in use, are
        staged on all servers of the set for one date, so that tokens of the old certificate count until they end.
      - With V(false) they are assigned at once as all others are; calls may fail until all servers have it.
    type: bool
    default: true
  roll_lead:
    description: Time from now to the date that is chosen if no O(effective_date) is given, in hours (V(4h)), days or weeks.
    type: str
    default: 4h
  servers:
    description:
      - The servers of the set, each host name with the state that the last task of this run returned for it under the
        key C(server).
      - Null or an empty value for a server that cannot be reached. The others are planned without it.
      - The states come from M(sfb.certificates.cs_certificate_info) with the same O(type) and O(work_folder).
      - Together with O(members) those servers whose states are not in O(variable), such as servers that the play leaves
        out.
      - At least one of O(members) and O(servers) is needed.
    type: dict
  variable:
    description:
      - Name of the variable that tasks of this run have registered on each of O(members), with the state of the server under the
        key C(server).
      - Needs O(members).
    type: str
notes:
  - Options of C(Request-CsCertificate) are taken for two purposes. They show in the planned commands, and a certificate
    that was requested with other values no longer fits. Give the same ones to
    M(sfb.certificates.cs_certificate_request).
  - The modules that carry out the steps are M(sfb.certificates.cs_certificate_chain) for C(chain),
    M(sfb.certificates.cs_certificate_request) for C(request) and, with
    O(sfb.certificates.cs_certificate_request#module:made_by), for C(note), M(sfb.certificates.cs_certificate_import)
    for C(import) and C(copy), M(sfb.certificates.cs_certificate_export) for C(export) and
    M(sfb.certificates.cs_certificate_assign) for C(assign).
  - M(sfb.certificates.cs_certificate_operations) carries out several of them in one remote call, and
    M(sfb.certificates.cs_certificate_verify) verifies a server that has none.
  - If there is a PFX among O(answers), give the task C(no_log=true).
seealso:
  - module: sfb.certificates.cs_certificate_info
  - module: sfb.certificates.cs_certificate_folder
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_assign
  - module: sfb.certificates.cs_certificate_operations
  - module: sfb.certificates.cs_certificate_verify
"""

EXAMPLES = r"""
# All tasks run for the servers of one pool, in one play.

- name: Read the servers
  sfb.certificates.cs_certificate_info:
    type: [Internal]
  register: info

- name: Collect the answers to the requests that wait on any of them
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    public_keys: >-
      {{ ansible_play_hosts | map('extract', hostvars, ['info', 'requests']) | flatten
         | map(attribute='public_key_sha256') | list }}
  register: collected

- name: Plan
  sfb.certificates.cs_certificate_plan:
    type: [Internal]
    friendly_name: Edge internal
    private_key_exportable: true
    chain_path: certnew.p7b
    servers: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, ['info', 'server'])
         | map('default', none))) }}
    answers: "{{ collected.answers }}"
    csrs: "{{ collected.csrs }}"
  register: plan

- name: Show what will be done, and why
  ansible.builtin.debug:
    msg: "{{ plan.reasons + plan.commands }}"
  when: plan.steps | length > 0

- name: Plan once for the whole pool, from what each server has registered
  sfb.certificates.cs_certificate_plan:
    type: [Internal]
    friendly_name: Edge internal
    private_key_exportable: true
    members: "{{ ansible_play_hosts_all }}"
    variable: info
    predict: false
    answers: "{{ collected.answers }}"
    csrs: "{{ collected.csrs }}"
  register: pool
  run_once: true

- name: Show the servers that have something to do
  ansible.builtin.debug:
    msg: "{{ pool.parts.keys() | list }}"
  run_once: true

- name: Import the chain
  sfb.certificates.cs_certificate_chain:
    path: certnew.p7b
    server: "{{ info.server }}"
  register: chain
  when: "'chain' in plan.steps"

- name: Make the request on the leader
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    friendly_name: Edge internal
    private_key_exportable: true
    names: "{{ plan.names }}"
    reasons: >-
      {{ plan.set_steps | selectattr('host', 'eq', plan.leader) | selectattr('name', 'eq', 'request')
         | map(attribute='reasons') | flatten }}
  register: request
  when: "'request' in plan.steps"

- name: Note on the others who has made it
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    made_by: "{{ plan.leader }}"
    public_key_sha256: "{{ hostvars[plan.leader].request.public_key_sha256 | default(plan.public_key_sha256) }}"
  when: "'note' in plan.steps"

- name: Hand the request over to the authority
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    name: internal
    csr: "{{ request.csr | default(plan.csr, true) }}"
  when: plan.is_leader and plan.public_key_sha256 != ''

- name: Say what is waited for
  ansible.builtin.debug:
    msg: "Run again when there is {{ plan.waiting_for }}"
  when: plan.is_leader and plan.waiting_for != ''

- name: Import the answer on the leader
  sfb.certificates.cs_certificate_import:
    content: "{{ (collected.answers | selectattr('name', 'eq', plan.answer) | first).content }}"
    type: [Internal]
    names: "{{ plan.names }}"
    server: "{{ chain.server | default(info.server) }}"
  register: imported
  when:
    - "'import' in plan.steps"
    - plan.answer != ''

- name: Export the certificate from the leader
  sfb.certificates.cs_certificate_export:
    thumbprint: "{{ plan.thumbprint }}"
    server: "{{ imported.server | default(info.server) }}"
  register: pfx
  no_log: true
  when:
    - "'export' in plan.steps"
    - plan.waiting_for == ''

- name: Import the copy on the others
  sfb.certificates.cs_certificate_import:
    content: "{{ hostvars[plan.leader].pfx.content }}"
    passphrase: "{{ hostvars[plan.leader].pfx.passphrase }}"
    thumbprint: "{{ plan.thumbprint }}"
    type: [Internal]
    names: "{{ plan.names }}"
    server: "{{ chain.server | default(info.server) }}"
  register: copied
  no_log: true
  when:
    - "'copy' in plan.steps"
    - plan.waiting_for == ''

- name: Assign the certificate
  sfb.certificates.cs_certificate_assign:
    type: [Internal]
    thumbprint: "{{ plan.thumbprint }}"
    names: "{{ plan.names }}"
    server: "{{ copied.server | default(imported.server) | default(chain.server) | default(info.server) }}"
  when:
    - "'assign' in plan.steps"
    - plan.waiting_for == ''
"""

RETURN = r"""
answer:
  description:
    - C(name) of the one of O(answers) that the leader is to import; empty if none is, or its import is done already.
  returned: success
  type: str
  sample: ''
commands:
  description:
    - The PowerShell that the steps of O(host) stand for, in order and with secrets masked, as the modules that carry
      them out return it.
    - What is known only after an earlier step stands as a placeholder, for example V((known after issue\)).
  returned: success
  type: list
  elements: str
  sample:
    - Set-CsCertificate -Type Internal -Thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
copies:
  description: Servers that import a copy of the certificate with its key.
  returned: success
  type: list
  elements: str
  sample: []
csr:
  description: The request that waits for its answer, as PEM; empty if none does, or it is not made yet.
  returned: success
  type: str
  sample: ''
computer_fqdn:
  description: Computer that the request is for, if O(requester) makes it for a server of the set; else empty.
  returned: success
  type: str
  sample: ''
dns_names:
  description:
    - Subject alternative names of the request that waits for its answer, or that will be made. The latter are foretold
      from the topology of an Edge Server and O(domain_names); empty if nothing can be foretold.
  returned: success
  type: list
  elements: str
  sample: []
effective_date:
  description: When the staged usages turn to the certificate on all servers of the set; empty if none is staged.
  returned: success
  type: str
  sample: ''
executor:
  description: Host of the play that works for the pool; RV(leader), or O(host) if the play does not have that one.
  returned: success
  type: str
  sample: edge1
held:
  description: Servers that keep the certificate that they use, since it works and not all servers of the set will have
    the new one, be it that one cannot be reached or that O(limit) leaves one out that lacks it.
  returned: success
  type: list
  elements: str
  sample: []
is_leader:
  description: Whether O(host) is the leader.
  returned: success
  type: bool
  sample: true
leader:
  description:
    - Server that makes the request, imports the answer and exports the certificate, or that has the certificate to be
      shared.
    - The one that has the certificate with an exportable key; else the one whose request is answered; else the one
      whose request waits; else the one to make a request, see O(leader).
  returned: success
  type: str
  sample: edge1
leader_steps:
  description: The steps of RV(leader), as RV(steps) tells those of O(host).
  returned: success
  type: list
  elements: str
  sample: [assign]
leader_works:
  description: Whether RV(leader) has anything to do for the pool; a V(request), an V(import) or an V(export).
  returned: success
  type: bool
  sample: false
names:
  description: FQDNs that the certificate must carry.
  returned: success
  type: list
  elements: str
  sample: [edgepool.example.com]
part:
  description:
    - What the plan has for each server of the pool that is not in RV(parts), which is nothing to do.
    - Either kind is for O(sfb.certificates.cs_certificate_verify#module:part).
  returned: success
  type: dict
  contains:
    busy:
      description: Whether there is anything for the server in the plan; steps, something to be waited for on behalf of the pool,
        or that it is among RV(held).
      returned: always
      type: bool
      sample: false
    steps:
      description: As RV(steps).
      returned: always
      type: list
      elements: str
      sample: []
    types:
      description: As RV(step_types).
      returned: always
      type: dict
      sample: {}
    reasons:
      description: Why, one line each.
      returned: always
      type: list
      elements: str
      sample: []
    commands:
      description: As RV(commands).
      returned: always
      type: list
      elements: str
      sample: []
    at_once:
      description: Whether the assignment need not wait until all servers of the pool have the certificate, since the usages have
        none that works.
      returned: always
      type: bool
      sample: false
    held:
      description: Whether the server is among RV(held).
      returned: always
      type: bool
      sample: false
    thumbprint:
      description: As RV(thumbprint).
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    effective_date:
      description: As RV(effective_date).
      returned: always
      type: str
      sample: ''
parts:
  description: What the plan has for the servers that it has anything for, by the name of the server; each like RV(part).
  returned: success
  type: dict
  sample:
    edge2:
      busy: true
      steps: [assign]
      types: {assign: [Internal]}
      reasons: [Internal has the certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64]
      commands: [Set-CsCertificate -Type Internal -Thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C]
      at_once: false
      held: false
      thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
      effective_date: ''
predicted:
  description:
    - State of O(host) after its steps, of the same kind as C(server) of the other modules. Null if it cannot be
      reached.
    - Its content is not an interface.
  returned: when O(predict) is true
  type: dict
  sample:
    computer:
      fqdn: edge1.example.com
      time: '2026-11-21T03:10:16Z'
    stores: {}
    assignments: []
    requests: []
    topology: {}
public_key_sha256:
  description:
    - SHA-256 of the public key of the request that waits for its answer; empty if none does.
    - V((known after request\)) if the request is not made yet.
  returned: success
  type: str
  sample: ''
reasons:
  description: Why the steps of O(host) are needed, one line each, beginning with the name of the step.
  returned: success
  type: list
  elements: str
  sample:
    - 'assign: Internal has the certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64'
request_reasons:
  description: Why RV(leader) makes a request, one line each, for
    O(sfb.certificates.cs_certificate_request#module:reasons); empty if it makes none.
  returned: success
  type: list
  elements: str
  sample: []
set_steps:
  description: The steps of all servers of the set, in the order in which they can be done.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The server.
      returned: always
      type: str
      sample: edge1
    name:
      description: The step, one of V(chain), V(request), V(note), V(import), V(export), V(copy), V(stage), V(assign) and
        V(previous).
      returned: always
      type: str
      sample: assign
    commands:
      description: The PowerShell that the step stands for, secrets masked.
      returned: always
      type: list
      elements: str
      sample:
        - Set-CsCertificate -Type Internal -Thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    reasons:
      description: Why the step is needed.
      returned: always
      type: list
      elements: str
      sample:
        - Internal has the certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
    type:
      description: The usages that a step V(stage), V(assign) or V(previous) is about; empty for the others.
      returned: always
      type: list
      elements: str
      sample: [Internal]
    waits_for:
      description: What has to be there first; empty if the step can be done at once.
      returned: always
      type: str
      sample: ''
step_types:
  description: The usages that the steps V(stage), V(assign) and V(previous) of O(host) are about, by step.
  returned: success
  type: dict
  sample:
    assign: [Internal]
steps:
  description: The steps of O(host), in order, of V(chain), V(request), V(note), V(import), V(export), V(copy),
    V(stage), V(assign) and V(previous); empty if it has all.
  returned: success
  type: list
  elements: str
  sample: [assign]
subject:
  description: Subject of that request, likewise; V((known after request\)) if it cannot be foretold, empty if there is none.
  returned: success
  type: str
  sample: CN=edgepool.example.com, O=Example, C=DE
thumbprint:
  description: Thumbprint of the certificate that all servers will have; V((known after issue\)) if it is not issued
    yet.
  returned: success
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
unreachable_members:
  description: Servers of the set whose state is not known.
  returned: success
  type: list
  elements: str
  sample: []
waiting_for:
  description: What the set waits for, in words; empty if its steps can be done at once.
  returned: success
  type: str
  sample: ''
"""
