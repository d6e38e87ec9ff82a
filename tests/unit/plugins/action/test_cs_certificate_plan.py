# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cs_certificate_plan tells of a whole pool at once: the part of each server, who works for all, warnings."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action.cs_certificate_plan import ActionModule
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, RequestFile, State
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate

from ..module_utils.rolling import AV, DAY, INTERNAL, NOW, issued, own, root, server

POOL = "edgepool.example.com"
FIRST, SECOND = (issued("edge", NOW - DAY, NOW + days * DAY, names=(POOL,)) for days in (300, 400))
#: It works, and is to be renewed.
DUE = issued("edge", NOW - 300 * DAY, NOW + 20 * DAY, names=(POOL,))
#: What is told of each server.
TOLD = {"busy", "at_once", "held", "steps", "types", "reasons", "commands", "thumbprint", "effective_date"}


def edge(*certificates: Certificate, uses: tuple[str, ...] = (INTERNAL,), **more: Any) -> State:
    """A server whose usages have the first of its certificates."""
    assigned = [Assignment(use, certificates[0].thumbprint) for use in uses] if certificates else []
    files = tuple(RequestFile(request_files([use]).name) for use in (INTERNAL, AV))
    return server(*assigned, certificates=(root(), *map(own, certificates)), requests=files, **more)


def plan(
    pool: dict[str, State | None],
    *,
    play: tuple[str, ...] = (),
    name: str = "edge1",
    by_variable: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """The result for a pool, whose states are where tasks have registered them.

    :param play: hosts of the play; all of the pool if none is given.
    :param name: host of the task.
    """
    states = {host: state.to_dict() if state else None for host, state in pool.items()}
    given: dict[str, Any] = {"members": list(pool), "variable": "info"} if by_variable else {"servers": states}
    task = MagicMock(args={"type": [INTERNAL], "names": [POOL], **given, **options}, check_mode=False, async_val=0)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    hostvars = MagicMock(raw_get=lambda host: {"info": {"server": states[host]}})
    known = {"inventory_hostname": name, "hostvars": hostvars, "ansible_play_hosts_all": list(play or pool)}
    result: dict[str, Any] = action.run(task_vars=known)
    assert not result.get("failed"), result
    return result


def test_nothing_to_do_is_the_same_for_all() -> None:
    result = plan({"edge1": edge(FIRST), "edge2": edge(FIRST)})
    assert result["parts"] == {}
    assert result["part"] == {
        "busy": False,
        "at_once": False,
        "held": False,
        "steps": [],
        "types": {},
        "reasons": [],
        "commands": [],
        "thumbprint": FIRST.thumbprint,
        "effective_date": "",
    }
    assert (result["leader_works"], result["leader_steps"], result["copies"]) == (False, [], [])
    assert result["request_reasons"] == []


POOLS: dict[str, dict[str, State | None]] = {
    "new": {"edge1": edge(), "edge2": edge(), "edge3": edge()},
    "one has it": {"edge1": edge(), "edge2": edge(FIRST), "edge3": edge()},
    "renewed": {"edge1": edge(DUE, FIRST), "edge2": edge(DUE), "edge3": edge(DUE)},
    "one is away": {"edge1": edge(DUE, FIRST), "edge2": edge(DUE), "edge3": None},
    "one is done": {"edge1": edge(FIRST), "edge2": edge(FIRST), "edge3": edge()},
}


@pytest.mark.parametrize("pool", POOLS.values(), ids=list(POOLS))
def test_parts_are_what_each_server_would_be_told(pool: dict[str, State | None]) -> None:
    result = plan(pool)
    for host, state in pool.items():
        mine = plan(pool, name=host, by_variable=False)
        assert mine["parts"] == result["parts"]
        part = result["parts"].get(host, result["part"])
        assert set(part) == TOLD
        assert (part["steps"], part["commands"], part["types"]) == (mine["steps"], mine["commands"], mine["step_types"])
        assert part["reasons"] == [reason.partition(": ")[2] for reason in mine["reasons"]]
        assert part["held"] is (host in mine["held"])
        assert part["busy"] is (host in result["parts"])
        assert part["thumbprint"] == mine["thumbprint"]
        assert mine["is_leader"] is (host == result["leader"])
        if state is None:
            assert (part["steps"], part["busy"]) == ([], False)
    leading = [step["name"] for step in result["set_steps"] if step["host"] == result["leader"]]
    assert result["leader_steps"] == leading
    assert result["leader_works"] is bool({"request", "import", "export"} & set(leading))
    assert result["copies"] == [step["host"] for step in result["set_steps"] if step["name"] == "copy"]
    asked = [step["reasons"] for step in result["set_steps"] if step["name"] == "request"]
    assert result["request_reasons"] == (asked[0] if asked else [])


def test_what_the_pools_of_the_test_above_need() -> None:
    steps = {name: {host: part["steps"] for host, part in plan(pool)["parts"].items()} for name, pool in POOLS.items()}
    assert steps["new"]["edge1"][0] == "request"
    assert "note" in steps["new"]["edge2"]
    assert steps["one has it"] == {"edge2": ["export"], "edge1": ["copy", "assign"], "edge3": ["copy", "assign"]}
    assert steps["renewed"]["edge2"] == ["copy", "assign"]
    assert steps["one is away"]["edge2"] == ["copy"]
    assert plan(POOLS["one is away"])["held"] == ["edge1", "edge2"]
    assert steps["one is done"] == {"edge1": ["export"], "edge3": ["copy", "assign"]}


def test_an_assignment_need_not_wait_for_others_where_no_certificate_works() -> None:
    parts = plan(POOLS["one has it"])["parts"]
    assert {host: part["at_once"] for host, part in parts.items()} == {"edge1": True, "edge2": False, "edge3": True}
    assert {part["at_once"] for part in plan(POOLS["renewed"])["parts"].values()} == {False}


def test_the_leader_works_for_the_pool_if_it_is_in_the_play() -> None:
    pool = POOLS["one has it"]
    assert plan(pool)["leader"] == plan(pool)["executor"] == "edge2"
    result = plan(pool, play=("edge1", "edge3"), name="edge3", limit=["edge1", "edge3"])
    assert (result["leader"], result["executor"], result["is_leader"]) == ("edge2", "edge3", False)
    assert result["leader_steps"] == ["export"]
    assert plan(pool, play=("edge1",), name="edge3", host="edge1")["executor"] == "edge1"


def test_the_one_that_works_for_a_leader_elsewhere_is_busy() -> None:
    pool: dict[str, State | None] = {"edge1": edge(FIRST), "edge2": edge(SECOND), "edge3": edge(SECOND)}
    # only edge1 lacks it; edge3 works for the leader, which the play leaves out
    result = plan(pool, play=("edge1", "edge3"), name="edge3", limit=["edge1", "edge3"])
    assert (result["leader"], result["executor"]) == ("edge2", "edge3")
    part = result["parts"]["edge3"]
    assert (part["busy"], part["steps"], part["commands"]) == (True, [], [])


def test_what_is_waited_for_keeps_one_server_busy() -> None:
    pool = POOLS["new"]
    result = plan(pool, requester="edge9", requester_server=edge().to_dict())
    assert (result["leader"], result["executor"]) == ("edge9", "edge1")
    assert result["parts"]["edge1"]["busy"]


# ---- what is told ----


def test_the_state_to_come_is_told_unless_it_is_not_wanted() -> None:
    pool = POOLS["one has it"]
    predicted = plan(pool)["predicted"]
    assert State.from_dict(predicted).assignments[0].thumbprint == FIRST.thumbprint
    assert "predicted" not in plan(pool, predict=False)


def test_warnings_of_all_servers_are_told_where_one_plans_for_them() -> None:
    # the date is later than the end of the certificate in use allows
    turning: dict[str, State | None] = {host: edge(DUE, FIRST, uses=(AV,)) for host in ("edge1", "edge2")}
    options = {"type": [AV], "effective_date": f"{NOW + 19.9 * DAY:%Y-%m-%dT%H:%M:%SZ}"}
    told = plan(turning, **options)["warnings"]
    assert [text.partition(": ")[0] for text in told] == ["edge1", "edge2"]
    assert plan(turning, by_variable=False, **options)["warnings"] == told[:1]
    assert plan(turning, host="edge2", **options)["warnings"] == told[1:]


def test_a_host_that_is_no_member() -> None:
    task = MagicMock(args={"type": [INTERNAL], "servers": {"edge1": edge().to_dict()}}, check_mode=False, async_val=0)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    result = action.run(task_vars={"inventory_hostname": "edge7"})
    assert result["msg"] == "host: 'edge7' is not one of the servers edge1"
