# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for services carried out on an emulated server: time limits, waiting, what goes wrong."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, Reply, decode
from ansible_collections.sfb.certificates.plugins.module_utils._server.services import ServiceSpec, plan_services
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import clock
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._services import ServiceRun

STOP, START = "Stop-CsWindowsService", "Start-CsWindowsService"


class Bench:
    """An emulated server, and a clock that only waiting moves."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = LabFolder(folder)
        self.switches: dict[str, Any] = {}
        self.waited = 0.0
        real = clock.real_time
        monkeypatch.setattr(clock, "real_time", lambda: real() + dt.timedelta(seconds=self.waited))

    def exchange(self, call: Call, previous: State | None) -> Reply:
        pool = PoolDescription(pool_fqdn="edgepool.example.com", fqdn="edge1.example.com", switches=dict(self.switches))
        return decode(run_contract(call.arguments(), pool, self.lab, "edge1"), call, previous)

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def state(self) -> State:
        return self.exchange(Call(services=True), None).state

    def status(self) -> set[str]:
        return {row.status for row in self.state().services or ()}

    def start(self, spec: ServiceSpec, *, force: bool = False) -> tuple[ServiceRun, Callable[[], State]]:
        """A run, and what carries it out."""
        before = self.state()
        run = ServiceRun(spec, self.exchange, force=force, pause=self.pause, clock=lambda: self.waited)
        return run, lambda: run.run(plan_services(spec, before), before)


@pytest.fixture
def bench(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A server whose services run."""
    return Bench(tmp_path, monkeypatch)


def test_restart_in_one_call(bench: Bench) -> None:
    run, go = bench.start(ServiceSpec("restarted"))
    assert {row.status for row in go().services or ()} == {"Running"}
    assert run.commands == [f"{STOP} -Graceful", START]
    assert (run.warnings, run.lost, bench.waited) == ([], (), 0)


@pytest.mark.parametrize("state", ["stopped", "restarted"])
def test_given_up_and_undone(bench: Bench, state: str) -> None:
    bench.switches = {"graceful_stop_seconds": 90}
    run, go = bench.start(ServiceSpec(state, timeout=60))
    with pytest.raises(CertificatesError) as caught:
        go()
    assert "RTCCLSAGT did not end within 60 s, so they were started again" in caught.value.message
    assert "on_timeout: force" in caught.value.message
    assert run.commands == [f"{STOP} -Graceful", START]
    assert bench.status() == {"Running"}


def test_given_up_and_not_to_be_undone(bench: Bench) -> None:
    bench.switches = {"graceful_stop_seconds": 90, "start_ends_draining": False}
    _run, go = bench.start(ServiceSpec("stopped", ("RTCSRV",), timeout=60))
    with pytest.raises(CertificatesError, match=r"could not be started again \(Start-CsWindowsService: .*stopping"):
        go()


@pytest.mark.parametrize(("state", "status"), [("stopped", "Stopped"), ("restarted", "Running")])
def test_given_up_and_forced(bench: Bench, state: str, status: str) -> None:
    bench.switches = {"graceful_stop_seconds": 90}
    run, go = bench.start(ServiceSpec(state, timeout=60), force=True)
    go()
    assert run.commands == [f"{STOP} -Graceful", STOP, *([START] if state == "restarted" else [])]
    assert run.warnings == ["the graceful stop did not end within 60 s; services were stopped without -Graceful"]
    assert bench.status() == {status}


def test_waits_for_services_on_their_way(bench: Bench) -> None:
    bench.switches = {"start_pending_seconds": 20}
    _run, go = bench.start(ServiceSpec("restarted", start_timeout=60))
    assert {row.status for row in go().services or ()} == {"Running"}
    assert 18 <= bench.waited <= 24


def test_waits_for_services_that_somebody_else_has_started(bench: Bench) -> None:
    bench.start(ServiceSpec("stopped"))[1]()
    bench.switches = {"start_pending_seconds": 20}
    bench.exchange(Call(steps=plan_services(ServiceSpec("started"), bench.state()).steps), None)
    run, go = bench.start(ServiceSpec("started"))
    assert {row.status for row in go().services or ()} == {"Running"}
    assert run.commands == []


def test_does_not_wait_forever(bench: Bench) -> None:
    bench.switches = {"start_pending_seconds": 600}
    _run, go = bench.start(ServiceSpec("restarted", ("RTCSRV",), start_timeout=30))
    with pytest.raises(CertificatesError, match="RTCSRV is StartPending 30 s after Start-CsWindowsService; look at"):
        go()
    assert bench.waited == 30


@pytest.mark.parametrize(("state", "status"), [("stopped", "Stopped"), ("restarted", "Running")])
def test_what_a_stop_takes_along_comes_back_with_a_restart(bench: Bench, state: str, status: str) -> None:
    bench.switches = {"services_depend_on_rtcsrv": True}
    run, go = bench.start(ServiceSpec(state, ("RTCSRV",)))
    services = {row.name: row.status for row in go().services or ()}
    assert run.lost == ("RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY")
    assert {services[name] for name in ("RTCSRV", *run.lost)} == {status}
    assert services["REPLICA"] == "Running"


def test_a_service_that_went_down_again_is_named(bench: Bench) -> None:
    spec = ServiceSpec("started")
    bench.start(ServiceSpec("stopped"))[1]()
    before = bench.state()
    plan = plan_services(spec, before)

    def fades(call: Call, previous: State | None) -> Reply:
        reply = bench.exchange(call, previous)
        return Reply(rows=reply.rows, state=reply.state.with_status("Stopped", ["RTCMRAUTH"]))

    run = ServiceRun(spec, fades, force=False, pause=bench.pause, clock=lambda: bench.waited)
    with pytest.raises(
        CertificatesError, match="RTCMRAUTH is Stopped after Start-CsWindowsService; look at the server"
    ):
        run.run(plan, before)
    assert bench.waited == 0
