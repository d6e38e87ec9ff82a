# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate files as `X509Certificate2Collection.Import` reads them, by content.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import warnings
from dataclasses import dataclass

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import (
    UnsupportedAlgorithm,
    pkcs7,
    pkcs12,
    serialization,
    x509,
)

from . import facts

NOT_A_CERTIFICATE = "0x80092009"
WRONG_PASSWORD = "0x80070056"
_BLOCK = re.compile(rb"-----BEGIN [^-]+-----(.*?)-----END [^-]+-----", re.DOTALL)


class ContentError(Exception):
    """The data cannot be imported; `hresult` is what Windows reports."""

    def __init__(self, hresult: str) -> None:
        super().__init__(hresult)
        self.hresult = hresult


@dataclass(frozen=True)
class FileCertificate:
    """A certificate of a file, with its key (PEM) if the file has that."""

    der: bytes
    key_pem: bytes | None = None
    friendly_name: str = ""


def pem_of_key(key: object) -> bytes:
    """A private key object as unencrypted PKCS #8 PEM."""
    return key.private_bytes(  # type: ignore[attr-defined,no-any-return]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_content(data: bytes, password: str) -> list[FileCertificate]:
    """All certificates of a .cer, .p7b or .pfx, DER or base64.

    Of several PEM blocks only the first counts, as with CryptQueryObject. Raises ContentError.
    """
    der = data if data[:1] == b"\x30" else _decode_text(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        certificates = _public_certificates(der)
        if certificates is not None:
            return [FileCertificate(c) for c in certificates]
        return list(_read_pfx(der, password))


def holds_only_public(data: bytes) -> bool:
    """Whether data is a certificate, a chain, a request or plain text without a private key."""
    if b"PRIVATE KEY" in data:
        return False
    try:
        der = data if data[:1] == b"\x30" else _decode_text(data)
    except ContentError:
        return _is_text(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if _public_certificates(der) is not None:
            return True
        try:
            x509.load_der_x509_csr(der)
        except (ValueError, UnsupportedAlgorithm):
            return False
    return True


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8").replace("\r", "").replace("\n", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def _decode_text(data: bytes) -> bytes:
    found = _BLOCK.search(data)
    try:
        der = base64.b64decode(b"".join((found.group(1) if found else data).split()), validate=True)
    except (binascii.Error, ValueError):
        raise ContentError(NOT_A_CERTIFICATE) from None
    if der[:1] != b"\x30":
        raise ContentError(NOT_A_CERTIFICATE)
    return der


def _public_certificates(der: bytes) -> list[bytes] | None:
    try:
        facts.parse(der)
        return [der]
    except ValueError:
        pass
    try:
        chain = pkcs7.load_der_pkcs7_certificates(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return [c.public_bytes(serialization.Encoding.DER) for c in chain]


@functools.lru_cache(maxsize=64)
def _read_pfx(der: bytes, password: str) -> tuple[FileCertificate, ...]:
    """The certificates of a PFX. That the numbers of its key are primes is proved, which takes 40 ms; the last are kept."""
    # A PFX begins with version 3, a request or key with something else: only the first asks for a password.
    if not re.match(rb"\x30[\x80-\x84]?.{0,4}?\x02\x01\x03\x30", der[:12], re.DOTALL):
        raise ContentError(NOT_A_CERTIFICATE)
    loaded = None
    for secret in [password.encode("utf-8")] if password else [None, b""]:
        try:
            loaded = pkcs12.load_pkcs12(der, secret)
            break
        except (ValueError, UnsupportedAlgorithm):
            continue
    if loaded is None:
        raise ContentError(WRONG_PASSWORD)
    found = []
    for entry in [*loaded.additional_certs, *([loaded.cert] if loaded.cert else [])]:
        own = entry is loaded.cert and loaded.key is not None
        name = (entry.friendly_name or b"").decode("utf-8", "replace").rstrip("\0")
        found.append(
            FileCertificate(
                entry.certificate.public_bytes(serialization.Encoding.DER),
                pem_of_key(loaded.key) if own else None,
                name,
            )
        )
    return tuple(found)
