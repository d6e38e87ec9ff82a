# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request that Request-CsCertificate makes: names, key, CSR, and the certificate that waits for the answer.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import datetime as dt
import textwrap
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import hashes, serialization, x509

from ..server import keys
from ..server.errors import argument_failure
from ..server.roles import Computer
from ..server.state import Entry
from .call import Call


@dataclass(frozen=True)
class _Wanted:
    """Subject (RDN type and value, most specific first), names and uses of a request."""

    subject: tuple[tuple[Any, str], ...]
    names: tuple[str, ...]
    client: bool


def _wanted(call: Call, computer: Computer) -> _Wanted:
    """Subject and names from the topology.

    Source: product.md#edge-certificates, product.md#certificates-of-internal-servers.
    """
    pool, bound = call.session.pool, call.bound
    domains = pool.sip_domains if bound.get("AllSipDomain") else pool.sip_domains[:1]
    common_name, found = computer.names_for(bound.get("Type"), domains)
    names = list(found)
    names += [n.strip() for n in bound.get("DomainName", "").split(",")]
    oid = x509.oid.NameOID
    subject = [(oid.COMMON_NAME, common_name)]
    for name, kind in (
        ("OU", oid.ORGANIZATIONAL_UNIT_NAME),
        ("Organization", oid.ORGANIZATION_NAME),
        ("City", oid.LOCALITY_NAME),
        ("State", oid.STATE_OR_PROVINCE_NAME),
        ("Country", oid.COUNTRY_NAME),
    ):
        if bound.get(name):
            subject.append((kind, bound.get(name)))
    return _Wanted(tuple(subject), tuple(dict.fromkeys(n for n in names if n)), bound.get("ClientEKU") is True)


def make_request(call: Call, computer: Computer) -> tuple[Entry, x509.CertificateSigningRequest]:
    """Make key and CSR, and the certificate that waits in REQUEST.

    Source: product.md#edge-internal-interface, powershell.md#pending-requests.

    Raises PowerShellError if a name cannot be in a certificate.
    """
    bound, wanted = call.bound, _wanted(call, computer)
    algorithm = bound.get("KeyAlg", "RSA")
    pem = keys.new_key(call.session.lab, algorithm=algorithm, size=bound.get("KeySize", 2048))
    key = keys.load_key(pem)
    try:
        # The encoding runs from the country to the common name, as X500DistinguishedName makes it.
        name = x509.Name([x509.NameAttribute(kind, value) for kind, value in reversed(wanted.subject)])
    except ValueError:
        raise argument_failure("The name of the subject is not valid.") from None
    csr = x509.CertificateSigningRequestBuilder().subject_name(name)
    now = call.session.now()
    dummy = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dummy = dummy.serial_number(x509.random_serial_number())
    dummy = dummy.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=365))
    for extension in _extensions(wanted):
        csr = csr.add_extension(extension, critical=False)
        dummy = dummy.add_extension(extension, critical=False)
    exportable = bound.get("PrivateKeyExportable")
    if exportable is None:
        exportable = call.switch("key_exportable_default")
    container = keys.store_key(call.state, pem, exportable=bool(exportable))
    der = dummy.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    waiting = Entry(der, bound.get("FriendlyName", ""), container)
    call.state.add("REQUEST", waiting)
    return waiting, csr.sign(key, hashes.SHA256())


def _extensions(wanted: _Wanted) -> list[Any]:
    purposes = [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    if wanted.client:
        purposes.append(x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH)
    found: list[Any] = [x509.ExtendedKeyUsage(purposes)]
    if wanted.names:
        try:
            found.insert(0, x509.SubjectAlternativeName([x509.DNSName(n) for n in wanted.names]))
        except ValueError:
            raise argument_failure("A domain name is not valid.") from None
    return found


def as_file(request: x509.CertificateSigningRequest) -> bytes:
    """The text that certreq writes: label NEW CERTIFICATE REQUEST, CRLF."""
    body = base64.b64encode(request.public_bytes(serialization.Encoding.DER)).decode("ascii")
    lines = [
        "-----BEGIN NEW CERTIFICATE REQUEST-----",
        *textwrap.wrap(body, 76),
        "-----END NEW CERTIFICATE REQUEST-----",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")
