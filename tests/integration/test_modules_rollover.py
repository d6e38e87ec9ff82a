# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollover is made of, each by itself: cs_server_claim and cs_certificate_remove on emulated servers."""

from __future__ import annotations

from typing import Any

CLAIM, REMOVE, ASSIGN, INFO = "cs_server_claim", "cs_certificate_remove", "cs_certificate_assign", "cs_certificate_info"
CHECK = {"check_mode": True, "diff": True}
SERVICES = ["RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY", "REPLICA", "RTCCLSAGT"]
READ = {INFO: {"claim": True}}


def results(run: Any) -> list[dict[str, Any]]:
    """The results of all tasks in order."""
    return [row["result"] for row in run.rows]


def test_claim(pool) -> None:
    """Check mode, run, rerun; a turn; absent, absent again; each in check mode, too. All in one run, which keeps it."""
    state, mark = pool.digest(), len(pool.journal())
    take, turn = {CLAIM: {"purpose": "edge_site1"}}, {CLAIM: {"purpose": "edge_site1", "turn": True}}
    leave = {CLAIM: {"state": "absent"}}
    check = pool.tasks(take | {"diff": True}, words=("--check",))
    assert (check.rc, check.total("changed"), pool.digest()) == (0, 1, state), check.output
    assert pool.writing(mark) == []
    assert "for edge_site1" in " ".join(check.output.split())

    tasks = [take, take, take | CHECK, turn | CHECK, turn, turn, take, READ, leave | CHECK, READ, leave, leave]
    run = pool.tasks(*tasks, leave | CHECK, READ)
    assert run.rc == 0, run.output
    taken, again, again_check, planned, turned, turned_again, later, seen, _check, kept, left, *nothing, gone = results(
        run
    )
    assert [row["changed"] for row in results(run)] == [
        *(True, False, False, True, True, False, False, False),
        *(True, False, True, False, False, False),
    ]
    shown = check.result("task 1")
    assert shown["reasons"] == taken["reasons"] == ["other runs are to keep off this server"]
    assert shown["diff"]["before"] == taken["diff"]["before"] == {"claim": None}
    assert (taken["claim"]["purpose"], taken["claim"]["turn"], taken["interrupted"]) == ("edge_site1", False, False)
    assert again["claim"] == again_check["claim"] == taken["claim"]
    assert planned["diff"] == turned["diff"]
    assert turned["diff"]["after"]["claim"].endswith("for edge_site1, in its turn")
    assert (turned["claim"]["turn"], turned["claim"]["services"]) == (True, SERVICES)
    assert turned_again["claim"] == later["claim"] == seen["claim"] == kept["claim"] == turned["claim"]
    assert turned["claim"]["since"] == taken["claim"]["since"]
    assert (left["claim"], left["diff"]["after"]) == (None, {"claim": None})
    assert [row["reasons"] for row in nothing] == [[], []]
    assert gone["claim"] is None
    assert pool.writing(mark) == ["write_file", "write_file", "delete_file"]


def test_claim_of_another_run(pool) -> None:
    """One that goes on elsewhere is not touched; one that was killed here is taken over, with what it left undone."""
    take = {CLAIM: {"purpose": "edge_site1", "turn": True}}
    assert pool.tasks(take, {CLAIM: {"purpose": "x", "valid_for": "1d"}}, hosts="edge1:edge2").rc == 0
    (path,) = (pool.lab / "servers" / "edge2").rglob("claim.json*")
    path.write_bytes(path.read_bytes().replace(b'"scope": "', b'"scope": "not'))
    (damaged,) = (pool.lab / "servers" / "edge1").rglob("claim.json*")
    assert path.read_bytes() != damaged.read_bytes()

    run, same = pool.refused(
        {
            "edge2": {
                "foreign": {CLAIM: {}},
                "foreign, checked": {CLAIM: {}, "check_mode": True},
                "no time": {CLAIM: {"valid_for": "0h"}},
                "strange time": {CLAIM: {"valid_for": "soon"}},
                "strange folder": {CLAIM: {"work_folder": "tmp"}},
            }
        }
    )
    told = {row["task"]: row["result"]["msg"] for row in run.rows}
    assert told["foreign"] == told["foreign, checked"]
    assert told["foreign"].startswith("edge2 is claimed by the run on ")
    assert "for x since 20" in told["foreign"]
    assert "valid_for: '0h' is no time at all" in told["no time"]
    assert "valid_for: 'soon' is no duration" in told["strange time"]
    assert "work_folder: 'tmp' is no absolute Windows path" in told["strange folder"]
    assert same

    force = {CLAIM: {"purpose": "mine", "take_over": True}}
    leave = {CLAIM: {"state": "absent"}}
    run = pool.tasks({CLAIM: {"state": "absent"}}, force | CHECK, force, force, leave, READ, hosts="edge1:edge2")
    assert run.rc == 0, run.output
    for host, reason in (("edge1", "is over"), ("edge2", "loses it")):
        foreign, planned, taken, again, left, free = (run.result(f"task {number}", host) for number in range(1, 7))
        assert (foreign["changed"], foreign["claim"]) == (False, None)
        assert planned["diff"] == taken["diff"]
        assert taken["reasons"][0].endswith(reason)
        assert (taken["interrupted"], taken["claim"]["turn"], taken["claim"]["services"]) == (True, True, SERVICES)
        assert (again["changed"], left["changed"], free["claim"]) == (False, True, None)
        assert list((pool.lab / "servers" / host).rglob("claim.json*")) == []


def test_remove(pool, stages) -> None:
    """A certificate that another one has replaced: check mode, run, rerun; what is in use stays."""
    pool.take(stages / "finished")
    (used,) = [row["thumbprint"] for row in pool.server("edge1")["stores"]["My"]]
    pfx = str(pool.pfx("Of no use to anybody", "old.example.com"))
    run = pool.tasks({"cs_certificate_import": {"path": pfx, "passphrase": "Of no use to anybody"}})
    assert run.rc == 0, run.output
    old = run.result("task 1")["thumbprint"]
    containers = len(pool.server("edge1")["containers"])

    run, same = pool.refused(
        {
            "edge1": {
                "in use": {REMOVE: {"thumbprints": [old, used]}},
                "in use, checked": {REMOVE: {"thumbprints": [used], "delete_key": False}, "check_mode": True},
                "no thumbprint": {REMOVE: {"thumbprints": ["12 34"]}},
                "not yet known": {REMOVE: {"thumbprints": ["(known after issue)"]}},
            }
        }
    )
    told = {row["task"]: row["result"]["msg"] for row in run.rows}
    assert told["in use"] == told["in use, checked"]
    assert f"({used}) is in use and stays: Internal has it" in told["in use"]
    assert "thumbprint" in told["no thumbprint"]
    assert "only check mode shows" in told["not yet known"]
    assert same

    state, mark = pool.digest(), len(pool.journal())
    task = {REMOVE: {"thumbprints": [old.lower(), "0" * 40]}}
    check = pool.tasks(task, words=("--check", "--diff"))
    assert (check.rc, check.total("changed"), pool.digest()) == (0, 1, state), check.output
    run = pool.tasks(task, task, task | CHECK)
    assert (run.rc, run.total("changed")) == (0, 1), run.output
    shown, (done, again, again_check) = check.result("task 1"), results(run)
    assert done["commands"] == shown["commands"] == pool.commands("edge1", mark)
    assert done["commands"] == [f"Remove-Item -LiteralPath Cert:\\LocalMachine\\My\\{old} -DeleteKey"]
    assert done["removed"] == shown["removed"] == [old]
    assert done["reasons"] == shown["reasons"] != []
    assert done["diff"] == shown["diff"]
    assert [row["removed"] for row in (again, again_check)] == [[], []]
    after = pool.server("edge1")
    assert [row["thumbprint"] for row in after["stores"]["My"]] == [used]
    assert len(after["containers"]) == containers - 1
