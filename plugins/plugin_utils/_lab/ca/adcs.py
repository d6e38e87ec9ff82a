# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated certification authority: two tiers of AD CS with the template WebServer.

Its extensions are those that an issuing CA of Windows adds by default: key identifiers, CRL distribution point,
authority information access, template name. Files lie in the folder `adcs` of a lab.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import (
    InvalidSignature,
    UnsupportedAlgorithm,
    ec,
    hashes,
    padding,
    pkcs7,
    rsa,
    serialization,
    x509,
)

from ..server import facts, keys
from ..server.errors import LabError
from ..server.folder import LabFolder, hold, write_atomically

TEMPLATE_NAME = "1.3.6.1.4.1.311.20.2"
_HOST = "http://pki.lab.example"
_ROOT, _ISSUING = "Lab Root CA", "Lab Issuing CA"
#: What a CA can be set to sign with.
HASHES = ("sha256", "sha384", "sha512")


@dataclass(frozen=True)
class Order:
    """What a request asks for; the CA takes subject, key and names from it."""

    subject: x509.Name
    public_key: Any
    names: tuple[str, ...]

    @classmethod
    def from_csr(cls, data: bytes, *, name: str = "request") -> Order:
        """Read a CSR, PEM or DER, and verify its signature; raises LabError."""
        der = data
        if data[:1] != b"\x30":
            der = _from_text(data, name)
        try:
            csr = x509.load_der_x509_csr(der)
        except (ValueError, UnsupportedAlgorithm):
            raise LabError(f"{name} is no certificate signing request; give the file that the server made") from None
        if not _signature_fits(csr):
            raise LabError(f"{name}: the signature of the request is wrong; make a new request")
        return cls(csr.subject, csr.public_key(), _names_of(csr))

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> Order:
        """What the certificate waiting in REQUEST stands for."""
        return cls(certificate.subject, certificate.public_key(), tuple(facts.dns_names(certificate)))

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key, upper-case hexadecimal: what a request is known by."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(_spki(self.public_key))
        return digest.finalize().hex().upper()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How to sign: time of signing, validity in days from `not_before` (default: an hour before), changed names."""

    now: dt.datetime
    days: int = 730
    not_before: dt.datetime | None = None
    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    extra_purposes: tuple[str, ...] = field(default=())
    hash_name: str = "sha256"


def _hash(name: str) -> Any:
    return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name]


def _spki(public_key: Any) -> bytes:
    return public_key.public_bytes(  # type: ignore[no-any-return]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _from_text(data: bytes, name: str) -> bytes:
    found = re.search(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----(.*?)-----END", data, re.DOTALL)
    try:
        return base64.b64decode(b"".join((found.group(1) if found else data).split()), validate=True)
    except (binascii.Error, ValueError):
        raise LabError(f"{name} is no certificate signing request; give the file that the server made") from None


def _signature_fits(csr: x509.CertificateSigningRequest) -> bool:
    key, algorithm = csr.public_key(), csr.signature_hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(csr.signature, csr.tbs_certrequest_bytes, padding.PKCS1v15(), algorithm)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(csr.signature, csr.tbs_certrequest_bytes, ec.ECDSA(algorithm))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def _names_of(csr: x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        extension = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(extension.value.get_values_for_type(x509.DNSName))


def _template_extension(name: str) -> x509.UnrecognizedExtension:
    """The extension of a version 1 template: its name as BMPString."""
    text = name.encode("utf-16-be")
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(TEMPLATE_NAME), bytes([0x1E, len(text)]) + text)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: Any


class Authority:
    """The CA of a lab; made on first use."""

    def __init__(self, lab: LabFolder) -> None:
        self._lab = lab
        self._folder = lab.adcs
        self._database = lab.adcs / "issued.jsonl"
        self.chain_path = lab.adcs / "certnew.p7b"

    def prepare(self, now: dt.datetime | None = None) -> Path:
        """Make both CAs if they are not there; gives the path of the chain (PKCS #7, DER)."""
        if self.chain_path.exists():
            return self.chain_path
        self._folder.mkdir(parents=True, exist_ok=True)
        with hold(self._folder):
            if not self.chain_path.exists():
                self._make(now or dt.datetime.now(dt.timezone.utc))
        return self.chain_path

    def _make(self, now: dt.datetime) -> None:
        root = self._make_tier(_ROOT, None, now, years=10)
        issuing = self._make_tier(_ISSUING, root, now, years=5)
        chain = [issuing.certificate, root.certificate]
        write_atomically(self.chain_path, pkcs7.serialize_certificates(chain, serialization.Encoding.DER))

    def _make_tier(self, title: str, parent: _Signer | None, now: dt.datetime, *, years: int) -> _Signer:
        pem = keys.new_key(self._lab)
        key = keys.load_key(pem)
        oid = x509.oid.NameOID
        parts = [(oid.DOMAIN_COMPONENT, "example"), (oid.DOMAIN_COMPONENT, "lab"), (oid.COMMON_NAME, title)]
        name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
        start = now - dt.timedelta(days=1)
        builder = x509.CertificateBuilder().subject_name(name).public_key(key.public_key())
        builder = builder.issuer_name(parent.certificate.subject if parent else name)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(start + dt.timedelta(days=round(365.25 * years)))
        builder = builder.add_extension(_key_usage(authority=True), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        if parent:
            builder = _add_issuer_pointers(builder, parent.certificate)
            builder = builder.add_extension(_template_extension("SubCA"), critical=False)
        certificate = builder.sign(parent.key if parent else key, hashes.SHA256())
        private = self._folder / "keys"
        private.mkdir(mode=0o700, exist_ok=True)
        write_atomically(private / f"{title}.pem", pem, mode=0o600)
        write_atomically(self._folder / f"{title}.cer", certificate.public_bytes(serialization.Encoding.PEM))
        return _Signer(certificate, key)

    def _load(self, title: str) -> _Signer:
        certificate = x509.load_pem_x509_certificate((self._folder / f"{title}.cer").read_bytes())
        return _Signer(certificate, keys.load_key((self._folder / "keys" / f"{title}.pem").read_bytes()))

    def chain(self) -> list[x509.Certificate]:
        """Issuing and root certificate."""
        self.prepare()
        return [self._load(_ISSUING).certificate, self._load(_ROOT).certificate]

    def sign(self, order: Order, terms: Terms) -> x509.Certificate:
        """Issue a certificate after the template WebServer and note it; raises LabError for names no CA takes."""
        self.prepare()
        signer = self._load(_ISSUING)
        names = [n for n in order.names if n.lower() not in {d.lower() for d in terms.drop}]
        names = list(dict.fromkeys([*names, *terms.add]))
        start = terms.not_before or terms.now - dt.timedelta(hours=1)
        builder = x509.CertificateBuilder().subject_name(order.subject).issuer_name(signer.certificate.subject)
        builder = builder.public_key(order.public_key).serial_number(x509.random_serial_number())
        # A CA issues nothing that outlives its own certificate.
        end = min(start + dt.timedelta(days=terms.days), signer.certificate.not_valid_after_utc)
        try:
            builder = builder.not_valid_before(start).not_valid_after(end)
            if names:
                san = x509.SubjectAlternativeName([x509.DNSName(n) for n in names])
                builder = builder.add_extension(san, critical=False)
            purposes = [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, *map(x509.ObjectIdentifier, terms.extra_purposes)]
        except ValueError as error:
            raise LabError(f"the certificate cannot be issued: {error}") from None
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(order.public_key), critical=False)
        builder = _add_issuer_pointers(builder, signer.certificate)
        builder = builder.add_extension(_template_extension("WebServer"), critical=False)
        builder = builder.add_extension(_key_usage(authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        certificate = builder.sign(signer.key, _hash(terms.hash_name))
        self._note(order, certificate)
        return certificate

    def _note(self, order: Order, certificate: x509.Certificate) -> None:
        der = certificate.public_bytes(serialization.Encoding.DER)
        with hold(self._folder):
            row = {
                "request_id": len(list(self.issued())) + 1,
                "time": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "subject": facts.show_name(certificate.subject),
                "dns_names": facts.dns_names(certificate),
                "public_key_sha256": order.key_id,
                "thumbprint": facts.thumbprint(der),
                "serial_number": f"{certificate.serial_number:X}",
                "not_after": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            descriptor = os.open(self._database, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(descriptor, (json.dumps(row) + "\n").encode("utf-8"))
            finally:
                os.close(descriptor)

    def issued(self) -> Iterator[dict[str, Any]]:
        """What the CA has issued, oldest first."""
        if self._database.exists():
            for line in self._database.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


def _add_issuer_pointers(builder: x509.CertificateBuilder, issuer: x509.Certificate) -> x509.CertificateBuilder:
    """Authority key identifier, CRL distribution point and authority information access."""
    title = str(issuer.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)[0].value).replace(" ", "%20")
    key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    point = x509.UniformResourceIdentifier(f"{_HOST}/CertEnroll/{title}.crl")
    file = x509.UniformResourceIdentifier(f"{_HOST}/CertEnroll/{title}.crt")
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
    builder = builder.add_extension(aki, critical=False)
    points = x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)])
    builder = builder.add_extension(points, critical=False)
    access = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, file)
    return builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
