# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_chain; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_chain
short_description: Put the chain of a certification authority into the right stores of a server
description:
  - Puts the certificates of certification authorities where Windows wants them, self-signed ones (the signature is
    verified, equal names are not enough) into the store Root, other ones into the store CA.
  - An authority that is not self-signed but lies in Root is taken out of there; it keeps the product's services from
    working. This is done for the authorities of the given chain, and with O(mend) for all.
  - Certificates of the file that belong to no authority are reported and not stored.
  - Nothing is stored unless every authority of the file leads to a root, in the file or on the server, and is valid by
    the clock of the server.
  - Tells what else is wrong with the two stores (RV(hygiene)), and mends what O(mend) names. It never takes away a
    certificate that is there only once.
  - Does what the documented procedure does in its step "import the CA certification chain", on each server of the pool.
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
  allow_expired:
    description: Takes authorities too that have expired.
    type: bool
    default: false
  content:
    description:
      - The content of the chain file, as the text of a PEM file or as base64 of any file.
      - One of O(path) and O(content) is needed, unless O(mend) is given.
    type: str
  mend:
    description:
      - What else is mended in the stores Root and CA, whatever chain the certificates belong to.
      - V(misplaced) moves certificates that are not self-signed from Root to CA.
      - V(duplicates) takes the copy in CA away of self-signed certificates that lie in Root as well.
    type: list
    elements: str
    choices:
      - misplaced
      - duplicates
    default: []
  path:
    description:
      - Chain file on the controller. A relative path is looked for as M(ansible.builtin.copy) looks for its
        O(ansible.builtin.copy#module:src).
      - The kind of the file is found out from its content; its name plays no part.
      - One of O(path) and O(content) is needed, unless O(mend) is given.
    type: path
seealso:
  - module: sfb.certificates.cs_certificate_info
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_import
"""

EXAMPLES = r"""
- name: Have the authorities of the internal PKI trusted
  sfb.certificates.cs_certificate_chain:
    path: certnew.p7b
  register: chain

- name: Tell what was in the file but is no authority
  ansible.builtin.debug:
    msg: "{{ item.subject }} ({{ item.thumbprint }}) was not stored"
  loop: "{{ chain.leaves }}"
  loop_control:
    label: "{{ item.thumbprint }}"

- name: Read the server
  sfb.certificates.cs_certificate_info:
    type: [Internal]
  register: info

- name: Import a chain that is kept in a variable, without reading the server again
  sfb.certificates.cs_certificate_chain:
    content: "{{ internal_ca_chain }}"
    server: "{{ info.server }}"
  register: chain

- name: Move what does not belong into Root
  sfb.certificates.cs_certificate_chain:
    mend: [misplaced]
  register: stores

- name: Tell what else is wrong with the stores
  ansible.builtin.debug:
    msg: "{{ stores.hygiene.problems }}"
"""

RETURN = r"""
commands:
  description:
    - The PowerShell that the change stands for, in order and with secrets masked; empty if nothing has to change.
    - Cmdlets of the product are run as they stand here. What is done to the certificate stores is told in the words of
      Windows' own PKI module.
    - C(<tmp>) is a folder that belongs to one remote call and is gone after it.
    - In check mode these are the commands that a real run would run.
  returned: success
  type: list
  elements: str
  sample:
    - Import-Certificate -FilePath <tmp>\7A52D0E6B94C13F8E5A6270D8B3FC1945E60D2A7.cer -CertStoreLocation
      Cert:\LocalMachine\Root
    - Import-Certificate -FilePath <tmp>\C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8.cer -CertStoreLocation
      Cert:\LocalMachine\CA
    - Remove-Item -LiteralPath Cert:\LocalMachine\Root\C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8
diff:
  description: Which authorities of the file, and of those that are mended, are in which store.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        Root: ['CN=Example Issuing CA 1, O=Example, C=DE (C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8)']
        CA: []
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        Root: ['CN=Example Root CA, O=Example, C=DE (7A52D0E6B94C13F8E5A6270D8B3FC1945E60D2A7)']
        CA: ['CN=Example Issuing CA 1, O=Example, C=DE (C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8)']
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: Access is denied.
    id:
      description: Identifier, the same in all languages.
      returned: always
      type: str
      sample: CryptographicException
    category:
      description: Category that PowerShell gave the error.
      returned: always
      type: str
      sample: NotSpecified
    command:
      description: Command that failed, empty if it was none.
      returned: always
      type: str
      sample: ''
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
          sample: System.Security.Cryptography.CryptographicException
        message:
          description: Message of the exception.
          returned: always
          type: str
          sample: Access is denied.
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80070005'
hygiene:
  description:
    - What is wrong with the stores Root and CA after the change. It is reported, and nothing is taken away that is there only once.
    - Of certificates that nothing in the stores was issued by, the server sends no bytes; they are not compared in
      RV(hygiene.same_key), and count as self-signed if subject and issuer are the same.
  returned: success
  type: dict
  contains:
    roots:
      description: Number of certificates in Root.
      returned: always
      type: int
      sample: 41
    misplaced:
      description: Certificates in Root that are not self-signed. Services of the product may not start because of them.
      returned: always
      type: list
      elements: dict
      contains:
        store:
          description: V(Root) or V(CA).
          returned: always
          type: str
          sample: Root
        thumbprint:
          description: Thumbprint of the certificate.
          returned: always
          type: str
          sample: C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8
        subject:
          description: Subject, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Issuing CA 1, O=Example, C=DE
        issuer:
          description: Issuer, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Root CA, O=Example, C=DE
        not_after:
          description: End of validity, UTC.
          returned: always
          type: str
          sample: '2034-11-19T09:14:02Z'
    duplicates:
      description: Certificates of CA that lie in Root as well.
      returned: always
      type: list
      elements: dict
      contains:
        store:
          description: V(Root) or V(CA).
          returned: always
          type: str
          sample: Root
        thumbprint:
          description: Thumbprint of the certificate.
          returned: always
          type: str
          sample: C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8
        subject:
          description: Subject, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Issuing CA 1, O=Example, C=DE
        issuer:
          description: Issuer, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Root CA, O=Example, C=DE
        not_after:
          description: End of validity, UTC.
          returned: always
          type: str
          sample: '2034-11-19T09:14:02Z'
    same_key:
      description: Groups of different certificates of one subject with the same key, such as renewed ones.
      returned: always
      type: list
      elements: list
      sample: []
    expired:
      description: Certificates of both stores that have expired by the clock of the server.
      returned: always
      type: list
      elements: dict
      contains:
        store:
          description: V(Root) or V(CA).
          returned: always
          type: str
          sample: Root
        thumbprint:
          description: Thumbprint of the certificate.
          returned: always
          type: str
          sample: C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8
        subject:
          description: Subject, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Issuing CA 1, O=Example, C=DE
        issuer:
          description: Issuer, as Windows shows it.
          returned: always
          type: str
          sample: CN=Example Root CA, O=Example, C=DE
        not_after:
          description: End of validity, UTC.
          returned: always
          type: str
          sample: '2034-11-19T09:14:02Z'
    problems:
      description: All of it in words, one line each, and a word if Root holds more than 100 certificates; empty if the
        stores are clean.
      returned: always
      type: list
      elements: str
      sample: ['CN=Example Issuing CA 1, O=Example, C=DE (C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8) is in Root, but not
          self-signed; services may not start']
intermediate:
  description: Thumbprints of the authorities of the file that belong into the store CA.
  returned: success
  type: list
  elements: str
  sample: [C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8]
leaves:
  description: Certificates of the file that are no authorities, with the same facts as
    RV(sfb.certificates.cs_certificate_info#module:certificates).
  returned: success
  type: list
  elements: dict
  sample:
    - thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
      subject: CN=edgepool.example.com, O=Example, C=DE
      not_after: '2028-11-19T09:14:02Z'
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - CN=Example Root CA, O=Example, C=DE (7A52D0E6B94C13F8E5A6270D8B3FC1945E60D2A7) is missing in Root
    - CN=Example Issuing CA 1, O=Example, C=DE (C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8) is missing in CA
    - CN=Example Issuing CA 1, O=Example, C=DE (C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8) is in Root, but not
      self-signed
root:
  description: Thumbprints of the authorities of the file that belong into the store Root.
  returned: success
  type: list
  elements: str
  sample: [7A52D0E6B94C13F8E5A6270D8B3FC1945E60D2A7]
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
