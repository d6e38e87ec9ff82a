# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan for services: time limits, and waiting until they run. **PRIVATE** to the collection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.wire import Call, Reply
from ..module_utils._server.services import (
    START,
    STOP,
    Selection,
    ServiceSpec,
    lost_services,
    plan_forced,
    plan_return,
    select,
    start_steps,
    unsettled,
)
from ..module_utils._state.service import RUNNING, STOPPED, Service
from ..module_utils._state.state import State
from ..module_utils._steps.plan import Plan
from ._action import RemoteError

#: Seconds between two looks at services that are not there yet.
_PAUSE = 2.0


class ServiceRun:
    """Carries out what L{plan_services} planned.

    :ivar commands: what was begun on the server, in order.
    :ivar warnings: of the server, and of what went another way than planned.
    :ivar lost: services that a stop took along.
    """

    def __init__(
        self,
        spec: ServiceSpec,
        exchange: Callable[[Call, State], Reply],
        *,
        force: bool,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares a run.

        :param exchange: makes a remote call.
        :param force: a graceful stop that takes too long becomes one that is not graceful; else it is undone.
        """
        self._spec, self._exchange, self._force = spec, exchange, force
        self._pause, self._clock = pause, clock
        self.commands: list[str] = []
        self.warnings: list[str] = []
        self.lost: tuple[str, ...] = ()

    def run(self, plan: Plan, before: State) -> State:
        """Carries the plan out and sees that the services are as asked for.

        :raises CertificatesError: they are not; what to do next is told.
        """
        return self.conclude(before, self._call(plan, before))

    def conclude(self, before: State, reply: Reply) -> State:
        """Sees that the services are as asked for after the first call, and does what else they need.

        :param before: the state that the plan was made for.
        :raises CertificatesError: they are not; what to do next is told.
        """
        spec = self._spec
        chosen = select(spec, before)
        state = reply.state
        if timed_out(reply, STOP):
            if not (spec.graceful and self._force):
                self._undo(chosen, state)
            self.warnings.append(
                f"the graceful stop did not end within {spec.timeout} s; services were stopped without -Graceful"
            )
            reply = self._call(plan_forced(spec, chosen, state), state)
            state = reply.state
        in_time = not timed_out(reply, START)
        if reply.error and in_time:
            raise RemoteError(reply.error, reply.record)
        self.lost = lost_services(chosen, before, state)
        if spec.state == "stopped":
            return self._settle(state, chosen.stop, STOPPED, spec.timeout)
        if self.lost and in_time:
            state = self._checked(Plan(state, start_steps(spec, self.lost, state)), state)
        limit = spec.start_timeout if in_time else 0
        return self._settle(state, (*chosen.names_to_run, *self.lost), RUNNING, limit)

    def _call(self, plan: Plan, state: State) -> Reply:
        """One remote call; keeps account of what was begun."""
        if not plan.steps:
            return Reply(rows=(), state=state)
        reply = self._exchange(Call(steps=plan.steps, services=True), state)
        for step in plan.steps[: len(reply.rows)]:
            self.commands += step.commands
        self.warnings += reply.warnings
        return reply

    def _checked(self, plan: Plan, state: State) -> State:
        reply = self._call(plan, state)
        if reply.error:
            raise RemoteError(reply.error, reply.record)
        return reply.state

    def _undo(self, chosen: Selection, state: State) -> None:
        """Starts again what had been up, and fails."""
        spec = self._spec
        kind, force = ("graceful stop", ", or with on_timeout: force to end calls and meetings")
        if not spec.graceful:
            kind, force = "stop", ""
        told = f"the {kind} of {_list(chosen.stop)} did not end within {spec.timeout} s"
        try:
            state = self._checked(plan_return(spec, chosen, state), state)
            self._settle(state, chosen.was_up, RUNNING, spec.start_timeout)
        except CertificatesError as error:
            raise CertificatesError(
                f"{told}, and the services could not be started again ({error}); "
                f"look at the server, then run again with a longer timeout{force}"
            ) from error
        raise CertificatesError(
            f"{told}, so they were started again; see that the load balancer sends no new work to this server, "
            f"then run again later, with a longer timeout{force}"
        )

    def _settle(self, state: State, names: Iterable[str], status: str, limit: float) -> State:
        """Waits while services are on their way.

        :param limit: seconds.
        :raises CertificatesError: they do not arrive.
        """
        wanted = tuple(names)
        end = self._clock() + limit
        while rest := unsettled(state, wanted, status):
            left = end - self._clock()
            if left <= 0 or not all(row.pending for row in rest):
                raise CertificatesError(_not_settled(rest, status, self._spec))
            self._pause(min(_PAUSE, left))
            reply = self._exchange(Call(services=True), state)
            state = reply.state
        return state


def timed_out(reply: Reply, name: str) -> bool:
    """Whether the step that failed is this cmdlet, and was given up at its time limit (contract, "Result")."""
    return bool(
        reply.error
        and str((reply.record or {}).get("id")) == "CsInvoke.Timeout"
        and (reply.failed_step is not None and reply.failed_step.wire.get("name") == name)
    )


def _not_settled(rest: tuple[Service, ...], status: str, spec: ServiceSpec) -> str:
    told = _list(f"{row.name} is {row.status or 'in an unknown state'}" for row in rest)
    if status == STOPPED:
        return f"{told} after {STOP}, which reported no error; look at the server, then run again"
    waited = f" {spec.start_timeout} s" if any(row.pending for row in rest) else ""
    return (
        f"{told}{waited} after {START}; look at the server's event log (Lync Server), "
        "which names a certificate that cannot be used, then run again"
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
