# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_export; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_export
short_description: Export a certificate with its private key and chain as a PFX, or its chain alone
description:
  - Returns a certificate of the store My with its private key and its whole chain as a PFX, for
    M(sfb.certificates.cs_certificate_import) on the other servers of the pool. Its friendly name goes along.
  - With O(format=chain) or O(format=p7b) returns the authorities above a certificate instead, for
    M(sfb.certificates.cs_certificate_chain) on other servers.
  - What is exported is in the result and nowhere else. No file is written, neither on the server nor on the controller.
  - The certificate and its key stay on the server.
  - The chain is the one that is in the stores of the server; see M(sfb.certificates.cs_certificate_chain).
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
  check_mode:
    details:
      - The private key stays on the server; RV(content) is V((known after export\)), but for O(format=chain) and
        O(format=p7b), which do the same in check mode.
  diff_mode:
    support: none
    details:
      - It changes nothing on the server.
  idempotent:
    support: full
    details:
      - It changes nothing on the server.
notes:
  - With O(format=pfx) the result holds a private key. The module asks Ansible not to show it. Give the task
    C(no_log=true) all the same, and all tasks that use the result; and cache no facts made of it.
options:
  chain:
    description:
      - Whether the PFX holds the authorities above the certificate, as far as the chain builds on the server.
      - Plays a part with O(format=pfx) only.
    type: bool
    default: true
  format:
    description:
      - V(pfx) for the certificate with its private key and its chain.
      - V(chain) for the authorities above it, as PEM. Nothing of it is secret. The chain must build on the server.
      - V(p7b) for the same authorities as PKCS#7, in PEM, the form in which web enrolment hands them out.
    type: str
    choices:
      - pfx
      - chain
      - p7b
    default: pfx
  passphrase:
    description:
      - Passphrase that protects the PFX. If not given, a random one is made for this call and returned as
        RV(passphrase).
      - Leave it out for a PFX that only goes to other servers in the same run.
      - Plays a part with O(format=pfx) only.
    type: str
  thumbprint:
    description:
      - Thumbprint of the certificate, 40 hexadecimal digits; blanks and colons do no harm.
      - In check mode also V((known after issue\)), as earlier tasks return it; with O(format=pfx) only.
      - Required with O(format=pfx). Else, if not given, the certificate that serves most usages of the server.
    type: str
seealso:
  - module: sfb.certificates.cs_certificate_chain
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_info
"""

EXAMPLES = r"""
- name: Export the certificate of the first server, under a passphrase made for this run
  sfb.certificates.cs_certificate_export:
    thumbprint: "{{ imported.thumbprint }}"
    server: "{{ imported.server }}"
  register: pfx
  no_log: true
  when: inventory_hostname == groups['edge_servers'][0]

- name: Import it on the others
  sfb.certificates.cs_certificate_import:
    content: "{{ hostvars[groups['edge_servers'][0]].pfx.content }}"
    passphrase: "{{ hostvars[groups['edge_servers'][0]].pfx.passphrase }}"
    thumbprint: "{{ hostvars[groups['edge_servers'][0]].pfx.thumbprint }}"
  register: copied
  no_log: true
  when: inventory_hostname != groups['edge_servers'][0]

- name: Export a certificate under a passphrase of your own
  sfb.certificates.cs_certificate_export:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    passphrase: "{{ vault_pfx_passphrase }}"
  register: backup
  no_log: true

- name: Keep it, encrypted by its passphrase, on the controller
  ansible.builtin.copy:
    content: "{{ backup.content }}"
    dest: "{{ backup_folder }}/edge-external.pfx.b64"
    mode: "0600"
  delegate_to: localhost
  no_log: true

- name: Export the chain of a certificate
  sfb.certificates.cs_certificate_export:
    format: p7b
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
  register: p7b

- name: Keep it on the controller, in a file that Windows takes
  ansible.builtin.copy:
    content: "{{ p7b.content }}"
    dest: "{{ backup_folder }}/chain.p7b"
    mode: "0644"
  delegate_to: localhost

- name: Take the chain from a server that has it
  sfb.certificates.cs_certificate_export:
    format: chain
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
  register: authorities

- name: Have the same authorities trusted on another one
  sfb.certificates.cs_certificate_chain:
    content: "{{ authorities.content }}"
  delegate_to: "{{ groups['edge_servers'][1] }}"
"""

RETURN = r"""
certificates:
  description: Facts of the authorities, the issuer of the certificate first and the root last, the same as in
    RV(sfb.certificates.cs_certificate_info#module:certificates) up to C(unreadable_extensions).
  returned: when O(format) is V(chain) or V(p7b)
  type: list
  elements: dict
  sample:
    - thumbprint: C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8
      subject: CN=Example Issuing CA 1, O=Example, C=DE
      issuer: CN=Example Root CA, O=Example, C=DE
      not_after: '2034-11-19T09:14:02Z'
      is_ca: true
      self_signed: false
commands:
  description:
    - The PowerShell that the change stands for, in order and with secrets masked; empty if nothing has to change.
    - Cmdlets of the product are run as they stand here. What is done to the certificate stores is told in the words of
      Windows' own PKI module.
    - C(<tmp>) is a folder that belongs to one remote call and is gone after it.
    - In check mode these are the commands that a real run would run.
  returned: when O(format) is V(pfx)
  type: list
  elements: str
  sample:
    - Export-PfxCertificate -Cert Cert:\LocalMachine\My\9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C -FilePath
      <tmp>\9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C.pfx -ChainOption BuildChain -Password ********
content:
  description:
    - The PFX as base64, for O(sfb.certificates.cs_certificate_import#module:content). A secret. V((known after
      export\)) in check mode.
    - With O(format=chain) the authorities as PEM, with O(format=p7b) as PKCS#7 in PEM, for
      O(sfb.certificates.cs_certificate_chain#module:content).
  returned: success
  type: str
  sample: MIIKcAIBAzCCCiwGCSqGSIb3DQEHAaCCCh0EggoZMIIKFTCCBg...
diff:
  description: Empty, since nothing changes.
  returned: when O(format) is V(pfx)
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample: {}
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample: {}
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: Key not valid for use in specified state.
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
          sample: Key not valid for use in specified state.
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x8009000B'
passphrase:
  description: The passphrase of the PFX, whether given or made here. A secret.
  returned: when O(format) is V(pfx)
  type: str
  sample: 3nV0q5s8Yp1LwTz7uXgB4cRkHd9EaM2f
reasons:
  description: Empty, since nothing changes.
  returned: when O(format) is V(pfx)
  type: list
  elements: str
  sample: []
server:
  description:
    - State of the server, to be handed to the next task's O(server); its content is not an interface.
    - As it was; an export changes nothing.
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

thumbprint:
  description: Thumbprint of the certificate; V((known after issue\)) in check mode if it is not issued yet.
  returned: when O(format) is V(pfx)
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""
