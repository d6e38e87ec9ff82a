# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of certsrv_certificate; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certsrv_certificate
short_description: Get the certificate for a request from the web enrolment of an AD CS authority
description:
  - Submits a request to an authority, or looks for the answer to one that was submitted before, and gives back the
    certificate as soon as there is one.
  - A request is never submitted twice by accident. A file on the controller, O(record), is marked before the request is
    sent, and gets its number right after the answer. Later runs look for the answer by that number. If a run ended in
    between, the next one stops and leaves it to you whether the authority has the request (O(request_id)) or not
    (O(resubmit)).
  - What comes back is a certificate for the key of the request, or the task fails.
  - A denial fails the task with the words of the authority.
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
  check_mode:
    details:
      - Nothing is submitted, noted or waited for. Address, login and template are tried all the same, and the answer to a
        request that was submitted before is looked for.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Not with O(resubmit).
options:
  csr:
    description:
      - The request (PKCS#10) as PEM, as RV(sfb.certificates.cs_certificate_request#module:csr) returns it.
      - In check mode also V((known after request\)).
    type: str
    required: true
  template:
    description:
      - Certificate template, by its name and not its display name.
      - Leave it empty for a stand-alone authority, which has no templates.
    type: str
    default: WebServer
  attributes:
    description:
      - Further request attributes by name. They are sent as they are.
      - Names of the certificate belong into the request. Most authorities ignore the attribute C(san), and those that do
        not are open to abuse.
    type: dict
    default: {}
  record:
    description:
      - File on the controller that keeps this request from being submitted twice. It holds no secret.
      - Use a file for each request, beside the request if that is a file, and keep it as long as the request. Its folder
        is made, with mode C(0750), if it is missing.
      - A new request (one with other bytes) replaces the record of an older one.
      - At least one of O(record) and O(request_id) is needed.
    type: path
  request_id:
    description:
      - Number that the authority gave to the request. Nothing is submitted, only its answer is looked for. With O(record)
        the number is noted there.
      - Mutually exclusive with O(resubmit).
    type: int
  resubmit:
    description:
      - Submits the request whatever O(record) says. A task that sets this submits at each run.
      - Mutually exclusive with O(request_id).
    type: bool
    default: false
  chain:
    description:
      - Also gets the certificate together with its chain.
    type: bool
    default: false
  wait:
    description:
      - Waits for the approval of a pending request.
      - If it is still pending in the end the task does not fail, but says so in RV(waiting_for). The next run goes on.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait at most.
    type: int
    default: 600
  wait_sleep:
    description: Seconds between two looks.
    type: int
    default: 30
seealso:
  - module: sfb.certificates.certsrv_chain
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_folder
"""

EXAMPLES = r"""
- name: Have a certificate for the internal interface, or a request for one
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    private_key_exportable: true
  register: request

- name: Get the certificate from the authority
  sfb.certificates.certsrv_certificate:
    url: https://ca01.contoso.net/certsrv
    username: CONTOSO\enrol
    password: "{{ vault_enrol_password }}"
    csr: "{{ request.csr }}"
    record: "/srv/pki/edge/{{ inventory_hostname }}-internal.json"
    wait: true
  register: answer
  when: request.request_state == 'pending'

- name: Say what to do next
  ansible.builtin.debug:
    msg: "Waiting for {{ answer.waiting_for }}; run again when it is done"
  when: answer is not skipped and answer.waiting_for | length > 0

- name: Import the answer
  sfb.certificates.cs_certificate_import:
    content: "{{ answer.content }}"
    public_key_sha256: "{{ request.public_key_sha256 }}"
    server: "{{ request.server }}"
  when: answer is not skipped and answer.waiting_for | length == 0

- name: Take up a request whose answer was lost, and which the authority lists as 4711
  sfb.certificates.certsrv_certificate:
    url: https://ca01.contoso.net/certsrv
    username: CONTOSO\enrol
    password: "{{ vault_enrol_password }}"
    csr: "{{ lookup('ansible.builtin.file', '/srv/pki/edge/edge1-internal.req') }}"
    record: /srv/pki/edge/edge1-internal.json
    request_id: 4711
"""

RETURN = r"""
certificate:
  description:
    - Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up to
      C(unreadable_extensions).
    - Null as long as there is none.
  returned: success
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.contoso.net, O=Contoso, C=DE
    issuer: CN=Contoso Issuing CA, DC=contoso, DC=net
    dns_names: [edgepool.contoso.net]
    not_after: '2028-11-19T09:14:02Z'
    public_key_sha256: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
chain:
  description:
    - The certificate with its chain as base64 of a PKCS#7 file; null without O(chain) and as long as there is none.
  returned: success
  type: str
  sample: MIINJAYJKoZIhvcNAQcCoIINFTCCDRECAQExADALBgkqhkiG9w0B...
content:
  description:
    - The certificate as base64 of the file that the authority gave, for
      O(sfb.certificates.cs_certificate_import#module:content).
    - Null while the request is pending, V((known after issue\)) in check mode if it would be submitted.
  returned: success
  type: str
  sample: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tDQpNSUlGN3pDQ0E5...
diff:
  description: Where the request stands.
  returned: success
  type: dict
  contains:
    before:
      description: As it was; null before the submission.
      returned: always
      type: dict
      sample:
        disposition: null
        request_id: null
    after:
      description: As it is after the task.
      returned: always
      type: dict
      sample:
        disposition: issued
        request_id: 4711
differs:
  description:
    - In what the certificate differs from the request, one text each; empty if it does not, or as long as there is none.
  returned: success
  type: list
  elements: str
  sample: []
disposition:
  description:
    - V(issued) or V(pending); V((known after issue\)) in check mode if the request would be submitted.
    - V(denied) in the result of a task that failed for that reason.
  returned: success, or when the authority denied the request
  type: str
  sample: issued
request_id:
  description:
    - Number that the authority gave to the request; null in check mode if it would be submitted, and for a denied request
      that got none.
  returned: success, or when the authority denied the request
  type: int
  sample: 4711
waiting_for:
  description: What is waited for, in words; empty unless the request is pending.
  returned: success
  type: str
  sample: ''
"""
