# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_folder; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_folder
short_description: Hand a certificate request over in a folder, and find answers there
description:
  - With O(csr) puts a request into a folder of the controller, from where somebody takes it to the authority, and looks
    in the same folder for the answer.
  - With O(public_keys) or O(members) only looks, and gives back all answers to several requests, for
    O(sfb.certificates.cs_certificate_plan#module:answers).
  - An answer is recognised by its public key. Its file may have any name and be of any kind that an authority gives
    (C(.cer), C(.p7b), PEM, base64 saved as C(.txt)). Of several answers to O(csr) the one issued last is taken.
  - Files of other kinds, answers to other requests, and files of more than 1 MB are passed over, so that one folder can
    serve many servers.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
notes:
  - With O(passphrase) the result can hold private keys, protected by that passphrase. Give the task C(no_log=true), and
    all tasks that use the result.
attributes:
  diff_mode:
    support: full
    details:
      - Not while the request is not made yet (check mode), and not with O(public_keys) or O(members), which change nothing.
  idempotent:
    support: full
options:
  csr:
    description:
      - The request (PKCS#10) as PEM, as RV(sfb.certificates.cs_certificate_request#module:csr) returns it. If it lies
        in the folder already, under whatever name, it is not put there again.
      - In check mode also V((known after request\)).
      - Exactly one of O(csr), O(public_keys) and O(members) is needed.
    type: str
  folder:
    description:
      - Folder on the controller. It is made, with mode C(0750), when the first request is put there. With
        O(public_keys) or O(members) a missing folder counts as an empty one.
    type: path
    required: true
  members:
    description:
      - Servers whose pending requests are meant, by the names of their hosts. Their states are taken from O(variable) on each of
        these hosts; one that has none is passed over.
      - Takes the place of O(public_keys), without handing these over for all servers of a pool.
      - Exactly one of O(csr), O(public_keys) and O(members) is needed. Needs O(variable).
    type: list
    elements: str
  name:
    description:
      - Begin of the name of the request's file. The first 8 digits of
        RV(sfb.certificates.cs_certificate_request#module:public_key_sha256) and C(.req) follow. Other characters than
        letters, digits, C(.), C(_) and C(-) become C(-).
    type: str
    default: request
  passphrase:
    description:
      - Together with O(public_keys) or O(members), gives back each PFX of the folder too that this passphrase opens, whatever its
        key. Its private key comes along, so that no request has to wait for it.
      - If PFX lie in the folder and it opens none of them, the task fails.
      - Plays no part with O(csr).
    type: str
  public_keys:
    description:
      - SHA-256 of the public keys of the requests whose answers are looked for, as
        RV(sfb.certificates.cs_certificate_info#module:requests[].public_key_sha256) tells them.
      - Exactly one of O(csr), O(public_keys) and O(members) is needed.
    type: list
    elements: str
  servers:
    description:
      - States of servers that do not have O(variable), by the names of their hosts, such as servers that the play leaves out.
        Their pending requests are meant, too.
      - Needs O(members).
    type: dict
  variable:
    description:
      - Name of the variable that tasks of this run have registered on each of O(members), with the state of the server under the
        key C(server).
      - Needs O(members).
    type: str
seealso:
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_plan
"""

EXAMPLES = r"""
- name: Have a certificate for the internal interface, or a request for one
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    private_key_exportable: true
  register: request

- name: Hand the request over, and look for its answer
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    name: "{{ inventory_hostname }}-internal"
    csr: "{{ request.csr }}"
  register: answer
  when: request.request_state == 'pending'

- name: Say what to do next
  ansible.builtin.debug:
    msg: "Waiting for {{ answer.waiting_for }}; run again when it is there"
  when: answer is not skipped and not answer.found

- name: Import the answer
  sfb.certificates.cs_certificate_import:
    content: "{{ answer.content }}"
    public_key_sha256: "{{ request.public_key_sha256 }}"
    server: "{{ request.server }}"
  register: imported
  when: answer is not skipped and answer.found

- name: Read the server
  sfb.certificates.cs_certificate_info:
  register: info

- name: Collect the answers to all requests that wait there
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    public_keys: "{{ info.requests | map(attribute='public_key_sha256') | list }}"
  register: collected

- name: Collect the answers to all requests that are pending on any server of the play
  sfb.certificates.cs_certificate_folder:
    folder: /srv/pki/edge
    members: "{{ ansible_play_hosts }}"
    variable: info
  register: collected_for_all
  run_once: true
"""

RETURN = r"""
answers:
  description: The files that answer one of the requests, or that O(passphrase) opens, by name.
  returned: when O(public_keys) or O(members) is given
  type: list
  elements: dict
  contains:
    name:
      description: The file.
      returned: always
      type: str
      sample: /srv/pki/edge/certnew.p7b
    content:
      description: The whole file as base64. Of a PFX, a secret.
      returned: always
      type: str
      sample: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tDQpNSUlGN3pDQ0E5...
    pfx:
      description: Whether it is a PFX, which is to be opened with O(passphrase).
      returned: always
      type: bool
      sample: false
certificate:
  description: Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up
    to C(unreadable_extensions).
  returned: when O(csr) is given and RV(found) is true
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.example.com, O=Example, C=DE
    issuer: CN=Example Issuing CA 1, O=Example, C=DE
    dns_names: [edgepool.example.com]
    not_after: '2028-11-19T09:14:02Z'
    public_key_sha256: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
content:
  description: The whole file of the answer as base64, for O(sfb.certificates.cs_certificate_import#module:content).
  returned: when O(csr) is given and RV(found) is true
  type: str
  sample: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tDQpNSUlGN3pDQ0E5...
csrs:
  description:
    - The requests with one of the keys that lie in the folder, as PEM. They make up for a CSR that is lost on its
      server, see O(sfb.certificates.cs_certificate_plan#module:csrs).
  returned: when O(public_keys) or O(members) is given
  type: list
  elements: str
  sample: []
diff:
  description: Where the request lies.
  returned: when O(csr) is given and the request is made already
  type: dict
  contains:
    before:
      description: As it is.
      returned: always
      type: dict
      sample:
        request_file: null
    after:
      description: As it will be, or is after the change.
      returned: always
      type: dict
      sample:
        request_file: /srv/pki/edge/edge1-internal-6E0C9D4F.req
file:
  description: File that holds the answer.
  returned: when O(csr) is given and RV(found) is true
  type: str
  sample: /srv/pki/edge/certnew.p7b
found:
  description: Whether an answer to the request, or to one of the requests, is in the folder.
  returned: success
  type: bool
  sample: true
public_key_sha256:
  description: SHA-256 of the public key of the request; null in check mode if the request is not made yet.
  returned: when O(csr) is given
  type: str
  sample: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
request_file:
  description: File of the request; null in check mode if the request is not made yet.
  returned: when O(csr) is given
  type: str
  sample: /srv/pki/edge/edge1-internal-6E0C9D4F.req
unopened:
  description: The PFX of the folder that O(passphrase) does not open, or all of them without it.
  returned: when O(public_keys) or O(members) is given
  type: list
  elements: str
  sample: []
waiting_for:
  description: What is waited for, in words; empty if RV(found) is true.
  returned: when O(csr) is given
  type: str
  sample: ''
"""
