# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for services, made for and tried on emulated servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._server.services import (
    ServiceSpec,
    plan_forced,
    plan_return,
    plan_services,
    select,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State

EDGE = ["RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY", "REPLICA", "RTCCLSAGT"]
STOP, START = "Stop-CsWindowsService", "Start-CsWindowsService"


def read(server: Any) -> State:
    """The state of a server with its services."""
    found: State = server.call(Call(services=True)).state
    return found


def apply(server: Any, plan: Any) -> State:
    """The state after the steps of a plan, which is the predicted one."""
    reply = server.call(Call(steps=plan.steps, services=True))
    assert reply.error is None
    assert reply.state.services == plan.predicted.services
    found: State = reply.state
    return found


def up(state: State) -> list[str]:
    """The services that run."""
    return [row.name for row in state.services or () if row.running]


def test_services_are_read_on_demand_and_handed_on(site) -> None:
    server = site.server()
    assert server.state().services is None
    assert "services" not in server.state().to_dict()
    assert "services" not in Call().arguments()["read"]
    state = read(server)
    assert up(state) == EDGE
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state
    assert server.call(Call(), state).state.services == state.services


@pytest.mark.parametrize(("graceful", "words"), [(True, [f"{STOP} -Graceful"]), (False, [STOP])])
def test_stop_all_then_nothing_then_start_all(site, graceful: bool, words: list[str]) -> None:
    server = site.server()
    plan = plan_services(ServiceSpec("stopped", graceful=graceful, timeout=90), read(server))
    assert plan.commands == words
    assert plan.steps[0].wire["timeout"] == 90
    assert plan.before == dict.fromkeys(EDGE, "Running")
    assert plan.after == dict.fromkeys(EDGE, "Stopped")
    assert plan.facts["was_running"] == EDGE
    state = apply(server, plan)
    again = plan_services(ServiceSpec("stopped"), state)
    assert (again.steps, again.reasons, again.facts["was_running"]) == ((), (), [])
    plan = plan_services(ServiceSpec("started", start_timeout=30), state)
    assert (plan.commands, plan.steps[0].wire["timeout"]) == ([START], 30)
    assert not plan_services(ServiceSpec("started"), apply(server, plan)).steps


def test_named_services_one_by_one(site) -> None:
    server = site.server()
    names = ("rtcmrauth", "RTCDATAPROXY", "RTCMRAUTH")
    plan = plan_services(ServiceSpec("stopped", names), read(server))
    assert plan.commands == [f"{STOP} -Name RTCMRAUTH -Graceful", f"{STOP} -Name RTCDATAPROXY -Graceful"]
    state = apply(server, plan)
    plan = plan_services(ServiceSpec("started", ("RTCMRAUTH",)), state)
    assert plan.commands == [f"{START} -Name RTCMRAUTH"]
    assert [row["name"] for row in plan.facts["services"] if row["status"] != row["status_before"]] == ["RTCMRAUTH"]


def test_restart_brings_all_up_or_leaves_what_was_stopped(site) -> None:
    server = site.server()
    state = apply(server, plan_services(ServiceSpec("stopped", ("RTCDATAPROXY",)), read(server)))
    plan = plan_services(ServiceSpec("restarted"), state)
    assert plan.commands == [f"{STOP} -Graceful", START]
    assert plan.after["RTCSRV"] == "Running (restarted)"
    assert plan.after["RTCDATAPROXY"] == "Running"
    left = [name for name in EDGE if name != "RTCDATAPROXY"]
    plan = plan_services(ServiceSpec("restarted", leave_stopped=True), state)
    assert plan.commands == [f"{STOP} -Graceful", *(f"{START} -Name {name}" for name in left)]
    assert up(apply(server, plan)) == left
    state = apply(server, plan_services(ServiceSpec("stopped"), read(server)))
    # nothing runs: as after a run that was killed between stop and start
    assert plan_services(ServiceSpec("restarted", leave_stopped=True), state).commands == [START]


def test_agent_can_be_left_running(site) -> None:
    server = site.server()
    spec = ServiceSpec("stopped", leave_cls_agent_running=True, leave_web_server_running=True)
    plan = plan_services(spec, read(server))
    assert plan.commands == [f"{STOP} -Graceful -LeaveClsAgentRunning -LeaveWebServerRunning"]
    state = apply(server, plan)
    assert up(state) == ["RTCCLSAGT"]
    assert not plan_services(spec, state).steps
    assert plan_services(ServiceSpec("restarted", leave_cls_agent_running=True), state).commands == [START]


def test_refusals(site) -> None:
    state = read(site.server())
    with pytest.raises(InputError, match=r"no service 'RTCMRAUT'; did you mean RTCMRAUTH\? \(it has RTCSRV, "):
        plan_services(ServiceSpec("stopped", ("RTCMRAUT",)), state)
    with pytest.raises(InputError, match="RTCCLSAGT is named, and to be left running"):
        plan_services(ServiceSpec("stopped", ("RTCCLSAGT",), leave_cls_agent_running=True), state)
    with pytest.raises(CertificatesError, match="lists no services"):
        plan_services(ServiceSpec("stopped"), site.server().state())


@pytest.mark.parametrize("names", [(), ("RTCSRV", "RTCMRAUTH")])
def test_a_stop_that_was_given_up_is_forced_or_undone(site, names: tuple[str, ...]) -> None:
    spec = ServiceSpec("restarted", names, timeout=60)
    server = site.server(switches={"graceful_stop_seconds": 90})
    before = read(server)
    plan = plan_services(spec, before)
    reply = server.call(Call(steps=plan.steps, services=True), before)
    assert reply.record["id"] == "CsInvoke.Timeout"
    assert reply.failed_step == plan.steps[0]
    state = reply.state
    assert any(row.pending for row in state.services)
    back = plan_return(spec, select(spec, before), state)
    forced = plan_forced(spec, select(spec, before), state)
    if names:
        assert back.commands == [f"{START} -Name RTCSRV"]  # the other stop was not begun
        stops = [f"{STOP} -Name {name}" for name in names]
        assert forced.commands == [*stops, *(f"{START} -Name {name}" for name in names)]
    else:
        assert back.commands == [START]
        assert forced.commands == [STOP, START]
    apply(server, forced)
    assert up(read(server)) == EDGE
