# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of certificates, ordinary and odd."""

from __future__ import annotations

import json
import time
import warnings
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def ordinary(forge: Any) -> x509.Certificate:
    """A server certificate made by the library."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Contoso, "Inc"'),
            x509.NameAttribute(NameOID.COMMON_NAME, "Edge.contoso.com"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(forge.rsa_keys[0].public_key())
        .serial_number(0xFF00112233)
        .not_valid_before(datetime(2026, 1, 2, 3, 4, 5))
        .not_valid_after(datetime(2051, 1, 2, 3, 4, 5))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("Sip.contoso.com"), x509.DNSName("*.b.com")]), False)
        .add_extension(x509.BasicConstraints(True, 2), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.KeyUsage(True, False, True, False, False, True, False, False, False), True)
        .add_extension(x509.SubjectKeyIdentifier(b"\x01\xab"), False)
        .add_extension(x509.AuthorityKeyIdentifier(b"\x02\xcd", None, None), False)
        .add_extension(
            x509.CRLDistributionPoints(
                [x509.DistributionPoint([x509.UniformResourceIdentifier("http://a/b.crl")], None, None, None)]
            ),
            False,
        )
        .sign(forge.rsa_keys[0], hashes.SHA256())
    )


def test_facts_of_an_ordinary_certificate(ordinary: x509.Certificate) -> None:
    """Every fact, against the library's own reading where it has one."""
    cert = Certificate.from_der(ordinary.public_bytes(serialization.Encoding.DER))
    assert cert.thumbprint == ordinary.fingerprint(hashes.SHA1()).hex().upper()
    assert cert.sha256 == ordinary.fingerprint(hashes.SHA256()).hex().upper()
    assert cert.subject == 'CN=Edge.contoso.com, O="Contoso, ""Inc""", C=DE'
    assert cert.subject_der == ordinary.subject.public_bytes()
    assert cert.issuer_der == ordinary.issuer.public_bytes()
    assert cert.serial_number == "00FF00112233"
    assert cert.not_before == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert cert.not_after == datetime(2051, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert cert.public_key_der == ordinary.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (cert.key_type, cert.key_size, cert.key_curve) == ("RSA", 2048, None)
    assert (cert.signature_algorithm, cert.signature_digest) == ("sha256WithRSAEncryption", "sha256")
    assert (cert.is_ca, cert.path_length, cert.version) == (True, 2, 3)
    assert cert.dns_names == ("Sip.contoso.com", "*.b.com")
    assert cert.extended_key_usage == ("1.3.6.1.5.5.7.3.1",)
    assert cert.key_usage == ("digitalSignature", "keyEncipherment", "keyCertSign")
    assert (cert.subject_key_identifier, cert.authority_key_identifier) == ("01AB", "02CD")
    assert cert.crl_distribution_points == ("http://a/b.crl",)
    assert cert.self_issued
    assert cert.self_signed
    assert cert.unreadable_extensions == ()


def test_facts_are_plain_data_without_the_bytes(ordinary: x509.Certificate) -> None:
    """They go through JSON unchanged, with times in the contract's form."""
    facts = Certificate.from_der(ordinary.public_bytes(serialization.Encoding.DER)).facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["not_before"] == "2026-01-02T03:04:05Z"
    assert "der" not in facts


def test_equal_bytes_are_equal_certificates(forge: Any) -> None:
    """Sets and dictionaries of certificates work by content."""
    cert = forge.issue("a").cert
    assert Certificate.from_der(bytes(bytearray(cert.der))) == cert
    assert len({cert, Certificate.from_der(cert.der), forge.issue("a").cert}) == 2


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha512"])
def test_self_signed_is_verified_with_old_digests_too(forge: Any, digest: str) -> None:
    """The library's certificate functions refuse SHA-1; roots of enterprises have it."""
    root = forge.issue("Root", key=forge.rsa_keys[0], ca=True, digest=digest)
    assert root.cert.self_signed
    assert root.cert.signature_digest == digest
    leaf = forge.issue("leaf", root, digest=digest)
    assert root.cert.issued(leaf.cert)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_elliptic_curves(forge: Any, curve: ec.EllipticCurve) -> None:
    """Type, size, curve and signature, SHA-1 included."""
    cert = forge.issue("ec", key=ec.generate_private_key(curve), digest="sha1").cert
    assert (cert.key_type, cert.key_size, cert.key_curve) == ("EC", curve.key_size, curve.name)
    assert cert.self_signed


def test_ed25519(forge: Any) -> None:
    """The signature needs no digest of its own."""
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ed")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 1, 1))
    cert = Certificate.from_der(made.sign(key, None).public_bytes(serialization.Encoding.DER))
    assert (cert.key_type, cert.signature_algorithm, cert.self_signed) == ("Ed25519", "Ed25519", True)


@pytest.mark.parametrize("salt", [20, 32])
def test_rsassa_pss(forge: Any, salt: int) -> None:
    """Such a signature is not supported by the product (product.md#all-certificates), so it must be recognised."""
    key = forge.rsa_keys[0]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pss")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 1, 1))
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    made = builder.sign(key, hashes.SHA256(), rsa_padding=scheme)
    cert = Certificate.from_der(made.public_bytes(serialization.Encoding.DER))
    assert (cert.signature_algorithm, cert.signature_digest, cert.self_signed) == ("rsassaPss", "sha256", True)


def test_same_names_are_not_self_signed(forge: Any) -> None:
    """A certificate that another key signed is not self-signed, whatever its names say."""
    cert = forge.issue("Root", ca=True, sign_with=forge.ec_key()).cert
    assert cert.self_issued
    assert not cert.self_signed
    assert not cert.issued(cert)


def test_another_algorithm_outside_than_inside_is_no_signature(forge: Any) -> None:
    """RFC 5280, section 4.1.1.2: both must be the same."""
    cert = forge.issue("a", key=forge.rsa_keys[0]).cert
    sha256, sha512 = (forge.algorithm(forge.rsa_keys[0], digest) for digest in ("sha256", "sha512"))
    at = cert.der.rindex(sha256)
    changed = Certificate.from_der(cert.der[:at] + sha512 + cert.der[at + len(sha256) :])
    assert not changed.self_signed


@pytest.mark.parametrize(
    ("own", "issuer", "expected"),
    [(b"1", None, True), (b"1", b"1", True), (None, None, True), (b"1", b"2", False)],
)
def test_gost_is_judged_by_key_identifiers(forge: Any, own: bytes | None, issuer: bytes | None, expected: bool) -> None:
    """The key cannot be loaded; facts are there all the same."""
    cert = forge.gost(own=own, issuer=issuer).cert
    assert cert.self_signed is expected
    assert (cert.key_type, cert.key_size) == ("GOST R 34.10-2012", 256)
    assert len(cert.public_key_sha256) == 64
    assert cert.is_ca


def test_gost_issuer_by_key_identifier(forge: Any) -> None:
    """Names chain and the identifiers are equal."""
    root = forge.gost(own=b"1", issuer=None)
    for issuer_id, expected in ((b"1", True), (b"2", False), (None, False)):
        leaf = forge.issue(
            "leaf",
            issuer_name=root.cert.subject_der,
            extensions=forge.key_ids(issuer=issuer_id),
            algorithm=forge.tlv(0x30, forge.oid("1.2.643.7.1.1.3.2")),
            signature=b"\x33" * 64,
        )
        assert root.cert.issued(leaf.cert) is expected


def test_issued_needs_name_and_signature(forge: Any) -> None:
    """One of the two is not enough."""
    root, namesake = forge.issue("Root", ca=True), forge.issue("Root", ca=True)
    other_name = forge.issue("Other", key=root.key, ca=True)
    leaf = forge.issue("leaf", root).cert
    assert root.cert.issued(leaf)
    assert not namesake.cert.issued(leaf)
    assert not other_name.cert.issued(leaf)


@pytest.mark.parametrize(("serial", "shown"), [(0, "00"), (-1, "FF"), (-129, "FF7F"), (128, "0080"), (0x1234, "1234")])
def test_serial_numbers_without_warnings(forge: Any, serial: int, shown: str) -> None:
    """makecert and old .NET tests wrote zero and negative ones; Windows shows the bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cert = forge.issue("a", serial=serial).cert
        assert cert.serial_number == shown
        assert cert.self_signed


def test_version_1_root(forge: Any) -> None:
    """It has no extensions, may issue, but does not say that it is a CA."""
    root = forge.issue("Old root", version=1).cert
    assert (root.version, root.is_ca, root.may_issue) == (1, False, True)


def test_subjects_of_the_field(forge: Any) -> None:
    """Directory path with several common names, BMPString, Cyrillic, T61, empty, unknown type, multi-valued RDN."""
    common, component = "2.5.4.3", "0.9.2342.19200300.100.1.25"
    path = forge.name((component, 22, "local"), (common, 12, "Users"), (common, 12, "amanda"))
    cert = forge.issue(path).cert
    assert cert.subject == "CN=amanda, CN=Users, DC=local"
    assert cert.common_names == ("amanda", "Users")
    odd = forge.name(
        ("2.5.4.8", 30, "Straße".encode("utf-16-be")),
        ("2.5.4.10", 12, "Тест"),
        ("2.5.4.7", 20, b"K\xf6ln"),
        ("1.2.3", 4, b"x"),
    )
    assert forge.issue(odd).cert.subject == "OID.1.2.3=#040178, L=Köln, O=Тест, S=Straße"
    empty = forge.issue("").cert
    assert (empty.subject, empty.common_names, empty.names()) == ("", (), frozenset())
    assert str(empty).startswith("(empty subject)")
    pair = [
        forge.tlv(0x30, forge.oid(kind), forge.tlv(12, text)) for kind, text in ((common, b"a+b"), ("2.5.4.5", b" 1"))
    ]
    assert forge.issue(forge.tlv(0x30, forge.tlv(0x31, *pair))).cert.subject == 'CN="a+b" + SERIALNUMBER=" 1"'


@pytest.mark.parametrize(
    ("common_name", "alternatives", "expected"),
    [
        ("Host.Example.com", (), {"host.example.com"}),
        ("host.example.com", ("Other.example.com", ""), {"other.example.com"}),
        ("host.example.com", ("",), {"host.example.com"}),
        ("192.0.2.7", (), set()),
        ("Some Person", (), set()),
        ("*.example.com", (), {"*.example.com"}),
    ],
)
def test_names(forge: Any, common_name: str, alternatives: tuple[str, ...], expected: set[str]) -> None:
    """The common name counts only where the SAN has no DNS name, and only if it is a host name."""
    extensions = [forge.dns(*alternatives)] if alternatives else []
    assert forge.issue(common_name, extensions=extensions).cert.names() == expected


def test_common_name_counts_if_the_san_has_only_a_user_name(forge: Any) -> None:
    """A SAN of otherName (UPN) names no host."""
    upn = forge.tlv(0xA0, forge.oid("1.3.6.1.4.1.311.20.2.3"), forge.tlv(0xA0, forge.tlv(12, b"a@b")))
    cert = forge.issue("host.example.com", extensions=[("2.5.29.17", forge.tlv(0x30, upn))]).cert
    assert cert.dns_names == ()
    assert cert.names() == {"host.example.com"}


@pytest.mark.parametrize(
    ("name", "exact", "with_wildcard"),
    [
        ("sip.example.com", True, True),
        ("SIP.Example.COM.", True, True),
        ("a.wild.com", False, True),
        ("b.a.wild.com", False, False),
        ("wild.com", False, False),
        ("*.wild.com", True, True),
        ("*.example.com", False, False),
        ("com", False, False),
        ("bücher.example.com", True, True),
        ("", False, False),
    ],
)
def test_covers(forge: Any, name: str, exact: bool, with_wildcard: bool) -> None:
    """Wildcards only if asked for, and only for one label."""
    names = forge.dns("sip.example.com", "*.wild.com", "xn--bcher-kva.example.com")
    cert = forge.issue("x", extensions=[names]).cert
    assert cert.covers(name) is exact
    assert cert.covers(name, allow_wildcard=True) is with_wildcard


def test_validity(forge: Any) -> None:
    """The last second still counts, as RFC 5280 has it."""
    cert = forge.issue("x", years=(2020, 2027)).cert
    end = datetime(2027, 1, 1, tzinfo=timezone.utc)
    assert not cert.expired(end)
    assert cert.expired(end + timedelta(seconds=1))
    assert cert.days_left(end - timedelta(days=45, seconds=1)) == 45
    assert cert.days_left(end + timedelta(hours=1)) == -1


def test_a_broken_extension_spoils_no_other(forge: Any) -> None:
    """It is listed, its fact is missing, the rest is read."""
    broken = [("2.5.29.17", b"\x30\x7f"), ("2.5.29.37", b"\x04\x01x"), ("2.5.29.15", b""), ("2.5.29.31", b"\x05\x00")]
    cert = forge.issue("x", ca=True, extensions=[*broken, *forge.key_ids(own=b"\x09")]).cert
    assert set(cert.unreadable_extensions) == {kind for kind, _value in broken}
    assert (cert.dns_names, cert.extended_key_usage, cert.key_usage) == ((), None, None)
    assert (cert.is_ca, cert.subject_key_identifier) == (True, "09")


def test_a_repeated_extension_is_listed(forge: Any) -> None:
    """The first one counts."""
    cert = forge.issue("x", extensions=[forge.dns("a.b"), forge.dns("c.d")]).cert
    assert cert.dns_names == ("a.b",)
    assert cert.unreadable_extensions == ("2.5.29.17",)


def test_templates(forge: Any) -> None:
    """Name of a version 1 template (BMPString), OID of a version 2 template."""
    first = ("1.3.6.1.4.1.311.20.2", forge.tlv(30, "WebServer".encode("utf-16-be")))
    second = ("1.3.6.1.4.1.311.21.7", forge.tlv(0x30, forge.oid("1.3.6.1.4.1.311.21.8.7"), forge.integer(100)))
    assert forge.issue("x", extensions=[first]).cert.template == "WebServer"
    assert forge.issue("x", extensions=[second]).cert.template == "1.3.6.1.4.1.311.21.8.7"


@pytest.mark.parametrize("tail", [b"\r\n", b"\0", b"x"])
def test_from_der_takes_exactly_one_certificate(forge: Any, tail: bytes) -> None:
    """What may follow is the business of whoever reads files."""
    with pytest.raises(InputError, match="follow"):
        Certificate.from_der(forge.issue("x").der + tail)


def test_damaged_certificates_give_facts_or_an_error(forge: Any) -> None:
    """Each single byte changed or cut off: never another kind of exception."""
    data = forge.issue("x", key=forge.rsa_keys[0], ca=True, extensions=[forge.dns("a.b"), *forge.key_ids(own=b"1")]).der
    refused = 0
    for position in range(len(data)):
        for damaged in (data[:position], data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]):
            try:
                Certificate.from_der(damaged).facts()
            except CertificatesError:
                refused += 1
    assert refused >= len(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_an_input_error(data: bytes) -> None:
    """No traceback for bad input."""
    with pytest.raises(InputError) as caught:
        Certificate.from_der(data)
    assert "\n" not in caught.value.message


def test_reading_three_hundred_roots_is_quick(forge: Any) -> None:
    """A server's Root store, each certificate new; a generous limit for a loaded machine."""
    key = forge.rsa_keys[0]
    ders = [forge.issue(f"Root {number}", key=key, ca=True).der for number in range(20)]
    copies = [der[:-1] + bytes([number]) for der in ders for number in range(15)]
    begin = time.process_time()
    certs = [Certificate.from_der(der) for der in copies]
    assert time.process_time() - begin < 0.6
    assert len(certs) == 300
