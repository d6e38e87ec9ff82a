# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_import; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_import
short_description: Import the answer of an authority, or a PFX, on a server
description:
  - Sees to it that a certificate is in the store My of the computer, with its private key.
  - The answer of an authority (C(.cer), C(.crt), C(.p7b), PEM) is imported with C(Import-CsCertificate) on the server
    that made the request. It is recognised by its public key and refused where no request waits for it.
  - A PFX is imported on any server, with its private key. It goes straight from the controller into the stores, in
    memory; no file is written, unless O(method=product) or O(identity=global) has the product read it.
  - With O(identity=global) a PFX is stored in the Central Management Store and assigned to O(type) for the whole
    deployment, at once or from a date on.
  - Authorities that come along in the file are put into the stores Root and CA if they are missing, see
    M(sfb.certificates.cs_certificate_chain).
  - A certificate that is there already with its key stays as it is.
  - Nothing is imported if the certificate is not the expected one (O(public_key_sha256), O(thumbprint)), has expired by
    the clock of the server, or lacks one of O(names).
  - In what the authority changed the request is reported in RV(differs), and hinders nothing else.
  - Nothing is assigned but with O(identity=global); see M(sfb.certificates.cs_certificate_assign).
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.content
  - sfb.certificates._options.identity
  - sfb.certificates._options.staging
  - sfb.certificates._options.names
  - sfb.certificates._options.work
  - sfb.certificates._options.common
  - sfb.certificates._options.server
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Give tasks that handle a PFX C(no_log=true).
  - Before Windows Server 2019 a PFX with AES encryption is refused as if the passphrase were wrong. Those that
    M(sfb.certificates.cs_certificate_export) makes on a server are fit for servers of the same version.
options:
  method:
    description:
      - How a PFX gets into the store. V(store) puts it there in memory, V(product) with C(Import-CsCertificate), for
        which it lies in a folder of the remote call that only the system and administrators can open, and that is
        deleted at its end.
      - Plays no part with the answer of an authority and with O(identity=global), which always are the product's work.
    type: str
    choices:
      - store
      - product
    default: store
  passphrase:
    description:
      - Passphrase of the PFX.
      - In check mode, where O(content) may not exist yet, its presence tells that a PFX will come.
    type: str
  private_key_exportable:
    description:
      - Whether the private key of a PFX may leave the server again.
      - Has no bearing on the answer of an authority, whose key was made with the request, nor with O(identity=global),
        for which the product has no such parameter.
    type: bool
    default: true
  public_ca:
    description:
      - Whether the certificate is one that everybody is to trust, from a public authority, as those of the external usages
        of an Edge Server often are. Warns of a
        lifetime that such an authority may not give any more, and of the usage client authentication.
      - An authority of one's own is bound by none of that; leave this V(false) for V(Internal).
    type: bool
    default: false
  public_key_sha256:
    description:
      - SHA-256 of the public key that the certificate must have, as
        RV(sfb.certificates.cs_certificate_request#module:public_key_sha256) tells it. If not given, any key is taken
        that fits a request on the server.
    type: str
  thumbprint:
    description:
      - Thumbprint that the certificate must have, 40 hexadecimal digits; blanks and colons do no harm.
    type: str
  type:
    description:
      - Usages that the certificate is for. They tell where O(names) have to stand in it, and which request it answers;
        nothing is assigned but with O(identity=global), which needs them.
    type: list
    elements: str
    default: []
seealso:
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_folder
  - module: sfb.certificates.cs_certificate_export
  - module: sfb.certificates.cs_certificate_assign
"""

EXAMPLES = r"""
- name: Import the answer of the authority on the server that made the request
  sfb.certificates.cs_certificate_import:
    path: "answers/{{ inventory_hostname }}-internal.cer"
    public_key_sha256: "{{ request.public_key_sha256 }}"
    type: [Internal]
    names: [edgepool.example.com]
    server: "{{ request.server }}"
  register: imported

- name: Tell what was imported
  ansible.builtin.debug:
    msg: "{{ imported.certificate.subject }} ({{ imported.thumbprint }}) until {{ imported.certificate.not_after }}"

- name: Tell what the authority made of the request
  ansible.builtin.debug:
    msg: "{{ imported.differs | default(['as requested'], true) }}"

- name: Export it once, with its key and its chain
  sfb.certificates.cs_certificate_export:
    thumbprint: "{{ imported.thumbprint }}"
    server: "{{ imported.server }}"
  register: pfx
  no_log: true

- name: Import it on the other servers of the pool
  sfb.certificates.cs_certificate_import:
    content: "{{ pfx.content }}"
    passphrase: "{{ pfx.passphrase }}"
    thumbprint: "{{ pfx.thumbprint }}"
    type: [Internal]
    names: [edgepool.example.com]
  delegate_to: "{{ item }}"
  loop: "{{ groups['edge_servers'] | difference([inventory_hostname]) }}"
  register: copies
  no_log: true

- name: Import a PFX from a public authority, whose key must not leave the server again
  sfb.certificates.cs_certificate_import:
    path: sip.example.com.pfx
    passphrase: "{{ vault_pfx_passphrase }}"
    private_key_exportable: false
  register: public
  no_log: true

- name: Give the whole deployment a new certificate for tokens between servers, from a date on
  sfb.certificates.cs_certificate_import:
    path: oauth.pfx
    passphrase: "{{ vault_pfx_passphrase }}"
    identity: global
    type: [OAuthTokenIssuer]
    roll: true
    effective_date: "2026-12-06T23:00:00+01:00"
  no_log: true
"""

RETURN = r"""
certificate:
  description:
    - Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up to
      C(unreadable_extensions).
    - Null in check mode if the certificate does not exist yet.
  returned: success
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.example.com, O=Example, C=DE
    issuer: CN=Example Issuing CA 1, O=Example, C=DE
    dns_names: [edgepool.example.com]
    not_after: '2028-11-19T09:14:02Z'
    public_key_sha256: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9

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
    - Import-CsCertificate -Path <tmp>\answer.cer
diff:
  description: The certificate in the store My; with O(identity=global) the thumbprint that each usage has.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        My: null
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        My: CN=edgepool.example.com, O=Example, C=DE (9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C), with private key
differs:
  description:
    - In what the certificate differs from its request, one line each (names, subject, extended key usages); and a word
      if it lasts so short that it is due for renewal within 14 days of its beginning. Empty if all is as asked for.
    - The request is known if O(type) names its usages and O(server) is not given, or if O(server) comes from
      M(sfb.certificates.cs_certificate_request), or from M(sfb.certificates.cs_certificate_info) with the same O(type).
      If not, only the time is looked at.
    - Empty in check mode if the certificate does not exist yet.
  returned: success
  type: list
  elements: str
  sample:
    - the name sip.example.com was asked for and is missing
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: The specified network password is not correct.
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
          sample: The specified network password is not correct.
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80070056'
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - CN=edgepool.example.com, O=Example, C=DE (9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C) answers the request that waits
      here
report:
  description: The log of the cmdlet, a page of HTML; empty if it wrote none.
  returned: when O(report) is true and a cmdlet of the product was run
  type: str
  sample: <html><head><title>Import-CsCertificate</title>...
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

thumbprint:
  description: Thumbprint of the certificate; V((known after issue\)) or V((known after export\)) in check mode if it
    does not exist yet.
  returned: success
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""
