# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate files: one, several, a PKCS#7 chain or a PFX.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._cryptography_dep import UnsupportedAlgorithm, pkcs7, pkcs12, require_cryptography, serialization
from .._errors import InputError
from . import content, der
from .certificate import Certificate
from .pfx_mac import passphrase_fits

_ADVICE = {
    content.REQUEST: "give the answer of the certification authority to it",
    content.CMC_REQUEST: "give the answer of the certification authority to it",
    content.PRIVATE_KEY: "give the certificate, or a PFX with both",
    content.PUBLIC_KEY: "give the certificate",
    content.CRL: "give the certificate",
}


@dataclass(frozen=True)
class CertificateFile:
    """What a file holds.

    Attributes:
        kind: `certificates`, `pkcs7` or `pkcs12`, by content.
        certificates: each once, in the order of the file; of a PFX the one with the key first.
        key_certificate: of a PFX the certificate whose private key is inside; None without key and for other kinds.
        friendly_name: of `key_certificate`, None if it has none.
    """

    kind: str
    certificates: tuple[Certificate, ...]
    key_certificate: Certificate | None = None
    friendly_name: str | None = None


def read_certificates(data: bytes, *, passphrase: str | None = None, name: str = "certificate file") -> CertificateFile:
    """Read certificates from any file that Windows, certsrv or a public CA gives; its name plays no part.

    `passphrase` is used only for a PFX. Raises `InputError`, one line that begins with or contains `name`, if the file
    is empty, damaged, needs another passphrase, or holds no certificate.
    """
    found = content.find_objects(bytes(data), name)
    kinds = {item.kind for item in found}
    if content.PKCS12 in kinds:
        return _read_pkcs12(next(item.data for item in found if item.kind == content.PKCS12), passphrase, name)
    if content.INDEFINITE in kinds:
        return _read_indefinite(found[0].data, passphrase, name)
    certificates: list[Certificate] = []
    for number, item in enumerate(found, 1):
        try:
            if item.kind == content.CERTIFICATE:
                certificates.append(Certificate.from_der(item.data))
            elif item.kind == content.PKCS7:
                certificates += _read_pkcs7(item.data)
        except InputError as error:
            raise InputError(f"object {number} of {name} cannot be read: {error}") from error
    if not certificates:
        raise InputError(_nothing(kinds, name))
    return CertificateFile("pkcs7" if content.PKCS7 in kinds else "certificates", _unique(certificates))


def _nothing(kinds: set[str], name: str) -> str:
    """The message for a file without any certificate."""
    if content.PKCS7 in kinds:
        return f"{name} holds {content.PKCS7} without any certificate"
    for kind, advice in _ADVICE.items():
        if kind in kinds:
            return f"{name} holds {kind}, not a certificate; {advice}"
    return f"{name} holds no certificate, only data of other kinds"


def _unique(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Each certificate once, where it stood first."""
    return tuple(dict.fromkeys(certificates))


def _read_pkcs7(data: bytes) -> list[Certificate]:
    """Certificates of SignedData (RFC 5652, section 5.1) in the order of the file. Raises `InputError`.

    Read by hand: Windows does not sort the SET as DER demands, for which the library warns and may refuse one day.
    """
    try:
        signed_data = der.read(data).children()[1].children()[0]
        fields = signed_data.expect(der.SEQUENCE).children()
        choices = [choice for field in fields if field.tag == 0xA0 for choice in field.children()]
    except (der.DerError, IndexError):
        return _library_pkcs7(data)
    return [Certificate.from_der(choice.encoded) for choice in choices if choice.tag == der.SEQUENCE]


def _library_pkcs7(data: bytes) -> list[Certificate]:
    """As `_read_pkcs7`, through the library, which knows BER with indefinite lengths. Raises `InputError`."""
    require_cryptography()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = pkcs7.load_der_pkcs7_certificates(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InputError("the PKCS#7 structure is damaged") from error
    return [Certificate.from_der(item.public_bytes(serialization.Encoding.DER)) for item in loaded]


def _read_indefinite(data: bytes, passphrase: str | None, name: str) -> CertificateFile:
    """PKCS#7 or PFX in BER. Raises `InputError`."""
    try:
        certificates = _library_pkcs7(data)
    except InputError:
        return _read_pkcs12(data, passphrase, name)
    if not certificates:
        raise InputError(_nothing({content.PKCS7}, name))
    return CertificateFile("pkcs7", _unique(certificates))


def _read_pkcs12(data: bytes, passphrase: str | None, name: str) -> CertificateFile:
    """PFX (RFC 7292). Raises `InputError`."""
    bundle = _load_pkcs12(data, passphrase, name)
    entries = [entry for entry in (bundle.cert, *bundle.additional_certs) if entry is not None]
    try:
        names = {
            Certificate.from_der(entry.certificate.public_bytes(serialization.Encoding.DER)): entry.friendly_name
            for entry in reversed(entries)
        }
    except InputError as error:
        raise InputError(f"{name} (PFX): {error}") from error
    certificates = tuple(reversed(names))
    if not certificates:
        what = "a private key but no certificate" if bundle.key is not None else "neither a certificate nor a key"
        raise InputError(f"{name} is a PFX that holds {what}; export it again with the certificate")
    if bundle.key is None:
        return CertificateFile("pkcs12", certificates)
    key_der = bundle.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    owner = next((certificate for certificate in certificates if certificate.public_key_der == key_der), None)
    if owner is None:
        raise InputError(f"{name} is a PFX whose private key belongs to none of its certificates; export it again")
    # Windows writes the final NUL of the text into the file as well; an empty name is no name.
    friendly_name = (names[owner] or b"").decode("utf-8", "replace").rstrip("\0") or None
    return CertificateFile("pkcs12", _unique((owner, *certificates)), owner, friendly_name)


def _load_pkcs12(data: bytes, passphrase: str | None, name: str) -> Any:
    """The library's PKCS12KeyAndCertificates. Raises `InputError`."""
    require_cryptography()
    secret = passphrase.encode("utf-8") if passphrase else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pkcs12.load_pkcs12(data, secret)
        except (ValueError, UnsupportedAlgorithm, TypeError, OverflowError) as error:
            raise InputError(f"{name} {_pkcs12_problem(data, passphrase)}") from error


def _pkcs12_problem(data: bytes, passphrase: str | None) -> str:
    """Why a PFX cannot be loaded."""
    fits = passphrase_fits(data, passphrase)
    if fits:
        return (
            "is a PFX whose key or certificates cannot be read, though the passphrase is right; "
            "export it again with an RSA or EC key and 3DES or AES encryption"
        )
    if fits is None:
        return "is a PFX that cannot be read: wrong passphrase or damaged, or its key is of an unknown kind"
    if not passphrase:
        return "is a PFX that needs a passphrase (or is damaged); give it as passphrase"
    return "is a PFX that cannot be opened: wrong passphrase or damaged"
