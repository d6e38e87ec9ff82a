# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a set gets its chain, its request and its answer from, other than by default: pages 1 and 3 of the procedure."""

from __future__ import annotations

from typing import Any

import pytest

PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ["edge1", "edge2"]
EDGES = [
    {"fqdn": f"{host}.example.com", "pool_fqdn": "edge-site1.example.com", "access_edge_fqdn": "access.example.com"}
    for host in HOSTS
]
FRONT_END = {"fe1": {"sfb_lab_computers": EDGES}}


def assert_all_assigned(pool: Any, *hosts: str) -> str:
    """All servers have the same certificate assigned, and its key; gives the thumbprint."""
    states = [pool.server(host) for host in hosts or HOSTS]
    found = {state["assignments"]["Internal"]["thumbprint"] for state in states}
    assert len(found) == 1
    assert all(state["stores"]["My"][0]["container"] in state["containers"] for state in states)
    return str(found.pop())


def assert_rerun(pool: Any, *further: str) -> None:
    """A rerun changes nothing and makes one call to each server of the set, and to the further ones that it reads."""
    mark = len(pool.journal())
    run = pool.play(PLAYBOOK)
    assert (run.rc, run.total("changed")) == (0, 0), run.output
    assert sorted(row["host"] for row in pool.journal()[mark:]) == sorted([*HOSTS, *further])


def test_chain_from_a_server_of_the_domain(pool) -> None:
    more = {"edge_chain_source": "host", "edge_chain_host": "fe1", "edge_chain_thumbprint": "{{ known_certificate }}"}
    pool.describe({"edge_site1": HOSTS}, internal={"fe1": {}}, **more)
    path = pool.pfx("Passphrase-4711", "fe1.example.com")
    prepared = pool.tasks(
        {"cs_certificate_chain": {"path": str(pool.chain)}},
        {
            "cs_certificate_import": {"path": str(path), "passphrase": "{{ secret }}"},
            "vars": {"secret": "Passphrase-4711"},
        },
        hosts="fe1",
    )
    assert prepared.rc == 0, prepared.output
    (own,) = pool.server("fe1")["stores"]["My"]
    state = pool.digest()
    word = ("-e", f"known_certificate={own['thumbprint']}")
    check = pool.play(PLAYBOOK, "--check", *word)
    assert check.rc == 0, check.output
    assert pool.digest() == state
    first = pool.play(PLAYBOOK, *word)
    assert first.rc == 0, first.output
    assert [len(pool.server("edge2")["stores"][name]) for name in ("Root", "CA")] == [1, 1]
    pool.sign()
    assert pool.play(PLAYBOOK, *word).rc == 0
    assert_all_assigned(pool)


@pytest.mark.slow
def test_chain_from_the_web_enrolment(pool, emulate) -> None:
    server = emulate()
    pool.describe(
        {"edge_site1": HOSTS},
        edge_chain_source="certsrv",
        edge_chain_url=server.url,
        edge_chain_username="LAB\\clerk",
        edge_chain_password="{{ certsrv_password }}",
        edge_chain_ca_bundle=str(pool.chain),
    )
    check = pool.play(PLAYBOOK, "--check")
    assert check.rc == 0, check.output
    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    assert [len(pool.server("edge2")["stores"][name]) for name in ("Root", "CA")] == [1, 1]
    pool.sign()
    assert pool.play(PLAYBOOK).rc == 0
    assert_all_assigned(pool)
    assert_rerun(pool)


@pytest.mark.parametrize("in_advance", [pytest.param(False, marks=pytest.mark.slow), True])
def test_request_made_on_a_front_end(pool, in_advance: bool) -> None:
    pool.describe({"edge_site1": HOSTS}, internal=FRONT_END, edge_request_from="fe1")
    if in_advance:
        early = pool.role(
            "edge_request", hosts="fe1", edge_request_type=["Internal"], edge_request_computer_fqdn="edge1.example.com"
        )
        assert early.rc == 0, early.output
    state, mark = pool.digest(), len(pool.journal())
    check = pool.play(PLAYBOOK, "--check", "--diff")
    assert check.rc == 0, check.output
    assert pool.digest() == state
    assert pool.writing(mark) == []

    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    asked = [command for command in pool.commands("fe1") if command.startswith("Request-CsCertificate")]
    assert len(asked) == 1
    assert "-ComputerFqdn edge1.example.com " in asked[0]
    assert "-PrivateKeyExportable $true" in asked[0]
    pool.sign()
    second = pool.play(PLAYBOOK)
    assert second.rc == 0, second.output
    thumbprint = assert_all_assigned(pool)
    front_end = pool.server("fe1")
    assert ([row["thumbprint"] for row in front_end["stores"]["My"]], front_end["assignments"]) == ([thumbprint], {})
    assert_rerun(pool, "fe1")


def test_request_on_a_front_end_that_may_not(pool) -> None:
    front_end = {"fe1": {**FRONT_END["fe1"], "sfb_lab_switches": {"request_for_other_computer": False}}}
    pool.describe({"edge_site1": HOSTS}, internal=front_end, edge_request_from="fe1")
    run = pool.play(PLAYBOOK)
    assert run.rc != 0
    assert "does not need a certificate of the given type" in run.message("edge1")
    assert "failed; nothing more is done here" in run.message("edge2")
    assert not (pool.lab / "servers" / "fe1" / "server.json").exists()  # nothing was stored there


@pytest.mark.slow
def test_pfx_as_the_answer(pool) -> None:
    passphrase = "Passphrase-of-the-authority-4711"
    pool.describe({"edge_site1": HOSTS})
    (pool.inbox / "from-the-authority.pfx").write_bytes(pool.pfx(passphrase, "edge-site1.example.com").read_bytes())
    secret = pool.folder / "secret.yml"
    secret.write_text(f"edge_answer_passphrase: {passphrase}\n")
    words = ("-e", f"@{secret}", "-vvvv", "--diff")
    state, mark = pool.digest(), len(pool.journal())
    check = pool.play(PLAYBOOK, "--check", *words)
    assert check.rc == 0, check.output
    assert pool.digest() == state
    assert pool.writing(mark) == []
    run = pool.play(PLAYBOOK, *words)
    assert run.rc == 0, run.output
    assert_all_assigned(pool)
    assert not any("Request-CsCertificate" in command for command in pool.commands("edge1"))
    again = pool.play(PLAYBOOK, *words)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    for output in (check.output, run.output, again.output):
        assert passphrase not in output
    assert not any(passphrase.encode() in path.read_bytes() for path in pool.lab.rglob("*") if path.is_file())


def test_pfx_with_another_passphrase(pool) -> None:
    pool.describe({"edge_site1": HOSTS}, edge_answer_passphrase="Wrong-Passphrase-1")
    path = pool.inbox / "from-the-authority.pfx"
    path.write_bytes(pool.pfx("Passphrase-4711", "edge-site1.example.com").read_bytes())
    state = pool.digest()
    run = pool.play(PLAYBOOK)
    assert run.rc != 0
    assert "from-the-authority.pfx" in run.message("edge1")
    assert "passphrase" in run.message("edge1")
    assert "Wrong-Passphrase-1" not in run.output
    assert pool.digest() == state


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"edge_chain_source": "host"}, "edge_chain_host: is empty"),
        ({"edge_chain_source": "certsrv"}, "edge_chain_url: is empty"),
        ({"edge_chain_source": "host", "edge_chain_host": "dc1"}, "dc1 is not in the inventory"),
        ({"edge_request_from": "fe9"}, "fe9 is not in the inventory"),
    ],
)
def test_refused_before_any_server_is_read(pool, variables: dict[str, Any], message: str) -> None:
    pool.describe({"edge_site1": ["edge1"]}, **variables)
    run = pool.play(PLAYBOOK)
    assert run.rc != 0
    assert message in run.output
    assert pool.journal() == []
