#!/usr/bin/python
# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tls_endpoint_info. The action plugin of the same name judges what is served; this makes the handshake where a task is delegated to."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_endpoint_info
short_description: Tell which certificate a TLS endpoint serves
description:
  - Makes a TLS handshake, and tells which certificate and which chain the server sends. That is what users meet; what
    is assigned on the server may be another one until its services are restarted.
  - Connects from the controller. Delegated to another host (C(delegate_to)), it connects from there, where the
    controller is kept away from the endpoint; what comes is judged on the controller all the same.
  - With O(expect_thumbprint) it fails if another certificate is served. With O(ca_bundle) or O(ca_content) it fails if
    a client that has only these roots cannot build the chain, above all because the server does not send an
    intermediate authority.
  - Only reads, in check mode as well. There a certificate other than expected, or a bad chain, is a warning, since
    tasks ahead may be what mends it.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
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
  host:
    description:
      - Name or address to connect to. Give the one of a single server, and not of the load balancer, to look at that
        server.
    type: str
    required: true
  port:
    description:
      - TCP port. The endpoint must begin with TLS; C(STARTTLS) is not supported.
    type: int
    default: 443
  server_name:
    description:
      - Name to ask for in the handshake (SNI). If not given, O(host), unless that is an address. An empty text sends no
        name.
    type: str
  timeout:
    description:
      - Seconds for connection and handshake together.
    type: int
    default: 10
  allow_legacy:
    description:
      - Accepts TLS 1.0 and 1.1, and algorithms that are not safe any more. Not needed for servers that have TLS 1.2.
    type: bool
    default: false
  ca_bundle:
    description:
      - File on the controller with the root that the chain must lead to. Any kind of file does (PEM, C(.cer), C(.p7b));
        only its self-signed certificates count.
      - Without it and O(ca_content) the chain is not judged.
    type: path
  ca_content:
    description:
      - The same as O(ca_bundle), as the text of a PEM file or as base64 of any file.
      - Excludes O(ca_bundle).
    type: str
  require_chain:
    description:
      - Whether a chain that cannot be built fails the task. V(false) only reports it.
    type: bool
    default: true
  expect_thumbprint:
    description:
      - Thumbprint of the certificate that must be served, 40 hexadecimal digits; blanks and colons do no harm.
      - In check mode also V((known after issue\)), as earlier tasks return it; it is not compared then.
    type: str
requirements:
  - Python 3.8 or later on the host that the task is delegated to, and no library.
notes:
  - Offers TLS 1.2 at most, in which the chain can be seen. Servers of the product do not speak more by what is known.
  - Does not look at revocation.
  - The emulated servers of P(sfb.certificates.lab#connection) have endpoints, too, which a command of the lab
    (C(serve-tls)) serves on loopback.
seealso:
  - module: sfb.certificates.cs_windows_service
  - module: sfb.certificates.cs_certificate_info
"""

EXAMPLES = r"""
- name: See that the Access Edge service has the new certificate, and sends its chain
  sfb.certificates.tls_endpoint_info:
    host: "{{ edge_external_address }}"
    port: "{{ edge_access_port }}"
    server_name: sip.example.com
    expect_thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    ca_bundle: files/example-root.cer
  register: endpoint
  retries: 5
  delay: 2
  until: endpoint is success

- name: Tell how long it is valid
  ansible.builtin.debug:
    msg: "{{ endpoint.certificate.subject }}: {{ endpoint.days_left }} days, for {{ endpoint.names | join(', ') }}"

- name: Look at it from a host that the firewall lets through
  sfb.certificates.tls_endpoint_info:
    host: "{{ edge_external_address }}"
    port: "{{ edge_access_port }}"
    server_name: sip.example.com
  delegate_to: probe

- name: Look at whatever is served, without judging the chain
  sfb.certificates.tls_endpoint_info:
    host: "{{ edge_external_address }}"
    port: "{{ edge_access_port }}"
"""

RETURN = r"""
address:
  description: IP address that answered.
  returned: success
  type: str
  sample: 192.0.2.11
certificate:
  description:
    - The certificate of the server itself, with the same facts as
      RV(sfb.certificates.cs_certificate_info#module:certificates) up to C(unreadable_extensions).
  returned: success
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=sip.example.com, O=Example, C=DE
    issuer: CN=Example Issuing CA 1, O=Example, C=DE
    not_after: '2028-11-19T09:14:02Z'
chain_complete:
  description:
    - Whether a client with nothing but the roots given can build the chain, and all of it is valid now by the clock of
      the controller. Null if no root is given.
  returned: success
  type: bool
  sample: true
chain_problems:
  description: What is wrong with the chain, one line each.
  returned: success
  type: list
  elements: str
  sample: []
chain_sent:
  description: The certificates that the server sends, its own first.
  returned: success
  type: list
  elements: dict
  contains:
    thumbprint:
      description: SHA-1 of the certificate, 40 upper-case hexadecimal digits.
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject:
      description: Subject, as Windows shows it.
      returned: always
      type: str
      sample: CN=sip.example.com, O=Example, C=DE
    issuer:
      description: Issuer, as Windows shows it.
      returned: always
      type: str
      sample: CN=Example Issuing CA 1, O=Example, C=DE
    not_after:
      description: End of validity, UTC.
      returned: always
      type: str
      sample: '2028-11-19T09:14:02Z'
cipher:
  description: Cipher suite, as OpenSSL names it.
  returned: success
  type: str
  sample: ECDHE-RSA-AES256-GCM-SHA384
covers_server_name:
  description: Whether the certificate carries O(server_name); wildcards do not count. Null if no name was asked for.
  returned: success
  type: bool
  sample: true
days_left:
  description: Whole days to the end of validity; negative if it has expired.
  returned: success
  type: int
  sample: 728
missing_issuer:
  description: Subject of the authority that is neither sent nor one of the roots given; empty if none is missing.
  returned: success
  type: str
  sample: ''
names:
  description: DNS names that the certificate is for, in lower case.
  returned: success
  type: list
  elements: str
  sample:
    - sip.example.com
    - webconf.example.com
protocol:
  description: Version of TLS.
  returned: success
  type: str
  sample: TLSv1.2
thumbprint:
  description: Thumbprint of the certificate of the server itself.
  returned: success
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""

import base64
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import CertificatesError
from ..module_utils._tls.handshake import Target, probe

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 443},
    "server_name": {"type": "str"},
    "timeout": {"type": "int", "default": 10},
    "allow_legacy": {"type": "bool", "default": False},
    "ca_bundle": {"type": "path"},
    "ca_content": {"type": "str"},
    "require_chain": {"type": "bool", "default": True},
    "expect_thumbprint": {"type": "str"},
}


def main() -> None:
    """Makes the handshake, and hands what came to the action."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[["ca_bundle", "ca_content"]],
        supports_check_mode=True,
    )
    options = module.params
    target = Target(
        options["host"], options["port"], options["server_name"] or "", options["timeout"], options["allow_legacy"]
    )
    try:
        served = probe(target)
    except CertificatesError as error:
        module.fail_json(msg=error.message)
    certificates = [base64.b64encode(der).decode("ascii") for der in served.certificates]
    module.exit_json(served={**asdict(served), "certificates": certificates})


if __name__ == "__main__":
    main()
