# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several operations on one server in one remote call. **PRIVATE** to the collection.

Each operation is planned on the state that the ones before it lead to, and their steps are sent together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ..module_utils._remote.wire import Call, Reply
from ..module_utils._state.request_paths import RequestFiles
from ..module_utils._state.state import State
from ..module_utils._steps.plan import Plan
from ._action import CertificatesAction, RemoteError


@dataclass
class Operation:
    """One thing that is done on a server.

    :cvar name: as users write it.
    :cvar services: the services of the product are read along.
    :ivar key: what its result is called.
    :ivar label: what tells it from others of its kind, in diffs.
    :ivar files: the requests whose files are read along.
    :ivar claim: path of the claim that is read along; empty to leave it.
    """

    name: ClassVar[str] = ""
    services: ClassVar[bool] = False
    key: str = ""
    label: str = ""
    files: Sequence[RequestFiles] = ()
    claim: str = ""
    warnings: list[str] = field(default_factory=list)

    def plan(self, state: State) -> Plan:
        """Plans it.

        :raises CertificatesError: it cannot be done.
        """
        raise NotImplementedError

    def can_follow(self, state: State) -> bool:
        """False if it has to be planned on what the server tells after the operations before it, not on a prediction."""
        return True

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Sees that it is done; gives the server after it, and what is told besides the facts of the plan.

        :param before: the state that the plan was made for.
        :param reply: of the call, with the rows of this operation only.
        :raises CertificatesError: it is not.
        """
        return reply.state, {}

    def recover(self, action: CertificatesAction, before: State, reply: Reply) -> State:
        """Goes another way where one of its steps failed; gives the server after it.

        :raises CertificatesError: there is no other way, which is the rule.
        """
        raise RemoteError(reply.error or "", reply.record)

    def predict(self, plan: Plan) -> dict[str, Any]:
        """What is told in check mode, or if nothing is to be done, besides the facts of the plan."""
        return {}


@dataclass(frozen=True)
class Planned:
    """An operation, the state that it was planned for, and its plan."""

    operation: Operation
    before: State
    plan: Plan


@dataclass
class Batch:
    """Carries operations out, as few calls as can be.

    :ivar state: the server as it is known.
    :ivar planned: what was planned, in order.
    :ivar told: what each operation tells, in order.
    """

    action: CertificatesAction
    state: State
    planned: list[Planned] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def run(self, operations: Sequence[Operation]) -> dict[str, Any]:
        """Carries the operations out, or predicts their outcome in check mode; gives the result of the module.

        :raises CertificatesError: one cannot be planned, so that nothing was done; or one failed, and those after it were not begun.
        """
        rest = list(operations)
        while rest:
            done = self._some(self._plans(rest))
            rest = rest[done:]
        return self._result()

    def _plans(self, operations: Sequence[Operation]) -> list[Planned]:
        plans: list[Planned] = []
        state = self.state
        for operation in operations:
            if any(item.plan.steps for item in plans) and not (self.action.check_mode or operation.can_follow(state)):
                break
            plan = operation.plan(state)
            plans.append(Planned(operation, state, plan))
            state = plan.predicted
        return plans

    def _some(self, plans: list[Planned]) -> int:
        """One remote call, or none; gives the number of operations that are done."""
        steps = tuple(step for item in plans for step in item.plan.steps)
        if self.action.check_mode or not steps:
            for item in plans:
                self._take(item, item.operation.predict(item.plan))
            self.state = plans[-1].plan.predicted
            return len(plans)
        operations = [item.operation for item in plans]
        call = Call(
            steps=steps,
            files=tuple({entry.name: entry for operation in operations for entry in operation.files}.values()),
            services=any(operation.services for operation in operations),
            claim=next((operation.claim for operation in operations if operation.claim), ""),
        )
        reply = self.action.exchange(call, self.state)
        self.warnings += reply.warnings
        parts = _parts(plans, reply)
        self.state = reply.state
        for item, part in zip(plans, parts, strict=False):
            told: dict[str, Any] = {}
            if part.error:
                state = item.operation.recover(self.action, item.before, part)
            else:
                state, told = item.operation.conclude(self.action, item.before, item.plan, part)
            if state is not reply.state:  # it has read the server anew, which the others have not
                self.state = state
            self._take(item, told)
        return len(parts)

    def _take(self, item: Planned, told: Mapping[str, Any]) -> None:
        self.planned.append(item)
        known = {"operation": item.operation.name, "key": item.operation.key, "changed": item.plan.changed}
        self.told.append({**known, **item.plan.facts, **told})

    def _result(self) -> dict[str, Any]:
        plans = [item.plan for item in self.planned]
        before, after = _differences(self.planned)
        result: dict[str, Any] = {
            "changed": any(plan.changed for plan in plans),
            "commands": [command for plan in plans for command in plan.commands],
            "reasons": [reason for plan in plans for reason in plan.reasons],
            "diff": {"before": before, "after": after},
            # not "results": Ansible takes these for the results of a loop, which no_log of a task does not hide
            "outcomes": self.told,
            "server": self.state.to_dict(),
        }
        warnings = [text for item in self.planned for text in (*item.plan.warnings, *item.operation.warnings)]
        if warnings or self.warnings:
            result["warnings"] = list(dict.fromkeys((*warnings, *self.warnings)))
        return result


def _parts(plans: Sequence[Planned], reply: Reply) -> list[Reply]:
    """The reply as each operation sees it: its own rows, and the error if one of its steps failed; none for those not begun."""
    parts: list[Reply] = []
    first = 0
    for item in plans:
        rows = reply.rows[first : first + len(item.plan.steps)]
        first += len(item.plan.steps)
        failed = reply.error is not None and first >= len(reply.rows) and len(item.plan.steps) > 0
        if failed:
            # the claim is read after the last step, and so it was not
            state = replace(reply.state, claim=item.before.claim)
            parts.append(Reply(rows, state, reply.error, reply.record, failed_step=reply.failed_step))
            break
        parts.append(Reply(rows, reply.state))
    return parts


def _differences(plans: Sequence[Planned]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changes, before and after; what several operations change is told apart by their labels."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for item in plans:
        for key in dict.fromkeys((*item.plan.before, *item.plan.after)):
            taken = key in before or key in after
            name = f"{key} ({item.operation.label})" if taken and item.operation.label else key
            if key in item.plan.before:
                before.setdefault(name, item.plan.before[key])
            if key in item.plan.after:
                after[name] = item.plan.after[key]
    return before, after
