# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_answer; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_answer
short_description: Prove that what an authority gave answers a request
description:
  - Reads what came back for a request, and fails in one line, which names the signer, unless it holds a certificate for
    the key of the request that has not expired, is meant for servers, and carries the names that are needed.
  - Meant for between a task that has a request signed, whichever way, and M(sfb.certificates.cs_certificate_import). No
    server is asked, and nothing is changed.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  content:
    description:
      - What came back, as base64 of a file of any kind (C(.cer), C(.p7b), PEM), or as PEM.
    type: str
    required: true
  csr:
    description:
      - The request (PKCS#10) as PEM, as RV(sfb.certificates.cs_certificate_request#module:csr) returns it.
    type: str
    required: true
  names:
    description:
      - FQDNs that the certificate has to carry, as RV(sfb.certificates.cs_certificate_plan#module:names) tells them.
    type: list
    elements: str
    default: []
  signer:
    description:
      - Who gave it, for the message of a failure.
    type: str
    default: authority
  type:
    description:
      - Usages that the certificate is for. For V(Internal) alone a name may be in the subject, else it has to be among
        the subject alternative names.
    type: list
    elements: str
    default: []
seealso:
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_folder
  - module: sfb.certificates.certsrv_certificate
  - module: sfb.certificates.local_ca_certificate
"""

EXAMPLES = r"""
- name: Prove what came back before it is imported
  sfb.certificates.cs_certificate_answer:
    signer: the registration office
    csr: "{{ lookup('ansible.builtin.file', '/srv/pki/edge/edge1-internal.req') }}"
    content: "{{ lookup('ansible.builtin.file', '/srv/pki/edge/edge1-internal.pem') }}"
    type: [Internal]
    names: [edgepool.contoso.net]
  register: answer
"""

RETURN = r"""
certificate:
  description:
    - Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up to
      C(unreadable_extensions).
  returned: success
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.contoso.net, O=Contoso, C=DE
    issuer: CN=Contoso Issuing CA, DC=contoso, DC=net
    dns_names: [edgepool.contoso.net]
    not_after: '2028-11-19T09:14:02Z'
    public_key_sha256: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
content:
  description: O(content) as base64, for O(sfb.certificates.cs_certificate_import#module:content).
  returned: success
  type: str
  sample: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tDQpNSUlGN3pDQ0E5...
differs:
  description: In what the certificate differs from the request, one text each; empty if it does not.
  returned: success
  type: list
  elements: str
  sample: []
"""
