# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that certificates need."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._product.names import (
    foretold_request,
    missing_names,
    names_to_add,
    needed_names,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Topology

TOPOLOGY = Topology(
    pool_fqdn="Pool.example.com",
    access_edge_fqdn="sip.example.com",
    data_edge_fqdn="webconf.example.com",
    av_edge_fqdn="av.example.com",
    sip_domains=("example.com", "example.net"),
)


@pytest.mark.parametrize(
    ("usages", "names"),
    [
        (["Internal"], ("pool.example.com",)),
        (["AccessEdgeExternal"], ("sip.example.com", "sip.example.net")),
        (["DataEdgeExternal"], ("webconf.example.com",)),
        (["AudioVideoAuthentication"], ()),
        (["AccessEdgeExternal", "DataEdgeExternal"], ("sip.example.com", "sip.example.net", "webconf.example.com")),
    ],
)
def test_needed_names(usages: list[str], names: tuple[str, ...]) -> None:
    assert needed_names(usages, TOPOLOGY) == names


def test_nothing_can_be_asked_of_an_unknown_topology() -> None:
    assert needed_names(["Internal", "AccessEdgeExternal", "DataEdgeExternal"], Topology()) == ()


def test_default_certificate_of_a_server() -> None:
    assert needed_names(["Default"], TOPOLOGY) == ("pool.example.com",)
    assert needed_names(["Default"], TOPOLOGY, "FE1.example.com") == ("pool.example.com", "fe1.example.com")
    assert needed_names(["Default"], TOPOLOGY, "pool.example.com") == ("pool.example.com",)
    assert needed_names(["Default"], Topology(), "fe1.example.com") == ()


@pytest.mark.parametrize(
    ("usage", "common", "alternative", "missing"),
    [
        ("Internal", ["Pool.Example.com"], [], ()),
        ("Internal", ["pool.example.com"], ["other.example.com"], ()),
        ("Internal", ["other"], ["POOL.example.com"], ()),
        ("Internal", ["*.example.com"], ["*.example.com"], ("pool.example.com",)),
        ("AccessEdgeExternal", ["pool.example.com"], ["other.example.com"], ("pool.example.com",)),
        ("AccessEdgeExternal", ["pool.example.com"], [], ()),
    ],
)
def test_missing_names(usage: str, common: list[str], alternative: list[str], missing: tuple[str, ...]) -> None:
    certificate = SimpleNamespace(common_names=common, dns_names=alternative)
    assert missing_names(certificate, ["pool.example.com"], [usage]) == missing


EXTERNAL = ("AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication")


@pytest.mark.parametrize(
    ("usages", "parameters", "more"),
    [
        (EXTERNAL, {}, ("sip.example.net",)),
        (EXTERNAL, {"AllSipDomain": True}, ()),
        (EXTERNAL, {"DomainName": "a.example.com, SIP.example.net"}, ()),
        (EXTERNAL, {"DomainName": "a.example.com"}, ("sip.example.net",)),
        (EXTERNAL[2:], {}, ()),
        (("Internal",), {}, ()),
        (EXTERNAL, {"ComputerFqdn": "edge9.example.com"}, ()),
    ],
    ids=["one is missing", "all asked for", "named", "others named", "no name looked at", "internal", "elsewhere"],
)
def test_names_that_the_product_leaves_out(usages, parameters: dict[str, object], more: tuple[str, ...]) -> None:
    needed = needed_names(usages, TOPOLOGY)
    assert names_to_add(usages, TOPOLOGY, parameters, needed) == more
    if "ComputerFqdn" not in parameters and usages != ("Internal",):
        _subject, names = foretold_request(usages, TOPOLOGY, parameters)
        assert {name.lower() for name in (*names, *more)} >= set(needed)


def test_nothing_is_added_where_nothing_can_be_foretold() -> None:
    front_end = Topology(pool_fqdn="pool.example.com", sip_domains=("example.com", "example.net"))
    assert names_to_add(("Default",), front_end, {}, ("pool.example.com", "fe1.example.com")) == ()
