# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cs_certificate_verify lets pass, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action import cs_certificate_plan
from ansible_collections.sfb.certificates.plugins.action.cs_certificate_verify import ActionModule
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.readiness import describe_usages
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import format_time
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate

from ..module_utils.rolling import ACCESS, AV, DAY, HOUR, INTERNAL, NOW, issued, own, root, server

POOL = "edgepool.example.com"
FIRST, SECOND = (issued("edge", NOW - DAY, NOW + days * DAY, names=(POOL,)) for days in (300, 400))


def edge(*assignments: Assignment, certificates: tuple[Certificate, ...] = (FIRST, SECOND), **more: Any) -> State:
    """A server that trusts the CA and has certificates of it."""
    mine = (root(), *map(own, certificates))
    return server(*(assignments or (Assignment(INTERNAL, FIRST.thumbprint),)), certificates=mine, **more)


def run(
    arguments: Mapping[str, Any],
    *,
    module: Any = ActionModule,
    check_mode: bool = False,
    host: str = "edge1",
    variables: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of the module, which makes no remote call.

    :param variables: what each host of the inventory has.
    """
    task = MagicMock(args=dict(arguments), check_mode=check_mode, async_val=0)
    action = module(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    action._load_name = "sfb.certificates.cs_certificate_verify"
    result: dict[str, Any] = action.run(
        task_vars={"inventory_hostname": host, "hostvars": MagicMock(raw_get=(variables or {}).get)}
    )
    assert "\n" not in result.get("msg", "")
    return result


def verify(state: State, **options: Any) -> dict[str, Any]:
    """The result for a state, which is the same as for what cs_certificate_info tells of it."""
    result = run({"server": state.to_dict(), **options})
    told = describe_usages(state, options.get("type") or list(options.get("expected") or ()))
    assert run({"usages": told, **options}) == result
    return result


# ---- one certificate, or one for each usage ----


@pytest.mark.parametrize("form", [str, str.lower, lambda text: " ".join(text[i : i + 2] for i in range(0, 40, 2))])
def test_a_usage_that_has_its_certificate(form: Any) -> None:
    result = verify(edge(), type=[INTERNAL], thumbprint=form(FIRST.thumbprint))
    assert (result["verified"], result["changed"]) == (True, False)
    assert result["usages"] == [
        {
            "type": INTERNAL,
            "thumbprint": FIRST.thumbprint,
            "not_after": format_time(NOW + 300 * DAY),
            "staged": False,
            "effective_date": None,
            "previous_thumbprint": None,
            "problems": [],
        }
    ]


def test_a_usage_that_has_another_certificate_or_none() -> None:
    result = verify(edge(), type=[INTERNAL, ACCESS], thumbprint=SECOND.thumbprint)
    assert result["failed"]
    assert result["msg"] == (
        f"{INTERNAL} has {FIRST.thumbprint}, expected {SECOND.thumbprint}; "
        f"{ACCESS} has no certificate, expected {SECOND.thumbprint}. no certificate is assigned"
    )


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (edge(certificates=(SECOND,)), "the assigned certificate is not in the store My"),
        (edge(now=NOW + 301 * DAY), "expired"),
        (replace(edge(), certificates=(own(FIRST),)), "chain"),
        (replace(edge(), certificates=(root(), own(FIRST, has_key=False))), "private key"),
    ],
    ids=["not there", "expired", "chain", "key"],
)
def test_something_is_wrong_with_the_right_certificate(state: State, problem: str) -> None:
    result = verify(state, type=[INTERNAL], thumbprint=FIRST.thumbprint)
    assert result["failed"]
    assert result["msg"].startswith(f"{INTERNAL} has {FIRST.thumbprint}, expected {FIRST.thumbprint}. ")
    assert problem in result["msg"]


def test_all_usages_that_have_a_certificate_are_meant_if_none_is_named() -> None:
    both = edge(Assignment(INTERNAL, FIRST.thumbprint), Assignment(ACCESS, SECOND.thumbprint))
    result = verify(both, thumbprint=FIRST.thumbprint)
    assert result["msg"].startswith(f"{ACCESS} has {SECOND.thumbprint}, expected")


def test_usages_with_certificates_of_their_own() -> None:
    both = edge(Assignment(INTERNAL, FIRST.thumbprint), Assignment(ACCESS, SECOND.thumbprint))
    expected = {INTERNAL: FIRST.thumbprint, ACCESS: SECOND.thumbprint}
    result = verify(both, expected=expected)
    assert result["verified"]
    assert [row["type"] for row in result["usages"]] == [INTERNAL, ACCESS]
    assert run({"server": both.to_dict(), "expected": {"internal": FIRST.thumbprint.lower()}})["verified"]
    assert verify(both, expected=expected | {ACCESS: FIRST.thumbprint})["failed"]
    # others are told, and not judged
    told = verify(both, type=[INTERNAL, ACCESS, AV], expected={ACCESS: SECOND.thumbprint})
    assert (told["verified"], [row["type"] for row in told["usages"]]) == (True, [INTERNAL, ACCESS, AV])
    assert run({"server": both.to_dict(), "type": [AV], "expected": {}})["verified"]


# ---- staged ----


@pytest.mark.parametrize(
    ("date", "passes"),
    [
        ("2026-11-21T14:20:30Z", True),
        ("2026-11-21T15:20:30+01:00", True),
        ("2026-11-21T15:20:30Z", False),
        (None, False),
    ],
)
def test_a_usage_that_is_staged_for_the_date_counts(date: str | None, passes: bool) -> None:
    staged = edge(Assignment(AV, FIRST.thumbprint, effective_date=NOW + 4 * HOUR))
    options = {"type": [AV], "thumbprint": SECOND.thumbprint} | ({"effective_date": date} if date else {})
    assert bool(verify(staged, **options).get("failed")) is not passes
    in_use = edge(Assignment(AV, FIRST.thumbprint, effective_date=NOW + 4 * HOUR), now=NOW + 5 * HOUR)
    assert verify(in_use, **options)["failed"]


# ---- a part of a plan ----


def planned(**servers: State) -> dict[str, Any]:
    given = {host: state.to_dict() for host, state in servers.items()}
    return run({"servers": given, "type": [INTERNAL], "names": [POOL]}, module=cs_certificate_plan.ActionModule)


def test_a_server_that_the_plan_has_nothing_for_is_verified() -> None:
    plan = planned(edge1=edge(certificates=(FIRST,)), edge2=edge(certificates=(FIRST,)))
    assert plan["parts"] == {}
    result = verify(edge(certificates=(FIRST,)), type=[INTERNAL], part=plan["part"])
    assert [result[key] for key in ("verified", "busy", "held")] == [True, False, False]
    result = verify(edge(Assignment(INTERNAL, SECOND.thumbprint)), type=[INTERNAL], part=plan["part"])
    assert result["msg"] == f"{INTERNAL} has {SECOND.thumbprint}, expected {FIRST.thumbprint}"


def test_a_server_that_the_plan_has_something_for_is_not() -> None:
    other = edge(Assignment(INTERNAL, SECOND.thumbprint))
    plan = planned(edge1=edge(), edge2=other)
    (host,) = plan["parts"]
    state = {"edge1": edge(), "edge2": other}[host]
    result = verify(state, type=[INTERNAL], part=plan["parts"][host])
    assert [result[key] for key in ("verified", "busy", "held")] == [False, True, False]
    assert [row["type"] for row in result["usages"]] == [INTERNAL]


def test_a_plan_that_could_not_be_made() -> None:
    result = verify(edge(), type=[INTERNAL], part={"refused": "edge_set: edge1 is in no inventory group 'x'"})
    assert result["failed"]
    assert result["msg"] == "edge_set: edge1 is in no inventory group 'x'"


@pytest.mark.parametrize("host", ["edge1", "edge2"])
def test_the_part_of_a_plan_that_another_host_has(host: str) -> None:
    states = {"edge1": edge(), "edge2": edge(Assignment(INTERNAL, SECOND.thumbprint))}
    plan = planned(**states)
    part = plan["parts"].get(host, plan["part"])
    given = {"server": states[host].to_dict(), "type": [INTERNAL]}
    there = {**given, "part_host": "edge3", "part_variable": "plan"}
    for variable in (plan, {name: plan[name] for name in ("parts", "part")}):
        result = run(there, host=host, variables={"edge3": {"plan": variable}})
        assert result == run({**given, "part": part})
        assert result["busy"] == (host in plan["parts"])
    assert len(plan["parts"]) == 1


@pytest.mark.parametrize(
    "variables",
    [{}, {"edge3": {}}, {"edge3": {"plan": {}}}, {"edge3": {"plan": {"failed": True}}}, {"edge3": {"plan": 1}}],
)
def test_a_host_without_a_plan(variables: dict[str, Any]) -> None:
    options = {"server": edge().to_dict(), "part_host": "edge3", "part_variable": "plan"}
    result = run(options, variables=variables)
    assert result["failed"]
    assert result["msg"].startswith("edge3 has no plan in plan: see why")


def test_a_host_that_has_why_there_is_no_plan() -> None:
    options = {"server": edge().to_dict(), "part_host": "edge3", "part_variable": "plan"}
    refused = {"parts": {}, "part": {"refused": "edge_set: not there"}}
    assert run(options, variables={"edge3": {"plan": refused}})["msg"] == "edge_set: not there"


# ---- bad input ----


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: part, part_host, thumbprint, expected"),
        ({"thumbprint": FIRST.thumbprint, "expected": {}}, "parameters are mutually exclusive"),
        ({"part": {}, "part_host": "edge1", "part_variable": "plan"}, "parameters are mutually exclusive"),
        ({"part_host": "edge1"}, "parameters are required together: part_host, part_variable"),
        ({"thumbprint": FIRST.thumbprint, "usages": []}, "parameters are mutually exclusive"),
        ({"thumbprint": "AB"}, "thumbprint"),
        ({"thumbprint": "(known after issue)"}, "a value that only check mode shows"),
        ({"thumbprint": FIRST.thumbprint, "effective_date": "soon"}, "effective_date: 'soon' is no time"),
        ({"expected": {"Intern": FIRST.thumbprint}}, "did you mean Internal?"),
        ({"type": ["Intern"], "thumbprint": FIRST.thumbprint}, "did you mean Internal?"),
        ({"part": {}}, "part: is not what cs_certificate_plan returned as 'part', or as one of 'parts'"),
        ({"part": {"busy": False}}, "part: is not what cs_certificate_plan returned"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    result = run({"server": edge().to_dict(), **options})
    assert result["failed"]
    assert message in result["msg"]


@pytest.mark.parametrize(
    ("usages", "message"),
    [
        ([], "usages: does not tell of Internal; give what cs_certificate_info returned"),
        (describe_usages(edge(), [ACCESS]), "usages: does not tell of Internal"),
        ([{"type": INTERNAL}], "usages: does not tell of Internal"),
        ([*describe_usages(edge(), [INTERNAL]), {"x": 1}], "usages: holds something else"),
    ],
)
def test_usages_that_are_none(usages: list[dict[str, Any]], message: str) -> None:
    result = run({"usages": usages, "type": [INTERNAL], "thumbprint": FIRST.thumbprint})
    assert result["failed"]
    assert result["msg"].startswith(message)


def test_what_is_not_known_yet_in_check_mode() -> None:
    coming = edge(Assignment(INTERNAL, "(known after issue)"))
    arguments = {"server": coming.to_dict(), "type": [INTERNAL], "thumbprint": "(known after issue)"}
    result = run(arguments, check_mode=True)
    assert "expected (known after issue). the assigned certificate is not in the store My" in result["msg"]
    assert run({"server": edge().to_dict(), "thumbprint": "(known after issue)"}, check_mode=True)["failed"]
