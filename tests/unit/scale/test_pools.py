# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated servers of `make scale`: copies of two, in pools."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import ServerFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.state import load_state
from ansible_collections.sfb.certificates.tests.scale.pools import (
    add_roots,
    clone_lab,
    clone_server,
    inventory,
    pools_of,
    root_certificates,
)
from cryptography.hazmat.primitives import hashes, serialization


@pytest.fixture
def seed(tmp_path: pathlib.Path) -> pathlib.Path:
    """A lab with two servers that differ in one file, one root certificate, a journal, and a CA."""
    lab = tmp_path / "seed"
    (certificate,) = root_certificates(1)
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii").splitlines()
    for host in ("edge1", "edge2"):
        folder = ServerFolder(lab / "servers" / host)
        folder.save(
            {
                "host": host,
                "fqdn": f"{host}.example.com",
                "assignments": {},
                "services": [],
                "requests": [],
                "last_request_id": 0,
                "containers": {},
                "stores": {
                    "My": [],
                    "Root": [{"friendly_name": "", "container": None, "pem": pem}],
                    "CA": [],
                    "REQUEST": [],
                },
            }
        )
        folder.write_key("container", b"a key")
        folder.files.mkdir()
        (folder.files / "request").write_text(host)
    (lab / "journal.jsonl").write_text("{}\n")
    (lab / "adcs").mkdir()
    (lab / "adcs" / "certnew.p7b").write_text("chain")
    return lab


def state(server: pathlib.Path) -> dict[str, Any]:
    """What the file of a server has."""
    return dict(json.loads((server / "server.json").read_text()))


def test_a_copy_of_a_server_has_its_own_name_and_all_else_is_the_same(seed: pathlib.Path) -> None:
    old, new = seed / "servers" / "edge2", seed / "servers" / "edge17"
    clone_server(old, new)
    assert state(new) == {**state(old), "host": "edge17", "fqdn": "edge17.example.com"}
    assert state(old)["host"] == "edge2"
    assert (new / "keys" / "container.pem").read_bytes() == b"a key"
    assert (new / "keys").stat().st_mode == (old / "keys").stat().st_mode
    assert (new / "keys" / "container.pem").stat().st_mode & 0o077 == 0


def made_of(lab: pathlib.Path) -> dict[str, str]:
    """Server -> the one of the seed that it is a copy of."""
    return {path.name: (path / "files" / "request").read_text() for path in (lab / "servers").iterdir()}


def test_servers_are_like_the_second_one_but_for_the_first(seed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    clone_lab(seed, tmp_path / "lab", 4)
    assert made_of(tmp_path / "lab") == {"edge1": "edge1", "edge2": "edge2", "edge3": "edge2", "edge4": "edge2"}
    assert (tmp_path / "lab" / "adcs" / "certnew.p7b").read_text() == "chain"
    assert not (tmp_path / "lab" / "journal.jsonl").exists()


def test_each_pool_has_a_first_server(seed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    clone_lab(seed, tmp_path / "lab", 5, 2)
    first = {host for host, source in made_of(tmp_path / "lab").items() if source == "edge1"}
    assert first == {"edge1", "edge3", "edge5"}


def test_a_lab_can_have_fewer_servers_than_its_seed(seed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    clone_lab(seed, tmp_path / "lab", 1)
    assert made_of(tmp_path / "lab") == {"edge1": "edge1"}


@pytest.mark.parametrize(
    ("servers", "size", "expected"),
    [(4, 0, [(1, 4)]), (4, 2, [(1, 2), (3, 4)]), (5, 2, [(1, 2), (3, 4), (5, 5)]), (4, 9, [(1, 4)]), (1, 0, [(1, 1)])],
)
def test_servers_are_divided_into_pools(servers: int, size: int, expected: list[tuple[int, int]]) -> None:
    assert pools_of(servers, size) == expected


def test_each_pool_is_a_group_with_a_name_of_its_own(tmp_path: pathlib.Path) -> None:
    groups = yaml.safe_load(inventory(tmp_path, 5, 3))["edge"]["children"]
    assert {name: list(group["hosts"]) for name, group in groups.items()} == {
        "edge_site1": ["edge[1:3]"],
        "edge_site2": ["edge[4:5]"],
    }
    assert {name: group["vars"]["edge_set"] for name, group in groups.items()} == {name: name for name in groups}


def test_root_certificates_are_self_signed_and_all_different() -> None:
    made = root_certificates(300)
    assert len(made) == 300
    assert len({certificate.subject for certificate in made}) == 300
    for certificate in made:
        certificate.verify_directly_issued_by(certificate)
        assert [part.rfc4514_attribute_name for part in certificate.subject] == ["C", "O", "CN"]


def test_an_emulated_server_has_the_roots_that_it_is_given(seed: pathlib.Path) -> None:
    server = seed / "servers" / "edge2"
    certificates = root_certificates(3)
    add_roots([server], certificates)
    roots = load_state(ServerFolder(server), host="edge2", product="2019").stores["Root"]
    assert [entry.thumbprint for entry in roots[1:]] == [
        certificate.fingerprint(hashes.SHA1()).hex().upper() for certificate in certificates
    ]
    assert len(load_state(ServerFolder(server.with_name("edge1")), host="edge1", product="2019").stores["Root"]) == 1


def test_a_row_has_what_the_others_of_that_server_have(seed: pathlib.Path) -> None:
    server = seed / "servers" / "edge2"
    before = state(server)
    before["stores"]["Root"][0] |= {"subject": "CN=First", "self_issued": True}
    (server / "server.json").write_text(json.dumps(before))
    (certificate,) = root_certificates(1)
    add_roots([server], [certificate])
    row = state(server)["stores"]["Root"][1]
    assert list(row) == ["friendly_name", "container", "pem", "subject", "self_issued"]
    assert row["subject"] == 'CN=Contoso Global Root CA G1, O="Contoso Trust Services, Inc.", C=BE'
    assert row["container"] is None
