# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services and what they serve: cs_windows_service and tls_endpoint_info on emulated servers."""

from __future__ import annotations

import base64
import re
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder

EDGE = ["RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY", "REPLICA", "RTCCLSAGT"]
STOP, START = "Stop-CsWindowsService", "Start-CsWindowsService"
SERVICE, PROBE = "cs_windows_service", "sfb.certificates.tls_endpoint_info"
CHECK = {"check_mode": True, "diff": True}


def statuses(pool: Any, host: str = "edge1") -> set[str]:
    """Status of all services as it lies on the disk."""
    return {row["status"] for row in pool.server(host)["services"]}


def test_stop_and_start(pool) -> None:
    """Check mode, run, rerun, rerun in check mode; of a stop, then of a start of what was running."""
    stop = {SERVICE: {"state": "stopped", "timeout": 60, "leave_cls_agent_running": True}, "register": "stopped"}
    state, names = pool.digest(), {"names": "{{ stopped.was_running }}", "server": "{{ stopped.server }}"}
    first = pool.tasks(stop, words=("--check", "--diff"))
    assert (first.rc, first.total("changed"), pool.digest()) == (0, 1, state), first.output
    shown = first.result("task 1")
    assert "Stopped" in first.output

    mark = len(pool.journal())
    start = {SERVICE: {"state": "started", **names}}
    run = pool.tasks(
        stop, start | CHECK, {SERVICE: stop[SERVICE]}, {SERVICE: stop[SERVICE]} | CHECK, start, start | CHECK
    )
    assert run.rc == 0, run.output
    stopped, planned, again, again_check, started, as_planned = (run.result(f"task {n}") for n in range(1, 7))
    assert shown["commands"] == stopped["commands"] == [f"{STOP} -Graceful -LeaveClsAgentRunning"]
    assert shown["diff"] == stopped["diff"]
    assert shown["diff"]["before"] == dict.fromkeys(EDGE[:-1], "Running")
    assert shown["diff"]["after"] == dict.fromkeys(EDGE[:-1], "Stopped")
    assert shown["reasons"] == stopped["reasons"] == [f"{name} is to stop" for name in EDGE[:-1]]
    assert shown["was_running"] == stopped["was_running"] == EDGE
    assert [(row["status_before"], row["status"]) for row in stopped["services"]] == [
        *[("Running", "Stopped")] * 5,
        ("Running", "Running"),
    ]
    assert [again["commands"], again_check["commands"]] == [[], []]
    assert [row["changed"] for row in (stopped, planned, again, again_check, started)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    # the state that was handed on saves a call; what has happened since is not seen
    assert planned["commands"] == started["commands"] == as_planned["commands"] != []
    assert started["commands"] == [f"{START} -Name {name}" for name in EDGE[:-1]]
    assert pool.commands("edge1", mark) == [*stopped["commands"], *started["commands"]]
    assert statuses(pool) == {"Running"}

    state, mark = pool.digest(), len(pool.journal())
    fresh = {SERVICE: {"state": "started"}}
    run = pool.tasks(fresh, fresh | CHECK)
    assert (run.rc, run.total("changed"), pool.digest()) == (0, 0, state), run.output
    assert [row["result"]["commands"] for row in run.rows] == [[], []]
    assert [call["read"][-2:] for call in pool.calls("edge1", mark)] == [["topology", "services"]] * 2


def test_restart(pool) -> None:
    """A restart changes at each run; check mode shows it."""
    task = {SERVICE: {"state": "restarted", "names": ["rtcmrauth"], "graceful": False}}
    run = pool.tasks(task | CHECK, task, task, words=("--diff",))
    assert (run.rc, run.total("changed")) == (0, 3), run.output
    commands = [f"{STOP} -Name RTCMRAUTH", f"{START} -Name RTCMRAUTH"]
    assert [run.result(f"task {number}")["commands"] for number in (1, 2, 3)] == [commands] * 3
    assert pool.commands("edge1") == commands * 2
    assert run.result("task 1")["diff"]["after"] == {"RTCMRAUTH": "Running (restarted)"}
    assert "Running (restarted)" in run.output


def test_time_limits_and_refusals(pool) -> None:
    pool.describe(
        {"edge_site1": ["edge1", "edge2", "edge3"]},
        {
            "edge1": {"sfb_lab_switches": {"graceful_stop_seconds": 900}},
            "edge2": {"sfb_lab_elevated": False},
            "edge3": {"sfb_lab_switches": {"start_pending_seconds": 4}},
        },
    )
    spec = {"state": "stopped", "timeout": 60}
    run, _same = pool.refused(
        {
            "edge1": {
                "undone": {SERVICE: spec},
                "unknown name": {SERVICE: spec | {"names": ["RTCMRAUT"]}},
                "no time": {SERVICE: spec | {"timeout": 0}},
                "strange state": {SERVICE: spec | {"server": {"x": 1}}},
            },
            "edge2": {"no rights": {SERVICE: spec}},
            "edge3": {"not a state": {SERVICE: {"state": "paused"}}},
        }
    )
    told = {row["task"]: row["result"]["msg"] for row in run.rows}
    assert "did not end within 60 s, so they were started again" in told["undone"]
    assert "did you mean RTCMRAUTH?" in told["unknown name"]
    assert "timeout: 0 is no number of seconds" in told["no time"]
    assert "leave it out to read the server" in told["strange state"]
    assert "connect as a local administrator" in told["no rights"]
    assert "started, stopped, restarted" in told["not a state"]
    assert statuses(pool) == {"Running"}
    assert not any("\n" in message for message in told.values())

    mark = len(pool.journal())
    run = pool.tasks({SERVICE: spec | {"state": "restarted", "on_timeout": "force"}}, hosts="edge1:edge3")
    assert run.rc == 0, run.output
    result = run.result("task 1")
    assert result["commands"] == pool.commands("edge1", mark)[:1] + [STOP, START]
    assert "stopped without -Graceful" in " ".join(run.output.split())
    assert statuses(pool) == {"Running"}
    slow = run.result("task 1", "edge3")
    assert {row["status"] for row in slow["services"]} == {"Running"}
    assert slow["commands"] == [f"{STOP} -Graceful", START]


def test_what_is_served_follows_the_services(pool, stages) -> None:
    """The certificate of the internal interface is served once the services are restarted, to all who look."""
    pool.take(stages / "finished")
    (thumbprint,) = [row["thumbprint"] for row in pool.server("edge1")["stores"]["My"]]
    root = base64.b64encode(pool.chain.read_bytes()).decode("ascii")
    with serve_endpoints(LabFolder(pool.lab), ["edge1", "edge2"]) as ports:
        here = {"host": "127.0.0.1", "port": ports["edge1"]["Internal:5061"], "timeout": 20}
        fit = {"expect_thumbprint": thumbprint, "ca_content": root, "server_name": "edge-site1.example.com"}
        never = {"ignore_errors": True}
        elsewhere = {"delegate_to": "localhost"}  # a module there, as on any host with Python
        until = {"retries": 20, "delay": 0.2, "until": "now is success", "register": "now"}
        run = pool.tasks(
            {PROBE: here} | never,
            {SERVICE: {"state": "restarted"}},
            {PROBE: here | fit} | until,
            {PROBE: here | fit} | CHECK,
            {PROBE: here | {"expect_thumbprint": "AB" * 20}} | never,
            {PROBE: here | {"expect_thumbprint": "AB" * 20}} | CHECK,
            {PROBE: here | {"expect_thumbprint": "(known after issue)"}} | CHECK,
            {PROBE: here | {"ca_content": "{{ now.certificate.thumbprint }}"}} | never,
            {PROBE: here | {"ca_bundle": "none.cer"}} | never,
            {PROBE: here | {"port": 0}} | never,
            {PROBE: here | fit} | elsewhere,
            {SERVICE: {"state": "stopped"}},
            {PROBE: here, "retries": 20, "delay": 0.2, "register": "r", "until": "'refuses' in r.msg | default('')"}
            | never,
            {PROBE: here} | elsewhere | never,
        )
        assert run.rc == 0, run.output
        result = {number: run.result(f"task {number}") for number in range(1, 15)}
        assert "restart the service after an assignment" in result[1]["msg"]
        seen = result[3]
        assert (seen["thumbprint"], seen["chain_complete"], seen["protocol"]) == (thumbprint, True, "TLSv1.2")
        assert (seen["names"], seen["covers_server_name"]) == (["edge-site1.example.com"], True)
        assert seen["certificate"]["thumbprint"] == thumbprint
        assert len(seen["chain_sent"]) == 2
        assert (result[4]["thumbprint"], result[4]["changed"]) == (thumbprint, False)
        assert f"({thumbprint}), valid until 20" in result[5]["msg"]
        assert "serves another certificate" in result[6]["warnings"][0]
        assert "warnings" not in result[7]
        assert result[8]["msg"].startswith("ca_content")
        assert "none.cer" in result[9]["msg"]
        assert "port: 0 is no port" in result[10]["msg"]
        told = {name: value for name, value in result[11].items() if name in result[3]}
        assert {**told, "attempts": 0} == {**result[3], "attempts": 0}
        assert "refuses connections" in result[13]["msg"]
        assert re.fullmatch(r"localhost: 127\.0\.0\.1:\d+ refuses connections: .*", result[14]["msg"])


def test_an_incomplete_chain_is_named(pool, stages) -> None:
    pool.take(stages / "finished")
    (issuing,) = pool.server("edge1")["stores"]["CA"]
    with serve_endpoints(LabFolder(pool.lab), ["edge1"]) as ports:
        here = {
            "host": "127.0.0.1",
            "port": ports["edge1"]["Internal:5061"],
            "timeout": 20,
            "ca_bundle": str(pool.chain),
        }
        run = pool.tasks({SERVICE: {"state": "restarted"}})
        assert run.rc == 0, run.output
        pool.edit("edge1", lambda state: state["stores"].update(CA=[]))
        run = pool.tasks(
            {PROBE: here, "register": "r", "retries": 20, "delay": 0.2, "until": "'complete' in r.msg | default('')"}
            | {"ignore_errors": True},
            {PROBE: here | {"require_chain": False}},
            {PROBE: here | {"ca_bundle": None}},
        )
    assert run.rc == 0, run.output
    assert f"is not complete: {issuing['subject']} is neither sent nor" in run.result("task 1")["msg"]
    lenient, blind = run.result("task 2"), run.result("task 3")
    assert (lenient["chain_complete"], lenient["missing_issuer"]) == (False, issuing["subject"])
    assert len(lenient["chain_problems"]) == len(lenient["chain_sent"]) == 1
    assert (blind["chain_complete"], blind["chain_problems"]) == (None, [])
