# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on a server itself: its claim, its services. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._remote.wire import Call, Reply
from ..module_utils._server.claiming import ClaimSpec, plan_claim, plan_release, refusal
from ..module_utils._server.services import ServiceSpec, plan_services
from ..module_utils._state.claim import claim_path
from ..module_utils._state.state import State
from ..module_utils._steps.plan import Plan
from ._action import CertificatesAction
from ._claiming import lasting
from ._operation_context import Context
from ._operations import Operation
from ._owner import alive, this_run
from ._services import ServiceRun, timed_out

CLAIM: dict[str, dict[str, Any]] = {
    "purpose": {"type": "str", "default": ""},
    "valid_for": {"type": "str", "default": "2h"},
    "turn": {"type": "bool", "default": False},
}
SERVICES: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["started", "stopped"], "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "remembered": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 600},
    "on_timeout": {"type": "str", "choices": ["fail", "force"], "default": "fail"},
    "start_timeout": {"type": "int", "default": 600},
}


@dataclass
class ClaimOperation(Operation):
    """The claim of this run is renewed, or says that the server is taken out of service."""

    name: ClassVar[str] = "claim"
    services: ClassVar[bool] = True
    spec: ClaimSpec | None = None
    host: str = ""

    def plan(self, state: State) -> Plan:
        """Plans it."""
        if self.spec is None:
            raise ValueError("a claim without a spec")
        return plan_claim(self.spec, state, self.host, alive)

    def recover(self, action: CertificatesAction, before: State, reply: Reply) -> State:
        """Tells who was faster."""
        found = action.call(Call(claim=self.claim), before).state.claim
        if found and found.owner != this_run():
            raise CertificatesError(refusal(found, self.host))
        return super().recover(action, before, reply)


@dataclass
class ReleaseOperation(Operation):
    """The server is free again."""

    name: ClassVar[str] = "release"

    def plan(self, state: State) -> Plan:
        """Plans it."""
        return plan_release(self.claim, this_run(), state)


@dataclass
class ServicesOperation(Operation):
    """Services of the product stop, or start.

    :ivar remembered: those that ran before the server was taken out of service, as its claim remembers.
    """

    name: ClassVar[str] = "services"
    services: ClassVar[bool] = True
    spec: ServiceSpec | None = None
    force: bool = False
    remembered: bool = False

    def plan(self, state: State) -> Plan:
        """Plans it."""
        return plan_services(self._asked(state), state)

    def _asked(self, state: State) -> ServiceSpec:
        if self.spec is None:
            raise ValueError("services without a spec")
        if not self.remembered:
            return self.spec
        before = state.claim.services if state.claim else ()
        known = {row.name for row in state.services or ()}
        # none named if they are all that the server has: one cmdlet starts them
        return replace(self.spec, names=() if known <= set(before) else before)

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Waits until they run; that they have stopped, the cmdlet itself has waited for."""
        if self.spec is None or self.spec.state == "stopped":
            return reply.state, {}
        run = self._run(action, before)
        state = run.conclude(before, reply)
        self.warnings += run.warnings
        return state, {}

    def recover(self, action: CertificatesAction, before: State, reply: Reply) -> State:
        """A graceful stop that takes too long becomes one that is not graceful, or is undone; a start is waited for."""
        if not any(timed_out(reply, name) for name in ("Stop-CsWindowsService", "Start-CsWindowsService")):
            return super().recover(action, before, reply)
        run = self._run(action, before)
        state = run.conclude(before, reply)
        self.warnings += run.warnings
        return state

    def _run(self, action: CertificatesAction, before: State) -> ServiceRun:
        return ServiceRun(self._asked(before), action.exchange, force=self.force)


# ---- out of options ----


def claim_operation(params: Mapping[str, Any], context: Context) -> Operation:
    """The claim that is asked for.

    :raises InputError: it is to last no time.
    """
    path = claim_path(context.work_folder)
    spec = ClaimSpec(path, this_run(), params["purpose"], lasting(params), params["turn"])
    return ClaimOperation(claim=path, spec=spec, host=context.host)


def release_operation(params: Mapping[str, Any], context: Context) -> Operation:
    """The end of the claim of this run."""
    return ReleaseOperation(claim=claim_path(context.work_folder))


def services_operation(params: Mapping[str, Any], context: Context) -> Operation:
    """What services are to do.

    :raises InputError: a time that is none.
    """
    for option in ("timeout", "start_timeout"):
        if params[option] < 1:
            raise InputError(f"services: {option}: {params[option]} is no number of seconds; give at least 1")
    spec = ServiceSpec(
        state=params["state"],
        names=tuple(params["names"]),
        timeout=params["timeout"],
        start_timeout=params["start_timeout"],
    )
    return ServicesOperation(spec=spec, force=params["on_timeout"] == "force", remembered=params["remembered"])
