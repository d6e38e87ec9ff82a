# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan of a pool says to each of its servers. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .._product.public_ca import certificate_warnings, request_warnings
from .._state.stored import format_time
from .draft import SetPlan, SetSpec

#: Steps by which the leader comes to the certificate, and hands it on.
_LEADING = ("request", "import", "export")


def host_view(plan: SetPlan, host: str) -> dict[str, Any]:
    """The plan as one server sees it."""
    mine = plan.of(host)
    return {
        "is_leader": host == plan.leader,
        "steps": [step.name for step in mine],
        "step_types": {step.name: list(step.usages) for step in mine if step.usages},
        "reasons": [f"{step.name}: {reason}" for step in mine for reason in step.plan.reasons],
        "commands": [command for step in mine for command in step.plan.commands],
    }


def parts_of(plan: SetPlan, host: str, playing: Collection[str]) -> dict[str, Any]:
    """What each server has to do; the same for all that have nothing to do. And what all of them have to know of the leader.

    :param host: the server that carries out the leader's steps if that one is not in the play.
    :param playing: the hosts of the play.
    """
    executor = plan.leader if plan.leader in playing else host
    common = {"thumbprint": str(plan.thumbprint), "effective_date": format_time(plan.effective_date) or ""}
    parts: dict[str, dict[str, Any]] = {}
    for step in plan.steps:
        part = parts.setdefault(step.host, _nothing(common, busy=True))
        part["steps"].append(step.name)
        part["reasons"] += step.plan.reasons
        part["commands"] += step.plan.commands
        if step.usages:
            part["types"][step.name] = list(step.usages)
        part["at_once"] = part["at_once"] or step.at_once
    for name in plan.held:
        parts.setdefault(name, _nothing(common, busy=True))["held"] = True
    if plan.waiting_for or plan.leader in parts:
        parts.setdefault(executor, _nothing(common, busy=True))
    leading = plan.of(plan.leader)
    return {
        "executor": executor,
        "leader_steps": [step.name for step in leading],
        "leader_works": any(step.name in _LEADING for step in leading),
        "request_reasons": [text for step in leading if step.name == "request" for text in step.plan.reasons],
        "copies": [step.host for step in plan.steps if step.name == "copy"],
        "parts": parts,
        "part": _nothing(common),
    }


def _nothing(common: Mapping[str, Any], *, busy: bool = False) -> dict[str, Any]:
    """The part of a server that has no steps."""
    lists: dict[str, Any] = {"steps": [], "reasons": [], "commands": [], "types": {}}
    return {"busy": busy, "at_once": False, "held": False, **lists, **common}


def public_warnings(spec: SetSpec, plan: SetPlan, client_eku: bool | None) -> list[str]:
    """What a public authority will not do of what is asked for, and what speaks against the certificate that is shared."""
    state = plan.predicted[plan.leader]
    row = state.find("My", plan.thumbprint)
    renew_before = spec.request.need.renew_before
    found = request_warnings(client_eku=bool(client_eku), renew_before=renew_before, now=state.now)
    return found + (certificate_warnings(row.certificate) if row and row.certificate else [])
