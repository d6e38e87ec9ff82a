# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers, groups and names out of what the topology cmdlets say."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._product.deployment import (
    deployment_of,
    read_topology,
)

TOPOLOGY: dict[str, Any] = {
    "sites": [
        {"DisplayName": "Berlin Mitte", "Pools": ["edges.example.com", "fe.example.com", "sql.example.com"]},
        {"DisplayName": "berlin-mitte", "Pools": ["edge9.example.com"]},
    ],
    "pools": [
        {"Identity": "edges.example.com", "Services": ["EdgeServer:edges.example.com"]},
        {"Identity": "edge9.example.com", "Services": ["EdgeServer:edge9.example.com"]},
        {"Identity": "fe.example.com", "Services": ["Registrar:fe.example.com", "UserServer:fe.example.com"]},
        {"Identity": "dir.example.com", "Services": ["Director:dir.example.com", "Registrar:dir.example.com"]},
        {"Identity": "med.example.com", "Services": ["MediationServer:med.example.com"]},
        {"Identity": "sql.example.com", "Services": ["UserStore:sql.example.com"]},
    ],
    "computers": [
        {"Fqdn": "Edge2.example.com", "Pool": "Edges.example.com"},
        {"Fqdn": "edge1.example.com", "Pool": "edges.example.com"},
        {"Fqdn": "edge9.example.com", "Pool": "edge9.example.com"},
        {"Fqdn": "fe1.example.com", "Pool": "fe.example.com"},
        {"Fqdn": "dir.example.com", "Pool": "dir.example.com"},
        {"Fqdn": "med.corp.example.com", "Pool": "med.example.com"},
        {"Fqdn": "sql.example.com", "Pool": "sql.example.com"},
    ],
    "edge_services": [
        {
            "PoolFqdn": "edges.example.com",
            "AccessEdgeExternalFqdn": "sip.example.net",
            "DataEdgeExternalFqdn": "webconf.example.net",
            "AVEdgeExternalFqdn": "av.example.net",
        },
        {
            "PoolFqdn": "edge9.example.com",
            "AccessEdgeExternalFqdn": "sip9.example.net",
            "DataEdgeExternalFqdn": "",
            "AVEdgeExternalFqdn": None,
        },
    ],
}


def read(content: Any, encoding: str = "utf-8") -> dict[str, list[dict[str, Any]]]:
    return read_topology(json.dumps(content).encode(encoding), "topology.json")


def test_hosts_and_groups() -> None:
    deployment = deployment_of(read(TOPOLOGY), ".Example.com")
    assert {host.name: host.groups for host in deployment.hosts} == {
        "edge1": ("pool_edges_example_com", "edge_edges_example_com"),
        "edge2": ("pool_edges_example_com", "edge_edges_example_com"),
        "edge9": ("pool_edge9_example_com", "edge_edge9_example_com"),
        "fe1": ("pool_fe_example_com", "front_end"),
        "dir": ("pool_dir_example_com", "director"),
        "med.corp": ("pool_med_example_com", "mediation"),
    }
    # two sites whose names differ only in a sign stay apart
    assert deployment.parents == (
        ("edge_edge9_example_com", "edge"),
        ("edge_edges_example_com", "edge"),
        ("pool_edge9_example_com", "site_berlin_mitte_2"),
        ("pool_edges_example_com", "site_berlin_mitte"),
        ("pool_fe_example_com", "site_berlin_mitte"),
    )


def test_variables() -> None:
    hosts = {host.name: host.variables for host in deployment_of(read(TOPOLOGY)).hosts}
    assert hosts["edge2.example.com"] == {
        "ansible_host": "Edge2.example.com",
        "sfb_pool": "edges.example.com",
        "sfb_site": "Berlin Mitte",
        "sfb_role": "edge",
        "edge_set": "edge_edges_example_com",
        "edge_fqdns": {
            "pool": "edges.example.com",
            "access_edge": "sip.example.net",
            "data_edge": "webconf.example.net",
            "av_edge": "av.example.net",
        },
    }
    assert hosts["edge9.example.com"]["edge_fqdns"] == {"pool": "edge9.example.com", "access_edge": "sip9.example.net"}
    assert hosts["dir.example.com"] == {
        "ansible_host": "dir.example.com",
        "sfb_pool": "dir.example.com",
        "sfb_site": "",
        "sfb_role": "director",
    }


def test_other_pools() -> None:
    hosts = {host.name: host for host in deployment_of(read(TOPOLOGY), others=True).hosts}
    assert hosts["sql.example.com"].groups == ("pool_sql_example_com",)
    assert hosts["sql.example.com"].variables["sfb_role"] == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_powershell(encoding: str) -> None:
    assert deployment_of(read(TOPOLOGY, encoding)) == deployment_of(read(TOPOLOGY))


def test_lists_of_one_member_and_of_none() -> None:
    single = {part: rows[0] for part, rows in TOPOLOGY.items()}
    single["sites"] = {"DisplayName": "S", "Pools": "edges.example.com"}
    single["pools"] = {"Identity": "edges.example.com", "Services": None}
    (host,) = deployment_of(read(single)).hosts
    assert (host.variables["sfb_site"], host.variables["sfb_role"]) == ("S", "edge")
    single["edge_services"] = None
    with pytest.raises(InputError, match="has no computer in a pool of the product's roles"):
        deployment_of(read(single))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "holds no object"),
        (b"{}", "lacks the list 'sites'"),
        (b'{"sites": [7]}', r"sites\[1\] is no object"),
        (b'{"sites": [{"DisplayName": "x"}]}', r"sites\[1\] lacks Pools"),
        (b'{"sites": [{"DisplayName": {"a": 1}, "Pools": []}]}', r"sites\[1\].DisplayName: is no text"),
        (b'{"sites": [{"DisplayName": "x", "Pools": [7]}]}', r"sites\[1\].Pools: is no text"),
    ],
)
def test_damaged_files(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"^topology.json: {message}") as caught:
        read_topology(data, "topology.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("part", "key"), [("computers", "Fqdn"), ("edge_services", "AccessEdgeExternalFqdn"), ("computers", "Pool")]
)
@pytest.mark.parametrize("name", ["{{ lookup('pipe', 'id') }}", "-oProxyCommand=id", "a b", "a\nb"])
def test_names_that_are_none(part: str, key: str, name: str) -> None:
    topology = copy.deepcopy(TOPOLOGY)
    topology[part][1][key] = name
    for row in topology["edge_services"]:
        row["PoolFqdn"] = topology["computers"][1]["Pool"]
    with pytest.raises(InputError, match="in place of the name of a host; correct it there"):
        deployment_of(read(topology))
