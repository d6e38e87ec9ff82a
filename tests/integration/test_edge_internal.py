# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The internal Edge procedure as a whole, on emulated pools."""

from __future__ import annotations

import re

import pytest

PLAYBOOK = "sfb.certificates.edge_internal"


def finish(pool) -> None:
    """Runs the procedure to its end."""
    assert pool.play(PLAYBOOK).rc == 0
    pool.sign()
    assert pool.play(PLAYBOOK).rc == 0


def assigned(pool, host: str) -> str:
    return pool.server(host)["assignments"]["Internal"]["thumbprint"]


def test_first_run_waits_second_finishes_rerun_changes_nothing(pool) -> None:
    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    assert first.results("Tell what has changed") == {}
    assert first.recap["edge1"]["changed"] == 2  # chain and request, file in the folder
    assert first.recap["edge2"]["changed"] == first.recap["edge3"]["changed"] == 1  # chain, note of who has the request
    assert "waits for a certificate in" in first.output
    assert [path.suffix for path in pool.inbox.iterdir()] == [".req"]

    waiting = len(pool.journal())
    again = pool.play(PLAYBOOK)
    assert again.total("changed") == 0
    assert [len(pool.calls(host, waiting)) for host in ("edge1", "edge2", "edge3")] == [1, 1, 1]

    assert pool.sign().rstrip().endswith("signed: 1")
    second = pool.play(PLAYBOOK)
    assert second.rc == 0, second.output
    thumbprints = {assigned(pool, host) for host in ("edge1", "edge2", "edge3")}
    assert len(thumbprints) == 1
    row = next(row for row in pool.server("edge1")["stores"]["My"] if row["thumbprint"] in thumbprints)
    line = f"Internal  none->{row['thumbprint'][:8]}  {row['not_after'][:10]}"
    told = second.results("Tell what has changed")
    assert {host: result["msg"] for host, result in told.items()} == dict.fromkeys(("edge1", "edge2", "edge3"), [line])

    done = len(pool.journal())
    state = pool.digest()
    rerun = pool.play(PLAYBOOK)
    assert rerun.rc == 0
    assert rerun.total("changed") == 0
    assert rerun.results("Tell what has changed") == {}
    assert [len(pool.calls(host, done)) for host in ("edge1", "edge2", "edge3")] == [1, 1, 1]
    checked = pool.play(PLAYBOOK, "--check", "--diff")
    assert checked.rc == 0
    assert checked.total("changed") == 0
    assert pool.digest() == state


def test_check_mode_shows_the_commands_of_the_real_run(pool) -> None:
    before = pool.digest()
    check = pool.play(PLAYBOOK, "--check", "--diff")
    assert check.rc == 0, check.output
    assert pool.digest() == before
    assert check.results("Tell what has changed") == {}
    shown = check.planned()
    tasks = {host: check.commands(host) for host in shown}
    told = re.sub(r"\s+", "", check.output)
    assert all(re.sub(r"\s+", "", command) in told for commands in shown.values() for command in commands)

    finish(pool)
    thumbprint = assigned(pool, "edge1")
    for host, commands in shown.items():
        filled = [command.replace("(known after issue)", thumbprint) for command in commands]
        assert filled == pool.commands(host)
        assert not any("(known after" in command for command in filled)
    # what the single tasks show is the same
    assert tasks == shown


@pytest.mark.slow
def test_two_sets_in_one_run(pool) -> None:
    pool.describe({"edge_site1": ["edge1", "edge2"], "edge_site2": ["edge3", "edge4", "edge5"]})
    finish(pool)
    site1 = {assigned(pool, host) for host in ("edge1", "edge2")}
    site2 = {assigned(pool, host) for host in ("edge3", "edge4", "edge5")}
    assert len(site1) == len(site2) == 1
    assert site1 != site2
    assert pool.play(PLAYBOOK).total("changed") == 0


@pytest.mark.slow
def test_twelve_servers(pool) -> None:
    hosts = [f"edge{number}" for number in range(1, 13)]
    pool.describe({"edge_site1": hosts})
    finish(pool)
    assert len({assigned(pool, host) for host in hosts}) == 1
    mark = len(pool.journal())
    assert pool.play(PLAYBOOK).total("changed") == 0
    assert [len(pool.calls(host, mark)) for host in hosts] == [1] * 12


def test_pending_fail(pool) -> None:
    first = pool.play(PLAYBOOK, "-e", "edge_pending=fail")
    assert first.rc != 0
    assert "waits for a certificate in" in first.message()
    assert "edge1, which gives the certificate to the servers of edge_site1, failed" in first.message("edge2")
    state = pool.digest()
    again = pool.play(PLAYBOOK, "-e", "edge_pending=fail")
    assert again.total("changed") == 0
    assert pool.digest() == state


@pytest.mark.parametrize("form", ["cer", "der", "p7b"])
@pytest.mark.slow
def test_answer_in_every_form(pool, form: str) -> None:
    pool.play(PLAYBOOK)
    pool.sign("--format", form)
    assert pool.play(PLAYBOOK).rc == 0
    assert assigned(pool, "edge1") == assigned(pool, "edge3")


def test_answer_is_found_by_key_and_not_by_name(pool) -> None:
    pool.play(PLAYBOOK)
    pool.sign()
    (answer,) = pool.inbox.glob("*.cer")
    answer.rename(pool.inbox / "mail attachment.txt")
    (pool.inbox / "other.cer").write_text("no certificate at all")
    assert pool.play(PLAYBOOK).rc == 0
    assert assigned(pool, "edge1") == assigned(pool, "edge3")


def test_limit_reads_the_others_and_asks_for_the_leader(pool) -> None:
    finish(pool)
    mark = len(pool.journal())
    limited = pool.play(PLAYBOOK, "--limit", "edge2")
    assert limited.rc == 0, limited.output
    assert limited.total("changed") == 0
    assert sorted(call["host"] for call in pool.journal()[mark:]) == ["edge1", "edge2", "edge3"]


def test_server_that_does_not_answer_leaves_the_others_alone(pool) -> None:
    pool.describe({"edge_site1": ["edge1", "edge2", "edge3"]}, {"edge3": {"sfb_lab_unreachable": True}})
    first = pool.play(PLAYBOOK)
    assert first.recap["edge3"]["unreachable"] == 1
    pool.sign()
    pool.play(PLAYBOOK)
    assert assigned(pool, "edge1") == assigned(pool, "edge2")
    pool.describe({"edge_site1": ["edge1", "edge2", "edge3"]})
    assert pool.play(PLAYBOOK).rc == 0
    assert assigned(pool, "edge3") == assigned(pool, "edge1")
