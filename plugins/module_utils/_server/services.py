# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: services of the product run, stand still, or are restarted. **PRIVATE** to the collection."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from .._errors import CertificatesError, InputError
from .._state.service import RUNNING, STARTING, STOPPED, Service
from .._state.state import State
from .._steps.plan import Plan
from .._steps.steps import Step, cmdlet

STOP, START = "Stop-CsWindowsService", "Start-CsWindowsService"
#: The services that the switches of Stop-CsWindowsService are about (product.md#service-cmdlets,
#: product.md#service-names; that of IIS is [U]).
CLS_AGENT, WEB_SERVER = "RTCCLSAGT", "W3SVC"


@dataclass(frozen=True)
class ServiceSpec:
    """What cs_windows_service is asked for.

    :ivar state: C(started), C(stopped) or C(restarted).
    :ivar names: in any case; none for all that the server has.
    :ivar timeout: seconds for each stop; a graceful one has no limit of its own (product.md#service-cmdlets).
    :ivar start_timeout: seconds until all must run.
    :ivar leave_stopped: a restart does not start what had been stopped before, unless nothing runs at all.
    """

    state: str
    names: tuple[str, ...] = ()
    graceful: bool = True
    timeout: int = 600
    start_timeout: int = 600
    leave_cls_agent_running: bool = False
    leave_web_server_running: bool = False
    leave_stopped: bool = False


@dataclass(frozen=True)
class Selection:
    """The services that a task is about.

    :ivar stop: those to be stopped now, C(start) those to be started after it, C(was_up) those that had been up.
    """

    names: tuple[str, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    was_up: tuple[str, ...]

    @property
    def names_to_run(self) -> tuple[str, ...]:
        """Those that must run in the end, also those that are on their way up already."""
        return tuple(
            name for name in self.names if name in self.start or (name in self.was_up and name not in self.stop)
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why there is something to do; empty if there is not."""
        return (*(f"{name} is to stop" for name in self.stop), *(f"{name} is to start" for name in self.start))


def select(spec: ServiceSpec, state: State) -> Selection:
    """Finds out what a task has to stop and to start.

    :raises InputError: a name that the server does not have, or that contradicts another option.
    """
    rows = _named(spec, state)
    up = tuple(row.name for row in rows if row.was_up)
    stop = tuple(name for name in up if name not in _left_running(spec))
    names = tuple(row.name for row in rows)
    if spec.state == "stopped":
        return Selection(names, stop, (), up)
    if spec.state == "started":
        # one that is on its way up needs to be waited for only
        return Selection(names, (), tuple(row.name for row in rows if row.status not in (RUNNING, STARTING)), up)
    left = spec.leave_stopped and bool(stop)
    start = tuple(row.name for row in rows if row.name in stop or (row.stopped and not left))
    return Selection(names, stop, start, up)


def _left_running(spec: ServiceSpec) -> tuple[str, ...]:
    switches = ((CLS_AGENT, spec.leave_cls_agent_running), (WEB_SERVER, spec.leave_web_server_running))
    return tuple(name for name, left in switches if left)


def _named(spec: ServiceSpec, state: State) -> tuple[Service, ...]:
    services = state.services or ()
    if not services:
        raise CertificatesError(
            "Get-CsWindowsService lists no services on this server; is the product installed there?"
        )
    if not spec.names:
        return services
    known = {row.name.lower(): row for row in services}
    found: dict[str, Service] = {}
    for name in spec.names:
        row = known.get(name.strip().lower())
        if row is None:
            near = difflib.get_close_matches(name.strip().lower(), known, 1)
            hint = f"; did you mean {known[near[0]].name}?" if near else ""
            there = ", ".join(row.name for row in services)
            raise InputError(f"names: this server has no service '{name}'{hint} (it has {there})")
        if row.name in _left_running(spec):
            raise InputError(f"names: {row.name} is named, and to be left running at the same time; drop one of both")
        found[row.name] = row
    return tuple(found.values())


def stop_steps(spec: ServiceSpec, names: Iterable[str], *, graceful: bool) -> tuple[Step, ...]:
    """The steps that stop services: one for all, or one for each name, since the cmdlet takes one.

    Source: product.md#service-cmdlets.

    :param graceful: new work is refused, and what is going on may end.
    """
    wanted = tuple(names)
    if not wanted:
        return ()
    if spec.names:
        steps = [cmdlet(STOP, Name=name, Graceful=graceful) for name in wanted]
    else:
        leave = {
            "LeaveClsAgentRunning": spec.leave_cls_agent_running,
            "LeaveWebServerRunning": spec.leave_web_server_running,
        }
        steps = [cmdlet(STOP, Graceful=graceful, **leave)]
    return tuple(step.limited(spec.timeout) for step in steps)


def start_steps(spec: ServiceSpec, names: Iterable[str], state: State) -> tuple[Step, ...]:
    """The steps that start services: one for all if no other one of the server is stopped, else one for each.

    :param state: as it is when the steps begin.
    """
    wanted = tuple(names)
    if not wanted:
        return ()
    others = [row.name for row in state.services or () if row.stopped and row.name not in wanted]
    one_for_all = not spec.names and not others
    steps = [cmdlet(START)] if one_for_all else [cmdlet(START, Name=name) for name in wanted]
    return tuple(step.limited(spec.start_timeout) for step in steps)


def plan_services(spec: ServiceSpec, state: State) -> Plan:
    """Plans what services of one server need.

    Source: product.md#service-cmdlets, product.md#taking-a-server-out-of-service.

    :param state: with services.
    :raises InputError: as L{select}.
    """
    chosen = select(spec, state)
    stopped = state.with_status(STOPPED, chosen.stop)
    predicted = stopped.with_status(RUNNING, chosen.start)
    steps = (
        *stop_steps(spec, chosen.stop, graceful=spec.graceful),
        *start_steps(spec, chosen.start, stopped),
    )
    touched = set(chosen.stop) | set(chosen.start)
    after = {row.name: row.status for row in predicted.services or () if row.name in touched}
    for name in set(chosen.stop) & set(chosen.start):
        after[name] = f"{RUNNING} (restarted)"
    return Plan(
        predicted=predicted,
        steps=steps,
        reasons=chosen.reasons,
        before={row.name: row.status for row in state.services or () if row.name in touched},
        after=after,
        facts={"services": describe(state, predicted), "was_running": list(chosen.was_up)},
    )


def plan_forced(spec: ServiceSpec, chosen: Selection, state: State) -> Plan:
    """What remains to be done when a graceful stop was given up: the same without C(-Graceful).

    :param chosen: as it was before the first step.
    :param state: now.
    """
    open_ones = [row.name for row in state.services or () if row.name in chosen.stop and not row.stopped]
    stopped = state.with_status(STOPPED, open_ones)
    return Plan(
        predicted=stopped.with_status(RUNNING, chosen.start),
        steps=(*stop_steps(spec, open_ones, graceful=False), *start_steps(spec, chosen.start, stopped)),
    )


def plan_return(spec: ServiceSpec, chosen: Selection, state: State) -> Plan:
    """Back to how it was when a graceful stop was given up: what had been up is started, and nothing else."""
    names = [row.name for row in state.services or () if row.name in chosen.was_up and not row.running]
    return Plan(
        predicted=state.with_status(RUNNING, names),
        steps=start_steps(spec, names, state),
    )


def lost_services(chosen: Selection, before: State, after: State) -> tuple[str, ...]:
    """The services that a stop took along: it stops what depends on the one named (product.md#service-cmdlets)."""
    up = {row.name for row in before.services or () if row.was_up}
    return tuple(
        row.name for row in after.services or () if row.name in up and row.name not in chosen.names and not row.running
    )


def unsettled(state: State, names: Iterable[str], status: str) -> tuple[Service, ...]:
    """Those of the services that have not come to a status."""
    wanted = set(names)
    return tuple(row for row in state.services or () if row.name in wanted and row.status != status)


def describe(before: State, after: State) -> list[dict[str, str]]:
    """All services of a server, as they were and as they are."""
    old = {row.name: row.status for row in before.services or ()}
    return [
        {
            "name": row.name,
            "display_name": row.display_name,
            "status_before": old.get(row.name, row.status),
            "status": row.status,
        }
        for row in after.services or ()
    ]
