# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a certificate as .NET on Windows shows them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import warnings

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import (
    InvalidSignature,
    UnsupportedAlgorithm,
    ec,
    padding,
    rsa,
    serialization,
    x509,
)

# Names that CertNameToStr writes; all others appear as OID.<dotted>.
_SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "S",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "G",
    "2.5.4.43": "I",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "E",
}


def _quote(value: str) -> str:
    if value and value == value.strip() and not set(value) & set(',+="\n<>#;'):
        return value
    return '"' + value.replace('"', '""') + '"'


def show_name(name: x509.Name) -> str:
    """A distinguished name as `X509Certificate2.Subject` gives it: last RDN first."""
    parts = []
    for rdn in reversed(list(name.rdns)):
        texts = []
        for attribute in rdn:
            oid = attribute.oid.dotted_string
            value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
            texts.append(f"{_SHORT_NAMES.get(oid, 'OID.' + oid)}={_quote(value)}")
        parts.append(" + ".join(texts))
    return ", ".join(parts)


@functools.lru_cache(maxsize=4096)
def parse(der: bytes) -> x509.Certificate:
    """The certificate object of a DER encoding; ValueError if it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(der)


def thumbprint(der: bytes) -> str:
    """SHA-1 of the encoding, 40 upper-case hexadecimal digits."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of the value of a DER SEQUENCE, each with its tag (ITU-T X.690, 8.1)."""
    found = []
    while data:
        length, start = data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[start : start + length]))
        data = data[start + length :]
    return found


def key_id(certificate: x509.Certificate) -> str:
    """The key identifier of RFC 7093, section 2, method 1: 160 bits of SHA-256 over the bits of the key, as base64.

    They are read from the bytes: cryptography refuses keys that .NET shows (`X509Certificate.GetPublicKey`).
    """
    ((_tag, tbs),) = _elements(certificate.tbs_certificate_bytes)
    fields = _elements(tbs)
    # before the key stand: version (may be missing), serial number, algorithm, issuer, validity, subject (RFC 5280,
    # section 4.1)
    _algorithm, (_tag, bits) = _elements(fields[6 if fields[0][0] == 0xA0 else 5][1])
    return base64.b64encode(hashlib.sha256(bits[1:]).digest()[:20]).decode("ascii")


def public_key_info(certificate: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """SubjectPublicKeyInfo of a certificate or request."""
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def dns_names(certificate: x509.Certificate) -> list[str]:
    """DNS names of the subject alternative name, in their order."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return list(extension.value.get_values_for_type(x509.DNSName))


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others: basic constraints say so, or it is too old to have any."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version == x509.Version.v1
    except ValueError:
        return False


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names chain and the signature was made with the key of `issuer` (RSA, PKCS #1 v1.5, or ECDSA)."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        key = issuer.public_key()
        algorithm = certificate.signature_hash_algorithm
        if algorithm is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(algorithm))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def self_signed(certificate: x509.Certificate) -> bool:
    """Whether it was signed with its own key."""
    return issued_by(certificate, certificate)
