# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Claims of runs on an emulated server: one has it, a dead one loses it, of two that race one wins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, Reply
from ansible_collections.sfb.certificates.plugins.module_utils._server.claiming import (
    ClaimSpec,
    is_over,
    plan_claim,
    plan_release,
    refusal,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import read_file, write_file

from ..conftest import Server
from ..rolling import HOUR, ME, NOW, OTHER, claim, running
from ..rolling import server as by_hand

PATH = "C:\\ProgramData\\sfb.certificates\\claim.json"
THIRD_RUN = Owner("controller3", "there", 300, "3")


def asked(owner: Owner = ME, **more: Any) -> ClaimSpec:
    return ClaimSpec(**{"path": PATH, "owner": owner, "purpose": "edge_site1", "valid_for": 2 * HOUR} | more)


class Claimed:
    """An emulated server that runs claim."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def state(self) -> State:
        return self.server.call(Call(claim=PATH, services=True)).state

    def exchange(self, plan: Plan) -> Reply:
        return self.server.call(Call(steps=plan.steps, claim=PATH, services=True), plan.predicted)

    def apply(self, plan: Plan) -> State:
        reply = self.exchange(plan)
        assert reply.error is None
        assert reply.state.claim == plan.predicted.claim
        return reply.state

    def take(self, owner: Owner = ME, *, alive: bool | None = None, **more: Any) -> State:
        return self.apply(plan_claim(asked(owner, **more), self.state(), "edge1", lambda _owner: alive))

    def exists(self, path: str) -> bool:
        return bool(self.server.call(Call(steps=(read_file(path),))).rows[0]["exists"])


@pytest.fixture
def claimed(site) -> Claimed:
    return Claimed(site.server())


# ---- one run ----


def test_take_then_nothing_then_give_up_then_nothing(claimed: Claimed) -> None:
    free = claimed.state()
    assert free.claim is None
    plan = plan_claim(asked(), free, "edge1", lambda _owner: None)
    assert (plan.changed, plan.reasons) == (True, ("other runs are to keep off this server",))
    assert (plan.before, plan.after) == (
        {"claim": None},
        {"claim": "the run on controller1 (process 100), for edge_site1"},
    )
    mine = claimed.apply(plan)
    assert plan.facts["claim"] == mine.claim.to_dict()
    assert mine.claim.until == free.now + 2 * HOUR
    assert not plan_claim(asked(), mine, "edge1", lambda _owner: None).steps

    release = plan_release(PATH, ME, mine)
    assert (release.before, release.after) == (dict(plan.after), {"claim": None})
    gone = claimed.apply(release)
    assert not claimed.exists(PATH)
    again = plan_release(PATH, ME, gone)
    assert (again.steps, again.facts) == ((), {"claim": None, "interrupted": False})


def test_turn_remembers_what_runs() -> None:
    services = (*running("A"), *running("B", status="StopPending"), *running("C", status="Stopped"))
    state = by_hand(claim=claim(ME), services=services)
    plan = plan_claim(asked(turn=True), state, "edge1", lambda _owner: True)
    assert plan.reasons == ("the server is taken out of service",)
    assert (plan.predicted.claim.turn, plan.predicted.claim.services) == (True, ("A", "B"))
    assert plan.after == {"claim": "the run on controller1 (process 100), for edge_site1, in its turn"}
    out = replace(plan.predicted, services=running("A", "B", "C", status="Stopped"))
    for turn in (True, False):
        assert not plan_claim(asked(turn=turn), out, "edge1", lambda _owner: True).steps, "the turn goes on"


def test_turn_on_the_emulated_server(claimed: Claimed) -> None:
    claimed.take()
    state = claimed.take(turn=True)
    assert state.claim.services == tuple(row.name for row in state.services)
    assert len(state.claim.services) > 3
    assert not plan_claim(asked(turn=True), state, "edge1", lambda _owner: None).steps


@pytest.mark.parametrize(("left", "renewed"), [(2 * HOUR, False), (1.5 * HOUR, False), (HOUR, True), (-HOUR, True)])
def test_a_claim_is_renewed_before_others_may_take_it(left, renewed: bool) -> None:
    mine = claim(ME, since=NOW - 9 * HOUR, until=NOW + left, turn=True, services=("A",), markers=("m",))
    plan = plan_claim(asked(), by_hand(claim=mine), "edge1", lambda _owner: True)
    assert plan.changed is renewed
    if renewed:
        assert plan.predicted.claim == replace(mine, until=NOW + 2 * HOUR)


def test_renewal_on_the_emulated_server(site, claimed: Claimed) -> None:
    claimed.take()
    later = Claimed(site.server(clock_offset=1.5 * 3600))
    before = later.state()
    after = later.take()
    assert after.claim.until == before.now + 2 * HOUR > before.claim.until
    assert after.claim.since == before.claim.since


# ---- other runs ----


@pytest.mark.parametrize(
    ("until", "alive", "over"),
    [
        (NOW + HOUR, None, False),
        (NOW, None, True),
        (NOW - HOUR, True, False),
        (NOW + HOUR, False, True),
    ],
    ids=["elsewhere", "elsewhere, had its time", "goes on beyond its time", "has ended"],
)
def test_when_a_run_is_over(until, alive: bool | None, over: bool) -> None:
    state = by_hand(claim=claim(until=until))
    assert is_over(state.claim, state, lambda owner: alive if owner == OTHER else not alive) is over
    if over:
        plan = plan_claim(asked(), state, "edge1", lambda _owner: alive)
        assert plan.reasons[0].endswith("; the run on controller2 (process 200) is over")
    else:
        with pytest.raises(InputError) as caught:
            plan_claim(asked(), state, "edge1", lambda _owner: alive)
        assert str(caught.value) == refusal(state.claim, "edge1")


def test_the_refusal_tells_who_and_what_to_do(claimed: Claimed) -> None:
    state = claimed.take(OTHER)
    with pytest.raises(InputError) as caught:
        plan_claim(asked(), state, "edge1", lambda _owner: None)
    told = str(caught.value)
    assert told.startswith("edge1 is claimed by the run on controller2 (process 200) for edge_site1 since 20")
    assert "run again on controller2, or after 20" in told
    assert "with take_over: true (rollover_take_over in the role)" in told
    assert "\n" not in told
    assert "for no known purpose since" in refusal(claim(purpose=""), "edge1")


@pytest.mark.parametrize(
    ("hours", "alive", "more"),
    [(0, False, {}), (3, None, {}), (0, True, {"take_over": True})],
    ids=["dead", "had its time", "by force"],
)
def test_taking_over(site, claimed: Claimed, hours: int, alive: bool | None, more: dict[str, Any]) -> None:
    left = claimed.take(OTHER, turn=True)
    later = Claimed(site.server(clock_offset=hours * 3600))
    stopped = tuple(replace(row, status="Stopped") for row in left.services)
    found = replace(later.state(), services=stopped)
    plan = plan_claim(asked(**more), found, "edge1", lambda _owner: alive)
    assert plan.reasons[0].endswith("loses it" if more else "is over")
    assert [step.wire.get("replace", False) for step in plan.steps] == [bool(more), True]
    mine = later.apply(plan)
    assert (mine.claim.owner, mine.claim.turn, mine.claim.services) == (ME, True, left.claim.services)
    assert mine.claim.since == found.now
    (marker,) = mine.claim.markers
    assert marker.startswith(PATH + ".")
    assert later.exists(marker)

    third = later.take(THIRD_RUN, alive=False)
    assert third.claim.services == left.claim.services
    assert third.claim.markers[0] == marker != third.claim.markers[1]
    later.apply(plan_release(PATH, THIRD_RUN, third))
    assert not any(later.exists(path) for path in (PATH, *third.claim.markers))


@pytest.mark.parametrize("data", [b"", b"{", b'{"owner": null}', bytes(64)])
def test_a_damaged_file_is_taken_over(claimed: Claimed, data: bytes) -> None:
    claimed.server.call(Call(steps=(write_file(PATH, data, make_folder=True),)))
    mine = claimed.take()
    assert mine.claim.owner == ME
    claimed.apply(plan_release(PATH, ME, mine))
    assert not any(claimed.exists(path) for path in (PATH, *mine.claim.markers))


@pytest.mark.parametrize("owner", [OTHER, replace(ME, started="2"), replace(ME, process=101), replace(ME, scope="x")])
def test_the_claim_of_another_run_is_not_given_up(claimed: Claimed, owner: Owner) -> None:
    state = claimed.take(owner)
    plan = plan_release(PATH, ME, state)
    assert (plan.steps, plan.predicted, plan.facts["claim"]) == ((), state, None)


# ---- two runs at the same moment ----


def race(claimed: Claimed, *owners: Owner) -> tuple[State, Reply]:
    """Two runs plan from the same state; the second call fails. Gives what both find then."""
    found = claimed.state()
    first, second = (plan_claim(asked(owner), found, "edge1", lambda _owner: False) for owner in owners)
    winner = claimed.apply(first)
    loser = claimed.exchange(second)
    assert loser.error is not None
    assert loser.record["id"]
    after = claimed.state()
    assert after.claim == winner.claim
    with pytest.raises(InputError, match=f"is claimed by {owners[0].told()}".replace("(", r"\(").replace(")", r"\)")):
        plan_claim(asked(owners[1]), after, "edge1", lambda _owner: None)
    return after, loser


def test_of_two_runs_one_has_a_free_server(claimed: Claimed) -> None:
    after, loser = race(claimed, ME, THIRD_RUN)
    assert PATH in loser.error
    claimed.apply(plan_release(PATH, ME, after))
    assert claimed.take(THIRD_RUN).claim.owner == THIRD_RUN


def test_of_two_runs_one_takes_a_claim_over(claimed: Claimed) -> None:
    claimed.take(OTHER, turn=True)
    after, loser = race(claimed, THIRD_RUN, ME)
    assert after.claim.markers[0] in loser.error
    assert after.claim.turn


def test_a_claim_that_went_to_another_run_meanwhile_is_seen_in_time(site, claimed: Claimed) -> None:
    """A run that is late finds its claim with another one when it looks anew, and leaves it alone."""
    claimed.take(OTHER)
    later = Claimed(site.server(clock_offset=3 * 3600))
    later.take(ME)
    state = later.state()
    assert plan_release(PATH, OTHER, state).steps == ()
    with pytest.raises(InputError, match="claimed by the run on controller1"):
        plan_claim(asked(OTHER), state, "edge1", lambda _owner: None)


def test_claims_are_plain_data() -> None:
    facts = plan_claim(asked(), by_hand(), "edge1", lambda _owner: None).facts["claim"]
    assert Claim.from_dict(facts).owner == ME
