# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains and stores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._x509.chain import (
    Chain,
    _Search,
    build_chain,
    check_chain_file,
    store_for,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def pki(forge: Any) -> dict[str, Any]:
    """Root, issuing CA, leaf."""
    root = forge.issue("Root", ca=True, extensions=forge.key_ids(own=b"R"))
    sub = forge.issue("Sub", root, ca=True, extensions=forge.key_ids(own=b"S", issuer=b"R"))
    leaf = forge.issue("edge.example.com", sub, extensions=forge.key_ids(issuer=b"S"))
    return {"root": root, "sub": sub, "leaf": leaf}


def build(forge: Any, leaf: Any, *candidates: Any, trusted: Any = ()) -> Any:
    """The chain as of the tests' date."""
    return build_chain(
        leaf.cert, candidates=[item.cert for item in candidates], trusted=[item.cert for item in trusted], now=forge.NOW
    )


def test_stores(forge: Any, pki: dict[str, Any]) -> None:
    """By what each certificate is (product.md#misplaced-ca-certificate)."""
    assert store_for(pki["root"].cert) == "Root"
    assert store_for(pki["sub"].cert) == "CA"
    assert store_for(pki["leaf"].cert) is None


def test_same_names_do_not_go_to_root(forge: Any) -> None:
    """A renewed root, signed with the old key, has the same names and is not self-signed."""
    old = forge.issue("Root", ca=True)
    cross = forge.issue("Root", old, ca=True)
    assert cross.cert.self_issued
    assert store_for(cross.cert) == "CA"


def test_self_signed_without_ca(forge: Any) -> None:
    """Version 1 cannot say that it is a CA and counts; version 3 says that it is none."""
    assert store_for(forge.issue("Old root", version=1).cert) == "Root"
    assert store_for(forge.issue("server").cert) is None
    root = forge.issue("Root", ca=True)
    assert store_for(forge.issue("old", root, version=1).cert) is None


def test_gost_root(forge: Any) -> None:
    """Not verifiable: names and key identifiers decide."""
    assert store_for(forge.gost(own=b"1", issuer=None).cert) == "Root"
    assert store_for(forge.gost(own=b"1", issuer=b"2").cert) == "CA"


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_complete_chain(forge: Any, digest: str) -> None:
    """In any order of the candidates, SHA-1 too."""
    root = forge.issue("Root", ca=True, digest=digest)
    sub = forge.issue("Sub", root, ca=True, digest=digest)
    leaf = forge.issue("leaf", sub, digest=digest)
    for candidates in ((sub, root), (root, sub, leaf)):
        chain = build(forge, leaf, *candidates, trusted=[root])
        assert chain.certificates == (leaf.cert, sub.cert, root.cert)
        assert chain.good


def test_root_not_trusted(forge: Any, pki: dict[str, Any]) -> None:
    """Complete, but with a problem that names it."""
    chain = build(forge, pki["leaf"], pki["sub"], pki["root"])
    assert chain.complete
    assert not chain.good
    assert chain.problems == (f"root CN=Root ({pki['root'].cert.thumbprint}) is not trusted",)


def test_issuer_not_found(forge: Any, pki: dict[str, Any]) -> None:
    """What is missing, and whose issuer it is."""
    chain = build(forge, pki["leaf"], trusted=[pki["root"]])
    assert not chain.complete
    assert chain.problems == (f"issuer CN=Sub of CN=edge.example.com ({pki['leaf'].cert.thumbprint}) not found",)


def test_issuer_with_another_key(forge: Any, pki: dict[str, Any]) -> None:
    """A CA of that name is there, but its key did not sign."""
    renewed = forge.issue("Sub", pki["root"], ca=True)
    chain = build(forge, pki["leaf"], renewed, trusted=[pki["root"]])
    assert chain.certificates == (pki["leaf"].cert,)
    assert "signed with another key" in chain.problems[0]
    assert renewed.cert.thumbprint in chain.problems[0]


def test_renewed_ca_with_the_same_key(forge: Any, pki: dict[str, Any]) -> None:
    """Both made the signature; the one that has not expired is taken, wherever it stands."""
    expired = forge.issue("Sub", pki["root"], key=pki["sub"].key, ca=True, years=(2015, 2025))
    for candidates in ((expired, pki["sub"]), (pki["sub"], expired)):
        chain = build(forge, pki["leaf"], *candidates, trusted=[pki["root"]])
        assert chain.certificates[1] == pki["sub"].cert
        assert chain.good


def test_renewed_ca_with_a_new_key(forge: Any, pki: dict[str, Any]) -> None:
    """Only the one whose key signed is an issuer."""
    renewed = forge.issue("Sub", pki["root"], ca=True, years=(2024, 2050))
    chain = build(forge, pki["leaf"], renewed, pki["sub"], trusted=[pki["root"]])
    assert chain.certificates[1] == pki["sub"].cert


def test_cross_certificate_to_the_trusted_root(forge: Any) -> None:
    """The shorter way ends in a root that is not trusted; the way over the cross certificate wins."""
    trusted = forge.issue("Trusted root", ca=True)
    new_root = forge.issue("New root", ca=True, years=(2020, 2050))
    cross = forge.issue("New root", trusted, key=new_root.key, ca=True)
    leaf = forge.issue("leaf", new_root)
    for candidates in ((new_root, cross), (cross, new_root)):
        chain = build(forge, leaf, *candidates, trusted=[trusted])
        assert chain.certificates == (leaf.cert, cross.cert, trusted.cert)
        assert chain.good
    assert build(forge, leaf, new_root, cross, trusted=[trusted, new_root]).certificates == (leaf.cert, new_root.cert)


def test_loops_end(forge: Any) -> None:
    """Two CAs that certified each other, and no root."""
    first_key, second_key = forge.ec_key(), forge.ec_key()
    seed = {name: forge.issue(name, key=key, ca=True) for name, key in (("A", first_key), ("B", second_key))}
    first = forge.issue("A", seed["B"], key=first_key, ca=True)
    second = forge.issue("B", seed["A"], key=second_key, ca=True)
    leaf = forge.issue("leaf", first)
    chain = build(forge, leaf, first, second)
    assert chain.certificates == (leaf.cert, first.cert, second.cert)
    assert not chain.complete
    assert chain.problems


def test_many_cross_certificates_end_soon(forge: Any) -> None:
    """Every CA certified by every other one: the search is bounded."""
    keys = {f"CA {number}": forge.ec_key() for number in range(6)}
    seed = {name: forge.issue(name, key=key, ca=True) for name, key in keys.items()}
    cross = [
        forge.issue(name, seed[issuer], key=keys[name], ca=True) for name in keys for issuer in keys if name != issuer
    ]
    leaf = forge.issue("leaf", seed["CA 0"])
    assert not build(forge, leaf, *cross).complete


def test_expired_and_not_yet_valid_are_named(forge: Any) -> None:
    """With subject, thumbprint and date."""
    root = forge.issue("Root", ca=True, years=(2010, 2025))
    leaf = forge.issue("leaf", root, years=(2030, 2040))
    problems = build(forge, leaf, trusted=[root]).problems
    assert problems == (
        f"CN=leaf ({leaf.cert.thumbprint}) is not valid before 2030-01-01T00:00:00Z",
        f"CN=Root ({root.cert.thumbprint}) expired on 2025-01-01T00:00:00Z",
    )


def test_issuer_that_may_not_issue(forge: Any) -> None:
    """No CA, key usage without keyCertSign, path too long."""
    root = forge.issue("Root", ca=True)
    no_ca = forge.issue("server", root)
    assert "is not a CA" in build(forge, forge.issue("x", no_ca), no_ca, trusted=[root]).problems[0]
    usage = ("2.5.29.15", forge.tlv(3, b"\x05\xa0"))
    no_sign = forge.issue("no sign", root, ca=True, extensions=[usage])
    assert "may not sign" in build(forge, forge.issue("x", no_sign), no_sign, trusted=[root]).problems[0]
    limit = ("2.5.29.19", forge.tlv(0x30, forge.tlv(1, b"\xff"), forge.integer(0)))
    short = forge.issue("Short root", extensions=[limit])
    below = forge.issue("Below", short, ca=True)
    assert (
        "allows 0 CAs below itself, there are 1"
        in build(forge, forge.issue("x", below), below, trusted=[short]).problems[0]
    )
    assert build(forge, forge.issue("x", short), trusted=[short]).good


def test_self_signed_leaf(forge: Any) -> None:
    """A chain of one."""
    leaf = forge.issue("server")
    assert build(forge, leaf, trusted=[leaf]).good
    assert "is not trusted" in build(forge, leaf).problems[0]


def test_chain_file(forge: Any, pki: dict[str, Any]) -> None:
    """Root and CA to their stores, the leaf reported; each once."""
    certs = [pki[name].cert for name in ("leaf", "root", "sub", "root")]
    result = check_chain_file(certs, now=forge.NOW)
    assert [(item.certificate, item.store) for item in result.placements] == [
        (pki["root"].cert, "Root"),
        (pki["sub"].cert, "CA"),
    ]
    assert result.leaves == (pki["leaf"].cert,)
    assert result.problems == ()


def test_chain_file_without_root(forge: Any, pki: dict[str, Any]) -> None:
    """Refused by name, unless the server has the root already."""
    result = check_chain_file([pki["sub"].cert], now=forge.NOW)
    assert result.problems == (f"issuer CN=Root of CN=Sub ({pki['sub'].cert.thumbprint}) not found",)
    assert check_chain_file([pki["sub"].cert], now=forge.NOW, known=[pki["root"].cert]).problems == ()


def test_chain_file_with_an_expired_ca(forge: Any, pki: dict[str, Any]) -> None:
    """Refused by name unless allowed; a CA of the future is never allowed."""
    expired = forge.issue("Old sub", pki["root"], ca=True, years=(2015, 2025)).cert
    certs = [pki["root"].cert, expired]
    assert check_chain_file(certs, now=forge.NOW).problems == (f"{expired} expired on 2025-01-01T00:00:00Z",)
    assert check_chain_file(certs, now=forge.NOW, allow_expired=True).problems == ()
    future = forge.issue("New sub", pki["root"], ca=True, years=(2030, 2040)).cert
    assert check_chain_file([*certs, future], now=forge.NOW, allow_expired=True).problems != ()


@pytest.mark.parametrize("names", [(), ("leaf",)])
def test_chain_file_without_any_ca(forge: Any, pki: dict[str, Any], names: tuple[str, ...]) -> None:
    """Nothing to store is a problem, not a success."""
    result = check_chain_file([pki[name].cert for name in names], now=forge.NOW)
    assert result.placements == ()
    assert result.problems == ("there is no CA certificate in the file",)


@pytest.fixture(scope="module")
def tangle(forge: Any) -> list[Any]:
    """Certificates of few names: renewed, cross-signed, of another key, ended, not begun, issued in a circle."""
    keys = [forge.ec_key() for _number in range(4)]
    root = forge.issue("Root", key=keys[0], ca=True, years=(2000, 2030))
    renewed = forge.issue("Root", key=keys[0], ca=True, years=(2025, 2050), serial=2)
    other = forge.issue("Root", key=keys[1], ca=True)
    cross = forge.issue("Root", other, key=keys[0], ca=True, years=(2020, 2027))
    sub = forge.issue("Sub", root, key=keys[2], ca=True, years=(2010, 2026))
    later = forge.issue("Sub", root, key=keys[2], ca=True, years=(2027, 2040))
    circle = forge.issue("Root", sub, key=keys[0], ca=True)
    none = forge.issue("Sub", root, key=keys[2])
    leaf = forge.issue("edge", sub, key=keys[3])
    ended = forge.issue("edge", sub, years=(2020, 2025))
    alone = forge.issue("edge")
    made = [root, renewed, other, cross, sub, later, circle, none, leaf, ended, alone]
    return [item.cert for item in made]


@given(data=st.data())
def test_a_shared_search_finds_what_one_of_its_own_does(tangle: list[Any], data: st.DataObject) -> None:
    """What is left out of the search, and other times between the same bounds, change nothing."""
    some = st.lists(st.sampled_from(tangle), max_size=len(tangle))
    leaf, candidates, trusted = data.draw(st.sampled_from(tangle)), data.draw(some), data.draw(some)
    bounds = [bound for item in tangle for bound in (item.not_before, item.not_after)]
    past = st.sampled_from([timedelta(seconds=seconds) for seconds in (-86400, -1, 0, 1, 3600, 86400 * 200)])
    now = data.draw(st.sampled_from(bounds)) + data.draw(past)
    path, problems = _Search((*candidates, *trusted), trusted, now).best(leaf)
    own = Chain(path, path[-1].self_signed, tuple(problem.text for problem in problems))
    assert build_chain(leaf, candidates=iter(candidates), trusted=iter(trusted), now=now) == own
