# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on services and claims, together with others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import write_file
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import RemoteError
from ansible_collections.sfb.certificates.plugins.plugin_utils._owner import this_run

from .bench import CLAIM, INTERNAL, NOW, START, TURN, Bench


def turn(thumbprint: str) -> list[dict[str, Any]]:
    """A server is taken out of service for a certificate."""
    back = {"services": {"state": "started", "remembered": True}}
    return [*TURN, {"assign": {"type": INTERNAL, "thumbprint": thumbprint}}, back, {"release": {}}]


def test_a_turn_is_one_call(bench: Bench) -> None:
    result = bench.run(*turn(bench.imported()))
    assert bench.steps() == [
        ["write_file", "Stop-CsWindowsService", "Set-CsCertificate", "Start-CsWindowsService", "delete_file"]
    ]
    assert [row["operation"] for row in result["outcomes"]] == ["claim", "services", "assign", "services", "release"]
    assert "warnings" not in result
    assert bench.status() == {"Running"}
    state = bench.state()
    assert (state.claim, len(state.assignments)) == (None, 1)


def test_a_graceful_stop_that_takes_too_long_is_forced_and_the_rest_follows(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.switches = {"graceful_stop_seconds": 90}
    result = bench.run(*turn(thumbprint))
    assert bench.steps() == [
        ["write_file", "Stop-CsWindowsService", "Set-CsCertificate", "Start-CsWindowsService", "delete_file"],
        ["Stop-CsWindowsService"],
        ["Set-CsCertificate", "Start-CsWindowsService", "delete_file"],
    ]
    assert result["warnings"] == ["the graceful stop did not end within 60 s; services were stopped without -Graceful"]
    assert [row["operation"] for row in result["outcomes"]] == ["claim", "services", "assign", "services", "release"]
    assert bench.status() == {"Running"}
    assert (bench.state().claim, len(bench.state().assignments)) == (None, 1)


def test_a_graceful_stop_that_takes_too_long_is_undone_and_nothing_follows(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.switches = {"graceful_stop_seconds": 90}
    rows = turn(thumbprint)
    rows[1] = {"services": {"state": "stopped", "timeout": 60}}
    with pytest.raises(CertificatesError, match="did not end within 60 s, so they were started again"):
        bench.run(*rows)
    assert bench.steps()[1:] == [["Start-CsWindowsService"]]
    assert bench.status() == {"Running"}
    state = bench.state()
    assert state.assignments == ()
    assert state.claim
    assert state.claim.turn


def test_a_start_is_waited_for_and_the_state_that_was_read_last_counts(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.run({"services": {"state": "stopped"}})
    bench.calls.clear()
    bench.switches = {"start_pending_seconds": 20}
    rows = [{"services": {"state": "started"}}, {"assign": {"type": INTERNAL, "thumbprint": thumbprint}}]
    state = State.from_dict(bench.run(*rows)["server"])
    assert 18 <= bench.waited <= 24
    assert bench.steps()[0] == ["Start-CsWindowsService", "Set-CsCertificate"]
    assert {row.status for row in state.services or ()} == {"Running"}
    assert [row.use for row in state.assignments] == INTERNAL


@pytest.mark.parametrize("seconds", [0, 90], ids=["in time", "forced"])
def test_only_what_had_run_is_started_again(bench: Bench, seconds: int) -> None:
    bench.run({"services": {"state": "stopped", "names": ["RTCCLSAGT"]}})
    bench.switches = {"graceful_stop_seconds": seconds}
    bench.calls.clear()
    result = bench.run(*TURN, {"services": {"state": "started", "remembered": True}})
    started = [command for command in result["commands"] if command.startswith(START)]
    assert len(started) > 1
    assert not any("RTCCLSAGT" in command for command in started)
    stopped = {row.name for row in bench.state().services or () if row.stopped}
    assert stopped == {"RTCCLSAGT"}


def test_a_claim_that_another_run_was_faster_with(bench: Bench) -> None:
    other = Claim(Owner("controller2", "there", 7), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    step = write_file(CLAIM, other.to_bytes(), make_folder=True)
    bench.meanwhile = lambda: bench.action().call(Call(steps=(step,))) and None
    with pytest.raises(CertificatesError, match=r"edge1 is claimed by the run on controller2 \(process 7\)") as caught:
        bench.run(*TURN)
    assert "\n" not in str(caught.value)
    assert bench.status() == {"Running"}
    assert [name for call in bench.steps() for name in call][-2:] == ["write_file", "Stop-CsWindowsService"]
    bench.calls.clear()
    with pytest.raises(InputError, match="is claimed by the run on controller2"):
        bench.run(*TURN)
    assert bench.calls == []


def test_a_claim_that_fails_for_another_reason(bench: Bench) -> None:
    mine = Claim(this_run(), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    step = write_file(CLAIM, mine.to_bytes(), make_folder=True)
    bench.meanwhile = lambda: bench.action().call(Call(steps=(step,))) and None
    with pytest.raises(RemoteError, match="write_file|exists"):
        bench.run(*TURN)
    assert bench.status() == {"Running"}


def test_the_claim_of_another_run_is_not_released(bench: Bench) -> None:
    other = Claim(Owner("controller2", "there", 7), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    bench.action().call(Call(steps=(write_file(CLAIM, other.to_bytes(), make_folder=True),)))
    bench.calls.clear()
    assert bench.run({"release": {}})["changed"] is False
    assert bench.state().claim == other


def test_a_turn_in_check_mode_has_the_commands_of_the_run(bench: Bench) -> None:
    rows = turn(bench.imported())
    told = bench.run(*rows, check_mode=True)
    done = bench.run(*rows)
    assert told["commands"] == done["commands"]
    assert told["diff"] == done["diff"]
    assert [row["changed"] for row in told["outcomes"]] == [True] * 5
