# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: usages have a certificate. **PRIVATE** to the collection."""

from __future__ import annotations

from dataclasses import dataclass

from .._core.plan import Plan
from .._core.state import Assignment, State
from .._core.steps import Step, cmdlet
from .._core.stored import format_time
from .._errors import InputError
from .._product.names import missing_names
from .fitness import use_problems


@dataclass(frozen=True)
class AssignSpec:
    """What cs_certificate_assign is asked for.

    :ivar thumbprint: 40 upper-case hex digits, or Unknown in check mode.
    :ivar names: FQDNs that the certificate must carry.
    """

    usages: tuple[str, ...]
    thumbprint: str
    names: tuple[str, ...] = ()


def plan_assign(spec: AssignSpec, state: State) -> Plan:
    """Plans the assignment of a certificate of My to usages on one server.

    Source: reference sections 1.3 and 2.1 step 8; DESIGN, "Rules", 4.

    :raises InputError: the certificate is not fit for use; each reason is told.
    """
    row = state.find("My", spec.thumbprint)
    if row is None:
        raise InputError(
            f"no certificate {spec.thumbprint} is in My on this server; import it first (cs_certificate_import)"
        )
    problems = list(use_problems(row, state))
    if row.certificate:
        missing = missing_names(row.certificate, spec.names, spec.usages)
        if missing:
            problems.append(f"it lacks the name {', '.join(missing)}")
    if problems:
        raise InputError(f"{row.subject} ({row.thumbprint}) cannot be assigned: " + "; ".join(problems))
    open_usages = []
    reasons = []
    for use in spec.usages:
        current = state.assignment(use)
        if current is None or current.thumbprint != spec.thumbprint:
            open_usages.append(use)
            reasons.append(f"{use} has " + (f"the certificate {current.thumbprint}" if current else "no certificate"))
    predicted = state
    steps: tuple[Step, ...] = ()
    if open_usages:
        steps = (cmdlet("Set-CsCertificate", Type=open_usages, Thumbprint=spec.thumbprint),)
        predicted = state.with_assignments(*(_assigned(use, spec.thumbprint, state) for use in open_usages))
    return Plan(
        predicted=predicted,
        steps=steps,
        warnings=tuple(_interruptions(open_usages, state)),
        reasons=tuple(reasons),
        before={use: _thumbprint(state, use) for use in spec.usages},
        after={use: str(spec.thumbprint) for use in spec.usages},
        facts={"thumbprint": str(spec.thumbprint), "subject": row.subject, "not_after": format_time(row.not_after)},
    )


def _interruptions(open_usages: list[str], state: State) -> list[str]:
    """What users will notice (reference section 2.5): tokens of the old A/V certificate are worth nothing at once."""
    use = "AudioVideoAuthentication"
    if use not in open_usages or state.assignment(use) is None:
        return []
    return [f"{use} has a certificate in use; until all servers of the pool have the new one, calls may fail"]


def _assigned(use: str, thumbprint: str, state: State) -> Assignment:
    current = state.assignment(use)
    previous = current.thumbprint if current else None
    return Assignment(use=use, thumbprint=thumbprint, previous_thumbprint=previous, effective_date=state.now)


def _thumbprint(state: State, use: str) -> str | None:
    current = state.assignment(use)
    return current.thumbprint if current else None
