# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of a rollover, with every word that it knows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._rollover.rollover import (
    PlannedCertificate,
    PlannedStep,
    RolloverSpec,
    plan_rollover,
)
from ansible_collections.sfb.certificates.plugins.module_utils._rollover.table import Row, rows_of, text_table
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State

from ..rolling import ACCESS, AV, DATA, HOUR, ME, NEW, NOW, OLD, claim, running
from ..rolling import server as bare_server

UNTIL = "2027-09-17T10:20:30Z"
STAGED = dt.datetime(2026, 11, 21, 15, tzinfo=dt.timezone.utc)


def server(*assignments: Assignment, **more: Any) -> State:
    """A server that serves with the old certificate."""
    rows = assignments or tuple(Assignment(use, OLD) for use in (ACCESS, DATA, AV))
    return bare_server(*rows, **({"services": running()} | more))


def step(name: str, *usages: str, **more: Any) -> PlannedStep:
    return PlannedStep("edge1", name, usages, **({"reasons": tuple(f"{use} is old" for use in usages)} | more))


def rows(
    *steps: PlannedStep,
    state: State | None = None,
    reached: bool = True,
    more: dict[str, Any] | None = None,
    **asked: Any,
) -> list[Row]:
    """The rows of edge1, of a set of two."""
    certificate = PlannedCertificate(
        **{"usages": (ACCESS, DATA, AV), "thumbprint": NEW, "until": UNTIL, "steps": steps} | (more or {})
    )
    spec = RolloverSpec(
        **{
            "members": ("edge1", "edge2"),
            "acting": frozenset(["edge1", "edge2"]),
            "certificates": (certificate,),
            "me": ME,
            "alive": lambda _owner: None,
        }
        | asked
    )
    states = {"edge1": (state or server()) if reached else None, "edge2": server()}
    found = rows_of(spec, plan_rollover(spec, states), states)
    assert [(row.server, row.usage) for row in found] == [
        (host, use) for host in spec.members for use in (ACCESS, DATA, AV)
    ]
    return found[:3]


def told(found: list[Row]) -> list[tuple[str, str, bool]]:
    return [(row.action, row.why, row.happens) for row in found]


def test_a_certificate_of_several_usages() -> None:
    found = rows(
        step("copy", reasons=("it is missing",)),
        step("stage", AV),
        step("assign", ACCESS, DATA),
        more={"effective_date": STAGED},
    )
    assert told(found) == [
        ("assign+restart", f"{ACCESS} is old", True),
        ("assign+restart", f"{DATA} is old", True),
        ("stage", f"takes effect on 2026-11-21T15:00:00Z; {AV} is old", True),
    ]
    assert {(row.old, row.new, row.until, row.waits) for row in found} == {(OLD, NEW, UNTIL, False)}


def test_restart_is_told_only_if_there_is_one() -> None:
    assert {row.action for row in rows(step("assign", ACCESS, DATA, AV), restart="never")} == {"assign"}
    assert {row.action for row in rows(step("assign", ACCESS, DATA, AV), restart="always")} == {"assign+restart"}


@pytest.mark.parametrize("policy", ["auto", "never"])
@pytest.mark.parametrize("out", [False, True])
def test_what_waits_for_its_certificate(policy: str, out: bool) -> None:
    state = server(claim=claim(ME, turn=True)) if out else None
    more = {"thumbprint": "(known after issue)", "until": "", "waiting_for": "the answer"}
    found = rows(step("assign", ACCESS, DATA, waits_for="the answer"), state=state, restart=policy, more=more)
    action = {"auto": "assign+restart", "never": "assign"}[policy]
    assert told(found[:1]) == [(action, f"once it is issued; {ACCESS} is old", False)]
    assert told(found[2:]) == [("wait", "waits for the answer", False)]
    assert (found[0].waits, found[2].waits) == (True, False)


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ({"reached": False}, ("nothing", "cannot be reached", False)),
        ({"acting": frozenset(["edge2"])}, ("nothing", "not part of this run", False)),
        ({"state": server(services=running("RTCSRV", status="Stopped"))}, ("nothing", "RTCSRV does not run", False)),
        (
            {"state": server(claim=claim(ME, turn=True))},
            ("return", "an earlier run was cut short", True),
        ),
        (
            {"more": {"held": ("edge1",)}},
            ("kept", "another server of the set cannot have the new one yet", False),
        ),
        ({}, ("nothing", "", False)),
    ],
    ids=["unreachable", "left out", "out of service", "left by an earlier run", "held", "as it should be"],
)
def test_servers_without_steps(more: dict[str, Any], row: tuple[str, str, bool]) -> None:
    assert told(rows(**more)) == [row] * 3


def test_what_was_staged_before_is_told() -> None:
    state = server(Assignment(AV, NEW, OLD, NOW + HOUR), Assignment(ACCESS, NEW), Assignment(DATA, NEW))
    found = rows(state=state)
    assert told(found) == [
        ("nothing", "", False),
        ("nothing", "", False),
        ("nothing", "staged, takes effect on 2026-11-21T11:20:30Z", False),
    ]


def test_previous_certificates_go() -> None:
    found = rows(step("previous", AV, reasons=("AV keeps the certificate beside",)))
    assert told(found)[2] == ("drop-previous", "AV keeps the certificate beside", True)
    assert told(found)[0] == ("nothing", "", False)


def test_a_usage_without_certificate() -> None:
    found = rows(step("assign", ACCESS, DATA, AV), state=server(Assignment(DATA, OLD)))
    assert [row.old for row in found] == ["", OLD, ""]


def test_rows_as_plain_data() -> None:
    row = Row("edge1", AV, OLD, NEW, UNTIL, "stage", "why")
    assert row.to_dict() == {
        **{"server": "edge1", "usage": AV, "old": OLD, "new": NEW, "until": UNTIL},
        **{"action": "stage", "why": "why", "waits": False},
    }


def test_text() -> None:
    lines = text_table(
        [
            Row("edge1", ACCESS, OLD, NEW, UNTIL, "assign+restart", "it is old"),
            Row("edge10", AV, "", NEW, UNTIL, "assign", ""),
            Row("edge2", DATA, NEW, NEW, UNTIL, "nothing", ""),
            Row("edge2", DATA, OLD, "(known after issue)", "", "assign", "once it is issued", waits=True),
            Row("edge3", DATA, "", "(known after issue)", "", "wait", "waits for the answer"),
        ]
    )
    assert lines == [
        "server  usage                     old->new            until       what            why",
        "edge1   AccessEdgeExternal        AAAAAAAA->BBBBBBBB  2027-09-17  assign+restart  it is old",
        "edge10  AudioVideoAuthentication  none->BBBBBBBB      2027-09-17  assign",
        "edge2   DataEdgeExternal          BBBBBBBB            2027-09-17  nothing",
        "edge2   DataEdgeExternal          AAAAAAAA->new       -           assign          once it is issued",
        "edge3   DataEdgeExternal          none->new           -           wait            waits for the answer",
    ]
    assert text_table([]) == ["server  usage  old->new  until  what  why"]
