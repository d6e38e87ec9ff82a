# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of the emulated web enrolment, and what it takes of its clients.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
import ssl

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import hashes, serialization, x509

from ..server import keys
from ..server.folder import LabFolder, write_atomically
from .adcs import Order, Terms
from .enrollment_queue import Desk

#: The name that the web server answers to.
HOST = "localhost"


def tls_context(desk: Desk, lab: LabFolder, *, client_certificates: bool) -> tuple[ssl.SSLContext, bytes]:
    """Context and certificate (DER) of the web server, which the lab's authority issued to it when it first ran."""
    path = desk.folder / "web-server.pem"
    if not path.exists():
        pem = keys.new_key(lab, algorithm="ECDH_P256")
        key = keys.load_key(pem)
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, HOST)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        csr = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        made = desk.authority.sign(Order.from_csr(csr), Terms(now=dt.datetime.now(dt.timezone.utc)))
        issuing = desk.authority.chain()[0]
        parts = [made.public_bytes(serialization.Encoding.PEM), issuing.public_bytes(serialization.Encoding.PEM)]
        write_atomically(path, pem + b"".join(parts), mode=0o600)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    if client_certificates:
        context.verify_mode = ssl.CERT_OPTIONAL
        issuing, root = desk.authority.chain()
        for authority in (issuing, root):
            context.load_verify_locations(cadata=authority.public_bytes(serialization.Encoding.PEM).decode("ascii"))
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    return context, certificate.public_bytes(serialization.Encoding.DER)
