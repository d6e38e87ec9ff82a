# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_operations; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_operations
short_description: Carry out several operations on a server in one remote call
description:
  - Does what several modules of this collection do one after another, in one remote call instead of one for each. That
    matters where a connection takes long, and where a server is out of service meanwhile.
  - Each operation is planned for the state that the ones before it lead to. An operation with nothing to do is left out,
    and no call is made if that is true of all of them.
  - If an operation cannot be planned, nothing is done. If one fails on the server, those before it are done, those after
    it are not begun, and the task fails.
  - More than one call is made where the next operation needs what the server reports after the ones before it. That is
    the case for an V(export) whose chain is not known in full, for services that have not started yet, and for a graceful
    stop that takes too long.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.server
  - sfb.certificates._options.work
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - What an operation leads to is taken for granted by the ones after it.
  diff_mode:
    support: full
    details:
      - What several operations change under the same name is told apart by their usages.
  idempotent:
    support: partial
    details:
      - Not with the options that keep the modules of these operations from it, such as
        O(sfb.certificates.cs_certificate_request#module:force).
notes:
  - With an C(export) the result holds a private key. The module asks Ansible not to show it. Give the task
    C(no_log=true) all the same, as every task whose operations hold a passphrase, and all tasks that use the result; and
    cache no facts made of it.
options:
  operations:
    description:
      - The operations, in order.
      - Each is a dictionary with the name of B(one) operation and its options, which are those of the module named beside
        it unless told otherwise, with the same defaults. An option that is null counts as not given.
      - O(server) and O(work_folder) are the task's, and no options of an operation.
    type: list
    elements: dict
    required: true
    suboptions:
      assign:
        description:
          - Assigns a certificate or takes an assignment back, see M(sfb.certificates.cs_certificate_assign).
        type: dict
      chain:
        description:
          - Stores the certificates of a CA and of those above it, see M(sfb.certificates.cs_certificate_chain). It takes C(path),
            C(content) and C(allow_expired).
        type: dict
      claim:
        description:
          - Claims the server for this run, or renews its claim, see M(sfb.certificates.cs_server_claim). It takes
            C(purpose), C(valid_for) and C(turn).
          - A claim that is to be taken over from a run that may go on takes the module itself.
        type: dict
      export:
        description:
          - Exports a certificate with its key as a PFX into the result, see M(sfb.certificates.cs_certificate_export).
            It takes C(thumbprint), C(passphrase) and C(chain).
          - Without C(thumbprint), the certificate of the last C(import) before it.
        type: dict
      import:
        description:
          - Imports an issued certificate, or a PFX, see M(sfb.certificates.cs_certificate_import). It takes neither
            C(force) nor C(report).
          - C(identity=global) takes the module itself.
        type: dict
      key:
        description: What to call the operation in RV(outcomes[]), to find it there.
        type: str
      release:
        description:
          - Releases the claim of this run, see M(sfb.certificates.cs_server_claim). It takes no options.
        type: dict
      request:
        description:
          - Makes an offline request unless one is pending or a certificate satisfies the requirements, see
            O(sfb.certificates.cs_certificate_request#module:state=present); or with C(made_by) notes that another server
            has made it. It takes neither C(assign), C(wait), C(wait_timeout), C(wait_sleep), C(request_id) nor
            C(all_requests).
          - A request that the server itself sends to a CA (C(ca)) takes the module itself.
        type: dict
      services:
        description:
          - Stops services of the product gracefully, or starts them, see M(sfb.certificates.cs_windows_service). It takes
            C(state) (V(started) or V(stopped)), C(names), C(timeout), C(on_timeout) and C(start_timeout).
          - C(remembered=true) instead of C(names) means the services that ran before the server was taken out of service,
            as its claim tells.
        type: dict
seealso:
  - module: sfb.certificates.cs_certificate_plan
  - module: sfb.certificates.cs_certificate_assign
  - module: sfb.certificates.cs_certificate_chain
  - module: sfb.certificates.cs_certificate_export
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_server_claim
  - module: sfb.certificates.cs_windows_service
"""

EXAMPLES = r"""
- name: Have the CA trusted, and request a certificate from it
  sfb.certificates.cs_certificate_operations:
    operations:
      - chain:
          path: certnew.p7b
      - request:
          type: [Internal]
          friendly_name: Edge internal
          names: [edgepool.example.com]
          private_key_exportable: true
  register: requested

- name: Hand the request over, and look for the issued certificate
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    name: edgepool-internal
    csr: "{{ (requested.outcomes | last).csr }}"
  register: issued
  when: (requested.outcomes | last).request_state == 'pending'

- name: Import what was issued, and export it for the other servers
  sfb.certificates.cs_certificate_operations:
    operations:
      - import:
          content: "{{ issued.content }}"
          type: [Internal]
          names: [edgepool.example.com]
      - key: pfx
        export: {}
    server: "{{ requested.server }}"
  register: exported
  no_log: true
  when: issued is not skipped and issued.found

- name: Import and assign it on another server of the pool
  sfb.certificates.cs_certificate_operations:
    operations:
      - chain:
          path: certnew.p7b
      - import:
          content: "{{ pfx.content }}"
          passphrase: "{{ pfx.passphrase }}"
          thumbprint: "{{ pfx.thumbprint }}"
      - assign:
          type: [Internal]
          thumbprint: "{{ pfx.thumbprint }}"
          names: [edgepool.example.com]
  vars:
    pfx: "{{ exported.outcomes | selectattr('key', 'eq', 'pfx') | first }}"
  delegate_to: "{{ groups['edge_servers'][1] }}"
  no_log: true
  when: exported is not skipped

- name: Change the certificate of a server that the load balancer has drained
  sfb.certificates.cs_certificate_operations:
    operations:
      - claim:
          purpose: edge_site1
          turn: true
      - services:
          state: stopped
          timeout: 1800
      - assign:
          type: [Internal]
          match:
            names: [edgepool.example.com]
      - services:
          state: started
          remembered: true
      - release: {}
  register: changed
  when: exported is not skipped

- name: Show what was done
  ansible.builtin.debug:
    var: changed.commands
"""

RETURN = r"""
checks:
  description: What was looked at before an assignment that was refused, as in
    RV(sfb.certificates.cs_certificate_assign#module:checks).
  returned: when something speaks against the certificate of an C(assign)
  type: list
  elements: dict
  sample:
    - check: chain
      ok: false
      detail: its chain does not build on this server
commands:
  description:
    - The PowerShell that the operations stand for, in order and with secrets masked; empty if nothing has to change.
    - Where a graceful stop took too long, what was done about it is told in the warnings.
    - In check mode these are the commands that a real run would run.
  returned: success
  type: list
  elements: str
  sample:
    - Stop-CsWindowsService -Graceful
    - Set-CsCertificate -Type Internal -Thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    - Start-CsWindowsService
diff:
  description:
    - What the operations change, as their modules tell it, in one dictionary.
    - What a second operation changes under the same name has its usages behind it.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        Internal: 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        Internal: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: Certificate with thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C was not found in the computer store.
    id:
      description: Identifier, the same in all languages.
      returned: always
      type: str
      sample: CsFailure,Set-CsCertificate
    category:
      description: Category that PowerShell gave the error.
      returned: always
      type: str
      sample: InvalidOperation
    command:
      description: Command that failed, empty if it was none.
      returned: always
      type: str
      sample: Set-CsCertificate
    chain:
      description: The exception and those that it wraps, outermost first.
      returned: always
      type: list
      elements: dict
      contains:
        type:
          description: Class of the exception.
          returned: always
          type: str
          sample: System.InvalidOperationException
        message:
          description: Message of the exception.
          returned: always
          type: str
          sample: Certificate with thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C was not found in the computer
            store.
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80131509'
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - Internal has the certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
outcomes:
  description:
    - One row for each operation, in order, with its name as C(operation), its C(key) and whether it has C(changed)
      anything.
    - Besides these the results of the module that it is named after, such as
      RV(sfb.certificates.cs_certificate_request#module:csr) and
      RV(sfb.certificates.cs_certificate_request#module:request_state),
      RV(sfb.certificates.cs_certificate_import#module:thumbprint),
      RV(sfb.certificates.cs_certificate_export#module:content) and
      RV(sfb.certificates.cs_certificate_export#module:passphrase). The keys C(commands), C(diff), C(error), C(reasons)
      and C(server) are the task's.
  returned: success
  type: list
  elements: dict
  sample:
    - operation: chain
      key: ''
      changed: false
      root: [7A52D0E6B94C13F8E5A6270D8B3FC1945E60D2A7]
      intermediate: [C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8]
      leaves: []
    - operation: assign
      key: internal
      changed: true
      thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
      subject: CN=edgepool.example.com, O=Example, C=DE
      not_after: '2028-11-19T09:14:02Z'
      checks: []
server:
  description:
    - State of the server, to be handed to the next task's O(server); its content is not an interface.
    - After the change; in check mode the state that the change would lead to.
  returned: success
  type: dict
  sample:
    computer:
      fqdn: edge1.example.com
      time: '2026-11-21T03:10:16Z'
    stores: {}
    assignments: []
    requests: []
    topology: {}
"""
