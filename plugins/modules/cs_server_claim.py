# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_server_claim; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_server_claim
short_description: Claim a server for this run, so that no other run changes it
description:
  - Puts a small file on the server that names this run of Ansible, or takes it away again. Of two runs only one can put
    it there; the other one fails and is told who has the server.
  - It also remembers that a server was taken out of service, and which services ran before, so that a later run can
    bring it back if this one is killed.
  - The claim of a run that has ended without giving it up is taken over. Whether it has ended is known on the same
    controller; another controller has to wait until the time of the claim is over, see O(valid_for).
  - The role P(sfb.certificates.rollover#role) does all that. What M(sfb.certificates.cs_certificate_info) returns as
    RV(sfb.certificates.cs_certificate_info#module:claim) tells who has a server.
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
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  purpose:
    description: What the run does, in a word; others are told. The role gives the name of the set of servers.
    type: str
    default: ''
  state:
    description:
      - V(present), this run has the server; V(absent), it has not any more. The claim of another run stays.
    type: str
    choices:
      - present
      - absent
    default: present
  take_over:
    description: Takes the claim of another run, though that one may go on.
    type: bool
    default: false
  turn:
    description:
      - The server is about to be taken out of service. The services that run at this moment are remembered, and those that
        ran before an earlier turn which was cut short.
    type: bool
    default: false
  valid_for:
    description: How long the claim counts for other controllers, in hours (V(2h)), days or weeks.
    type: str
    default: 2h
seealso:
  - module: sfb.certificates.cs_rollover_plan
  - module: sfb.certificates.cs_windows_service
"""

EXAMPLES = r"""
- name: Keep other runs off this server
  sfb.certificates.cs_server_claim:
    purpose: edge_site1
  register: claim

- name: Remember which services run, before they are stopped
  sfb.certificates.cs_server_claim:
    purpose: edge_site1
    turn: true
    server: "{{ claim.server }}"
  register: claim

- name: Give it free
  sfb.certificates.cs_server_claim:
    state: absent
    server: "{{ claim.server }}"
"""

RETURN = r"""
claim:
  description: The claim on the server, null if there is none or it is another run's that was left alone.
  returned: success
  type: dict
  contains:
    owner:
      description: The run that has it.
      returned: always
      type: dict
      sample: {controller: ansible01, scope: 5d0c6f3be1f2a9d7, process: 4711, started: '8812345'}
    purpose:
      description: As O(purpose).
      returned: always
      type: str
      sample: edge_site1
    since:
      description: When it was made, by the server's clock, UTC.
      returned: always
      type: str
      sample: '2026-11-21T03:10:16Z'
    until:
      description: From when on any other run may take it over.
      returned: always
      type: str
      sample: '2026-11-21T05:10:16Z'
    turn:
      description: Whether the server was taken out of service under it.
      returned: always
      type: bool
      sample: true
    services:
      description: Services that ran before that.
      returned: always
      type: list
      elements: str
      sample: [RTCSRV, RTCDATAPROXY, RTCMRAUTH, RTCMEDIARELAY]
    markers:
      description: Files on the server that belong to claims which were taken over.
      returned: always
      type: list
      elements: str
      sample: []
diff:
  description: Who has the server; null for nobody.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        claim: null
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        claim: the run on ansible01 (process 4711), for edge_site1
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
interrupted:
  description: Whether an earlier run had taken the server out of service and was cut short.
  returned: success
  type: bool
  sample: false
reasons:
  description: Why something was done; empty if nothing was.
  returned: success
  type: list
  elements: str
  sample: [other runs are to keep off this server]
server:
  description:
    - State of the server after the task, for O(server) of the tasks that follow.
    - Its content is not an interface.
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
