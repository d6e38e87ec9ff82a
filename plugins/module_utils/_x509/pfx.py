# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PFX files that Windows reads.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Literal

from .._cryptography_dep import (
    UnsupportedAlgorithm,
    hashes,
    pkcs12,
    require_cryptography,
    serialization,
    x509,
)
from .._errors import InputError
from .certificate import Certificate

Encryption = Literal["compatible", "modern"]


def _private_key(key: Any) -> Any:
    """The library's key object of PEM text or bytes, or the object itself. Raises `InputError`."""
    if not isinstance(key, (str, bytes)):
        return key
    try:
        return serialization.load_pem_private_key(key.encode("ascii") if isinstance(key, str) else key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("the private key for the PFX is not an unencrypted PEM key of a known kind") from error


def _protection(passphrase: str, encryption: str) -> Any:
    """Encryption of keys and certificates, and the digest of the MAC. Raises `InputError`."""
    builder = serialization.PrivateFormat.PKCS12.encryption_builder()
    if encryption == "compatible":
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())
    elif encryption == "modern":
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256())
    else:
        raise InputError(f"unknown PFX encryption '{encryption}', choose compatible or modern")
    return builder.build(passphrase.encode("utf-8"))


def build_pfx(
    key: Any,
    certificate: Certificate,
    chain: Iterable[Certificate] = (),
    *,
    passphrase: str,
    friendly_name: str | None = None,
    encryption: Encryption = "compatible",
) -> bytes:
    """A PFX (RFC 7292) with the key, its certificate and the certificates of the chain.

    `key` is an unencrypted PEM (text or bytes) or a key object of the library. `compatible` is 3DES with SHA-1, all
    that Windows before Server 2019 reads; `modern` is AES-256 with SHA-256. Raises `InputError` if the passphrase is
    empty, the key is unreadable or belongs to another certificate.
    """
    require_cryptography()
    if not passphrase:
        raise InputError("a PFX with a private key needs a passphrase")
    private_key = _private_key(key)
    public_der = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if public_der != certificate.public_key_der:
        raise InputError(f"the private key for the PFX does not belong to {certificate}")
    others = [other for other in dict.fromkeys(chain) if other != certificate]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pkcs12.serialize_key_and_certificates(
                friendly_name.encode("utf-8") if friendly_name else None,
                private_key,
                x509.load_der_x509_certificate(certificate.der),
                [x509.load_der_x509_certificate(other.der) for other in others] or None,
                _protection(passphrase, encryption),
            )
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InputError(f"the PFX for {certificate} cannot be made: {error}") from error
