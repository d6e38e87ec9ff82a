# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan of a rollover comes to: what is to be done before and after the servers take their turns. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._errors import CertificatesError
from .._state.state import State
from .._state.stored import format_time
from .._store.superseded import kept_by, replaced_certificates
from .rollover import PlannedCertificate, Rollover, RolloverSpec, Turn, refusal_to_leave
from .table import rows_of, text_table


def rollover_facts(spec: RolloverSpec, plan: Rollover, states: Mapping[str, State | None]) -> dict[str, Any]:
    """What a module returns of a plan: the plan itself, its table, and what is to be done before and after the turns."""
    rows = rows_of(spec, plan, states)
    return {
        "turns": [_describe(turn) for turn in plan.turns],
        "claimants": [host for host in spec.members if host in spec.acting],
        "order": [turn.host for turn in plan.turns],
        "rows": [row.to_dict() for row in rows if row.action != "nothing" or row.why],
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


def check_leaving(host: str, spec: RolloverSpec, plan: Rollover) -> None:
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
                date = {"roll": True, "effective_date": format_time(item.effective_date)}
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
