# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA and certificates for servers that are made by hand."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


FQDN = "edgepool.example.com"


PASSPHRASE = "of no use to anybody"


@dataclass(frozen=True)
class Pki:
    """A root, two certificates that it issued, and a request with its answer, all with the same names."""

    root: Certificate
    old: Certificate
    new: Certificate
    csr: bytes
    answer: Certificate


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issue(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey
) -> Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=10))
        .not_valid_after(NOW + timedelta(days=700))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
    )
    if subject != issuer:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    made = builder.sign(signer, hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def _authority(folder: Path) -> dict[str, str]:
    """A local authority in files, as options name it."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.cer").write_bytes(_issue("Site CA", key, "Site CA", key).der)
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.key").write_bytes(key.private_bytes(*form))
    return {"ca_certificate": str(folder / "ca.cer"), "ca_private_key": str(folder / "ca.key")}


def _stored(store: str, certificate: Certificate, **more: Any) -> StoredCertificate:
    return StoredCertificate.of(certificate, store, **more)


def _pfx() -> str:
    """A PFX in base64."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = x509.load_der_x509_certificate(_issue(FQDN, key, "Example Root CA", key).der)
    locked = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return base64.b64encode(serialize_key_and_certificates(None, key, certificate, None, locked)).decode("ascii")


def _pem(*certificates: Certificate) -> str:
    texts = (base64.b64encode(item.der).decode("ascii") for item in certificates)
    return "".join(f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n" for text in texts)
