# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_assign; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_assign
short_description: Assign a certificate to usages of a Skype for Business or Lync server
description:
  - Sees to it that usages of the server have a certificate of the store My, at once or from a date on. Uses
    C(Set-CsCertificate) for those that do not, and checks the outcome with C(Get-CsCertificate).
  - Nothing is assigned if the private key is missing or cannot be opened, the certificate is not valid now by the clock
    of the server or not meant for server authentication, its chain does not build on the server, or it lacks one of
    O(names). On Lync Server the key must not lie in a KSP. RV(checks) tells what was looked at.
  - The certificate that a usage had before stays in the store, and the product keeps it as the previous one.
  - With O(state=absent) takes assignments back, with C(Remove-CsCertificate). The certificate stays in the store.
  - Services are not restarted; for the external interface of Edge Servers the vendor's documents do that on each server
    after it.
  - While users are connected, the usage V(AudioVideoAuthentication) must not have different certificates on the servers
    of a pool. Stage it with O(roll) and one O(effective_date) on all of them before that date comes.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.type
  - sfb.certificates._options.identity
  - sfb.certificates._options.staging
  - sfb.certificates._options.names
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
  - The vendor does not document whether C(Get-CsCertificate) shows a staged certificate or the one in use until then. In
    the latter case the date is all that can be compared, which gives a warning.
options:
  match:
    description:
      - Finds the certificate by what it says, instead of O(thumbprint). Of those that fit, are valid now and have a
        private key that can be used, the newest is taken.
      - It is an error if none fits, or if two are equally new; the candidates are named.
      - In texts, which are compared in any case, V(*) stands for any characters and V(?) for one.
      - With O(state=present) exactly one of O(thumbprint) and O(match) is needed.
    type: dict
    suboptions:
      friendly_name:
        description: Name under which Windows lists the certificate.
        type: str
      issuer:
        description: Issuer, as a whole as Windows shows it or by its common name.
        type: str
      names:
        description: FQDNs, all of which the certificate must carry; see O(names) for where.
        type: list
        elements: str
        default: []
      subject:
        description: Subject, as a whole as Windows shows it or by its common name.
        type: str
  previous:
    description:
      - With O(state=absent) takes the previous certificate away and leaves the current one; becomes C(-Previous).
      - The last step of a staged change. It is refused while the previous certificate is the one in use, and gives a
        warning while tokens made with it may still be in use (8 hours for V(AudioVideoAuthentication), 24 hours for
        V(OAuthTokenIssuer)).
    type: bool
    default: false
  state:
    description:
      - V(present) assigns the certificate.
      - V(absent) takes the assignment back, of the certificate O(thumbprint) only if that is given. C(-Force) is always
        sent, since the cmdlet asks if the certificate is in use.
    type: str
    choices:
      - present
      - absent
    default: present
  thumbprint:
    description:
      - Thumbprint of the certificate, 40 hexadecimal digits; blanks and colons do no harm. Becomes C(-Thumbprint).
      - In check mode also V((known after issue\)), as earlier tasks return it.
      - With O(state=present) exactly one of O(thumbprint) and O(match) is needed.
    type: str
seealso:
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_info
  - module: sfb.certificates.cs_certificate_plan
"""

EXAMPLES = r"""
- name: Import the certificate with its key
  sfb.certificates.cs_certificate_import:
    path: edgepool.example.com.pfx
    passphrase: "{{ vault_pfx_passphrase }}"
  register: imported
  no_log: true

- name: Assign it to the internal interface
  sfb.certificates.cs_certificate_assign:
    type: [Internal]
    thumbprint: "{{ imported.thumbprint }}"
    names: [edgepool.example.com]
    server: "{{ imported.server }}"
  register: assigned

- name: Tell what the interface has now
  ansible.builtin.debug:
    msg: "{{ assigned.subject }} until {{ assigned.not_after }}"

- name: Assign one certificate to the three external services
  sfb.certificates.cs_certificate_assign:
    type: [AccessEdgeExternal, DataEdgeExternal, AudioVideoAuthentication]
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    names: [sip.example.com, webconf.example.com]

- name: Assign the newest certificate for the name of the pool
  sfb.certificates.cs_certificate_assign:
    type: [Internal]
    match:
      subject: edgepool.example.com
      friendly_name: Edge*
      names: [edgepool.example.com]

- name: Have the A/V Authentication service change its certificate on Sunday night, on all servers of the pool
  sfb.certificates.cs_certificate_assign:
    type: [AudioVideoAuthentication]
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    roll: true
    effective_date: "2026-12-06T23:00:00+01:00"

- name: Take the previous one away a day later
  sfb.certificates.cs_certificate_assign:
    type: [AudioVideoAuthentication]
    state: absent
    previous: true

- name: Give the whole deployment a certificate for tokens between servers, on one Front End Server
  sfb.certificates.cs_certificate_assign:
    type: [OAuthTokenIssuer]
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    identity: global
"""

RETURN = r"""
checks:
  description:
    - What was looked at before the assignment. A certificate for which one of them is not ok is not assigned; the failed
      result has the checks, too.
  returned: when O(state) is V(present) and the certificate was looked for
  type: list
  elements: dict
  contains:
    check:
      description: V(in_store), V(private_key), V(key_provider), V(validity), V(server_authentication), V(chain),
        V(names), or for V(OAuthTokenIssuer) V(key_length).
      returned: always
      type: str
      sample: chain
    ok:
      description: Null in check mode for a certificate that does not exist yet.
      returned: always
      type: bool
      sample: true
    detail:
      description: What was found.
      returned: always
      type: str
      sample: its chain leads up to CN=Example Root CA, O=Example, C=DE
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
    - Set-CsCertificate -Type Internal -Thumbprint 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
diff:
  description: The thumbprint that each usage has, with its date if it is staged, C(global) if it is the whole
    deployment's, and with O(previous) the one before; null for none.
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
not_after:
  description: End of validity of the certificate, UTC; null in check mode if it is not issued yet.
  returned: when O(state) is V(present)
  type: str
  sample: '2028-11-19T09:14:02Z'
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - Internal has the certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
removed:
  description: The thumbprint that was taken away from each usage; empty if there was none.
  returned: when O(state) is V(absent)
  type: dict
  sample:
    AudioVideoAuthentication: 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
report:
  description: The log of the cmdlet, a page of HTML; empty if it wrote none.
  returned: when O(report) is true and a cmdlet of the product was run
  type: str
  sample: <html><head><title>Set-CsCertificate</title>...
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

subject:
  description: Subject of the certificate; empty in check mode if it is not issued yet.
  returned: when O(state) is V(present)
  type: str
  sample: CN=edgepool.example.com, O=Example, C=DE
thumbprint:
  description: Thumbprint of the certificate; V((known after issue\)) in check mode if it is not issued yet.
  returned: when O(state) is V(present)
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""
