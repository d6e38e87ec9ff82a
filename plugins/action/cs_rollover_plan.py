# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_rollover_plan: the turns of the servers of a set, planned on the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._pool.pool_plan import natural_order
from ..module_utils._product.usages import resolve_usages
from ..module_utils._rollover.rollover import (
    PlannedCertificate,
    PlannedStep,
    Rollover,
    RolloverSpec,
    Turn,
    plan_rollover,
    refusal_to_leave,
)
from ..module_utils._rollover.table import rows_of, text_table
from ..module_utils._state.state import State
from ..module_utils._state.stored import format_time
from ..module_utils._store.superseded import kept_by, replaced_certificates
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._owner import alive, this_run
from ..plugin_utils._pool import MEMBERS, MEMBERS_CONSTRAINTS, states_of_members

_CERTIFICATE = {
    "type": {"type": "list", "elements": "str", "required": True},
    "plan": {"type": "dict", "required": True},
}


class ActionModule(CertificatesAction):
    """Plans for a set of servers; talks to none of them."""

    ARGUMENT_SPEC = {
        **MEMBERS,
        "limit": {"type": "list", "elements": "str"},
        "certificates": {"type": "list", "elements": "dict", "required": True, "options": _CERTIFICATE},
        "min_in_service": {"type": "int"},
        "allow_outage": {"type": "bool", "default": False},
        "restart": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
        "leaving": {"type": "str"},
    }
    CONSTRAINTS = MEMBERS_CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans the turns, or judges whether one server may take its turn now."""
        states = states_of_members(params, self.task_vars)
        spec = _spec(params, states)
        plan = plan_rollover(spec, states)
        if params["leaving"]:
            _judge(params["leaving"], spec, plan)
        rows = rows_of(spec, plan, states)
        return {
            "changed": False,
            "turns": [_describe(turn) for turn in plan.turns],
            "claimants": [host for host in spec.members if host in spec.acting],
            "order": [turn.host for turn in plan.turns],
            "rows": [row.to_dict() for row in rows],
            "table": text_table(rows),
            "summary": text_table(busy) if (busy := [row for row in rows if row.happens]) else [],
            "out_of_service": dict(plan.out),
            "min_in_service": plan.needed,
            "problems": list(plan.problems),
            "claimed": {host: owner.told() for host, owner in plan.claimed.items()},
            "prepare": [list(item.usages) for item in spec.certificates if _prepares(item)],
            "waiting": [list(item.usages) for item in spec.certificates if item.waiting_for],
            "changes": bool(plan.turns) or _can_begin(spec) or _has_stale_claim(spec, plan, states),
            "replaced": _replaced(spec, states),
            "staged": _staged(spec),
            "previous": _previous(spec),
        }


def _spec(params: dict[str, Any], states: Mapping[str, State | None]) -> RolloverSpec:
    members = tuple(sorted(states, key=natural_order))
    acting = frozenset(members if params["limit"] is None else params["limit"])
    strangers = sorted(acting - set(members))
    if strangers:
        raise InputError(f"limit: {', '.join(strangers)} is not one of the servers {', '.join(members)}")
    if params["leaving"] and params["leaving"] not in members:
        raise InputError(f"leaving: {params['leaving']} is not one of the servers {', '.join(members)}")
    return RolloverSpec(
        members=members,
        acting=acting,
        certificates=tuple(_certificate(row, states) for row in params["certificates"]),
        me=this_run(),
        alive=alive,
        min_in_service=params["min_in_service"],
        allow_outage=params["allow_outage"],
        restart=params["restart"],
    )


def _certificate(row: Mapping[str, Any], states: Mapping[str, State | None]) -> PlannedCertificate:
    """What cs_certificate_plan has returned for one certificate.

    :raises InputError: it is something else.
    """
    usages, _warnings = resolve_usages(row["type"], "Set-CsCertificate")
    plan = row["plan"]
    try:
        steps = tuple(
            PlannedStep(step["host"], step["name"], tuple(step["type"]), tuple(step["reasons"]), step["waits_for"])
            for step in plan["set_steps"]
        )
        thumbprint = plan["thumbprint"]
        found = (state.find("My", thumbprint) for state in states.values() if state)
        until = next((format_time(item.not_after) for item in found if item and item.not_after), None)
        return PlannedCertificate(
            usages=usages,
            thumbprint=thumbprint,
            names=tuple(plan["names"]),
            until=until or "",
            waiting_for=plan["waiting_for"],
            effective_date=plan["effective_date"],
            held=tuple(plan["held"]),
            steps=steps,
        )
    except (KeyError, TypeError) as error:
        raise InputError(
            f"certificates: the plan for {', '.join(usages)} is not what cs_certificate_plan returned "
            f"({type(error).__name__}: {error})"
        ) from error


def _can_begin(spec: RolloverSpec) -> bool:
    """True if a step can be done at once."""
    return any(not step.waits_for for item in spec.certificates for step in item.steps)


def _has_stale_claim(spec: RolloverSpec, plan: Rollover, states: Mapping[str, State | None]) -> bool:
    """True if a run that is over has left its claim on a server."""
    left = (host for host in spec.acting if (state := states.get(host)) and state.claim)
    return any(host not in plan.claimed for host in left)


def _prepares(certificate: PlannedCertificate) -> bool:
    """True if anything can be done at once before the turns."""
    return any(step.name not in ("stage", "assign", "previous") and not step.waits_for for step in certificate.steps)


def _judge(host: str, spec: RolloverSpec, plan: Rollover) -> None:
    """Refuses to take a server out while too few others serve, or while another run works on one of them.

    :raises CertificatesError: with what to do.
    """
    for other, owner in plan.claimed.items():
        raise CertificatesError(
            f"{other} is claimed by {owner.told()}; {host} stays in service. Wait for it to end, then run again"
        )
    problem = refusal_to_leave(Turn(host, (), True), spec.members, plan.out, plan.needed)
    if problem:
        raise CertificatesError(problem)


def _describe(turn: Turn) -> dict[str, Any]:
    row = asdict(turn)
    assigned = [
        {
            "type": list(item.usages),
            "thumbprint": item.thumbprint,
            "names": list(item.names),
            "back": dict(item.back),
            "operation": _assign(item.usages, item.thumbprint, item.names),
            "undo": [_assign([use], before) for use, before in item.back.items() if before],
        }
        for item in turn.assigned
    ]
    return {**row, "assigned": assigned, "reasons": list(turn.reasons), "services": list(turn.services)}


def _assign(usages: Sequence[str], thumbprint: str, names: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """An operation of cs_certificate_operations."""
    return {"assign": {"type": list(usages), "thumbprint": thumbprint, "names": list(names), **more}}


def _staged(spec: RolloverSpec) -> dict[str, list[dict[str, Any]]]:
    """What is staged on each server, as operations."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in spec.certificates:
        for step in item.steps:
            if step.name == "stage" and step.host in spec.acting and not step.waits_for:
                date = {"roll": True, "effective_date": item.effective_date}
                found.setdefault(step.host, []).append(_assign(step.usages, item.thumbprint, item.names, **date))
    return found


def _previous(spec: RolloverSpec) -> dict[str, list[str]]:
    """The usages of each server whose previous certificate has had its time."""
    found: dict[str, list[str]] = {}
    for item in spec.certificates:
        for step in item.steps:
            if step.name == "previous" and step.host in spec.acting:
                found.setdefault(step.host, []).extend(step.usages)
    return found


def _replaced(spec: RolloverSpec, states: Mapping[str, State | None]) -> dict[str, list[dict[str, Any]]]:
    """What the certificates of the set have replaced; nothing while steps are left."""
    if any(item.steps for item in spec.certificates):
        return {}
    successors = [(item.thumbprint, item.usages, item.names) for item in spec.certificates]
    found = replaced_certificates(successors, states)
    return {
        host: [
            {
                "thumbprint": str(row.thumbprint),
                "subject": row.subject,
                "not_after": format_time(row.not_after),
                "kept_by": kept_by(row.thumbprint, state),
            }
            for row in rows
        ]
        for host, rows in found.items()
        if (state := states[host])
    }
