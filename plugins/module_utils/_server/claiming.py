# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a server is claimed by a run, or free. **PRIVATE** to the collection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from .._errors import InputError
from .._state.claim import Claim, Owner
from .._state.state import State
from .._state.stored import format_time
from .._steps.plan import Plan
from .._steps.steps import Step, delete_file, write_file


@dataclass(frozen=True)
class ClaimSpec:
    """What cs_server_claim is asked for.

    :ivar path: of the claim on the server.
    :ivar valid_for: how long no other run may take the claim over, though this run may have been killed.
    :ivar turn: the server is being taken out of service.
    :ivar take_over: take the claim of another run, whatever that does.
    """

    path: str
    owner: Owner
    purpose: str
    valid_for: timedelta
    turn: bool = False
    take_over: bool = False


def is_over(claim: Claim, state: State, alive: Callable[[Owner], bool | None]) -> bool:
    """True if the run that made a claim is known to have ended, or had its time.

    :param alive: tells whether a run goes on; None if that cannot be known from here.
    """
    goes_on = alive(claim.owner)
    return claim.until <= state.now if goes_on is None else not goes_on


def refusal(claim: Claim, host: str) -> str:
    """The line for whoever finds a server claimed."""
    return (
        f"{host} is claimed by {claim.owner.told()} for {claim.purpose or 'no known purpose'} since "
        f"{format_time(claim.since)}; wait for it to end. If it was killed, run again on {claim.owner.controller}, or after "
        f"{format_time(claim.until)}, or with take_over: true (rollover_take_over in the role)"
    )


def plan_claim(spec: ClaimSpec, state: State, host: str, alive: Callable[[Owner], bool | None]) -> Plan:
    """Plans a claim; that of a run which is over is taken over, and what that run left undone is remembered.

    A claim is a file that is made new or not at all (contract, C(write_file)), so that of two runs one has it. Whoever takes
    one over makes a file first whose name follows from the one before, for the same reason. A claim of this run is renewed once
    half of its time is over.

    :raises InputError: another run has it.
    """
    old = state.claim
    mine = old is not None and old.owner == spec.owner
    if old and not mine and not spec.take_over and not is_over(old, state, alive):
        raise InputError(refusal(old, host))
    services = tuple(row.name for row in state.services or () if row.was_up) if spec.turn else ()
    if old and old.turn:
        # what ran before the turn that was cut short
        services = tuple(dict.fromkeys((*old.services, *services)))
    new = Claim(
        owner=spec.owner,
        purpose=spec.purpose,
        since=old.since if old and mine else state.now,
        until=state.now + spec.valid_for,
        turn=spec.turn or (old is not None and old.turn),
        services=services,
        markers=old.markers if old else (),
    )
    lasts = old is not None and 2 * (old.until - state.now) > spec.valid_for
    if old and mine and lasts and (old.turn, old.services) == (new.turn, new.services):
        return Plan(predicted=state, facts=_facts(old))
    steps, new = _steps(spec, old, new, mine=mine)
    reason = "the server is taken out of service" if spec.turn else "other runs are to keep off this server"
    if old and not mine:
        reason += f"; {old.owner.told()} {'is over' if is_over(old, state, alive) else 'loses it'}"
    return Plan(
        predicted=replace(state, claim=new),
        steps=steps,
        reasons=(reason,),
        before=_shown(old),
        after=_shown(new),
        facts=_facts(new),
    )


def _steps(spec: ClaimSpec, old: Claim | None, new: Claim, *, mine: bool) -> tuple[tuple[Step, ...], Claim]:
    if old is None:
        return (write_file(spec.path, new.to_bytes(), make_folder=True),), new
    if mine:
        return (write_file(spec.path, new.to_bytes(), replace=True),), new
    marker = f"{spec.path}.{hashlib.sha256(old.to_bytes()).hexdigest()[:16]}"
    new = new.marked(marker)
    first = write_file(marker, new.to_bytes(), replace=spec.take_over)
    return (first, write_file(spec.path, new.to_bytes(), replace=True)), new


def plan_release(path: str, owner: Owner, state: State) -> Plan:
    """Plans to give a server free; the claim of another run is left alone."""
    old = state.claim
    if old is None or old.owner != owner:
        return Plan(predicted=state, facts={"claim": None, "interrupted": False})
    steps = tuple(delete_file(name) for name in (*old.markers, path))
    return Plan(
        predicted=replace(state, claim=None),
        steps=steps,
        reasons=("the server is free again",),
        before=_shown(old),
        after=_shown(None),
        facts={"claim": None, "interrupted": False},
    )


def _shown(claim: Claim | None) -> dict[str, str | None]:
    told = f"{claim.owner.told()}, for {claim.purpose}{', in its turn' if claim.turn else ''}" if claim else None
    return {"claim": told}


def _facts(claim: Claim) -> dict[str, object]:
    return {"claim": claim.to_dict()}
