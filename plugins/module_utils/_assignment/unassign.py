# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: usages have no certificate, or no previous one. **PRIVATE** to the collection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._errors import InputError
from .._state.state import Assignment, State
from .._state.stored import format_time
from .._steps.plan import Plan
from .._steps.steps import Step, cmdlet
from .staging import COEXISTING, is_staged, shown


@dataclass(frozen=True)
class RemoveSpec:
    """What cs_certificate_assign is asked for with state absent.

    :ivar thumbprint: only usages that have this certificate; None for any.
    :ivar for_all: the assignment for the whole deployment and not that of this server.
    :ivar previous: take the previous certificate away and leave the current one.
    """

    usages: tuple[str, ...]
    thumbprint: str | None = None
    for_all: bool = False
    previous: bool = False


def plan_remove(spec: RemoveSpec, state: State) -> Plan:
    """Plans to take assignments back; the certificates stay in their store.

    Source: product.md#remove-cscertificate, product.md#staged-rollover. -Force, since the cmdlet asks if a certificate
    is in use.

    :raises InputError: the previous certificate is the one in use.
    """
    rows = removable(spec, state)
    predicted = state
    steps: tuple[Step, ...] = ()
    if rows:
        steps = (
            cmdlet(
                "Remove-CsCertificate",
                Identity="Global" if spec.for_all else None,
                Type=[row.use for row in rows],
                Previous=spec.previous,
                Force=True,
            ),
        )
        if spec.previous:
            predicted = state.with_assignments(*(replace(row, previous_thumbprint=None) for row in rows))
        else:
            predicted = state.without_assignments(*(row.use for row in rows))
    return Plan(
        predicted=predicted,
        steps=steps,
        warnings=tuple(_early(row, state) for row in rows if spec.previous and _is_early(row, state)),
        reasons=tuple(_reason(row, spec) for row in rows),
        before=_shown(spec, state),
        after=_shown(spec, predicted),
        facts={"removed": {row.use: row.previous_thumbprint if spec.previous else row.thumbprint for row in rows}},
    )


def removable(spec: RemoveSpec, state: State) -> list[Assignment]:
    """The assignments that are still there.

    :raises InputError: the previous certificate is the one in use.
    """
    found = []
    for use in spec.usages:
        row = state.assignment(use)
        if row is None or (row.scope == "Global") is not spec.for_all:
            continue
        thumbprint = row.previous_thumbprint if spec.previous else row.thumbprint
        if thumbprint is None or (spec.thumbprint and thumbprint != spec.thumbprint):
            continue
        if spec.previous and is_staged(row, state):
            raise InputError(
                f"previous: {use} still uses {thumbprint}, {row.thumbprint} takes over on "
                f"{format_time(row.effective_date)}; take the previous one away after that"
            )
        found.append(row)
    return found


def _reason(row: Assignment, spec: RemoveSpec) -> str:
    if spec.previous:
        return f"{row.use} keeps the certificate {row.previous_thumbprint} beside {row.thumbprint}"
    return f"{row.use} has the certificate {row.thumbprint}"


def _shown(spec: RemoveSpec, state: State) -> dict[str, str | None]:
    found = {}
    for use in spec.usages:
        row = state.assignment(use)
        text = shown(row, state)
        if spec.previous and row and row.previous_thumbprint:
            text = f"{text}, before {row.previous_thumbprint}"
        found[use] = text
    return found


def _is_early(row: Assignment, state: State) -> bool:
    lead = COEXISTING.get(row.use)
    return lead is not None and row.effective_date is not None and state.now < row.effective_date + lead


def _early(row: Assignment, state: State) -> str:
    hours = COEXISTING[row.use].total_seconds() / 3600
    return (
        f"{row.use} has its certificate since {format_time(row.effective_date)} only; tokens made with the previous one, "
        f"which may be used for {hours:.0f} hours, are refused from now on"
    )
