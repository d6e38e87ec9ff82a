# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public keys (SubjectPublicKeyInfo) and signatures made with them.

**PRIVATE** to the collection.

Signatures are verified with the bare key and not by the library's certificate functions: those refuse SHA-1, with which
many enterprise roots and all requests of IIS are signed. Verification here establishes who made what, it is no verdict
on the strength of the algorithm.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

from .._cryptography_dep import (
    InvalidSignature,
    UnsupportedAlgorithm,
    dsa,
    ec,
    ed448,
    ed25519,
    hashes,
    padding,
    require_cryptography,
    rsa,
    serialization,
)
from . import der

_RSA, _PSS, _EC, _DSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1", "1.2.840.10040.4.1"
_KEY_TYPES = {
    _RSA: "RSA",
    _PSS: "RSASSA-PSS",
    _EC: "EC",
    _DSA: "DSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "1.2.643.2.2.19": "GOST R 34.10-2001",
    "1.2.643.7.1.1.1.1": "GOST R 34.10-2012",
    "1.2.643.7.1.1.1.2": "GOST R 34.10-2012",
}
_KEY_SIZES = {
    "1.3.101.112": 256,
    "1.3.101.113": 448,
    "1.2.643.7.1.1.1.1": 256,
    "1.2.643.7.1.1.1.2": 512,
    "1.2.643.2.2.19": 256,
}
_CURVES = {
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
DIGESTS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_SIGNATURES: dict[str, tuple[str, str | None]] = {
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", "md5"),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", "sha1"),
    "1.3.14.3.2.29": ("sha1WithRSAEncryption", "sha1"),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", "sha224"),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", "sha256"),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", "sha384"),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", "sha512"),
    _PSS: ("rsassaPss", None),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", "sha512"),
    "1.2.840.10040.4.3": ("dsa-with-sha1", "sha1"),
    "2.16.840.1.101.3.4.3.2": ("dsa-with-sha256", "sha256"),
    "1.3.101.112": ("Ed25519", None),
    "1.3.101.113": ("Ed448", None),
    "1.2.643.2.2.3": ("GOST R 34.11-94 with GOST R 34.10-2001", None),
    "1.2.643.7.1.1.3.2": ("GOST R 34.11-2012 with GOST R 34.10-2012 (256)", None),
    "1.2.643.7.1.1.3.3": ("GOST R 34.11-2012 with GOST R 34.10-2012 (512)", None),
}


class KeyFacts(NamedTuple):
    """`type` like RSA, EC or an OID; `size` in bits and `curve` are None where they are unknown or have no meaning."""

    type: str
    size: int | None
    curve: str | None


class SignatureFacts(NamedTuple):
    """`name` like sha256WithRSAEncryption or an OID; `digest` like sha256, None if unknown or built in."""

    name: str
    digest: str | None


def _algorithm(node: der.Node) -> tuple[str, der.Node | None]:
    """OID and parameters of an AlgorithmIdentifier. Raises `DerError`."""
    parts = node.expect(der.SEQUENCE).children()
    if not parts:
        raise der.DerError("empty algorithm identifier")
    return der.oid_text(parts[0].expect(der.OID).content), parts[1] if len(parts) > 1 else None


def read_key(spki: der.Node) -> KeyFacts:
    """Facts of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7). Raises `DerError` if it is none."""
    parts = spki.expect(der.SEQUENCE).fields(2)
    oid, parameters = _algorithm(parts[0])
    key = der.bits(parts[1])
    size, curve = _KEY_SIZES.get(oid), None
    try:
        if oid in (_RSA, _PSS):
            size = der.integer(der.read(key).expect(der.SEQUENCE).children()[0]).bit_length()
        elif oid == _EC and parameters is not None and parameters.tag == der.OID:
            curve = der.oid_text(parameters.content)
            curve, size = _CURVES.get(curve, (curve, None))
        elif oid == _DSA and parameters is not None:
            size = der.integer(parameters.children()[0]).bit_length()
    except (der.DerError, IndexError):
        size = None
    return KeyFacts(_KEY_TYPES.get(oid, oid), size, curve)


def read_signature_algorithm(algorithm: der.Node) -> SignatureFacts:
    """Facts of the AlgorithmIdentifier of a signature. Raises `DerError` if it is none."""
    oid, parameters = _algorithm(algorithm)
    name, digest = _SIGNATURES.get(oid, (oid, None))
    if oid == _PSS:
        try:
            digest = _pss(parameters)[0]
        except (der.DerError, IndexError):
            digest = None
    return SignatureFacts(name, digest)


def _pss(parameters: der.Node | None) -> tuple[str | None, str | None, int]:
    """Digest, digest of MGF1 and length of the salt of RSASSA-PSS-params (RFC 4055, section 3.1)."""
    digest: str | None = "sha1"
    mask: str | None = "sha1"
    salt = 20
    for part in parameters.expect(der.SEQUENCE).children() if parameters is not None else ():
        inner = part.children()[0]
        if part.tag == 0xA0:
            digest = DIGESTS.get(_algorithm(inner)[0])
        elif part.tag == 0xA1:
            mask_parameters = _algorithm(inner)[1]
            mask = DIGESTS.get(_algorithm(mask_parameters)[0]) if mask_parameters is not None else None
        elif part.tag == 0xA2:
            salt = der.integer(inner)
    return digest, mask, salt


def _hash(name: str | None) -> hashes.HashAlgorithm:
    """The library's object of a digest. Raises `UnsupportedAlgorithm`."""
    if name is None:
        raise UnsupportedAlgorithm("unknown digest")
    algorithm: hashes.HashAlgorithm = getattr(hashes, name.upper())()
    return algorithm


def _check(spki: bytes, algorithm: der.Node, signed: bytes, signature: bytes) -> bool:
    """Verify one signature. Raises `InvalidSignature`, `UnsupportedAlgorithm` or ValueError."""
    key = serialization.load_der_public_key(spki)
    oid, parameters = _algorithm(algorithm)
    name, digest = _SIGNATURES.get(oid, (oid, None))
    if isinstance(key, rsa.RSAPublicKey) and oid == _PSS:
        digest, mask, salt = _pss(parameters)
        key.verify(signature, signed, padding.PSS(padding.MGF1(_hash(mask)), salt), _hash(digest))
    elif isinstance(key, rsa.RSAPublicKey) and name.endswith("WithRSAEncryption"):
        key.verify(signature, signed, padding.PKCS1v15(), _hash(digest))
    elif isinstance(key, ec.EllipticCurvePublicKey) and name.startswith("ecdsa-"):
        key.verify(signature, signed, ec.ECDSA(_hash(digest)))
    elif isinstance(key, dsa.DSAPublicKey) and name.startswith("dsa-"):
        key.verify(signature, signed, _hash(digest))
    elif (isinstance(key, ed25519.Ed25519PublicKey) and name == "Ed25519") or (
        isinstance(key, ed448.Ed448PublicKey) and name == "Ed448"
    ):
        key.verify(signature, signed)
    elif oid in _SIGNATURES:
        return False
    else:
        raise UnsupportedAlgorithm(name)
    return True


def verify(*, spki: bytes, algorithm: der.Node, signed: bytes, signature: bytes) -> bool | None:
    """Was `signed` signed with the key `spki`? None if that cannot be found out (GOST, exotic curves, tiny keys).

    Raises `DependencyError` if the library is missing.
    """
    require_cryptography()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _check(spki, algorithm, signed, signature)
        except InvalidSignature:
            return False
        except (UnsupportedAlgorithm, ValueError, IndexError):
            return None
