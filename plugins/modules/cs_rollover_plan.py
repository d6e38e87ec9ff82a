# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_rollover_plan; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_rollover_plan
short_description: Plan in which order the servers of a set turn to new certificates
description:
  - Takes the states of all servers of a set and the plans of its certificates, and tells which servers have to be taken out
    of service, in which order, whether enough others serve meanwhile, and what happens to each usage, as a table.
  - A server serves if it can be reached, all its services run, each usage of the set has a certificate that works, and
    no run has taken it out of service.
  - Works on the controller and talks to no server.
  - The role P(sfb.certificates.rollover#role) is made of this.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - It changes nothing and does the same in check mode.
  diff_mode:
    support: none
    details:
      - It changes nothing.
  idempotent:
    support: full
    details:
      - It changes nothing.
options:
  allow_outage:
    description: Allows a set of one server to be cut off while it changes.
    type: bool
    default: false
  certificates:
    description: The certificates of the set.
    type: list
    elements: dict
    required: true
    suboptions:
      plan:
        description: What M(sfb.certificates.cs_certificate_plan) has returned for it, for any host of the set.
        type: dict
        required: true
      type:
        description: Usages that the certificate is for.
        type: list
        elements: str
        required: true
  leaving:
    description:
      - A server that is about to be taken out of service. Fails if too few others would serve, or another run has a server
        of the set.
      - Read the servers anew before that, with O(sfb.certificates.cs_certificate_info#module:services) and
        O(sfb.certificates.cs_certificate_info#module:claim).
    type: str
  limit:
    description: Servers that may be changed. If not given, all.
    type: list
    elements: str
  members:
    description:
      - The servers of the pool by the names of their hosts. Their states are taken from O(variable) on each of these hosts, so
        that none is copied into the task.
      - A server that has no such state counts as one that cannot be reached, unless O(servers) has it.
      - At least one of O(members) and O(servers) is needed. Needs O(variable).
    type: list
    elements: str
  min_in_service:
    description: How many servers have to serve at every moment. If not given, all but one.
    type: int
  restart:
    description:
      - When services are stopped for the assignment and started after it.
      - V(auto), whenever that is not known to be needless. Certificates that are staged take effect by themselves; for all
        other usages a restart is documented, or at least safe.
      - V(always) and V(never) whatever is assigned.
    type: str
    choices:
      - auto
      - always
      - never
    default: auto
  servers:
    description:
      - The servers of the set, each host name with the state that the last task of this run returned for it under the
        key C(server), with its services and the claim.
      - Null or an empty value for a server that cannot be reached.
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
seealso:
  - module: sfb.certificates.cs_certificate_plan
  - module: sfb.certificates.cs_certificate_operations
  - module: sfb.certificates.cs_server_claim
"""

EXAMPLES = r"""
- name: Read the servers
  sfb.certificates.cs_certificate_info:
    type: [Internal]
    services: true
    claim: true
  register: info

- name: Plan the certificate
  sfb.certificates.cs_certificate_plan:
    type: [Internal]
    private_key_exportable: true
    servers: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, ['info', 'server']))) }}"
  register: plan

- name: Plan the turns
  sfb.certificates.cs_rollover_plan:
    servers: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, ['info', 'server']))) }}"
    certificates:
      - type: [Internal]
        plan: "{{ plan }}"
  register: rollover

- name: Show them
  ansible.builtin.debug:
    var: rollover.table

- name: Plan the turns once, from what each server has registered
  sfb.certificates.cs_rollover_plan:
    members: "{{ ansible_play_hosts }}"
    variable: info
    certificates:
      - type: [Internal]
        plan: "{{ plan }}"
  register: rollover
  run_once: true

- name: Show what the first server is assigned, as operations
  ansible.builtin.debug:
    msg: "{{ rollover.turns | map(attribute='assigned') | flatten | map(attribute='operation') | first | default({}) }}"
  run_once: true
"""

RETURN = r"""
changes:
  description: Whether there is anything that can be done at once, on any server.
  returned: success
  type: bool
  sample: true
claimants:
  description: Those of O(limit) in the order of the set, in which they are claimed.
  returned: success
  type: list
  elements: str
  sample: [edge1, edge2, edge3]
claimed:
  description: Servers that another run has, each with who that is.
  returned: success
  type: dict
  sample: {}
min_in_service:
  description: How many servers have to serve at every moment.
  returned: success
  type: int
  sample: 2
order:
  description: Servers that take a turn, in order.
  returned: success
  type: list
  elements: str
  sample: [edge1, edge2, edge3]
out_of_service:
  description: Servers that do not serve, each with the reason.
  returned: success
  type: dict
  sample: {edge3: cannot be reached}
prepare:
  description: The certificates, by their usages, for which something can be done at once before the turns.
  returned: success
  type: list
  elements: list
  sample: []
previous:
  description: Usages by server whose previous certificate can be taken away, since its tokens have ended.
  returned: success
  type: dict
  sample: {edge1: [AudioVideoAuthentication]}
problems:
  description: Turns that would leave too few servers in service, one line each.
  returned: success
  type: list
  elements: str
  sample: []
replaced:
  description:
    - Certificates in My, by server, that the present ones have replaced and that no server of the set uses.
    - C(kept_by) are usages that still name it as their previous one, which is of no use to them.
    - Empty while there are steps left, a server cannot be reached, or something is staged.
  returned: success
  type: dict
  sample:
    edge1:
      - thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
        subject: CN=edgepool.example.com
        not_after: '2026-11-20T09:14:02Z'
        kept_by: [Internal]
rows:
  description:
    - What happens to each usage of each server, or why nothing does.
    - A usage that is as it should be is in RV(table) only, since most usages of large pools are.
  returned: success
  type: list
  elements: dict
  contains:
    server:
      description: The server.
      returned: always
      type: str
      sample: edge1
    usage:
      description: The usage.
      returned: always
      type: str
      sample: Internal
    old:
      description: Thumbprint of the certificate that it has, empty if it has none.
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    new:
      description: Thumbprint of the one that it will have, V((known after issue\)) if that is not issued yet.
      returned: always
      type: str
      sample: 31D7F04B9C5A26E8E1B3C47D9058F2A6640D7B1F
    until:
      description: When that one ends, UTC; empty if it is not known yet.
      returned: always
      type: str
      sample: '2027-06-09T09:14:02Z'
    action:
      description:
        - What happens; V(stage), V(assign), V(assign+restart), V(drop-previous), or V(return) for a server that an earlier run left
          out of service.
        - V(nothing) where RV(rows[].why) tells what prevents it, V(wait) while its authority has not answered, V(kept) while another
          server lacks the certificate.
      returned: always
      type: str
      sample: assign+restart
    waits:
      description: Whether that happens only when the certificate has been issued.
      returned: always
      type: bool
      sample: false
    why:
      description: Why, or why nothing happens.
      returned: always
      type: str
      sample: Internal has the certificate 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
staged:
  description: What is staged on each server, by server, as a list for
    O(sfb.certificates.cs_certificate_operations#module:operations).
  returned: success
  type: dict
  sample:
    edge1:
      - assign:
          type: [AudioVideoAuthentication]
          thumbprint: 31D7F04B9C5A26E8E1B3C47D9058F2A6640D7B1F
          names: []
          roll: true
          effective_date: '2026-12-06T22:00:00Z'
summary:
  description: Those lines of RV(table) in which something happens, empty if nothing does.
  returned: success
  type: list
  elements: str
  sample: []
table:
  description: The same as lines of text, for people.
  returned: success
  type: list
  elements: str
  sample:
    - server  usage     old->new            until       what            why
    - edge1   Internal  9C1F7D3A->31D7F04B  2027-06-09  assign+restart  Internal has the certificate 9C1F7D3A
turns:
  description: What is done to each server in its turn.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The server.
      returned: always
      type: str
      sample: edge1
    assigned:
      description:
        - What it is assigned; each with C(type), C(thumbprint), C(names), and C(back), the certificate that each usage goes
          back to if the turn fails.
        - C(operation) and C(undo), a list, are the same for
          O(sfb.certificates.cs_certificate_operations#module:operations).
      returned: always
      type: list
      elements: dict
      sample:
        - type: [Internal]
          thumbprint: 31D7F04B9C5A26E8E1B3C47D9058F2A6640D7B1F
          names: [edgepool.example.com]
          back: {Internal: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C}
          operation:
            assign:
              type: [Internal]
              thumbprint: 31D7F04B9C5A26E8E1B3C47D9058F2A6640D7B1F
              names: [edgepool.example.com]
          undo:
            - assign: {type: [Internal], thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C, names: []}
    restart:
      description: Whether it is taken out of service, and its services stopped and started.
      returned: always
      type: bool
      sample: true
    interrupted:
      description: Whether an earlier run took it out of service and was cut short.
      returned: always
      type: bool
      sample: false
    services:
      description: Services that ran before that.
      returned: always
      type: list
      elements: str
      sample: []
    reasons:
      description: Why.
      returned: always
      type: list
      elements: str
      sample: ['Internal: not documented; a restart is safe']
waiting:
  description: The certificates, by their usages, whose authority has not answered.
  returned: success
  type: list
  elements: list
  sample: []
"""
