# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cs_rollover_plan returns and refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action.cs_rollover_plan import ActionModule
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Owner
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.plugin_utils._owner import this_run

from ..module_utils.rolling import (
    ACCESS,
    AV,
    DAY,
    INTERNAL,
    NEW,
    NOW,
    OLD,
    claim,
    issued,
    own,
    root,
    running,
    server,
)

HOSTS = ("edge1", "edge2", "edge10")


def states(**changed: State | None) -> dict[str, Any]:
    """Three servers that serve; the last one is named so that only the natural order puts it last."""
    found = {host: edge() for host in reversed(HOSTS)} | changed
    return {host: state.to_dict() if state else None for host, state in found.items()}


def edge(*assignments: Assignment, **more: Any) -> State:
    return server(*(assignments or (Assignment(INTERNAL, OLD),)), **({"services": running()} | more))


def step(host: str, name: str, *usages: str, waits_for: str = "") -> dict[str, Any]:
    return {"host": host, "name": name, "type": list(usages), "reasons": ["it is old"], "waits_for": waits_for}


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What cs_certificate_plan returns, as far as it matters."""
    known = {"thumbprint": NEW, "names": [], "waiting_for": "", "effective_date": "", "held": []}
    return {**known, "set_steps": list(steps), **more}


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    task = MagicMock(args=dict(arguments), check_mode=False, async_val=0)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "edge1"})
    return result


def planned(*certificates: tuple[str, dict[str, Any]], servers: dict[str, Any] | None = None, **more: Any) -> Any:
    given = [{"type": [use], "plan": item} for use, item in certificates]
    result = run({"servers": servers or states(), "certificates": given, **more})
    assert not result.get("failed"), result
    assert result["changed"] is False
    return result


ASSIGN = plan(*(step(host, "assign", INTERNAL) for host in HOSTS))


def test_turns_in_natural_order() -> None:
    result = planned((INTERNAL, ASSIGN))
    assert result["order"] == result["claimants"] == list(HOSTS)
    assert (result["changes"], result["prepare"], result["waiting"]) == (True, [], [])
    assert result["turns"][0]["assigned"] == [
        {
            "type": [INTERNAL],
            "thumbprint": NEW,
            "names": [],
            "back": {INTERNAL: OLD},
            "operation": {"assign": {"type": [INTERNAL], "thumbprint": NEW, "names": []}},
            "undo": [{"assign": {"type": [INTERNAL], "thumbprint": OLD, "names": []}}],
        }
    ]
    assert {row["until"] for row in result["rows"]} == {"2027-09-17T10:20:30Z"}
    assert [len(result[key]) for key in ("rows", "table", "summary")] == [3, 4, 4]


def test_nothing_to_do() -> None:
    result = planned((INTERNAL, plan()), limit=["edge2"])
    assert (result["changes"], result["summary"], result["turns"]) == (False, [], [])
    assert (result["claimants"], len(result["table"])) == (["edge2"], 4)
    assert {(row["server"], row["why"]) for row in result["rows"]} == {
        (host, "not part of this run") for host in HOSTS if host != "edge2"
    }


@pytest.mark.parametrize(
    ("steps", "changes", "prepare"),
    [
        ([step("edge1", "request")], True, True),
        ([step("edge1", "copy"), step("edge1", "assign", INTERNAL)], True, True),
        ([step("edge1", "stage", INTERNAL)], True, False),
        ([step("edge1", "previous", INTERNAL)], True, False),
        ([step("edge1", "import", waits_for="x"), step("edge1", "assign", INTERNAL, waits_for="x")], False, False),
    ],
    ids=["request", "copy and assign", "stage", "previous", "only waits"],
)
def test_what_can_be_done_at_once(steps: list[dict[str, Any]], changes: bool, prepare: bool) -> None:
    waiting = any(item["waits_for"] for item in steps)
    result = planned((INTERNAL, plan(*steps, waiting_for="x" if waiting else "")), (ACCESS, plan()))
    assert result["changes"] is changes
    assert result["prepare"] == ([[INTERNAL]] if prepare else [])
    assert result["waiting"] == ([[INTERNAL]] if waiting else [])


def test_what_is_staged_and_what_has_had_its_time() -> None:
    date = "2026-12-06T22:00:00Z"
    steps = [step("edge1", "stage", AV), step("edge2", "stage", AV), step("edge10", "previous", ACCESS, AV)]
    more = {"effective_date": date, "names": ["av.example.com"]}
    result = planned((AV, plan(*steps, **more)), limit=["edge1", "edge10"])
    assign = {"type": [AV], "thumbprint": NEW, "names": ["av.example.com"], "roll": True, "effective_date": date}
    assert result["staged"] == {"edge1": [{"assign": assign}]}
    assert result["previous"] == {"edge10": [ACCESS, AV]}
    waiting = step("edge1", "stage", AV, waits_for="x")
    assert planned((AV, plan(waiting, waiting_for="x")))["staged"] == {}


def test_a_server_left_out_of_service_is_a_change() -> None:
    result = planned((INTERNAL, plan()), servers=states(edge2=edge(claim=claim(this_run(), turn=True))))
    assert (result["changes"], result["order"]) == (True, ["edge2"])


# ---- may one leave? ----


def test_leaving() -> None:
    allowed = planned((INTERNAL, ASSIGN), leaving="edge2")
    assert allowed["problems"] == []
    mine = states(edge1=edge(claim=claim(this_run())), edge2=edge(claim=claim(this_run())))
    planned((INTERNAL, ASSIGN), servers=mine, leaving="edge1")
    down = states(edge2=edge(services=running(status="Stopped")))
    planned((INTERNAL, ASSIGN), servers=down, leaving="edge2")
    planned((INTERNAL, ASSIGN), servers=down, leaving="edge1", min_in_service=1)


GONE = replace(this_run(), started="0")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"edge10": None},
            "with edge2 out of service, 1 of 3 servers would serve, 2 have to (edge10: cannot be reached)",
        ),
        ({"edge1": edge(services=running("A", status="Stopped"))}, "(edge1: A does not run)"),
        ({"edge1": edge(claim=claim(this_run(), turn=True))}, "took it out of service)"),
        (
            {"edge1": edge(claim=claim(Owner("controller2", "there", 7)))},
            "edge1 is claimed by the run on controller2 (process 7); edge2 stays in service",
        ),
        ({"edge1": edge(claim=claim(GONE, turn=True))}, "took it out of service)"),
    ],
    ids=["unreachable", "stopped", "in its turn", "of another run", "left by a dead run"],
)
def test_leaving_is_refused(changed: dict[str, State | None], message: str) -> None:
    result = run(
        {"servers": states(**changed), "certificates": [{"type": [INTERNAL], "plan": ASSIGN}], "leaving": "edge2"}
    )
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]


# ---- what is replaced ----


def test_replaced_certificates_are_told_once_nothing_is_left_to_do() -> None:
    old, new = (issued("edge", NOW - days * DAY, NOW + 99 * DAY, names=("edge.example.com",)) for days in (300, 1))
    served = edge(
        Assignment(INTERNAL, new.thumbprint, old.thumbprint),
        Assignment(AV, new.thumbprint),
        certificates=(root(), own(old), own(new)),
    )
    done = plan(thumbprint=new.thumbprint)
    servers = states(**dict.fromkeys(HOSTS, served))
    result = planned((INTERNAL, done), (AV, done), servers=servers)
    assert result["replaced"]["edge10"] == [
        {
            "thumbprint": old.thumbprint,
            "subject": "CN=edge",
            "not_after": "2027-02-28T10:20:30Z",
            "kept_by": [INTERNAL],
        }
    ]
    busy = plan(step("edge1", "note"), thumbprint=new.thumbprint)
    assert planned((INTERNAL, done), (AV, busy), servers=servers)["replaced"] == {}


# ---- bad input ----


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"limit": ["edge1", "edge9"]}, "limit: edge9 is not one of the servers edge1, edge2, edge10"),
        ({"leaving": "edge9"}, "leaving: edge9 is not one of the servers edge1, edge2, edge10"),
        ({"certificates": [{"type": ["Intern"], "plan": ASSIGN}]}, "did you mean Internal?"),
        ({"certificates": [{"type": [INTERNAL], "plan": {}}]}, "the plan for Internal is not what cs_certificate_plan"),
        ({"certificates": [{"type": [INTERNAL], "plan": plan({"host": "edge1"})}]}, "is not what cs_certificate_plan"),
        ({"certificates": [{"type": [INTERNAL], "plan": plan(held=None)}]}, "is not what cs_certificate_plan returned"),
        ({"servers": {"edge1": {"x": 1}}}, "servers: edge1: server: is not what a module of this collection returned"),
        ({"servers": {"edge1": "up"}}, "servers: what is given for edge1 is no state of a server; give what a module"),
        ({"min_in_service": 3}, "min_in_service: 3 of 3 servers"),
        ({"servers": {"edge1": edge().to_dict()}}, "edge1 is the only server of its set"),
    ],
)
def test_refusals(more: dict[str, Any], message: str) -> None:
    result = run({"servers": states(), "certificates": [{"type": [INTERNAL], "plan": ASSIGN}]} | more)
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]
