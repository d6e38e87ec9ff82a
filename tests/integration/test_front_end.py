# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook for internal servers: a certificate for each, and one that issues tokens for the whole deployment."""

from __future__ import annotations

from typing import Any

import pytest

PLAYBOOK = "sfb.certificates.front_end"
CA = "ca01.example.com\\Lab Issuing CA"
OWN = ["Default", "WebServicesExternal", "WebServicesInternal"]
OAUTH = "OAuthTokenIssuer"
HOSTS = ["fe1", "fe2"]
#: The first certificates end in two years; then they are due, and still valid.
LATER = 710 * 86400
SUMMARY = "Tell what has changed"


def describe(pool: Any, policy: str = "issued", **variables: Any) -> None:
    """Two Front End Servers that reach an authority which decides so."""
    ca = {"config": CA, "policy": policy}
    common = {
        "sfb_lab_ca": ca,
        "front_end_ca": CA,
        "front_end_chain_file": str(pool.chain),
    }
    pool.describe({"edge_site1": ["edge1"]}, internal=dict.fromkeys(HOSTS, common | variables))


def assigned(pool: Any, host: str) -> dict[str, str]:
    return {usage: row["thumbprint"] for usage, row in pool.server(host)["assignments"].items()}


def summary(run: Any, host: str) -> dict[str, list[str]]:
    """What a server tells of its usages at the end: the columns behind the name of each."""
    lines = run.result(SUMMARY, host)["msg"]
    found = {line.split("  ")[0]: line.split("  ")[1:] for line in lines}
    assert len(found) == len(lines)  # each usage once
    return found


def changes(pool: Any, host: str, old: dict[str, str]) -> dict[str, list[str]]:
    """What it has to tell after all its certificates have changed, from what lies on the disk."""
    ends = {row["thumbprint"]: row["not_after"][:10] for row in pool.server(host)["stores"]["My"]}
    now = assigned(pool, host)
    usages = [*OWN, OAUTH] if host == "fe1" else OWN
    return {use: [f"{old.get(use, 'none')[:8]}->{now[use][:8]}", ends[now[use]]] for use in usages}


def assert_rerun(pool: Any) -> None:
    """Nothing changes and nothing is told of it, each server gets one call; nor does it in check mode."""
    mark = len(pool.journal())
    again = pool.play(PLAYBOOK)
    assert (again.rc, again.total("changed"), again.results(SUMMARY)) == (0, 0, {}), again.output
    assert sorted(row["host"] for row in pool.journal()[mark:]) == sorted(HOSTS)
    state = pool.digest()
    check = pool.play(PLAYBOOK, "--check")
    assert (check.rc, check.total("changed")) == (0, 0), check.output
    assert pool.digest() == state


def test_online(pool) -> None:
    describe(pool)
    state = pool.digest()
    check = pool.play(PLAYBOOK, "--check", "--diff")
    assert check.rc == 0, check.output
    assert (pool.digest(), pool.writing(0), check.results(SUMMARY)) == (state, [], {})
    mark = len(pool.journal())
    run = pool.play(PLAYBOOK, "--diff")
    assert run.rc == 0, run.output
    told = [row["result"].get("commands", []) for row in check.rows if row["host"] == "fe2"]
    begun = [command.split(" ")[0] for commands in told for command in commands]
    assert begun == [command.split(" ")[0] for command in pool.commands("fe2", mark)]

    own = [assigned(pool, host) for host in HOSTS]
    assert [sorted(row)[: len(OWN)] for row in own] == [OWN[:1] + [OAUTH] + OWN[1:2], OWN]
    assert own[0]["Default"] != own[1]["Default"]
    assert [summary(run, host) for host in HOSTS] == [changes(pool, host, {}) for host in HOSTS]
    names = pool.server("fe1")["stores"]["My"][0]["dns_names"]
    assert {"frontends.example.com", "fe1.example.com", "webint.example.com", "meet.example.com"} <= set(names)
    assert pool.server("fe1")["assignments"][OAUTH]["scope"] == "Global"
    assert_rerun(pool)

    # The other server of the deployment has it from replication, and so needs no one of its own.
    run = pool.play(PLAYBOOK, "--limit", "fe2")
    assert (run.rc, run.total("changed")) == (0, 0), run.output


@pytest.mark.parametrize("staged_row", ["new", pytest.param("old", marks=pytest.mark.slow)])
def test_renewal_stages_the_certificate_for_tokens(pool, staged_row: str) -> None:
    describe(pool)
    assert pool.play(PLAYBOOK).rc == 0
    first, other = (assigned(pool, host) for host in HOSTS)
    describe(pool, sfb_lab_clock_offset=LATER, sfb_lab_switches={"staged_row": staged_row})
    run = pool.play(PLAYBOOK, "--diff")
    assert run.rc == 0, run.output
    row = pool.server("fe1")["assignments"][OAUTH]
    assert (row["previous"], row["thumbprint"] != first[OAUTH]) == (first[OAUTH], True)
    assert row["effective"] > row["updated"]
    assert all(assigned(pool, "fe1")[usage] != first[usage] for usage in OWN)
    expected = changes(pool, "fe1", first)
    expected[OAUTH].append(f"from {row['effective']}")
    assert (summary(run, "fe1"), summary(run, "fe2")) == (expected, changes(pool, "fe2", other))
    assert_rerun(pool)


def test_an_authority_that_takes_its_time(pool) -> None:
    describe(pool, "pending", front_end_wait_timeout=0)
    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    assert f"fe1 waits for the decision of {CA} on request 7" in first.output
    waiting = pool.play(PLAYBOOK, "-e", "front_end_pending=fail")
    assert waiting.rc != 0
    assert "waits for the decision" in waiting.message("fe1")
    asked = [text for host in HOSTS for text in pool.commands(host) if text.startswith("Request-CsCertificate -New")]
    assert len(asked) == 3  # one for each server, one for tokens, and none twice

    describe(pool, "issued", front_end_wait_timeout=20)
    run = pool.play(PLAYBOOK)
    assert run.rc == 0, run.output
    assert sorted(assigned(pool, "fe1")) == sorted([*OWN, OAUTH])
    assert_rerun(pool)


def test_through_a_folder(pool) -> None:
    describe(pool, front_end_signer="folder", front_end_folder=str(pool.inbox))
    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    assert len(list(pool.inbox.glob("*.req"))) == 3
    pool.sign()
    run = pool.play(PLAYBOOK)
    assert run.rc == 0, run.output
    assert sorted(assigned(pool, "fe1")) == sorted([*OWN, OAUTH])
    assert sorted(assigned(pool, "fe2")) == OWN
    assert_rerun(pool)


def test_what_the_authority_refuses(pool) -> None:
    describe(pool, "denied")
    run = pool.play(PLAYBOOK)
    assert run.rc != 0
    assert "Denied by Policy Module" in run.message("fe1")
    assert pool.server("fe1")["assignments"] == {}
    without = pool.play(PLAYBOOK, "-e", "front_end_ca=")
    assert without.rc != 0
    assert "front_end_ca: is empty" in without.message("fe2")
