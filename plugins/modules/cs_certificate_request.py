# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_request; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_request
short_description: Have a server request a certificate, and list, complete and clear its requests
description:
  - Wraps C(Request-CsCertificate) with all of its parameter sets. O(state) chooses which one.
  - With O(state=present) sees to it that the server has a certificate that fits some usages, or else a request for one.
    If it has neither, makes a request, B(online) if O(ca) is given, else B(offline).
  - An offline request comes back as RV(csr), to be handed to any authority. An online request goes from the server to
    the authority; if that issues at once, the certificate is in the store My when the task ends.
  - The private key is made on the server and stays there.
  - A certificate of the store My fits if its private key is there, it is valid for server authentication, it carries
    O(names), is not due for renewal (O(renew_before)), and was not requested with other options than now. A chain that
    does not build is no reason for a new request; import it with M(sfb.certificates.cs_certificate_chain).
  - A request that waits is used again as long as it asks for the same, from whatever controller it was made. An offline
    request is recognised by its key; if its record is lost, by what its CSR asks for. An online request is
    recognised by its record and the product's own list of pending requests.
  - An offline request that waits but lacks one of O(names) stops the task, since a new one would be the same. So does a
    certificate that the last online request has brought, if it lacks one of them or does not serve servers.
  - With O(made_by) no request is made. It is noted on the server that another server of the set has made it.
  - Unless O(assign) is true nothing is assigned. The certificates in use stay in use, nothing is removed.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
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
notes:
  - The account needs local administrator rights, and for an online request rights at the authority (Enroll on the
    template).
  - An online request is a second hop from the server to the authority, which a WinRM connection with NTLM or with
    Kerberos without delegation does not make. Use C(become) with C(runas), a connection with CredSSP or delegation, or
    O(ca_account) and O(ca_password); that these two alone are enough is not documented. Or request offline and submit
    from the controller with M(sfb.certificates.certsrv_certificate).
  - In check mode an authority is taken to issue at once, so that later tasks can be shown. It is not waited for.
options:
  state:
    description:
      - V(present) makes a request if one is needed (C(-New)).
      - V(listed) tells the requests that the product lists as pending (C(-List)). Changes nothing.
      - V(retrieved) fetches pending requests (C(-Retrieve)), all or the one of O(request_id). What the authority has
        issued is imported, what it has not decided on stays as it is. One that was denied or revoked fails the task,
        after all others have been tried.
      - V(absent) clears pending requests (C(-Clear)), the one of O(request_id), or with O(all_requests=true) all.
      - V(listed), V(retrieved) and V(absent) know only requests that the product itself sent to an authority. The
        options of V(present) mean nothing to them, but for O(wait), O(wait_timeout), O(wait_sleep) and O(server).
    type: str
    choices:
      - present
      - listed
      - retrieved
      - absent
    default: present
  type:
    description:
      - Usages of the product that share one certificate; becomes C(-Type). Required if O(state=present).
      - On Edge Servers V(Internal) (internal interface), V(AccessEdgeExternal) (Access Edge service),
        V(DataEdgeExternal) (Web Conferencing Edge service) and V(AudioVideoAuthentication) (A/V Authentication
        service).
      - On other servers V(Default), V(WebServicesInternal), V(WebServicesExternal), V(OAuthTokenIssuer) and more. All
        names that the product's help knows are taken, in any case. One that the help does not name for the cmdlet gives
        a warning, an unknown one an error that names the nearest.
    type: list
    elements: str
  ca:
    description:
      - Authority that the request is sent to, as C(host\name); becomes C(-CA). Run C(certutil) on the server to see the
        known ones; their property C(Config) is what belongs here.
      - Without it the request is made offline.
      - A request that waits at another authority, or was made offline, is not what is asked for then; a new one is
        made.
      - Mutually exclusive with O(output) and O(made_by).
    type: str
  ca_account:
    description:
      - Account that requests the certificate from the authority, as C(DOMAIN\user); becomes C(-CaAccount). If not
        given, the account that the task runs as.
      - Needs O(ca).
    type: str
  ca_password:
    description:
      - Password of O(ca_account), which it needs; becomes C(-CaPassword).
      - The cmdlet takes it as plain text. It travels inside the arguments of the remote call only, and is in no output,
        record or log of this collection.
    type: str
  output:
    description:
      - Path of a file on the server for the offline request; becomes C(-Output). It is a request whatever its
        extension says. An absolute Windows path; its folder must exist.
      - If not given, and O(ca) neither, the file lies in O(work_folder).
      - Use it only if people expect the file in a certain place, with a file of its own for each task. The other
        modules look for the request in O(work_folder), and know it by its record alone if it lies elsewhere.
      - An older request in this place is replaced; a file that is no request is an error.
      - Mutually exclusive with O(ca).
    type: str
  global_catalog:
    description:
      - FQDN of a global catalog server of the domain; becomes C(-GlobalCatalog). Needed only on computers without an
        account in the domain.
    type: str
  global_settings_domain_controller:
    description:
      - FQDN of a domain controller that holds the global settings; becomes C(-GlobalSettingsDomainController). If they
        lie in the System container, it must be the root domain controller. If they lie in the configuration container,
        any will do and the option is not needed.
    type: str
  cmdlet_force:
    description:
      - Has the cmdlet suppress messages of errors that are not fatal; becomes C(-Force). Not to be confused with
        O(force).
    type: bool
    default: false
  assign:
    description:
      - Assigns the certificate to the usages of O(type) in the same task, if nothing speaks against it
        (C(Set-CsCertificate)). That is what the wizard of the product does by default after a request.
      - If something speaks against it, for example a chain that does not build, the task succeeds with RV(assigned)
        false and RV(not_assigned_because) says what is missing. The next run assigns it as soon as it can be.
      - By default a task does one thing; assign with M(sfb.certificates.cs_certificate_assign).
    type: bool
    default: false
  wait:
    description:
      - Waits for the authority if an online request is pending, from now or from an earlier run. Asks
        (C(Request-CsCertificate -Retrieve)) again and again until the certificate is issued, the request is denied, or
        O(wait_timeout) is over. In the last case the request stays pending and a warning says so.
      - For O(state=present) with O(ca), and for O(state=retrieved).
    type: bool
    default: false
  wait_timeout:
    description: Seconds after which O(wait) gives up.
    type: int
    default: 600
  wait_sleep:
    description: Seconds between two tries of O(wait).
    type: int
    default: 15
  request_id:
    description:
      - Number that the authority gave to a request, as RV(request_id) and O(state=listed) tell it; becomes
        C(-RequestId).
      - For V(listed), V(retrieved) and V(absent). Without it V(listed) and V(retrieved) mean all.
      - A number that is not pending on this server changes nothing.
      - Mutually exclusive with O(all_requests).
    type: int
  all_requests:
    description:
      - With O(state=absent) clears all pending requests of the server. This cannot be undone; the keys that wait for
        their certificates are of no use then.
      - Mutually exclusive with O(request_id).
    type: bool
    default: false
  made_by:
    description:
      - Host name of the server that has made the request for the set, as
        RV(sfb.certificates.cs_certificate_plan#module:leader) tells it. This is noted in O(work_folder), and nothing
        else is done.
      - While that server cannot be reached, the note keeps M(sfb.certificates.cs_certificate_plan) from planning a
        second request.
      - Needs O(public_key_sha256). Mutually exclusive with O(ca).
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

- name: Request a certificate for all usages of a Front End Server from an authority, and assign it
  sfb.certificates.cs_certificate_request:
    type: [Default, WebServicesInternal, WebServicesExternal]
    ca: ca1.example.com\Example Issuing CA
    ca_account: EXAMPLE\enrolment
    ca_password: "{{ vault_ca_password }}"
    template: WebServer
    domain_names: [meet.example.com, dialin.example.com]
    names: [meet.example.com, dialin.example.com]
    assign: true
  register: front_end
  delegate_to: "{{ groups['front_end_servers'][0] }}"
  no_log: true

- name: Show what is missing if it could not be assigned
  ansible.builtin.debug:
    var: front_end.not_assigned_because

- name: See which requests wait at an authority
  sfb.certificates.cs_certificate_request:
    state: listed
  register: listed

- name: Fetch what the authority has issued, and give its people ten minutes
  sfb.certificates.cs_certificate_request:
    state: retrieved
    wait: true
    wait_timeout: 600

- name: Clear a request that was revoked
  sfb.certificates.cs_certificate_request:
    state: absent
    request_id: 224
"""

RETURN = r"""
assignable:
  description: Whether the certificate can be assigned to the usages of O(type).
  returned: when RV(request_state) is V(issued) or V(fulfilled)
  type: bool
  sample: false
assigned:
  description: Whether the certificate is assigned to all usages of O(type).
  returned: when RV(request_state) is V(issued) or V(fulfilled)
  type: bool
  sample: false
ca:
  description: The authority at which the request waits.
  returned: when RV(request_state) is V(pending) and O(ca) is given
  type: str
  sample: ca1.example.com\Example Issuing CA
certificate:
  description:
    - Facts of the certificate, the same as in RV(sfb.certificates.cs_certificate_info#module:certificates) up to
      C(unreadable_extensions).
    - Null in check mode if the certificate does not exist yet.
  returned: when RV(request_state) is V(issued) or V(fulfilled)
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=pool1.example.com
    issuer: CN=Example Issuing CA 1, O=Example, C=DE
    dns_names: [pool1.example.com, fe1.example.com, sip.example.com]
    not_after: '2028-11-19T09:14:02Z'
commands:
  description:
    - The PowerShell that the change stands for, in order and with secrets masked; empty if nothing has to change.
    - Cmdlets of the product are run as they stand here. What is done to the certificate stores is told in the words of
      Windows' own PKI module.
    - C(<tmp>) is a folder that belongs to one remote call and is gone after it.
    - In check mode these are the commands that a real run would run, if the authority issues at once.
    - C(-Retrieve) is told only if it brought a certificate; what O(wait) tried in vain is not.
    - With O(state=listed) the command that lists, which changes nothing.
  returned: success
  type: list
  elements: str
  sample:
    - Set-Content -LiteralPath C:\ProgramData\sfb.certificates\internal.json
    - Request-CsCertificate -New -Type Internal -Output C:\ProgramData\sfb.certificates\internal.req -FriendlyName 'Edge
      internal' -KeySize 2048 -PrivateKeyExportable $true -Organization Example -OU IT -City Berlin -State Berlin
      -Country DE
csr:
  description: The request (PKCS#10) as PEM; V((known after request\)) in check mode if it is not made yet.
  returned: when RV(request_state) is V(pending) and O(ca) is not given
  type: str
  sample: |
    -----BEGIN CERTIFICATE REQUEST-----
    MIIC5TCCAc0CAQAwbTELMAkGA1UEBhMCREUxDzANBgNVBAgMBkJlcmxpbjEPMA0G
    A1UEBwwGQmVybGluMRAwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQLDAJJVDEdMBsG
    ...
    -----END CERTIFICATE REQUEST-----
diff:
  description:
    - What the record of the request for these usages, or the note of O(made_by), says. With O(assign) also the
      certificates of the usages.
    - With O(state=retrieved) and O(state=absent) the pending requests.
  returned: when O(state) is not V(listed)
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
          friendly_name: Edge internal
          names: [edgepool.example.com]
          requested: '2026-11-21T03:10:16Z'
          usages: [Internal]
dns_names:
  description: DNS names that the request asks for. In check mode, if it is not made yet, those that the product will take
    from the topology of an Edge Server, and O(domain_names); empty if that cannot be foretold.
  returned: when RV(request_state) is V(pending) and O(ca) is not given
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
  description: Name under which Windows lists the certificate, or will; may be empty.
  returned: when RV(request_state) is V(pending), V(issued) or V(fulfilled)
  type: str
  sample: Edge internal
not_assigned_because:
  description: What speaks against assigning the certificate, above all what is missing of its chain; empty if nothing
    does.
  returned: when RV(request_state) is V(issued) or V(fulfilled)
  type: list
  elements: str
  sample:
    - 'its chain does not build: issuer CN=Example Issuing CA 1, O=Example, C=DE of CN=pool1.example.com not found'
public_key_sha256:
  description: SHA-256 of the public key, by which the answer of the authority is recognised; V((known after request\))
    in check mode if the request is not made yet.
  returned: when RV(request_state) is V(pending) and O(ca) is not given
  type: str
  sample: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
reasons:
  description: Why there is something to change, one line each; empty if nothing has to change.
  returned: when O(state) is not V(listed)
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
request_id:
  description: Number that the authority gave to the request; null if the product does not tell.
  returned: when RV(request_state) is V(pending) and O(ca) is given
  type: int
  sample: 224
request_state:
  description:
    - V(pending) if a request waits for the answer of an authority, from now or from an earlier run.
    - V(issued) if the authority has issued the certificate in this run.
    - V(fulfilled) if a certificate that fits is on the server, so that no request is needed.
    - V(noted) if the server knows that O(made_by) has made the request.
  returned: when O(state=present)
  type: str
  sample: pending
requests:
  description: The pending requests that were meant, as they were found.
  returned: when O(state) is not V(present)
  type: list
  elements: dict
  contains:
    request_id:
      description: Number that the authority gave to the request; null if the product does not tell.
      returned: always
      type: int
      sample: 224
    request_state:
      description:
        - V(pending), V(issued) if it was retrieved now, V(cleared), or V(failed) if it could not be retrieved.
      returned: always
      type: str
      sample: issued
    ca:
      description: The authority; empty if the product does not tell.
      returned: always
      type: str
      sample: ca1.example.com\Example Issuing CA
    friendly_name:
      description: Name that the certificate has or will have; empty if it has none, or the product does not tell.
      returned: always
      type: str
      sample: Front End
    type:
      description: Usages that it was requested for; empty if the product does not tell.
      returned: always
      type: list
      elements: str
      sample: [Default]
    thumbprint:
      description: Thumbprint of the certificate, V((known after issue\)) in check mode; null if it was not issued.
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    certificate:
      description: Facts of the certificate, as in RV(certificate); null if it was not issued.
      returned: always
      type: dict
      sample:
        thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
        subject: CN=pool1.example.com
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
  description: Subject that the request asks for. In check mode, if it is not made yet, foretold for an Edge Server, else
    V((known after request\)).
  returned: when RV(request_state) is V(pending) and O(ca) is not given
  type: str
  sample: CN=edgepool.example.com, OU=IT, O=Example, L=Berlin, S=Berlin, C=DE
thumbprint:
  description: Thumbprint of the certificate; V((known after issue\)) in check mode if it does not exist yet.
  returned: when RV(request_state) is V(issued) or V(fulfilled)
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""
