# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, requests and files made at run time, odd ones included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ObjectIdentifier

Extension = tuple[str, bytes]

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
RSA_SIGNATURES = {"md5": 4, "sha1": 5, "sha256": 11, "sha512": 13}
EC_SIGNATURES = {"sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2"}


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    numbers = [int(part) for part in ObjectIdentifier(dotted).dotted_string.split(".")]
    content = bytearray()
    for number in (40 * numbers[0] + numbers[1], *numbers[2:]):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | (number & 0x7F))
        content += bytes(reversed(digits))
    return tlv(6, bytes(content))


def integer(number: int) -> bytes:
    """An INTEGER, negative ones too."""
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def name(*attributes: tuple[str, int, str | bytes]) -> bytes:
    """A Name of single-valued RDNs, each (OID, tag, text), in encoded order."""
    return tlv(
        0x30,
        *(
            tlv(0x31, tlv(0x30, oid(kind), tlv(tag, value.encode() if isinstance(value, str) else value)))
            for kind, tag, value in attributes
        ),
    )


def common_name(text: str) -> bytes:
    """A Name of one common name, or the empty one."""
    return name(("2.5.4.3", 12, text)) if text else name()


def dns(*names: str) -> Extension:
    """A subject alternative name."""
    return "2.5.29.17", tlv(0x30, *(tlv(0x82, item.encode()) for item in names))


def key_ids(*, own: bytes | None = None, issuer: bytes | None = None) -> list[Extension]:
    """Key identifiers."""
    extensions = []
    if own is not None:
        extensions.append(("2.5.29.14", tlv(4, own)))
    if issuer is not None:
        extensions.append(("2.5.29.35", tlv(0x30, tlv(0x80, issuer))))
    return extensions


CA: Extension = ("2.5.29.19", tlv(0x30, tlv(1, b"\xff")))


@dataclass(frozen=True)
class Issued:
    """A certificate made here and its key."""

    cert: Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.cert.der

    def key_pem(self) -> bytes:
        pem: bytes = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem


class Forge:
    """Makes what the tests need, byte by byte, so that it can make what no library would."""

    tlv = staticmethod(tlv)
    oid = staticmethod(oid)
    integer = staticmethod(integer)
    name = staticmethod(name)
    dns = staticmethod(dns)
    key_ids = staticmethod(key_ids)
    CA = CA
    NOW = NOW

    def __init__(self, rsa_keys: Sequence[rsa.RSAPrivateKey]) -> None:
        self.rsa_keys = rsa_keys

    @staticmethod
    def ec_key() -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @staticmethod
    def spki(key: Any) -> bytes:
        encoded: bytes = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return encoded

    @staticmethod
    def algorithm(key: Any, digest: str) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return tlv(0x30, oid(f"1.2.840.113549.1.1.{RSA_SIGNATURES[digest]}"), tlv(5))
        return tlv(0x30, oid(EC_SIGNATURES[digest]))

    @staticmethod
    def sign(key: Any, digest: str, data: bytes) -> bytes:
        algorithm = getattr(hashes, digest.upper())()
        scheme = (padding.PKCS1v15(), algorithm) if isinstance(key, rsa.RSAPrivateKey) else (ec.ECDSA(algorithm),)
        signature: bytes = key.sign(data, *scheme)
        return signature

    def issue(
        self,
        subject: str | bytes,
        issuer: Issued | None = None,
        *,
        key: Any = None,
        ca: bool = False,
        extensions: Sequence[Extension] = (),
        serial: int = 1,
        version: int = 3,
        years: tuple[int, int] = (2020, 2040),
        digest: str = "sha256",
        issuer_name: bytes | None = None,
        spki: bytes | None = None,
        algorithm: bytes | None = None,
        signature: bytes | None = None,
        sign_with: Any = None,
    ) -> Issued:
        """A certificate; self-signed if there is no issuer. The named parts can be replaced by odd ones."""
        key = key or self.ec_key()
        signer = sign_with or (issuer.key if issuer else key)
        subject_der = common_name(subject) if isinstance(subject, str) else subject
        algorithm = algorithm or self.algorithm(signer, digest)
        all_extensions = [*([CA] if ca else []), *extensions]
        parts = [
            *([tlv(0xA0, integer(version - 1))] if version > 1 else []),
            integer(serial),
            algorithm,
            issuer_name or (issuer.cert.subject_der if issuer else subject_der),
            tlv(0x30, *(tlv(0x18, f"{year}0101000000Z".encode()) for year in years)),
            subject_der,
            spki or self.spki(key),
        ]
        if all_extensions:
            rows = (tlv(0x30, oid(kind), tlv(4, value)) for kind, value in all_extensions)
            parts.append(tlv(0xA3, tlv(0x30, *rows)))
        tbs = tlv(0x30, *parts)
        signature = self.sign(signer, digest, tbs) if signature is None else signature
        return Issued(Certificate.from_der(tlv(0x30, tbs, algorithm, tlv(3, b"\0", signature))), key)

    def request(
        self,
        subject: str,
        key: Any,
        *,
        digest: str = "sha256",
        extensions: Sequence[Extension] = (),
        attribute: str = "1.2.840.113549.1.9.14",
    ) -> bytes:
        """A PKCS#10 request."""
        rows = tlv(0x30, *(tlv(0x30, oid(kind), tlv(4, value)) for kind, value in extensions))
        attributes = tlv(0xA0, tlv(0x30, oid(attribute), tlv(0x31, rows))) if extensions else tlv(0xA0)
        info = tlv(0x30, integer(0), common_name(subject), self.spki(key), attributes)
        return tlv(0x30, info, self.algorithm(key, digest), tlv(3, b"\0", self.sign(key, digest, info)))

    @staticmethod
    def pkcs7(*certificates: bytes, content_type: str = "1.2.840.113549.1.7.1", content: bytes | None = None) -> bytes:
        """SignedData with the certificates in the order given, which is not what DER asks for."""
        wrapped = tlv(0x30, oid(content_type), *([tlv(0xA0, tlv(4, content))] if content is not None else []))
        signed = tlv(0x30, integer(1), tlv(0x31), wrapped, tlv(0xA0, *certificates), tlv(0x31))
        return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed))

    def gost(self, *, own: bytes | None, issuer: bytes | None, ca: bool = True) -> Issued:
        """A self-issued certificate with a key and a signature that no library here knows."""
        algorithm = tlv(0x30, oid("1.2.643.7.1.1.3.2"))
        spki = tlv(0x30, tlv(0x30, oid("1.2.643.7.1.1.1.1"), tlv(0x30)), tlv(3, b"\0" + b"\x04\x40" + b"\x11" * 64))
        return self.issue(
            "GOST",
            ca=ca,
            extensions=key_ids(own=own, issuer=issuer),
            spki=spki,
            algorithm=algorithm,
            signature=b"\x22" * 64,
        )


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Two RSA keys for the whole run; EC keys are cheap and made as needed."""
    return Forge([rsa.generate_private_key(public_exponent=65537, key_size=2048) for _number in range(2)])
