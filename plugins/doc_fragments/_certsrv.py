# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for AD CS web enrolment have in common; the same options as in plugin_utils/_certsrv/options.py.

**PRIVATE** to the collection: it may change at any time.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the way to the authority, and how its answers are read."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of web enrolment, for example V(https://ca01.contoso.net/certsrv).
      - A host name alone stands for C(https://host/certsrv). The address of one of the pages is taken, too.
      - Must not hold a user name or password.
    type: str
    required: true
  auth:
    description:
      - How to log in. V(ntlm) and V(basic) need O(username) and O(password).
      - V(ntlm) binds the login to the TLS connection, as servers demand that require Extended Protection.
      - V(kerberos) takes the ticket of the user who runs Ansible (C(kinit)), and needs one of the Python libraries
        requests_kerberos and requests_gssapi.
      - V(certificate) logs in with O(client_cert) and O(client_key).
    type: str
    choices:
      - ntlm
      - basic
      - kerberos
      - certificate
      - none
    default: ntlm
  username:
    description:
      - Account that may enrol, as C(DOMAIN\\user) or C(user@domain).
    type: str
  password:
    description: Password of O(username).
    type: str
  client_cert:
    description:
      - File on the controller with the certificate of the client as PEM. It may hold the key, too.
      - It is shown to the server with every O(auth).
    type: path
  client_key:
    description: File on the controller with the key of O(client_cert) as PEM, without a passphrase.
    type: path
  ca_bundle:
    description:
      - File on the controller with the certificates that the server is checked against, above all the root of the
        authority that issued its certificate. Any kind of file does (PEM, C(.cer), C(.p7b)).
      - If not given, what the controller's system trusts; or what E(REQUESTS_CA_BUNDLE) names, while O(use_proxy) is
        V(true).
    type: path
  validate_certs:
    description:
      - Whether the certificate of the server is checked. V(false) lets anybody on the way read the login and forge the
        answer; set O(ca_bundle) instead.
    type: bool
    default: true
  allow_http:
    description:
      - Takes an address without TLS. Enterprise authorities of Windows Server 2008 and 2008 R2 refuse that themselves.
    type: bool
    default: false
  use_proxy:
    description:
      - Whether the settings of the environment count (E(HTTPS_PROXY), E(NO_PROXY) and the like).
    type: bool
    default: true
  timeout:
    description:
      - Seconds to wait for the connection, and for each part of an answer.
    type: int
    default: 30
requirements:
  - On the controller, the Python library requests, and requests_ntlm for O(auth=ntlm).
notes:
  - Talks to the pages of the role service Certification Authority Web Enrollment, as a browser does. No agent, no
    membership in the domain and no connection to the servers of the pool is needed.
  - The pages may be in any language. Their links, their identifiers and the numbers in them are read, and what claims
    to be a certificate is parsed.
  - Redirects are not followed, so that the login goes to the named server only.
  - The lab of the collection (P(sfb.certificates.lab#connection)) brings an emulated web enrolment to try it out.
"""
