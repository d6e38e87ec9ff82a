# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the servers of a set turn to their certificates, and whether they may. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from .._certificate.requirements import use_problems
from .._errors import InputError
from .._product.restart import restart_after
from .._server.claiming import is_over
from .._state.claim import Owner
from .._state.state import State
from .._state.stored import parse_time


@dataclass(frozen=True)
class PlannedStep:
    """A step of one server, of the plan of one certificate.

    :ivar usages: what is staged, assigned or cleaned up.
    """

    host: str
    name: str
    usages: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    waits_for: str = ""

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> PlannedStep:
        """Reads a step of L{PlannedCertificate.from_dict}."""
        return cls(row["host"], row["name"], tuple(row["type"]), tuple(row["reasons"]), row["waits_for"])


@dataclass(frozen=True)
class PlannedCertificate:
    """The plan of one certificate of the set (module cs_certificate_plan).

    :ivar until: when its validity ends, empty if it is not known yet.
    :ivar effective_date: when staged usages turn to it, None if none is staged.
    """

    usages: tuple[str, ...]
    thumbprint: str
    names: tuple[str, ...] = ()
    until: str = ""
    waiting_for: str = ""
    effective_date: datetime | None = None
    held: tuple[str, ...] = ()
    steps: tuple[PlannedStep, ...] = ()

    @classmethod
    def from_dict(cls, usages: tuple[str, ...], plan: Mapping[str, Any]) -> PlannedCertificate:
        """Reads the plan of a pool for the certificate of some usages, as L{draft.SetPlan.to_dict} gave it.

        :raises KeyError, TypeError, ValueError: it is something else.
        """
        return cls(
            usages=usages,
            thumbprint=plan["thumbprint"],
            names=tuple(plan["names"]),
            waiting_for=plan["waiting_for"],
            effective_date=parse_time(plan["effective_date"] or None),
            held=tuple(plan["held"]),
            steps=tuple(map(PlannedStep.from_dict, plan["set_steps"])),
        )

    def of(self, host: str, *names: str) -> list[PlannedStep]:
        """The steps of one server that have one of these names; all if none is given."""
        return [step for step in self._by_host.get(host, ()) if not names or step.name in names]

    @cached_property
    def _by_host(self) -> Mapping[str, Sequence[PlannedStep]]:
        found: dict[str, list[PlannedStep]] = {}
        for step in self.steps:
            found.setdefault(step.host, []).append(step)
        return found

    def holds(self, host: str) -> bool:
        """True if a server keeps the certificate that it has."""
        return host in self._held

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset(self.held)


@dataclass(frozen=True)
class RolloverSpec:
    """What is asked of a rollover.

    :ivar members: all servers of the set, in the order in which they take turns.
    :ivar acting: those of them that may be changed.
    :ivar min_in_service: how many have to serve at every moment; None for all but one.
    :ivar allow_outage: a single server may be taken out, too.
    :ivar restart: when services are restarted, see L{restart_after}.
    :ivar me: this run.
    """

    members: tuple[str, ...]
    acting: frozenset[str]
    certificates: tuple[PlannedCertificate, ...]
    me: Owner
    alive: Callable[[Owner], bool | None]
    min_in_service: int | None = None
    allow_outage: bool = False
    restart: str = "auto"

    @property
    def needed(self) -> int:
        """How many servers have to serve while another one is out.

        :raises InputError: nobody could be taken out, or the number is none.
        """
        size = len(self.members)
        wanted = size - 1 if self.min_in_service is None else self.min_in_service
        if size == 1:
            if not self.allow_outage:
                raise InputError(
                    f"{self.members[0]} is the only server of its set, so that users are cut off while it changes; "
                    "allow that with allow_outage: true (rollover_allow_outage in the role)"
                )
            return 0
        if not 0 <= wanted < size:
            raise InputError(
                f"min_in_service: {wanted} of {size} servers; one of them has to be taken out, give at most {size - 1}"
            )
        return wanted


@dataclass(frozen=True)
class Assigned:
    """What a server is assigned in its turn.

    :ivar back: the certificate that each usage goes back to if the turn fails, None if it has none that works.
    """

    usages: tuple[str, ...]
    thumbprint: str
    names: tuple[str, ...]
    back: Mapping[str, str | None]


@dataclass(frozen=True)
class Turn:
    """What happens to one server while it is not in service, or while the others go on.

    :ivar restart: it is taken out of the load balancer, and its services stopped and started.
    :ivar interrupted: an earlier run took it out and did not bring it back.
    :ivar services: those that ran before that run.
    """

    host: str
    assigned: tuple[Assigned, ...]
    restart: bool
    reasons: tuple[str, ...] = ()
    interrupted: bool = False
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollover:
    """The plan of one set.

    :ivar turns: in order.
    :ivar out: servers that do not serve, each with the reason.
    :ivar problems: why it cannot be carried out, one line each.
    :ivar claimed: servers that another run has claimed.
    """

    turns: tuple[Turn, ...]
    out: Mapping[str, str]
    needed: int
    problems: tuple[str, ...] = ()
    claimed: Mapping[str, Owner] = field(default_factory=dict)


def out_of_service(spec: RolloverSpec, states: Mapping[str, State | None]) -> dict[str, str]:
    """The servers that do not serve users, each with the reason (rules.md#rollover-without-interruption).

    One serves if it can be reached, all its services run, and every usage of the set has a certificate that works. While a run
    takes a server out, it does not serve, whatever its services say.
    """
    return {host: why for host in spec.members if (why := _why_out(spec, states.get(host)))}


def _why_out(spec: RolloverSpec, state: State | None) -> str:
    if state is None:
        return "cannot be reached"
    if state.claim and state.claim.turn:
        return f"{state.claim.owner.told()} took it out of service"
    resting = [row.name for row in state.services or () if not row.running]
    if resting:
        return f"{', '.join(resting)} {'does' if len(resting) == 1 else 'do'} not run"
    if state.services is not None and not state.services:
        return "it has no services"
    for certificate in spec.certificates:
        for use in certificate.usages:
            row = state.assignment(use)
            stored = state.find("My", row.thumbprint) if row else None
            if row is None or stored is None:
                return f"{use} has no certificate"
            problems = use_problems(stored, state)
            if problems:
                return f"the certificate of {use}: {problems[0]}"
    return ""


def plan_rollover(spec: RolloverSpec, states: Mapping[str, State | None]) -> Rollover:
    """Plans the turns of a set.

    Servers that a killed run left out of service come first, then others that do not serve, since each of them that is mended
    lets the next one go.

    :param states: of all members; None for one that cannot be reached.
    """
    out = out_of_service(spec, states)
    claimed = {
        host: state.claim.owner
        for host, state in states.items()
        if state and state.claim and state.claim.owner != spec.me and not is_over(state.claim, state, spec.alive)
    }
    turns = [turn for host in spec.members if host in spec.acting and (turn := _turn(spec, host, states.get(host)))]
    turns.sort(key=lambda turn: (not turn.interrupted, turn.host not in out))
    to_come = spec.restart != "never" and any(
        certificate.of(host, "assign") for certificate in spec.certificates for host in spec.acting
    )
    needed = spec.needed if to_come or any(turn.restart for turn in turns) else max(len(spec.members) - 1, 0)
    problems = _violations(spec, turns, states, out, needed)
    return Rollover(tuple(turns), out, needed, tuple(problems), claimed)


def _turn(spec: RolloverSpec, host: str, state: State | None) -> Turn | None:
    if state is None:
        return None
    assigned: list[Assigned] = []
    changed: list[str] = []
    reasons: list[str] = []
    for certificate in spec.certificates:
        for step in certificate.of(host, "assign"):
            if step.waits_for:
                continue
            rows = {use: state.assignment(use) for use in step.usages}
            open_ones = tuple(
                use for use, row in rows.items() if row is None or row.thumbprint != certificate.thumbprint
            )
            changed += open_ones or step.usages
            reasons += step.reasons
            back = {use: _working(state, use) for use in open_ones}
            assigned.append(Assigned(step.usages, certificate.thumbprint, certificate.names, back))
    interrupted = state.claim is not None and state.claim.turn
    if not assigned and not interrupted:
        return None
    verdict = restart_after(changed, policy=spec.restart)
    services = state.claim.services if state.claim and interrupted else ()
    if interrupted:
        reasons.append("an earlier run took it out of service and was cut short")
    return Turn(host, tuple(assigned), verdict.needed, (*reasons, *verdict.reasons), interrupted, services)


def _working(state: State, use: str) -> str | None:
    """The certificate of a usage, None if it has none that works."""
    row = state.assignment(use)
    stored = state.find("My", row.thumbprint) if row else None
    return row.thumbprint if row and stored and not use_problems(stored, state) else None


def _violations(
    spec: RolloverSpec, turns: Sequence[Turn], states: Mapping[str, State | None], out: Mapping[str, str], needed: int
) -> list[str]:
    """The turns that would leave too few servers in service, if all before them went well."""
    missing = dict(out)
    problems = []
    for turn in turns:
        problem = refusal_to_leave(turn, spec.members, missing, needed)
        if problem:
            problems.append(problem)
        if not _stays_out(turn, states[turn.host]):
            missing.pop(turn.host, None)
    return problems


def _stays_out(turn: Turn, state: State | None) -> bool:
    """True if a server does not serve after its turn either: what somebody has stopped on it is not started.

    Unless nothing runs there at all, as before the first start.
    """
    services = state.services or () if state else ()
    resting = [row for row in services if not row.was_up and row.name not in turn.services]
    return bool(resting) and len(resting) < len(services)


def refusal_to_leave(turn: Turn, members: Sequence[str], out: Mapping[str, str], needed: int) -> str:
    """Why a server must not be taken out of service now; empty if it may. One that does not serve can always be.

    :param out: members that do not serve, each with the reason.
    """
    if not turn.restart or turn.host in out:
        return ""
    left = len(members) - len(out) - 1
    if left >= needed:
        return ""
    told = "; ".join(f"{host}: {why}" for host, why in out.items())
    return (
        f"with {turn.host} out of service, {left} of {len(members)} servers would serve, {needed} have to ({told}); "
        "mend these first, or lower min_in_service (rollover_min_in_service in the role)"
    )
