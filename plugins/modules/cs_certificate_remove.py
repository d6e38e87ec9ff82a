# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_remove; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_remove
short_description: Remove certificates that nothing uses, with their keys
description:
  - Takes certificates out of the store My of the computer, and deletes their private keys unless another certificate uses
    the same key.
  - Refuses a certificate that a usage of this server has, had before, or is staged to have. Whether the other servers of a
    pool use it is not known here; RV(sfb.certificates.cs_rollover_plan#module:replaced) lists those that none of them does.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.server
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  delete_key:
    description: Deletes the private keys, too. What is deleted cannot be brought back.
    type: bool
    default: true
  thumbprints:
    description: Thumbprints of the certificates; those that are not there are passed over.
    type: list
    elements: str
    required: true
seealso:
  - module: sfb.certificates.cs_rollover_plan
  - module: sfb.certificates.cs_certificate_assign
"""

EXAMPLES = r"""
- name: Read the server
  sfb.certificates.cs_certificate_info:
    query: "certificates[?!used_by && days_left < `0`].thumbprint"
  register: expired

- name: Remove what has expired and nothing uses
  sfb.certificates.cs_certificate_remove:
    thumbprints: "{{ expired.query_result }}"
    server: "{{ expired.server }}"
"""

RETURN = r"""
commands:
  description: The PowerShell that stands for what was done, in check mode for what would be done.
  returned: success
  type: list
  elements: str
  sample: ['Remove-Item -LiteralPath Cert:\LocalMachine\My\9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C -DeleteKey']
diff:
  description: The certificates of My that go, each with its subject and end.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        My: ['9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C CN=edgepool.example.com, until 2026-11-20T09:14:02Z']
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        My: []
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
  description: Why something was done; empty if nothing was.
  returned: success
  type: list
  elements: str
  sample: ['nothing uses 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C CN=edgepool.example.com, until 2026-11-20T09:14:02Z']
removed:
  description: Thumbprints of the certificates that were there.
  returned: success
  type: list
  elements: str
  sample: [9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C]
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
