# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves, who takes a turn when, and who must not be taken out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import HostStep, SetPlan
from ansible_collections.sfb.certificates.plugins.module_utils._rollover.rollover import (
    PlannedCertificate,
    PlannedStep,
    RolloverSpec,
    Turn,
    out_of_service,
    plan_rollover,
    refusal_to_leave,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.service import Service
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from hypothesis import given
from hypothesis import strategies as st

from ..rolling import ACCESS, AV, DAY, HOUR, INTERNAL, ME, NEW, NOW, OLD, OTHER, claim, issued, own, root, running
from ..rolling import server as bare_server

HOSTS = ("edge1", "edge2", "edge3")
TURN = {"turn": True, "services": ("RTCSRV",)}


def server(*assignments: Assignment, **more: Any) -> State:
    """A server whose services run; its internal interface has the old certificate unless others are given."""
    return bare_server(*(assignments or (Assignment(INTERNAL, OLD),)), **({"services": running()} | more))


def assign(*hosts: str, **more: Any) -> PlannedCertificate:
    """A certificate that these servers are to be assigned."""
    steps = tuple(PlannedStep(host, "assign", (INTERNAL,), (f"{INTERNAL} has another",)) for host in hosts)
    return PlannedCertificate(**{"usages": (INTERNAL,), "thumbprint": NEW, "steps": steps} | more)


def asked(*certificates: PlannedCertificate, **more: Any) -> RolloverSpec:
    given = {"members": HOSTS, "acting": frozenset(HOSTS), "me": ME, "alive": lambda _owner: None} | more
    return RolloverSpec(certificates=certificates or (assign(*HOSTS),), **given)


def states(**changed: State | None) -> dict[str, State | None]:
    return {host: server() for host in HOSTS} | changed


# ---- who serves ----


def expired() -> State:
    old = issued("edge", NOW - 9 * DAY, NOW - DAY)
    return server(Assignment(INTERNAL, old.thumbprint), certificates=(root(), own(old)))


def no_key() -> State:
    old = issued("edge", NOW - 9 * DAY, NOW + DAY)
    mine = own(old, has_key=False, key=None)
    return server(Assignment(INTERNAL, old.thumbprint), certificates=(root(), mine))


def no_chain() -> State:
    old = issued("edge", NOW - 9 * DAY, NOW + DAY)
    return server(Assignment(INTERNAL, old.thumbprint), certificates=(own(old),))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: None, "cannot be reached"),
        (lambda: server(claim=claim(turn=True)), "the run on controller2 (process 200) took it out of service"),
        (lambda: server(claim=claim(ME, turn=True)), "the run on controller1 (process 100) took it out of service"),
        (lambda: server(services=(Service("RTCSRV", status="Stopped"), *running("B"))), "RTCSRV does not run"),
        (lambda: server(services=running("A", "B", status="StartPending")), "A, B do not run"),
        (lambda: server(services=()), "it has no services"),
        (lambda: server(Assignment(ACCESS, OLD)), "Internal has no certificate"),
        (lambda: server(Assignment(INTERNAL, "D" * 40)), "Internal has no certificate"),
        (expired, "the certificate of Internal: it expired on 2026-11-20T10:20:30Z"),
        (no_key, "the certificate of Internal: its private key is not on this server"),
        (no_chain, "the certificate of Internal: its chain does not build"),
    ],
    ids=[
        *("unreachable", "out for another run", "out for this run", "one service rests", "services on their way"),
        *("no services", "nothing assigned", "not in the store", "expired", "no key", "no chain"),
    ],
)
def test_each_reason_for_which_a_server_does_not_serve(make: Callable[[], State | None], why: str) -> None:
    out = out_of_service(asked(), states(edge2=make()))
    assert list(out) == ["edge2"]
    assert out["edge2"].startswith(why)


@pytest.mark.parametrize(
    "state",
    [
        server(),
        server(services=None),
        server(claim=claim()),
        server(claim=claim(ME)),
        server(Assignment(INTERNAL, OLD), Assignment(AV, "D" * 40)),
    ],
    ids=["all well", "services not read", "claimed by another run", "claimed by this run", "usage of no certificate"],
)
def test_a_server_that_serves(state: State) -> None:
    assert out_of_service(asked(), states(edge2=state)) == {}


# ---- turns ----


def test_turns_in_the_order_of_the_members() -> None:
    plan = plan_rollover(asked(assign("edge3", "edge1")), states())
    assert [turn.host for turn in plan.turns] == ["edge1", "edge3"]
    assert (plan.needed, plan.out, plan.problems, plan.claimed) == (2, {}, (), {})
    turn = plan.turns[0]
    assert (turn.restart, turn.interrupted, turn.services) == (True, False, ())
    assert turn.reasons == ("Internal has another", "Internal: not documented; a restart is safe")
    (item,) = turn.assigned
    assert (item.usages, item.thumbprint, item.back) == ((INTERNAL,), NEW, {INTERNAL: OLD})


def test_servers_that_do_not_serve_come_first() -> None:
    found = states(edge2=server(services=running(status="Stopped")), edge3=server(claim=claim(turn=True)))
    plan = plan_rollover(asked(alive=lambda _owner: False, min_in_service=1), found)
    assert [(turn.host, turn.interrupted) for turn in plan.turns] == [
        ("edge3", True),
        ("edge2", False),
        ("edge1", False),
    ]
    assert plan.problems == ()


def test_a_server_that_an_earlier_run_left_out_is_brought_back_though_it_needs_nothing() -> None:
    plan = plan_rollover(asked(assign()), states(edge2=server(claim=claim(ME, **TURN))))
    (turn,) = plan.turns
    assert (turn.host, turn.interrupted, turn.services, turn.assigned) == ("edge2", True, ("RTCSRV",), ())
    assert turn.reasons == ("an earlier run took it out of service and was cut short",)
    assert plan.problems == ()


def test_steps_that_wait_give_no_turn() -> None:
    waits = PlannedStep("edge1", "assign", (INTERNAL,), waits_for="the answer")
    plan = plan_rollover(asked(assign(steps=(waits,), waiting_for="the answer")), states())
    assert (plan.turns, plan.needed) == ((), 2)


def test_only_servers_of_this_run_take_a_turn() -> None:
    plan = plan_rollover(asked(assign("edge1", "edge2"), acting=frozenset(["edge2"])), states())
    assert [turn.host for turn in plan.turns] == ["edge2"]
    assert plan_rollover(asked(acting=frozenset()), states()).turns == ()
    assert [turn.host for turn in plan_rollover(asked(), states(edge1=None)).turns] == ["edge2", "edge3"]


def test_staging_and_clean_up_are_no_turns() -> None:
    steps = tuple(PlannedStep("edge1", name, (AV,)) for name in ("stage", "previous", "copy"))
    plan = plan_rollover(asked(PlannedCertificate((AV,), NEW, steps=steps)), states())
    assert plan.turns == ()


@pytest.mark.parametrize(("policy", "restarts"), [("auto", True), ("always", True), ("never", False)])
def test_restart_policies(policy: str, restarts: bool) -> None:
    plan = plan_rollover(asked(restart=policy), states())
    assert [turn.restart for turn in plan.turns] == [restarts] * 3
    assert bool(refusal_to_leave(plan.turns[0], HOSTS, {"edge2": "x"}, 2)) is restarts


def test_back_to_certificates_that_work_only() -> None:
    works = issued("edge", NOW - DAY, NOW + DAY)
    ended = issued("edge", NOW - 9 * DAY, NOW - DAY)
    usages = (ACCESS, "DataEdgeExternal", "External", INTERNAL)
    state = server(
        Assignment(ACCESS, works.thumbprint),
        Assignment("DataEdgeExternal", ended.thumbprint),
        Assignment("External", NEW),
        certificates=(root(), own(works), own(ended)),
    )
    certificate = PlannedCertificate(
        usages, NEW, ("edge.example.com",), steps=(PlannedStep("edge1", "assign", usages),)
    )
    (turn,) = plan_rollover(asked(certificate), states(edge1=state)).turns
    (item,) = turn.assigned
    assert item.back == {ACCESS: works.thumbprint, "DataEdgeExternal": None, INTERNAL: None}
    assert item.usages == usages
    assert item.names == ("edge.example.com",)


def test_several_certificates_in_one_turn() -> None:
    other = PlannedCertificate((ACCESS,), "D" * 40, steps=(PlannedStep("edge1", "assign", (ACCESS,)),))
    state = server(Assignment(INTERNAL, OLD), Assignment(ACCESS, OLD))
    plan = plan_rollover(asked(assign("edge1"), other), dict.fromkeys(HOSTS, state))
    assert [[item.thumbprint for item in turn.assigned] for turn in plan.turns] == [[NEW, "D" * 40]]


# ---- how many have to serve ----


@pytest.mark.parametrize(("wanted", "needed"), [(None, 2), (0, 0), (1, 1), (2, 2)])
def test_how_many_have_to_serve(wanted: int | None, needed: int) -> None:
    assert plan_rollover(asked(min_in_service=wanted), states()).needed == needed


@pytest.mark.parametrize("wanted", [-1, 3, 4])
def test_numbers_that_leave_nobody_to_go(wanted: int) -> None:
    with pytest.raises(InputError, match=f"min_in_service: {wanted} of 3 servers; .* give at most 2"):
        plan_rollover(asked(min_in_service=wanted), states())


def test_the_only_server_of_a_set() -> None:
    alone = {"members": ("edge1",), "acting": frozenset(["edge1"])}
    with pytest.raises(InputError, match=r"edge1 is the only server of its set.*allow_outage: true"):
        plan_rollover(asked(assign("edge1"), **alone), {"edge1": server()})
    plan = plan_rollover(asked(assign("edge1"), **alone, allow_outage=True), {"edge1": server()})
    assert (plan.needed, plan.problems, len(plan.turns)) == (0, (), 1)


@pytest.mark.parametrize("more", [{"restart": "never"}, {"acting": frozenset()}])
def test_no_outage_has_to_be_allowed_if_there_is_none(more: dict[str, Any]) -> None:
    alone = {"members": ("edge1",), "acting": frozenset(["edge1"])} | more
    assert plan_rollover(asked(assign("edge1"), **alone), {"edge1": server()}).needed == 0


def test_an_outage_to_come_has_to_be_allowed_before_a_request_is_made() -> None:
    waits = PlannedStep("edge1", "assign", (INTERNAL,), waits_for="the answer")
    with pytest.raises(InputError, match="allow_outage"):
        plan_rollover(
            asked(assign(steps=(waits,)), members=("edge1",), acting=frozenset(["edge1"])), {"edge1": server()}
        )


def test_too_few_would_serve() -> None:
    plan = plan_rollover(asked(), states(edge3=None))
    assert plan.problems == (
        "with edge1 out of service, 1 of 3 servers would serve, 2 have to (edge3: cannot be reached); "
        "mend these first, or lower min_in_service (rollover_min_in_service in the role)",
        "with edge2 out of service, 1 of 3 servers would serve, 2 have to (edge3: cannot be reached); "
        "mend these first, or lower min_in_service (rollover_min_in_service in the role)",
    )
    assert plan_rollover(asked(min_in_service=1), states(edge3=None)).problems == ()


def test_a_server_that_is_mended_in_its_turn_lets_the_next_one_go() -> None:
    assert plan_rollover(asked(), states(edge3=server(services=running(status="Stopped")))).problems == ()
    left = frozenset(["edge1", "edge2"])
    plan = plan_rollover(asked(acting=left), states(edge3=server(services=running(status="Stopped"))))
    assert len(plan.problems) == 2


def test_one_that_does_not_serve_can_always_be_taken_out() -> None:
    out = {"edge1": "x", "edge2": "y"}
    assert refusal_to_leave(Turn("edge1", (), True), HOSTS, out, 2) == ""
    assert "with edge3 out of service, 0 of 3" in refusal_to_leave(Turn("edge3", (), True), HOSTS, out, 2)


SERVERS = st.sampled_from(
    [
        *(server(), server(Assignment(INTERNAL, NEW)), server(services=running(status="Stopped")), None),
        *(server(claim=claim(turn=True)), server(claim=claim(ME)), server(Assignment(ACCESS, OLD))),
    ]
)


@given(found=st.lists(SERVERS, min_size=2, max_size=5), data=st.data())
def test_enough_servers_serve_at_each_moment_of_a_plan_without_problems(
    found: list[State | None], data: st.DataObject
) -> None:
    members = tuple(f"edge{number}" for number in range(1, len(found) + 1))
    known = dict(zip(members, found, strict=True))
    todo = [host for host, state in known.items() if state and state.assignment(INTERNAL) != Assignment(INTERNAL, NEW)]
    wanted = data.draw(st.none() | st.integers(0, len(members) - 1))
    acting = frozenset(data.draw(st.sets(st.sampled_from(members))))
    spec = asked(assign(*todo), members=members, acting=acting, min_in_service=wanted)
    plan = plan_rollover(spec, known)
    assert {turn.host for turn in plan.turns} <= acting
    serving = set(members) - set(plan.out)
    begun = len(serving)
    for turn in plan.turns:
        left = len(serving - {turn.host})
        if not plan.problems and turn.restart:
            assert left >= plan.needed or turn.host not in serving
        serving.add(turn.host)
    assert len(serving) >= begun


# ---- claims ----


@pytest.mark.parametrize(
    ("found", "alive", "owner"),
    [
        (claim(), None, OTHER),
        (claim(), True, OTHER),
        (claim(until=NOW), True, OTHER),
        (claim(), False, None),
        (claim(until=NOW), None, None),
        (claim(ME), True, None),
        (None, True, None),
    ],
    ids=["elsewhere", "alive", "alive beyond its time", "dead", "had its time", "mine", "free"],
)
def test_claims_of_other_runs(found, alive, owner) -> None:
    plan = plan_rollover(asked(alive=lambda _owner: alive), states(edge2=server(claim=found)))
    assert plan.claimed == ({} if owner is None else {"edge2": owner})


def test_a_claim_on_a_server_that_is_only_read_counts_too() -> None:
    found = states(edge2=server(claim=claim(since=NOW - HOUR)), edge3=None)
    assert plan_rollover(asked(acting=frozenset(["edge1"])), found).claimed == {"edge2": OTHER}


def test_steps_of_one_server() -> None:
    certificate = assign("edge1", "edge2")
    assert certificate.of("edge1") == certificate.of("edge1", "assign") == [certificate.steps[0]]
    assert certificate.of("edge1", "stage") == replace(certificate, steps=()).of("edge1") == []


def test_the_plan_of_a_pool_is_read_as_it_was_written() -> None:
    state = bare_server()
    steps = (
        HostStep("edge1", "stage", Plan(state, reasons=("A is old",)), "the CA", (AV,)),
        HostStep("edge2", "assign", Plan(state), usages=(ACCESS,)),
    )
    date = NOW.replace(microsecond=0) + HOUR
    plan = SetPlan(
        "edge1", NEW, steps, {}, ("sip.example.com",), waiting_for="the CA", effective_date=date, held=("edge2",)
    )
    written = json.loads(json.dumps(plan.to_dict()))
    found = PlannedCertificate.from_dict((AV, ACCESS), written)
    assert found == PlannedCertificate(
        usages=(AV, ACCESS),
        thumbprint=NEW,
        names=("sip.example.com",),
        waiting_for="the CA",
        effective_date=date,
        held=("edge2",),
        steps=(
            PlannedStep("edge1", "stage", (AV,), ("A is old",), "the CA"),
            PlannedStep("edge2", "assign", (ACCESS,)),
        ),
    )
    without = PlannedCertificate.from_dict((AV,), replace(plan, effective_date=None).to_dict())
    assert without.effective_date is None
