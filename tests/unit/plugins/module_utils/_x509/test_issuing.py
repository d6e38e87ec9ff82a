# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key on the controller signs certificates for servers, and refuses what nobody should trust."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.issuing import (
    Issuer,
    Terms,
    answers_request,
    find_issuer,
    issue,
    load_key,
)
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NOW = datetime(2026, 6, 1, 12, 0, 0, 4711, tzinfo=timezone.utc)
KEY = ec.generate_private_key(ec.SECP256R1())
SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
POOL, SIP = "edgepool.example.com", "sip.example.com"


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)] if text else [])


def authority(key: Any = KEY, *, days: int = 3650, ca: bool = True, signs: bool = True, age: int = 10) -> Certificate:
    """A self-signed certificate."""
    others = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("Site CA"))
        .issuer_name(name("Site CA"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=age))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(b"not the usual hash"), critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=signs, crl_sign=signs, **others), critical=True
        )
    )
    made = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def request(subject: str = POOL, names: tuple[str, ...] = (POOL, SIP), key: Any = None) -> SigningRequest:
    """A request of a key of its own."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(subject))
    if names:
        others = x509.SubjectAlternativeName([x509.DNSName(item) for item in names])
        builder = builder.add_extension(others, critical=False)
    # what a request wishes for besides names is not listened to
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    made = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return SigningRequest.from_bytes(made.public_bytes(serialization.Encoding.DER))


ISSUER = Issuer(authority(), KEY)


def extension(certificate: Certificate, kind: Any) -> Any:
    return x509.load_der_x509_certificate(certificate.der).extensions.get_extension_for_class(kind)


def test_certificate_for_a_server() -> None:
    asked = request(key=rsa.generate_private_key(65537, 2048))
    terms = Terms(
        valid_for=90, crl_urls=["http://pki.example.com/ca.crl"], issuer_urls=["http://pki.example.com/ca.cer"]
    )
    made, warnings = issue(asked, ISSUER, terms, NOW)
    assert warnings == []
    assert (made.subject, made.dns_names, made.public_key_sha256) == (
        f"CN={POOL}",
        (POOL, SIP),
        asked.public_key_sha256,
    )
    assert ISSUER.certificate.issued(made)
    assert made.signature_digest == "sha256"
    assert (made.is_ca, made.extended_key_usage) == (False, (SERVER,))
    assert set(made.key_usage or ()) == {"digitalSignature", "keyEncipherment"}
    assert made.not_before == NOW.replace(microsecond=0) - timedelta(hours=1)
    assert made.not_after == NOW.replace(microsecond=0) + timedelta(days=90)
    assert made.authority_key_identifier == ISSUER.certificate.subject_key_identifier
    assert made.crl_distribution_points == ("http://pki.example.com/ca.crl",)
    assert "ca.cer" in str(extension(made, x509.AuthorityInformationAccess).value)
    assert answers_request(made, asked, ISSUER, NOW)


def test_other_keys_and_wishes() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    issuer = Issuer(authority(key), key)
    made, _warnings = issue(request(subject=""), issuer, Terms(client_auth=True), NOW)
    assert made.extended_key_usage == (SERVER, CLIENT)
    assert made.key_usage == ("digitalSignature",)
    assert issuer.certificate.issued(made)
    # RFC 5280, section 4.2.1.6: the subject is empty
    assert extension(made, x509.SubjectAlternativeName).critical is True


def test_certificate_ends_with_its_authority() -> None:
    issuer = Issuer(authority(days=30), KEY)
    made, (warning,) = issue(request(), issuer, Terms(), NOW)
    assert made.not_after == issuer.certificate.not_after
    assert "together with its authority" in warning


def test_answer_is_taken_for_this_request_and_this_authority_only() -> None:
    asked = request()
    made, _warnings = issue(asked, ISSUER, Terms(valid_for=1), NOW)
    other = Issuer(authority(other_key := ec.generate_private_key(ec.SECP256R1())), other_key)
    assert answers_request(made, asked, ISSUER, NOW)
    assert not answers_request(made, request(), ISSUER, NOW)
    assert not answers_request(made, asked, other, NOW)
    assert not answers_request(made, asked, ISSUER, NOW + timedelta(days=2))


def test_answer_without_a_name_that_is_asked_for_now() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made, _warnings = issue(request(names=(POOL,), key=key), ISSUER, Terms(), NOW)
    assert not answers_request(made, request(names=(POOL, SIP), key=key), ISSUER, NOW)


def broken() -> SigningRequest:
    """A request whose signature does not fit."""
    data = bytearray(request().der)
    data[data.index(b"edgepool") + 1] ^= 1
    return SigningRequest.from_bytes(bytes(data))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (broken, "the signature of CN=.* is wrong"),
        (lambda: request(key=rsa.generate_private_key(65537, 1024)), "has 1024 bits, at least 2048"),
        (lambda: request(subject="", names=()), "names nothing"),
    ],
)
def test_requests_that_are_refused(asked: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        issue(asked(), ISSUER, Terms(), NOW)


def test_request_signed_with_sha_1(forge: Any) -> None:
    asked = SigningRequest.from_bytes(forge.request(POOL, rsa.generate_private_key(65537, 2048), digest="sha1"))
    made, _warnings = issue(asked, ISSUER, Terms(), NOW)
    assert made.signature_digest == "sha256"


@pytest.mark.parametrize("days", [0, 826])
def test_lifetime_out_of_range(days: int) -> None:
    with pytest.raises(InputError, match=f"valid_for: {days} is out of range"):
        Terms(valid_for=days)


def test_address_that_is_none() -> None:
    with pytest.raises(InputError, match="'pki' is no address"):
        issue(request(), ISSUER, Terms(crl_urls=["pki"]), NOW)


@pytest.mark.parametrize(
    ("certificate", "message"),
    [
        (lambda: authority(ec.generate_private_key(ec.SECP256R1())), "is not the key of CN=Site CA"),
        (lambda: authority(ca=False), "is not that of an authority"),
        (lambda: authority(signs=False), "is not that of an authority"),
        (lambda: authority(days=-1), "expired on 2026-05-31"),
        (lambda: authority(age=-1), "is valid from 2026-06-02"),
    ],
)
def test_authorities_that_are_refused(certificate: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_issuer([certificate()], KEY, NOW, name="ca.pem")


def test_authority_is_found_among_others() -> None:
    other = authority(ec.generate_private_key(ec.SECP256R1()))
    own = authority()
    assert find_issuer([other, own], KEY, NOW, name="ca.pem") == Issuer(own, KEY, (other,))


SECRET = "Passphrase-4711"


def stored(passphrase: str = "", pem: bool = True) -> bytes:
    """The key of the authority as a file."""
    form = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return KEY.private_bytes(form, serialization.PrivateFormat.PKCS8, protection)


@pytest.mark.parametrize("pem", [True, False])
@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_keys(pem: bool, passphrase: str) -> None:
    key = load_key(stored(passphrase, pem), passphrase or None, name="ca.key")
    assert key.private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    ("data", "passphrase", "message"),
    [
        (stored(SECRET), None, "is protected; give its passphrase"),
        (stored(SECRET), "Wrong-Secret", "is not opened by the passphrase given"),
        (stored(), SECRET, "is not protected; leave the passphrase out"),
        (b"-----BEGIN nothing", None, "holds no private key that can be read"),
        (b"", None, "holds no private key that can be read"),
    ],
)
def test_keys_that_are_refused(data: bytes, passphrase: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as failure:
        load_key(data, passphrase, name="ca.key")
    assert "Secret" not in str(failure.value)
