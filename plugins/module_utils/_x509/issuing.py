# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for servers, signed with the key of an authority that lies on the controller. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._cryptography_dep import ec, ed448, ed25519, hashes, rsa, serialization, x509
from .._errors import InputError
from .certificate import Certificate, format_time
from .request import SigningRequest

#: Days. Apple's systems refuse certificates of servers that last longer, those of private authorities, too.
LONGEST = 825
#: Clocks of servers may be behind the controller's.
_SKEW = timedelta(hours=1)
#: In bits; shorter RSA keys are refused by Windows and by the product's clients.
_SHORTEST_RSA = 2048


@dataclass(frozen=True)
class Issuer:
    """An authority that can sign.

    :ivar key: the private key, of the library's kind.
    :ivar chain: the certificates above it, as far as they are known.
    """

    certificate: Certificate
    key: Any
    chain: tuple[Certificate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the certificate gets besides what the request asks for.

    :ivar valid_for: days.
    :ivar client_auth: also the usage client authentication.
    :ivar crl_urls: where the authority's list of revoked certificates is.
    :ivar issuer_urls: where the authority's certificate is.
    """

    valid_for: int = 365
    client_auth: bool = False
    crl_urls: Sequence[str] = ()
    issuer_urls: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuses a lifetime that is out of range.

        :raises InputError: with the range.
        """
        if not 1 <= self.valid_for <= LONGEST:
            raise InputError(f"valid_for: {self.valid_for} is out of range; give a number of days from 1 to {LONGEST}")


def load_key(data: bytes, passphrase: str | None, *, name: str) -> Any:
    """The private key of a file (PEM or DER).

    :param name: of the file, for messages.
    :raises InputError: it is none, or the passphrase does not open it.
    """
    load = serialization.load_pem_private_key if b"-----BEGIN" in data else serialization.load_der_private_key
    secret = passphrase.encode("utf-8") if passphrase else None
    try:
        return load(data, secret)
    except TypeError:
        told = "is not protected; leave the passphrase out" if secret else "is protected; give its passphrase"
    except ValueError as error:
        wrong = secret is not None and (b"ENCRYPTED" in data or "password" in str(error).lower())
        told = "is not opened by the passphrase given" if wrong else "holds no private key that can be read"
    except Exception as error:  # kinds of keys that the library does not know have exceptions of many kinds
        told = f"holds a private key of an unknown kind ({type(error).__name__})"
    raise InputError(f"{name} {told} (ca_private_key, ca_private_key_passphrase)")


def find_issuer(certificates: Iterable[Certificate], key: Any, now: datetime, *, name: str) -> Issuer:
    """The authority whose key this is.

    :param certificates: the authority's own, in any order with those above it.
    :param now: the controller's clock.
    :param name: of the file that they are from, for messages.
    :raises InputError: it is not among them, is no authority, or is not valid now.
    """
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = key.public_key().public_bytes(*form)
    found = list(certificates)
    own = [item for item in found if item.public_key_der == public]
    if not own:
        raise InputError(f"{name}: ca_private_key is not the key of {found[0]}; give the two that belong together")
    certificate = max(own, key=lambda item: item.not_after)
    may_sign = certificate.key_usage is None or "keyCertSign" in certificate.key_usage
    if not certificate.may_issue or not may_sign:
        raise InputError(f"{name}: {certificate} is not that of an authority, so nobody would trust what it signs")
    if certificate.expired(now):
        raise InputError(f"{name}: {certificate} expired on {format_time(certificate.not_after)}; renew the authority")
    if certificate.not_before > now:
        raise InputError(
            f"{name}: {certificate} is valid from {format_time(certificate.not_before)} on; check the clock"
        )
    if not isinstance(
        key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    ):
        raise InputError(f"{name}: {certificate} has a key of a kind that cannot sign; use RSA or ECDSA")
    return Issuer(certificate, key, tuple(item for item in found if item != certificate))


def check_request(request: SigningRequest) -> None:
    """Refuses a request that must not be signed; one that is signed with SHA-1 may be, its signature is not kept.

    :raises InputError: with the reason.
    """
    if not request.signature_valid:
        raise InputError(f"csr: the signature of {request.subject or 'the request'} is wrong; make the request anew")
    if request.key_type == "RSA" and (request.key_size or 0) < _SHORTEST_RSA:
        raise InputError(
            f"csr: its RSA key has {request.key_size} bits, at least {_SHORTEST_RSA} are needed; request anew with"
            f" key_size: {_SHORTEST_RSA}"
        )
    if not request.subject and not request.dns_names:
        raise InputError("csr: names nothing, neither a subject nor a DNS name; make the request anew")


def issue(request: SigningRequest, issuer: Issuer, terms: Terms, now: datetime) -> tuple[Certificate, list[str]]:
    """A certificate for a server, and warnings.

    Source: RFC 5280, section 4.2. Subject, DNS names and key are the request's; its other wishes are not listened to.

    :param now: the controller's clock.
    :raises InputError: the request must not be signed, or an address is none.
    """
    check_request(request)
    begin = max(now - _SKEW, issuer.certificate.not_before).replace(microsecond=0)
    end = (now + timedelta(days=terms.valid_for)).replace(microsecond=0)
    warnings = []
    if end > issuer.certificate.not_after:
        end = issuer.certificate.not_after
        warnings.append(
            f"the certificate ends on {format_time(end)} together with its authority, and not after {terms.valid_for} days;"
            " renew the authority"
        )
    asked = x509.load_der_x509_csr(request.der)
    authority = x509.load_der_x509_certificate(issuer.certificate.der)
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=asked.subject,
        public_key=asked.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begin,
        not_valid_after=end,
    )
    for extension, critical in _extensions(request, asked, authority, terms):
        builder = builder.add_extension(extension, critical=critical)
    edwards = isinstance(issuer.key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    made = builder.sign(issuer.key, None if edwards else hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER)), warnings


def _extensions(request: SigningRequest, asked: Any, authority: Any, terms: Terms) -> list[tuple[Any, bool]]:
    """The extensions with what is critical of them."""
    purposes = [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    purposes += [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH] if terms.client_auth else []
    found: list[tuple[Any, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(encipher=request.key_type == "RSA"), True),
        (x509.ExtendedKeyUsage(purposes), False),
        (x509.SubjectKeyIdentifier.from_public_key(asked.public_key()), False),
        (_authority_key_identifier(authority), False),
    ]
    if request.dns_names:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in request.dns_names])
        found.append((names, not request.subject))
    if terms.crl_urls:
        points = [x509.DistributionPoint([_url(url)], None, None, None) for url in terms.crl_urls]
        found.append((x509.CRLDistributionPoints(points), False))
    if terms.issuer_urls:
        way = x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
        places = [x509.AccessDescription(way, _url(url)) for url in terms.issuer_urls]
        found.append((x509.AuthorityInformationAccess(places), False))
    return found


def _url(text: str) -> Any:
    if not text.isascii() or ":" not in text or any(character.isspace() for character in text):
        raise InputError(f"'{text}' is no address; write it as http://pki.example.com/ca.crl")
    return x509.UniformResourceIdentifier(text)


def _key_usage(*, encipher: bool) -> Any:
    """Signatures, and for RSA the exchange of keys in TLS up to 1.2."""
    others = ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
    unused = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_encipherment=encipher, **unused)


def _authority_key_identifier(authority: Any) -> Any:
    """The identifier that the authority's certificate has, which need not be the usual hash."""
    try:
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def answers_request(certificate: Certificate, request: SigningRequest, issuer: Issuer, now: datetime) -> bool:
    """True if a certificate is a valid answer of this authority to a request, so that none has to be signed."""
    carried = {name.lower() for name in certificate.dns_names}
    return (
        certificate.public_key_sha256 == request.public_key_sha256
        and issuer.certificate.issued(certificate)
        and not certificate.expired(now)
        and {name.lower() for name in request.dns_names} <= carried
    )
