# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of local_ca_certificate; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_ca_certificate
short_description: Sign a certificate request with the key of an authority on the controller
description:
  - Gives back the certificate for a request. If the answer that lies at O(answer) is one, it is that; else the request is
    signed, and the answer is put there.
  - For small sites whose authority is a key and a certificate on the controller, and for test environments. Nobody keeps
    a list of what was issued or revoked there; keep the answers.
  - Subject, DNS names and key are those of the request; its other wishes are not listened to. The certificate is for
    servers, signed with SHA-256 (as the key of the authority demands with Ed25519 and Ed448), and holds the usual key
    usage and key identifiers.
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
      - The authority, its key and the request are checked all the same.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  answer:
    description:
      - File on the controller that keeps the certificate, as PEM with the chain after it.
      - A certificate for the key and the names of the request, of this authority and not expired, is given back and not
        signed anew. Any other certificate there is replaced. A file that holds none is an error.
      - Its folder is made, with mode C(0750), if it is missing.
    type: path
    required: true
  ca_certificate:
    description:
      - File on the controller with the certificate of the authority, of any kind (PEM, C(.cer), C(.p7b)). If it holds
        several, the authority is the one that O(ca_private_key) belongs to, and the others go into the answer after it.
    type: path
    required: true
  ca_private_key:
    description:
      - File on the controller with the private key of the authority, RSA or ECDSA, as PEM or DER.
    type: path
    required: true
  ca_private_key_passphrase:
    description:
      - Passphrase of O(ca_private_key), if that is protected.
    type: str
  client_auth:
    description:
      - Also gives the certificate the usage client authentication. The product asks for that nowhere.
    type: bool
    default: false
  crl_urls:
    description:
      - Addresses of the authority's list of revoked certificates; the certificate tells them.
    type: list
    elements: str
    default: []
  csr:
    description:
      - The request (PKCS#10) as PEM, as RV(sfb.certificates.cs_certificate_request#module:csr) returns it. RSA keys of less
        than 2048 bits are refused. How the request itself is signed plays no part, as long as the signature is right.
      - In check mode also V((known after request\)).
    type: str
    required: true
  issuer_urls:
    description:
      - Addresses of the authority's certificate; the certificate tells them.
    type: list
    elements: str
    default: []
  valid_for:
    description:
      - Days that the certificate lasts, from V(1) to V(825), which is the most that Apple's systems take of any authority.
      - It begins an hour before the present time, since the clock of a server may be behind.
      - A certificate cannot outlive its authority. It then ends with the authority, and the task warns.
    type: int
    default: 365
seealso:
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_answer
"""

EXAMPLES = r"""
- name: Have a certificate for the internal interface, or a request for one
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    private_key_exportable: true
  register: request

- name: Sign it here
  sfb.certificates.local_ca_certificate:
    ca_certificate: /srv/pki/edge/ca.pem
    ca_private_key: /srv/pki/edge/ca.key
    csr: "{{ request.csr }}"
    answer: "/srv/pki/edge/{{ inventory_hostname }}-internal.pem"
    valid_for: 365
  register: answer
  when: request.request_state == 'pending'

- name: Import the answer
  sfb.certificates.cs_certificate_import:
    content: "{{ answer.content }}"
    public_key_sha256: "{{ request.public_key_sha256 }}"
    server: "{{ request.server }}"
  when: answer is not skipped
"""

RETURN = r"""
certificate:
  description:
    - Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up to
      C(unreadable_extensions).
    - Null in check mode if the request would be signed.
  returned: success
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.contoso.net, O=Contoso, C=DE
    issuer: CN=Contoso Site CA
    dns_names: [edgepool.contoso.net]
    not_after: '2027-11-19T09:14:02Z'
    public_key_sha256: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
content:
  description:
    - The certificate with its chain as base64 of a PEM file, for
      O(sfb.certificates.cs_certificate_import#module:content).
    - V((known after issue\)) in check mode if the request would be signed.
  returned: success
  type: str
  sample: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tDQpNSUlGN3pDQ0E5...
diff:
  description: The thumbprint of the certificate in the file O(answer).
  returned: success
  type: dict
  contains:
    before:
      description: As it was; null if there was none.
      returned: always
      type: dict
      sample:
        /srv/pki/edge/edge1-internal.pem: null
    after:
      description: As it is after the task.
      returned: always
      type: dict
      sample:
        /srv/pki/edge/edge1-internal.pem: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
issuer:
  description: Facts of the authority's certificate, in the same form as RV(certificate).
  returned: success
  type: dict
  sample:
    thumbprint: 4FF500128AB572EFF08AA4762D844511616622E8
    subject: CN=Contoso Site CA
    not_after: '2036-01-01T00:00:00Z'
"""
