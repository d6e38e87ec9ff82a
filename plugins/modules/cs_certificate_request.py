# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_request; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_request
short_description: Have a server make a certificate request, unless a fitting certificate is there
description:
  - Sees to it that the server has a certificate that fits some usages, or else a request that waits for the answer of
    the authority. If it has neither, makes an offline request with C(Request-CsCertificate -New -Output).
  - The private key is made on the server and stays there. The request comes back as RV(csr), to be handed to any
    authority.
  - A certificate of the store My fits if its private key is there, it is valid for server authentication, it carries
    O(names), is not due for renewal (O(renew_before)), and was not requested with other options than now. A chain that
    does not build is no reason for a new request; import it with M(sfb.certificates.cs_certificate_chain).
  - A request that waits is used again as long as its key is on the server and it asks for the same, from whatever
    controller it was made. It is recognised by its key; if its record is lost, by what its CSR asks for.
  - A request that waits but lacks one of O(names) stops the task, since a new one would be the same.
  - With O(made_by) no request is made. It is noted on the server that another server of the set has made it.
  - Nothing is assigned and nothing removed; the certificates in use stay in use.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.type
  - sfb.certificates._options.request
  - sfb.certificates._options.names
  - sfb.certificates._options.work
  - sfb.certificates._options.server
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Not with O(force).
options:
  made_by:
    description:
      - Host name of the server that has made the request for the set, as
        RV(sfb.certificates.cs_certificate_plan#module:leader) tells it. This is noted in O(work_folder), and nothing
        else is done.
      - While that server cannot be reached, the note keeps M(sfb.certificates.cs_certificate_plan) from planning a
        second request.
      - Needs O(public_key_sha256).
    type: str
  public_key_sha256:
    description:
      - SHA-256 of the public key of the request that O(made_by) has made, as RV(public_key_sha256) tells it there.
      - In check mode also V((known after request\)).
    type: str
  reasons:
    description:
      - Why a new request is needed, as RV(sfb.certificates.cs_certificate_plan#module:set_steps[].reasons) tells it for
        a pool.
      - If given, a request is made although a certificate on this server fits, unless one waits already.
    type: list
    elements: str
    default: []
  report:
    description:
      - Has the cmdlet write its log (C(-Report)) and returns it as RV(report).
    type: bool
    default: false
  server:
    description:
      - State of the server as the last task of this run returned it under the key C(server).
      - Saves the remote call that reads the server. Leave it out to have the server read now.
      - Hand on the state of the B(last) task for this host. What others do to the server in the meantime is not seen.
      - If it does not know the record of the request for these usages, because
        O(sfb.certificates.cs_certificate_info#module:type) named others, that costs a remote call after all.
      - Its content is not an interface.
seealso:
  - module: sfb.certificates.cs_certificate_chain
  - module: sfb.certificates.cs_certificate_folder
  - module: sfb.certificates.cs_certificate_import
  - module: sfb.certificates.cs_certificate_plan
"""

EXAMPLES = r"""
- name: Read the server
  sfb.certificates.cs_certificate_info:
    type: [Internal]
  register: info

- name: Have the authorities of the internal PKI trusted
  sfb.certificates.cs_certificate_chain:
    path: certnew.p7b
    server: "{{ info.server }}"
  register: chain

- name: Have a certificate for the internal interface, or a request for one
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    friendly_name: Edge internal
    names: [edgepool.example.com]
    key_size: 2048
    private_key_exportable: true
    organization: Example
    organizational_unit: IT
    city: Berlin
    state_or_province: Berlin
    country: DE
    server: "{{ chain.server }}"
  register: request

- name: Put the request where the people of the PKI find it
  ansible.builtin.copy:
    content: "{{ request.csr }}"
    dest: "requests/{{ inventory_hostname }}-internal.req"
    mode: "0644"
  delegate_to: localhost
  when: request.request_state == 'pending'

- name: Note on the other server of the pool who has made the request
  sfb.certificates.cs_certificate_request:
    type: [Internal]
    made_by: "{{ inventory_hostname }}"
    public_key_sha256: "{{ request.public_key_sha256 }}"
  delegate_to: "{{ groups['edge_servers'][1] }}"
  when: request.request_state == 'pending'

- name: Renew the external certificate six weeks before its end, and see the log of the cmdlet
  sfb.certificates.cs_certificate_request:
    type: [AccessEdgeExternal, DataEdgeExternal, AudioVideoAuthentication]
    friendly_name: Edge external
    domain_names: [sip.example.com, webconf.example.com]
    names: [sip.example.com, webconf.example.com]
    private_key_exportable: true
    renew_before: 6w
    report: true
  register: external
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
    - Set-Content -LiteralPath C:\ProgramData\sfb.certificates\internal.json
    - Request-CsCertificate -New -Type Internal -Output C:\ProgramData\sfb.certificates\internal.req -FriendlyName 'Edge
      internal 2026-11-21' -City Berlin -Country DE -KeySize 2048 -Organization Example -OU IT -PrivateKeyExportable
      $true -State Berlin
csr:
  description: The request (PKCS#10) as PEM; V((known after request\)) in check mode if it is not made yet.
  returned: when RV(request_state) is V(pending)
  type: str
  sample: |
    -----BEGIN CERTIFICATE REQUEST-----
    MIIC5TCCAc0CAQAwbTELMAkGA1UEBhMCREUxDzANBgNVBAgMBkJlcmxpbjEPMA0G
    A1UEBwwGQmVybGluMRAwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQLDAJJVDEdMBsG
    ...
    -----END CERTIFICATE REQUEST-----
diff:
  description: What the record of the request for these usages, or the note of O(made_by), says.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        request: null
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        request:
          asked: {country: DE, key_size: 2048, private_key_exportable: true}
          friendly_name: Edge internal 2026-11-21
          names: [edgepool.example.com]
          requested: '2026-11-21T03:10:16Z'
          usages: [Internal]
dns_names:
  description: DNS names that the request asks for; empty in check mode if it is not made yet.
  returned: when RV(request_state) is V(pending)
  type: list
  elements: str
  sample: [edgepool.example.com]
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: Request-CsCertificate did not end within 600 s
    id:
      description: Identifier, the same in all languages.
      returned: always
      type: str
      sample: CsInvoke.Timeout
    category:
      description: Category that PowerShell gave the error.
      returned: always
      type: str
      sample: InvalidOperation
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
          sample: System.InvalidOperationException
        message:
          description: Message of the exception.
          returned: always
          type: str
          sample: Request-CsCertificate did not end within 600 s
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80131509'
friendly_name:
  description: Name that the certificate will have.
  returned: when RV(request_state) is V(pending)
  type: str
  sample: Edge internal 2026-11-21
public_key_sha256:
  description: SHA-256 of the public key, by which the answer of the authority is recognised; V((known after request\))
    in check mode if the request is not made yet.
  returned: when RV(request_state) is V(pending)
  type: str
  sample: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - >-
      assigned certificate 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64: it is due for renewal, valid until
      2026-12-20T08:00:00Z
report:
  description: The log of the cmdlet, a page of HTML; empty if it wrote none.
  returned: when O(report) is true and the server was changed
  type: str
  sample: <html><head><title>Request-CsCertificate</title>...
request_state:
  description:
    - V(pending) if a request waits for the answer of an authority, from now or from an earlier run.
    - V(fulfilled) if a certificate that fits is on the server, so that no request is needed.
    - V(noted) if the server knows that O(made_by) has made the request.
  returned: success
  type: str
  sample: pending
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
  description: Subject that the request asks for; V((known after request\)) in check mode if it is not made yet.
  returned: when RV(request_state) is V(pending)
  type: str
  sample: CN=edgepool.example.com, OU=IT, O=Example, L=Berlin, S=Berlin, C=DE
thumbprint:
  description: Thumbprint of the certificate that fits.
  returned: when RV(request_state) is V(fulfilled)
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""
