# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates found by what they say, and what is looked at before they are assigned."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.checks import UnfitError, certificate_checks
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.matching import Match, find_match
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import Key, StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._state.unknown import Unknown
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.timezone.utc)
KEY = ec.generate_private_key(ec.SECP256R1())
KSP = "Microsoft Software Key Storage Provider"
USE = ("AccessEdgeExternal",)


def issue(
    subject: str, *names: str, issuer: str = "Root", begin: int = -10, end: int = 700, key=KEY, eku: bool = True
) -> Certificate:
    """A certificate of an authority with the same key; days from now."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(
            x509.Name(
                [
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
                    x509.NameAttribute(NameOID.COMMON_NAME, issuer),
                ]
            )
        )
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + dt.timedelta(days=begin))
        .not_valid_after(NOW + dt.timedelta(days=end))
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    usage = ExtendedKeyUsageOID.SERVER_AUTH if eku else ExtendedKeyUsageOID.CLIENT_AUTH
    made = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False).sign(KEY, hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def stored(certificate: Certificate, friendly_name: str = "", *, key: Key | None = None, has_key: bool = True):
    key = (key or Key(exportable=True)) if has_key else None
    return StoredCertificate.of(certificate, "My", friendly_name=friendly_name, has_key=has_key, key=key)


def state_of(*rows: StoredCertificate, module: str = "SkypeForBusiness") -> State:
    return State(computer={"time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "module": module}, certificates=rows)


def unknown_row(friendly_name: str = "Edge") -> StoredCertificate:
    return StoredCertificate("My", Unknown("issue"), "", "", friendly_name=friendly_name, has_key=True)


@pytest.fixture(scope="module")
def rows() -> dict[str, StoredCertificate]:
    names = ("sip.example.com", "webconf.example.com")
    return {
        "old": stored(issue("sip.example.com", *names, begin=-90), "Edge external 2026-03-03"),
        "new": stored(issue("sip.example.com", *names, begin=-2), "Edge external 2026-05-30"),
        "single": stored(issue("sip.example.com", names[0], issuer="Other", begin=-1), "Other"),
        "expired": stored(issue("sip.example.com", *names, begin=-500, end=-1), "Edge external 2025-01-17"),
        "future": stored(issue("sip.example.com", *names, begin=1), "Edge external 2026-06-02"),
        "keyless": stored(issue("sip.example.com", *names, begin=-1), "Edge external 2026-05-31", has_key=False),
    }


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (Match(friendly_name="edge external *"), "new"),
        (Match(friendly_name="Edge external 2026-03-0?"), "old"),
        (Match(names=("sip.example.com",)), "single"),
        (Match(names=("SIP.example.com", "webconf.example.com")), "new"),
        (Match(issuer="Root"), "new"),
        (Match(issuer="CN=Root, O=Example"), "new"),
        (Match(issuer="other", subject="sip.*"), "single"),
        (Match(subject="CN=sip.example.com"), "single"),
    ],
)
def test_newest_that_fits_and_can_be_used(rows, match: Match, found: str) -> None:
    assert find_match(match, USE, state_of(*rows.values())) == rows[found].thumbprint


def test_nothing_fits(rows) -> None:
    with pytest.raises(
        InputError, match=r"fits subject 'CN=sip', names a\.b and can be used; in My are CN=sip\.example"
    ):
        find_match(Match(subject="CN=sip", names=("a.b",)), USE, state_of(rows["old"]))
    with pytest.raises(InputError, match="My is empty on this server"):
        find_match(Match(subject="x"), USE, state_of())
    with pytest.raises(
        InputError, match=r"these fit: .*: it expired on 2026-05-31.*its private key is not on this server"
    ):
        find_match(Match(issuer="Root"), USE, state_of(rows["expired"], rows["keyless"]))


def test_two_that_are_equally_new_are_named(rows) -> None:
    twin = stored(issue("sip.example.com", "sip.example.com", begin=-2))
    with pytest.raises(InputError, match="2 certificates fit issuer 'Root' and are equally new") as raised:
        find_match(Match(issuer="Root"), USE, state_of(*rows.values(), twin))
    assert twin.thumbprint in str(raised.value)
    assert rows["new"].thumbprint in str(raised.value)


def test_certificate_of_check_mode_is_the_newest(rows) -> None:
    state = state_of(*rows.values(), unknown_row("Edge external 2026-06-01"))
    assert find_match(Match(friendly_name="Edge external*", issuer="Root"), USE, state) == "(known after issue)"
    assert find_match(Match(friendly_name="Other"), USE, state) == rows["single"].thumbprint


# ---- checks ----


def found(checks) -> dict[str, bool | None]:
    return {check.name: check.ok for check in checks}


def test_all_that_is_looked_at(rows) -> None:
    checks = certificate_checks(rows["new"], state_of(rows["new"]), ("sip.example.com",), USE)
    assert found(checks) == {
        "in_store": True,
        "private_key": True,
        "key_provider": True,
        "chain": False,
        "validity": True,
        "server_authentication": True,
        "names": True,
    }
    assert all(check.detail for check in checks)


@pytest.mark.parametrize(
    ("row", "name", "detail"),
    [
        (stored(issue("a", eku=False)), "server_authentication", "not meant for server authentication"),
        (stored(issue("a", end=-1)), "validity", "it expired on 2026-05-31"),
        (stored(issue("a", begin=1)), "validity", "valid only from 2026-06-02"),
        (stored(issue("a"), has_key=False), "private_key", "is not on this server"),
        (stored(issue("a"), key=Key(error="Keyset does not exist")), "private_key", "Keyset does not exist"),
        (stored(issue("a"), key=Key(provider=KSP)), "key_provider", "which Lync Server does not take"),
        (stored(issue("a", "b")), "names", "it lacks the name sip.example.com"),
    ],
)
def test_what_speaks_against_a_certificate(row: StoredCertificate, name: str, detail: str) -> None:
    state = state_of(row, module="Lync")
    with pytest.raises(UnfitError) as raised:
        plan_assign(AssignSpec(USE, row.thumbprint, ("sip.example.com",)), state)
    (check,) = [check for check in raised.value.checks if check.name == name]
    assert check.ok is False
    assert detail in check.detail
    assert check.detail in str(raised.value)


def test_key_of_a_ksp_will_do_for_later_products() -> None:
    row = stored(issue("a"), key=Key(provider=KSP))
    assert found(certificate_checks(row, state_of(row)))["key_provider"] is True


@pytest.mark.parametrize(("bits", "ok"), [(1024, False), (2048, True)])
def test_tokens_need_a_long_key(bits: int, ok: bool) -> None:
    row = stored(issue("a", key=rsa.generate_private_key(65537, bits)))
    checks = certificate_checks(row, state_of(row), (), ("OAuthTokenIssuer",))
    assert found(checks)["key_length"] is ok
    assert "key_length" not in found(certificate_checks(row, state_of(row), (), USE))


def test_certificate_that_does_not_exist_yet() -> None:
    row = unknown_row()
    plan = plan_assign(AssignSpec(USE, row.thumbprint), state_of(row))
    assert {check["check"]: check["ok"] for check in plan.facts["checks"]} == {
        "in_store": True,
        **dict.fromkeys(("private_key", "key_provider", "chain", "validity", "server_authentication", "names")),
    }
    staged = AssignSpec(("AudioVideoAuthentication",), row.thumbprint, effective_date=NOW + dt.timedelta(days=1))
    assert "-Thumbprint (known after issue) -Roll" in plan_assign(staged, state_of(row)).commands[0]


def test_missing_certificate_is_a_check_too() -> None:
    with pytest.raises(UnfitError, match="import it first") as raised:
        plan_assign(AssignSpec(USE, "AB" * 20), state_of())
    assert found(raised.value.checks) == {"in_store": False}
