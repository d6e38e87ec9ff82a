# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_info; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_info
short_description: Tell what certificates a Skype for Business or Lync server has and lacks
description:
  - Reads one server and tells which certificates it has, which usages of the product have which of them, what is wrong
    with them, which usages are still to be done, which requests wait for an answer, and what is wrong with the stores of
    authorities.
  - The state that it returns (RV(server)) saves the following tasks of this collection a remote call each.
  - Uses C(Get-CsCertificate), C(Get-CsComputer), C(Get-CsService), C(Get-CsSipDomain) and the certificate stores of the
    computer.
  - Warns if the clock of the server is more than 5 minutes off the controller's, since certificates are judged by the
    clock of the server.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.server
  - sfb.certificates._options.work
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - It changes nothing and does the same in check mode.
  diff_mode:
    support: none
    details:
      - It changes nothing.
  idempotent:
    support: full
    details:
      - It changes nothing.
requirements:
  - On the controller, the Python library jmespath, if O(query) is used.
options:
  claim:
    description:
      - Also reads the claim of a run on the server, see M(sfb.certificates.cs_server_claim).
    type: bool
    default: false
  describe:
    description:
      - What is told besides RV(server), and RV(clock_skew) of a server that is read; an empty list for nothing else.
      - Name only what is needed where the result of many servers is kept, or goes from task to task.
    type: list
    elements: str
    choices:
      - certificates
      - claim
      - computer
      - hygiene
      - required
      - requests
      - services
      - topology
      - usages
    default:
      - certificates
      - claim
      - computer
      - hygiene
      - required
      - requests
      - services
      - topology
      - usages
  fqdns:
    description:
      - FQDNs of the pool, for servers that cannot read the topology themselves.
      - They complete what the server says and do not overrule it. A difference gives a warning.
    type: dict
    suboptions:
      access_edge:
        description: External FQDN of the Access Edge service.
        type: str
      av_edge:
        description: External FQDN of the A/V Edge service.
        type: str
      data_edge:
        description: External FQDN of the Web Conferencing Edge service.
        type: str
      pool:
        description: Internal FQDN of the pool; for a single server that of the server.
        type: str
  pending_requests:
    description:
      - Also reads the requests that the product lists as pending at an authority. They are a part of RV(server), where
        M(sfb.certificates.cs_certificate_plan) with O(sfb.certificates.cs_certificate_plan#module:ca) needs them.
    type: bool
    default: false
  query:
    description:
      - JMESPath expression, whose outcome on the other keys of the result, see O(describe), is returned as
        RV(query_result).
    type: str
  request_types:
    description:
      - Sets of usages whose records of requests are read besides that of O(type), where one reading is for several
        certificates. Each is a list.
    type: list
    elements: list
    default: []
  services:
    description:
      - Also reads the Windows services of the product.
    type: bool
    default: false
  sip_domains:
    description:
      - SIP domains of the deployment, the primary one first, for servers that cannot read the topology themselves.
      - They are used only if the server names none. A difference gives a warning.
    type: list
    elements: str
    default: []
  type:
    description:
      - Usages to tell of in RV(usages). If not given, those that have a certificate.
      - A request is recorded on the server for exactly the usages that it is for. Its record is read only if these are
        named here, in any order. So name them if RV(server) goes to M(sfb.certificates.cs_certificate_plan) or
        M(sfb.certificates.cs_certificate_request), and use one task for each set of usages.
      - With O(server) no record is read.
    type: list
    elements: str
    default: []
seealso:
  - module: sfb.certificates.cs_certificate_plan
  - module: sfb.certificates.cs_certificate_request
  - module: sfb.certificates.cs_certificate_assign
"""

EXAMPLES = r"""
- name: See what the servers have
  sfb.certificates.cs_certificate_info:
  register: info

- name: Warn of certificates that end soon
  ansible.builtin.debug:
    msg: "{{ item.type }}: {{ item.subject }} ends in {{ item.days_left }} days"
  loop: "{{ info.usages | selectattr('days_left', 'defined') | selectattr('days_left', 'lt', 45) }}"
  loop_control:
    label: "{{ item.type }}"

- name: List the certificates that nothing uses
  sfb.certificates.cs_certificate_info:
    query: "certificates[?!used_by].{thumbprint: thumbprint, subject: subject, until: not_after}"
  register: unused

- name: Show them
  ansible.builtin.debug:
    var: unused.query_result

- name: Look at the external interface of an Edge Server that cannot read its topology
  sfb.certificates.cs_certificate_info:
    type: [AccessEdgeExternal, DataEdgeExternal, AudioVideoAuthentication]
    fqdns:
      pool: edgepool.example.com
      access_edge: sip.example.com
      data_edge: webconf.example.com
      av_edge: av.example.com
    sip_domains: [example.com]
  register: external

- name: Fail if anything is wrong with it
  ansible.builtin.assert:
    that: external.usages | map(attribute='problems') | flatten | length == 0
    fail_msg: "{{ external.usages | map(attribute='problems') | flatten | join('; ') }}"

- name: Tell which usages are still to be done
  ansible.builtin.debug:
    msg: "{{ external.required | rejectattr('done') | map(attribute='type') | join(', ') | default('none', true) }}"
"""

RETURN = r"""
certificates:
  description: The certificates in the store My of the computer.
  returned: when O(describe) names it
  type: list
  elements: dict
  contains:
    thumbprint:
      description: SHA-1 of the certificate, 40 upper-case hexadecimal digits.
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    sha256:
      description: SHA-256 of the certificate, 64 upper-case hexadecimal digits.
      returned: always
      type: str
      sample: D17A0B3C5E92F6481A7CE05B3D96F28047B1ECA5390D68F2C4E7A1B5D8036F9E
    subject:
      description: Subject, as Windows shows it.
      returned: always
      type: str
      sample: CN=edgepool.example.com, O=Example, C=DE
    issuer:
      description: Issuer, as Windows shows it.
      returned: always
      type: str
      sample: CN=Example Issuing CA 1, O=Example, C=DE
    common_names:
      description: Common names of the subject, the most specific first.
      returned: always
      type: list
      elements: str
      sample: [edgepool.example.com]
    dns_names:
      description: DNS names of the subject alternative name.
      returned: always
      type: list
      elements: str
      sample: [edgepool.example.com]
    serial_number:
      description: Serial number, in hexadecimal digits.
      returned: always
      type: str
      sample: 2F000000A41C7B9D3E5608F1420000000000A4
    not_before:
      description: Begin of validity, UTC.
      returned: always
      type: str
      sample: '2026-11-20T09:14:02Z'
    not_after:
      description: End of validity, UTC.
      returned: always
      type: str
      sample: '2028-11-19T09:14:02Z'
    public_key_sha256:
      description: SHA-256 of the public key (SubjectPublicKeyInfo), 64 upper-case hexadecimal digits.
      returned: always
      type: str
      sample: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
    key_type:
      description: Kind of the key.
      returned: always
      type: str
      sample: RSA
    key_size:
      description: Length of the key in bits, null if it is not known.
      returned: always
      type: int
      sample: 2048
    key_curve:
      description: Curve of an EC key, null for others.
      returned: always
      type: str
      sample: null
    signature_algorithm:
      description: Algorithm of the signature.
      returned: always
      type: str
      sample: sha256WithRSAEncryption
    is_ca:
      description: Whether the certificate says that it is an authority's.
      returned: always
      type: bool
      sample: false
    self_issued:
      description: Whether subject and issuer are the same.
      returned: always
      type: bool
      sample: false
    self_signed:
      description: Whether the certificate is signed with its own key, which is verified.
      returned: always
      type: bool
      sample: false
    key_usage:
      description: Key usages, null if the certificate does not restrict them.
      returned: always
      type: list
      elements: str
      sample: [digitalSignature, keyEncipherment]
    extended_key_usage:
      description: OIDs of the extended key usages, null if the certificate does not restrict them.
      returned: always
      type: list
      elements: str
      sample: [1.3.6.1.5.5.7.3.1]
    subject_key_identifier:
      description: Identifier of the key, null if there is none.
      returned: always
      type: str
      sample: 5B0E7D2C94A1F6388C3D70E2B5196FA4D80C73E1
    authority_key_identifier:
      description: Identifier of the issuer's key, null if there is none.
      returned: always
      type: str
      sample: E3920A7CB54D18F6037E5D9C2BA641F8907D3C5A
    crl_distribution_points:
      description: Addresses of the revocation list.
      returned: always
      type: list
      elements: str
      sample: ['http://pki.example.com/issuing1.crl']
    template:
      description: Name or OID of the template, null if there is none.
      returned: always
      type: str
      sample: WebServer
    unreadable_extensions:
      description: OIDs of extensions that are malformed.
      returned: always
      type: list
      elements: str
      sample: []
    friendly_name:
      description: Name under which Windows lists the certificate, empty if it has none.
      returned: always
      type: str
      sample: Edge internal 2026-11-20
    has_private_key:
      description: Whether the private key is on the server.
      returned: always
      type: bool
      sample: true
    private_key_exportable:
      description: Whether the private key is there and may leave the server.
      returned: always
      type: bool
      sample: true
    provider:
      description: Cryptographic provider of the key, null if it cannot be told. Lync Server takes no key of the
        Microsoft Software Key Storage Provider.
      returned: always
      type: str
      sample: Microsoft RSA SChannel Cryptographic Provider
    days_left:
      description: Whole days until the certificate ends, by the clock of the server; negative if it has expired.
      returned: always
      type: int
      sample: 729
    used_by:
      description: Usages that have this certificate.
      returned: always
      type: list
      elements: str
      sample: [Internal]
claim:
  description: The claim of a run on the server, as M(sfb.certificates.cs_server_claim) returns it; null if there is none, or it
    was not asked for.
  returned: when O(describe) names it
  type: dict
  sample: null
clock_skew:
  description: Seconds that the clock of the server is ahead of the controller's; negative if it is behind.
  returned: when O(server) is not given
  type: int
  sample: -2
computer:
  description: The server itself.
  returned: when O(describe) names it
  type: dict
  contains:
    fqdn:
      description: FQDN of the server.
      returned: always
      type: str
      sample: edge1.example.com
    joined:
      description: Whether the server is a member of a domain, null if unknown.
      returned: always
      type: bool
      sample: false
    domain:
      description: Domain or workgroup, null if unknown.
      returned: always
      type: str
      sample: WORKGROUP
    elevated:
      description: Whether the session has the rights of an administrator, null if unknown.
      returned: always
      type: bool
      sample: true
    os_version:
      description: Version of Windows.
      returned: always
      type: str
      sample: 10.0.17763.0
    ps_version:
      description: Version of PowerShell.
      returned: always
      type: str
      sample: 5.1.17763.6414
    module:
      description: PowerShell module of the product, null if none was found.
      returned: always
      type: str
      sample: SkypeForBusiness
    module_version:
      description: Version of that module.
      returned: always
      type: str
      sample: 7.0.2046.0
    time:
      description: Clock of the server, UTC.
      returned: always
      type: str
      sample: '2026-11-21T03:10:16Z'
    time_zone:
      description: Time zone of the server.
      returned: always
      type: str
      sample: W. Europe Standard Time
    utc_offset:
      description: Minutes that the server's local time is ahead of UTC.
      returned: always
      type: int
      sample: 60
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: 'larger than 8 MB: ''C:\ProgramData\sfb.certificates\internal.json'''
    id:
      description: Identifier, the same in all languages.
      returned: always
      type: str
      sample: CsInvoke.Path
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
          sample: 'larger than 8 MB: ''C:\ProgramData\sfb.certificates\internal.json'''
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80131509'
hygiene:
  description:
    - What is wrong with the stores Root and CA. It is reported, and nothing is taken away that is there only once.
    - Of certificates that nothing in the stores was issued by, the server sends no bytes; they are not compared in
      RV(hygiene.same_key), and count as self-signed if subject and issuer are the same.
  returned: when O(describe) names it
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
query_result:
  description: What O(query) finds; of whatever type that is.
  returned: when O(query) is given
  type: raw
  sample:
    - thumbprint: 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
      subject: CN=edgepool.example.com, O=Example, C=DE
      until: '2025-01-20T08:00:00Z'
requests:
  description: The requests in the store REQUEST of the computer, which wait for the answer of an authority.
  returned: when O(describe) names it
  type: list
  elements: dict
  contains:
    thumbprint:
      description: Thumbprint of the placeholder certificate in the store, V((known after request\)) in check mode.
      returned: always
      type: str
      sample: 0B6D4C1E97A3F2850D7CE41B39F6A8205C7E13D4
    friendly_name:
      description: Name that the certificate will have.
      returned: always
      type: str
      sample: Edge internal 2026-11-21
    public_key_sha256:
      description: SHA-256 of the public key, by which the answer of the authority is recognised.
      returned: always
      type: str
      sample: 6E0C9D4F81B7A2350FE4C6D8927B13A5E8D04F7C2B96310AD5F87E4C1B2036A9
    has_private_key:
      description: Whether the private key is on the server.
      returned: always
      type: bool
      sample: true
    record:
      description: What was asked for and when, null if this collection did not make the request or O(type) does not
        name its usages.
      returned: always
      type: dict
      sample:
        asked: {domain_names: [edgepool.example.com]}
        friendly_name: Edge internal 2026-11-21
        names: [edgepool.example.com]
        requested: '2026-11-21T03:10:16Z'
        usages: [Internal]
required:
  description:
    - The usages that the role of the server needs, and which of them are done, as the check marks of the Deployment
      Wizard tell it.
    - For Edge Servers V(Internal), V(AccessEdgeExternal), V(DataEdgeExternal) and V(AudioVideoAuthentication). Empty if
      neither the server nor O(fqdns) tells that it is one.
  returned: when O(describe) names it
  type: list
  elements: dict
  contains:
    type:
      description: The usage.
      returned: always
      type: str
      sample: AccessEdgeExternal
    done:
      description: Whether a certificate is assigned with which nothing is wrong.
      returned: always
      type: bool
      sample: false
    problems:
      description: What is wrong, one line each; empty if nothing is.
      returned: always
      type: list
      elements: str
      sample: [no certificate is assigned]
server:
  description:
    - State of the server, to be handed to the next task's O(server); its content is not an interface.
    - With what O(fqdns) and O(sip_domains) add to it.
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
services:
  description: Windows services of the product, each with C(name), C(display_name) and C(status); null if they were not asked
    for.
  returned: when O(describe) names it
  type: list
  elements: dict
  sample: null
topology:
  description: The pool, as the server knows it or O(fqdns) and O(sip_domains) tell.
  returned: when O(describe) names it
  type: dict
  contains:
    pool_fqdn:
      description: Internal FQDN of the pool, empty if not known.
      returned: always
      type: str
      sample: edgepool.example.com
    access_edge_fqdn:
      description: External FQDN of the Access Edge service, empty if not known.
      returned: always
      type: str
      sample: sip.example.com
    data_edge_fqdn:
      description: External FQDN of the Web Conferencing Edge service, empty if not known.
      returned: always
      type: str
      sample: webconf.example.com
    av_edge_fqdn:
      description: External FQDN of the A/V Edge service, empty if not known.
      returned: always
      type: str
      sample: av.example.com
    sip_domains:
      description: SIP domains, the primary one first.
      returned: always
      type: list
      elements: str
      sample: [example.com]
    problem:
      description: Why the topology could not be read from the server, empty if it could.
      returned: always
      type: str
      sample: ''
usages:
  description: The usages of the product and their certificates.
  returned: when O(describe) names it
  type: list
  elements: dict
  contains:
    type:
      description: The usage.
      returned: always
      type: str
      sample: Internal
    assigned:
      description: Whether a certificate is assigned.
      returned: always
      type: bool
      sample: true
    thumbprint:
      description: Thumbprint of the assigned certificate, null if there is none.
      returned: always
      type: str
      sample: 41E07B96C2D85FA3047E19BB6D2C8A50F3917E64
    staged:
      description: Whether a certificate takes over on RV(usages[].effective_date), which is still to come. The vendor does
        not document whether RV(usages[].thumbprint) is that one or the one in use until then.
      returned: always
      type: bool
      sample: false
    needed_names:
      description: FQDNs that a certificate needs for the usage, as far as the topology tells.
      returned: always
      type: list
      elements: str
      sample: [edgepool.example.com]
    missing_names:
      description: Those of them that the certificate does not carry; all if there is none.
      returned: always
      type: list
      elements: str
      sample: []
    pending_requests:
      description: SHA-256 of the public keys of requests for the usage that wait on the server, as far as their records
        were read; see O(type).
      returned: always
      type: list
      elements: str
      sample: []
    checks:
      description: What was looked at, as in RV(sfb.certificates.cs_certificate_assign#module:checks); empty if no
        certificate is assigned.
      returned: always
      type: list
      elements: dict
      contains:
        check:
          description: The check.
          returned: always
          type: str
          sample: validity
        ok:
          description: Null in check mode for a certificate that does not exist yet.
          returned: always
          type: bool
          sample: true
        detail:
          description: What was found.
          returned: always
          type: str
          sample: it is valid from 2025-01-20T08:00:00Z until 2027-01-20T08:00:00Z
    problems:
      description: What is wrong, one line each; empty if nothing is.
      returned: always
      type: list
      elements: str
      sample: []
    previous_thumbprint:
      description: Certificate that the usage had before, null if the product keeps none.
      returned: when a certificate is assigned
      type: str
      sample: null
    previous_ended:
      description: Whether there is a previous certificate whose tokens have all ended, so that it can be taken away with
        O(sfb.certificates.cs_certificate_assign#module:previous).
      returned: when a certificate is assigned
      type: bool
      sample: false
    effective_date:
      description: Since when, or from when on, the certificate is used, UTC.
      returned: when a certificate is assigned
      type: str
      sample: '2025-01-20T08:00:00Z'
    scope:
      description: V(Local) for this server, V(Global) for the whole deployment.
      returned: when a certificate is assigned
      type: str
      sample: Local
    subject:
      description: Subject of the certificate.
      returned: when the assigned certificate is in the store My
      type: str
      sample: CN=edgepool.example.com, O=Example, C=DE
    issuer:
      description: Issuer of the certificate.
      returned: when the assigned certificate is in the store My
      type: str
      sample: CN=Example Issuing CA 1, O=Example, C=DE
    not_after:
      description: End of validity, UTC.
      returned: when the assigned certificate is in the store My
      type: str
      sample: '2027-01-20T08:00:00Z'
    friendly_name:
      description: Name under which Windows lists the certificate.
      returned: when the assigned certificate is in the store My
      type: str
      sample: Edge internal 2025-01-20
    known:
      description: False in check mode for a certificate that does not exist yet.
      returned: when the assigned certificate is in the store My
      type: bool
      sample: true
    days_left:
      description: Whole days until the certificate ends, by the clock of the server; negative if it has expired.
      returned: when the assigned certificate is in the store My and exists already
      type: int
      sample: 60
    renewal_due:
      description: When the certificate is due for renewal by default (45 days before its end, or after two thirds of a
        shorter lifetime), UTC.
      returned: when the assigned certificate is in the store My and exists already
      type: str
      sample: '2026-12-06T08:00:00Z'
    roll_latest:
      description: When a successor has to take over at the latest, so that tokens made with this certificate are taken until
        they end (8 hours before its end for V(AudioVideoAuthentication), 24 for V(OAuthTokenIssuer)), UTC; null for
        other usages. For O(sfb.certificates.cs_certificate_assign#module:effective_date).
      returned: when the assigned certificate is in the store My and exists already
      type: str
      sample: '2027-01-19T08:00:00Z'
"""
