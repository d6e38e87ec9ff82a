# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of certsrv_chain; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certsrv_chain
short_description: Get the chain of an AD CS authority from its web enrolment
description:
  - Downloads the certificate of an authority with all those above it, as the link "Download a CA certificate,
    certificate chain, or CRL" does, and tells for each certificate what it is and which store it belongs to.
  - Only reads, in check mode as well.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._certsrv
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
  renewal:
    description:
      - Which of the certificates of the authority, which gets another one at each renewal; V(0) is the first.
      - If not given, the newest one.
    type: int
seealso:
  - module: sfb.certificates.certsrv_certificate
  - module: sfb.certificates.cs_certificate_chain
"""

EXAMPLES = r"""
- name: Get the chain of the authority
  sfb.certificates.certsrv_chain:
    url: https://ca01.contoso.net/certsrv
    username: CONTOSO\enrol
    password: "{{ vault_enrol_password }}"
    ca_bundle: files/contoso-root.cer
  register: chain

- name: Put it into the stores of each server
  sfb.certificates.cs_certificate_chain:
    content: "{{ chain.content }}"

- name: Name the roots
  ansible.builtin.debug:
    msg: "{{ chain.certificates | selectattr('kind', 'eq', 'root') | map(attribute='subject') }}"
"""

RETURN = r"""
certificates:
  description:
    - The certificates of the chain in the order of the file.
    - C(kind) is V(root), V(intermediate) or V(leaf); C(store) is the store of the computer that it belongs to, V(Root)
      or V(CA), null for a leaf. The other facts are the same as in
      RV(sfb.certificates.cs_certificate_info#module:certificates) up to C(unreadable_extensions).
  returned: success
  type: list
  elements: dict
  sample:
    - kind: root
      store: Root
      thumbprint: 4FF500128AB572EFF08AA4762D844511616622E8
      subject: CN=Contoso Root CA, DC=contoso, DC=net
      issuer: CN=Contoso Root CA, DC=contoso, DC=net
      not_after: '2040-01-01T00:00:00Z'
      self_signed: true
content:
  description: The chain as base64 of a PKCS#7 file, for O(sfb.certificates.cs_certificate_chain#module:content).
  returned: success
  type: str
  sample: MIIGxgYJKoZIhvcNAQcCoIIGtzCCBrMCAQExADALBgkqhkiG9w0B...
renewal:
  description: Index of the certificate of the authority that the chain is of.
  returned: success
  type: int
  sample: 1
renewals:
  description: Index of the newest certificate of the authority; V(0) if it was never renewed.
  returned: success
  type: int
  sample: 1
"""
