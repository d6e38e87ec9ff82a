# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a server as it goes from task to task: small, taken back as it was, refused if it is malformed."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import (
    Key,
    StoredCertificate,
    key_identifier,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.unknown import Unknown
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import facts
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

COMPUTER = {"fqdn": "edge1.example.com", "time": "2026-11-21T10:00:00Z", "elevated": True}
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)
_P256 = ec.SECP256R1()


@functools.cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of an authority, made once."""
    return ec.generate_private_key(_P256)


def issued(subject: str, issuer: str, *, public_key: Any = None, signer: str = "", ca: bool = True) -> Certificate:
    """A certificate, signed by the authority of that name unless it says otherwise."""
    by, to = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (issuer, subject))
    builder = x509.CertificateBuilder().issuer_name(by).subject_name(to).serial_number(x509.random_serial_number())
    builder = (
        builder.public_key(public_key or key(subject).public_key())
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + 900 * DAY)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    made = builder.sign(key(signer or issuer), hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def through_ansible(state: State) -> dict[str, Any]:
    """What the next task gets."""
    data: dict[str, Any] = json.loads(json.dumps(state.to_dict()))
    return data


@functools.cache
def real() -> tuple[StoredCertificate, ...]:
    """A hierarchy with its leaf and a request that waits."""
    leaf = issued("edge", "Issuing", ca=False)
    own: dict[str, Any] = {"has_key": True, "friendly_name": "Edge caf\u00e9"}
    return (
        StoredCertificate.of(issued("Root", "Root"), "Root"),
        StoredCertificate.of(issued("Issuing", "Root"), "CA"),
        StoredCertificate.of(leaf, "My", key=Key(exportable=True, provider="CSP"), **own),
        StoredCertificate.of(issued("edge", "edge", ca=False), "REQUEST", key=Key(error="no access"), **own),
    )


_MOMENTS = st.none() | st.datetimes(dt.datetime(1, 1, 1), timezones=st.just(dt.timezone.utc)).map(
    lambda moment: moment.replace(microsecond=0)
)
_NAMES = st.text(max_size=30)


@st.composite
def authorities(draw: st.DrawFn) -> StoredCertificate:
    """Rows of Root and CA, in brief."""
    subject = draw(_NAMES)
    return StoredCertificate(
        store=draw(st.sampled_from(["Root", "CA"])),
        thumbprint=draw(st.binary(min_size=20, max_size=20)).hex().upper(),
        subject=subject,
        issuer=draw(st.just(subject) | _NAMES),
        key_id=base64.b64encode(draw(st.binary(min_size=20, max_size=20))).decode("ascii"),
        not_before=draw(_MOMENTS),
        not_after=draw(_MOMENTS),
    )


@st.composite
def predictions(draw: st.DrawFn) -> StoredCertificate:
    """Own certificates that are yet to come."""
    return StoredCertificate(
        store=draw(st.sampled_from(["My", "REQUEST"])),
        thumbprint=Unknown(draw(st.sampled_from(["issue", "import"]))),
        subject=draw(_NAMES),
        issuer=draw(_NAMES),
        friendly_name=draw(_NAMES),
        has_key=draw(st.booleans()),
        key=draw(st.none() | st.builds(Key, exportable=st.booleans(), container=_NAMES)),
        expected_public_key=draw(st.just("") | st.just(Unknown("key"))),
    )


@given(st.lists(authorities() | predictions() | st.sampled_from(real()), max_size=12))
def test_a_state_is_taken_back_as_it_was(rows: list[StoredCertificate]) -> None:
    state = State(computer=COMPUTER, certificates=tuple(rows), assignments=(Assignment("Internal", "A" * 40),))
    back = State.from_dict(through_ansible(state))
    stores = ("My", "Root", "CA", "REQUEST")
    assert {store: back.store(store) for store in stores} == {store: state.store(store) for store in stores}
    assert through_ansible(back) == through_ansible(state)


def test_what_roles_and_users_read_of_own_certificates_is_there() -> None:
    stores = through_ansible(State(computer=COMPUTER, certificates=real()))["stores"]
    for store in ("My", "REQUEST"):
        (row,) = stores[store]
        certificate = Certificate.from_der(base64.b64decode(row["der"]))
        assert row["thumbprint"] == certificate.thumbprint
        assert row["public_key"] == certificate.public_key_sha256
        assert set(row) == {"thumbprint", "friendly_name", "has_key", "key", "public_key", "der"}


def authority(name: str, **more: Any) -> StoredCertificate:
    """A certificate of Root whose bytes are known."""
    return StoredCertificate.of(issued(name, name, **more), "Root")


def test_bytes_of_authorities_are_handed_on_where_they_matter() -> None:
    """Issuers always; what is not what it says; others as long as they are few, as those of a chain to be imported."""
    root, issuing, leaf, _request = real()
    # the name of a root, signed by another key
    forged = authority("Forged", signer="Other")
    others = [authority("Unused", public_key=key("Unused").public_key()) for _number in range(9)]

    def whole(*rows: StoredCertificate) -> set[str]:
        stores = through_ansible(State(computer=COMPUTER, certificates=rows))["stores"]
        return {row["thumbprint"] for store in ("Root", "CA") for row in stores[store] if isinstance(row, dict)}

    few = (root, issuing, leaf, forged, *others[:7])
    assert whole(*few) == {row.thumbprint for row in few if row.store != "My"}
    assert whole(root, issuing, leaf, forged, *others) == {root.thumbprint, issuing.thumbprint, forged.thumbprint}
    # nothing here was issued by it, and its name alone tells that it does not belong into Root
    misplaced = replace(issuing, store="Root")
    state = State(computer=COMPUTER, certificates=(misplaced, *others))
    (back, *_rest) = State.from_dict(through_ansible(state)).store("Root")
    assert (back.der, back.self_issued) == (None, False)


@pytest.mark.parametrize(
    ("store", "row", "message"),
    [
        ("Root", "MIIC", "a certificate of Root is malformed: MIIC"),
        ("Root", [], r"a certificate of Root is malformed: \[\]"),
        ("Root", [f"{'A' * 67} CN=R", "CN=S", "CN=T"], "a certificate of Root is malformed"),
        ("CA", [f"{'A' * 67} CN=R", 1], "a certificate of CA is malformed"),
        ("CA", f"{'A' * 64} CN=R", r"a certificate of CA is malformed \(it has 48 bytes\): AAAA"),
        ("CA", f"{'?' * 67} CN=R", "a certificate of CA is malformed"),
        ("CA", f"{'A' * 60}{'8' * 7} CN=R", "a certificate of CA is malformed"),
        ("My", {"der": "MIIC"}, "a certificate of My lacks thumbprint"),
        ("My", {"thumbprint": "A" * 40, "subject": "CN=x"}, "a certificate of My lacks issuer"),
        ("My", {"thumbprint": "A" * 40, "der": "?"}, f"certificate {'A' * 40} of My: "),
        ("My", {"thumbprint": "A" * 40, "der": "MIIC"}, f"certificate {'A' * 40} of My: the data is not an X.509"),
        ("My", real()[2].to_dict() | {"thumbprint": "A" * 40}, "the thumbprint of its bytes is "),
        ("My", {"thumbprint": "A" * 40, "subject": "", "issuer": "", "not_after": "soon"}, "'soon' is not written as"),
    ],
)
def test_malformed_certificates_are_told(store: str, row: Any, message: str) -> None:
    data = State(computer=COMPUTER).to_dict()
    data["stores"][store] = [row]
    with pytest.raises(ValueError, match=message):
        State.from_dict(data)


@pytest.mark.parametrize(
    "public_key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        dsa.generate_private_key(1024).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
    ids=["rsa", "ec", "dsa", "ed25519"],
)
def test_key_identifier_of_rfc_7093(public_key: Any) -> None:
    """Core and emulator read it from the bytes, each on its own; cryptography has the same bits under SHA-1."""
    certificate = issued("edge", "Root", public_key=public_key)
    bits = serialization.PublicFormat.SubjectPublicKeyInfo
    assert public_key.public_bytes(serialization.Encoding.DER, bits) == certificate.public_key_der
    digest = hashes.Hash(hashes.SHA256())
    digest.update(_bits_of(certificate.public_key_der, x509.SubjectKeyIdentifier.from_public_key(public_key).digest))
    expected = base64.b64encode(digest.finalize()[:20]).decode("ascii")
    assert key_identifier(certificate) == facts.key_id(facts.parse(certificate.der)) == expected


def _bits_of(info: bytes, sha1: bytes) -> bytes:
    """The end of SubjectPublicKeyInfo that has a SHA-1: the bits of the key, found without reading DER."""
    for start in range(len(info)):
        digest = hashes.Hash(hashes.SHA1())
        digest.update(info[start:])
        if digest.finalize() == sha1:
            return info[start:]
    raise AssertionError("no part of it has that hash")
