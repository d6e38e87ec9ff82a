# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the stores of authorities, and what mends it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import Key, StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cert_import
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.store_checks import store_hygiene, unread
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
MEND = ("misplaced", "duplicates")


def authority(subject: str, issuer: str = "", *, key=None, signer=None, end: int = 700) -> Certificate:
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer or subject)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - dt.timedelta(days=800))
    builder = builder.not_valid_after(NOW + dt.timedelta(days=end))
    made = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(signer or key, hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def row(store: str, certificate: Certificate, *, brief: bool = False) -> StoredCertificate:
    found = StoredCertificate.of(certificate, store)
    return replace(found, der=None) if brief else found


def state_of(*rows: StoredCertificate) -> State:
    return State(computer={"time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}, certificates=rows)


def thumbprints(rows) -> list[str]:
    return [item["thumbprint"] for item in rows]


def test_report() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    root, renewed, expired = authority("R", key=key), authority("R", key=key, end=900), authority("E", end=-1)
    issuing = authority("I", "R", signer=key)
    posing = authority("P", "P", signer=key)  # equal names, another's signature
    state = state_of(
        *(row("Root", item) for item in (root, renewed, expired, issuing, posing)), row("CA", root), row("CA", issuing)
    )
    found = store_hygiene(state)
    assert found["roots"] == 5
    assert thumbprints(found["misplaced"]) == [issuing.thumbprint, posing.thumbprint]
    assert thumbprints(found["duplicates"]) == [root.thumbprint, issuing.thumbprint]
    assert [thumbprints(group) for group in found["same_key"]] == [[root.thumbprint, renewed.thumbprint]]
    assert thumbprints(found["expired"]) == [expired.thumbprint]
    assert len(found["problems"]) == 6
    assert all("\n" not in text for text in found["problems"])


@pytest.mark.parametrize(("count", "told"), [(100, False), (101, True)])
def test_too_many_roots(count: int, told: bool) -> None:
    root = row("Root", authority("R"), brief=True)
    many = state_of(*(StoredCertificate(**vars(root) | {"thumbprint": f"{number:040X}"}) for number in range(count)))
    assert any("Root holds 101 certificates" in text for text in store_hygiene(many)["problems"]) is told


def test_clean_stores_have_no_problems(site) -> None:
    server = site.server()
    state = server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    found = store_hygiene(state)
    assert found.pop("roots") == 1
    assert found == dict.fromkeys(("misplaced", "duplicates", "same_key", "expired", "problems"), [])


@pytest.fixture
def untidy(site):
    """A server that has two roots and a stranger's intermediate all over its stores, and the three certificates."""
    key = ec.generate_private_key(ec.SECP256R1())
    root, other, stray = authority("R", key=key), authority("O"), authority("I", "R", signer=key)
    server = site.server()
    places = [(root, "Root"), (root, "CA"), (other, "Root"), (stray, "Root")]
    assert (
        server.call(Call(steps=[cert_import(item.der, {item.thumbprint: store}) for item, store in places])).error
        is None
    )
    return server, root, other, stray


def test_mend_then_nothing(untidy) -> None:
    server, root, other, stray = untidy
    state = server.state()
    assert unread(state, MEND)
    with pytest.raises(CertificatesError, match="its bytes were not read"):
        plan_chain(ChainSpec((), mend=MEND), state)
    state = server.call(Call(full=("Root", "CA")), state).state
    plan = plan_chain(ChainSpec((), mend=MEND), state)
    assert [
        command.replace(stray.thumbprint, "STRAY").replace(root.thumbprint, "ROOT") for command in plan.commands
    ] == [
        "Import-Certificate -FilePath <tmp>\\STRAY.cer -CertStoreLocation Cert:\\LocalMachine\\CA",
        "Remove-Item -LiteralPath Cert:\\LocalMachine\\Root\\STRAY",
        "Remove-Item -LiteralPath Cert:\\LocalMachine\\CA\\ROOT",
    ]
    labels = [f"{item.subject} ({item.thumbprint})" for item in (root, stray)]
    assert plan.before == {"Root": sorted(labels), "CA": labels[:1]}
    assert plan.after == {"Root": labels[:1], "CA": labels[1:]}
    after = server.apply(plan)
    assert {item.thumbprint for item in after.store("Root")} == {root.thumbprint, other.thumbprint}
    assert [item.thumbprint for item in after.store("CA")] == [stray.thumbprint]
    assert store_hygiene(after)["problems"] == []
    assert not unread(after, MEND)
    assert not plan_chain(ChainSpec((), mend=MEND), after).steps


def test_what_is_moved_takes_neither_name_nor_key_along() -> None:
    stray = authority("I", "R", signer=ec.generate_private_key(ec.SECP256R1()))
    named = replace(row("Root", stray), friendly_name="Site", has_key=True, key=Key(exportable=True))
    plan = plan_chain(ChainSpec((), mend=MEND), state_of(named))
    assert plan.predicted.certificates == (row("CA", stray),)


@pytest.mark.parametrize(("mend", "steps"), [((), 0), (("misplaced",), 2), (("duplicates",), 1)])
def test_only_what_is_asked_for_is_mended(untidy, mend: tuple[str, ...], steps: int) -> None:
    server = untidy[0]
    state = server.call(Call(full=("Root", "CA")), server.state()).state
    plan = plan_chain(ChainSpec(tuple(untidy[1:2]), mend=mend), state)
    assert len(plan.steps) == steps
    assert len(plan.facts["hygiene"]["problems"]) == {0: 2, 1: 1, 2: 1}[steps]


def test_refusals_name_the_next_step(site) -> None:
    issuing = tuple(item for item in site.chain if not item.self_signed)
    with pytest.raises(
        InputError, match=r"\(add the certificate of CN=Lab Root CA.* to the file, or import it first\)"
    ):
        plan_chain(ChainSpec(issuing), site.server().state())
    later = site.server(clock_offset=11 * 365 * 86400).state()
    with pytest.raises(InputError, match=r"expired on .*\(have the authority .* with allow_expired: true\)"):
        plan_chain(ChainSpec(site.chain), later)
