# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the emulated authority itself does not do: authorities renewed, crossed or expired, signed with its own keys."""

from __future__ import annotations

import datetime as dt
import pathlib
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

ROOT, ISSUING = "Lab Root CA", "Lab Issuing CA"
_DAY = dt.timedelta(days=1)


class Authorities:
    """The two tiers of a lab, with their keys in hand."""

    def __init__(self, lab: pathlib.Path, keys: pathlib.Path) -> None:
        self.folder = lab / "adcs"
        self._spare = sorted(keys.glob("*.pem"))

    def certificate(self, name: str) -> x509.Certificate:
        """The certificate of a tier."""
        data = (self.folder / f"{name}.cer").read_bytes()
        return x509.load_pem_x509_certificate(data) if data.startswith(b"--") else x509.load_der_x509_certificate(data)

    def key(self, name: str) -> Any:
        """The key of a tier, or with a number one that nobody uses yet."""
        path = self._spare[-int(name)] if name.isdigit() else self.folder / "keys" / f"{name}.pem"
        return load_key(path.read_bytes())

    def authority(self, name: str, key: str, signer: str, *, begin: int = -1, end: int = 1000) -> x509.Certificate:
        """A certificate for an authority of this name and key, signed by a tier; begin and end in days from now."""
        subject = self.certificate(name).subject if name in (ROOT, ISSUING) else _name(name)
        return self._sign(subject, self.key(key).public_key(), signer, begin, end, ca=True)

    def self_signed(self, name: str, key: str) -> x509.Certificate:
        """Another root."""
        own = self.key(key)
        return _builder(_name(name), _name(name), own.public_key(), -1, 3000, ca=True).sign(own, hashes.SHA256())

    def answer(self, request: bytes, issuer: x509.Certificate, key: str, *, common_name: str = "") -> bytes:
        """A certificate for a request, signed with the key of any authority, on request for another name."""
        csr = x509.load_pem_x509_csr(request)
        subject = _name(common_name) if common_name else csr.subject
        builder = _builder(subject, issuer.subject, csr.public_key(), -1, 400, ca=False)
        purposes = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
        issued = builder.add_extension(purposes, critical=False).sign(self.key(key), hashes.SHA256())
        return issued.public_bytes(serialization.Encoding.PEM)

    def _sign(self, subject: x509.Name, public_key: Any, signer: str, begin: int, end: int, *, ca: bool) -> Any:
        issuer = self.certificate(signer)
        return _builder(subject, issuer.subject, public_key, begin, end, ca=ca).sign(self.key(signer), hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, begin: int, end: int, *, ca: bool) -> Any:
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin * _DAY)
        .not_valid_after(now + end * _DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


def chain_file(path: pathlib.Path, *certificates: x509.Certificate) -> pathlib.Path:
    """Writes a chain as certsrv gives it."""
    path.write_bytes(pkcs7.serialize_certificates(list(certificates), serialization.Encoding.DER))
    return path


def row(certificate: x509.Certificate) -> dict[str, Any]:
    """A certificate as it lies in a store of an emulated server."""
    return {
        "thumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),
        "friendly_name": "",
        "container": None,
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode().splitlines(),
    }
