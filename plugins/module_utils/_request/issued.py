# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "Certificate Request (Returned)" tells of a certificate, and does with it. **PRIVATE** to the collection."""

from __future__ import annotations

from typing import Any

from .._assignment.assign import AssignSpec, plan_assign
from .._certificate.requirements import Need, use_problems
from .._errors import InputError
from .._product.names import missing_names
from .._state.state import State
from .._state.stored import StoredCertificate
from .._steps.plan import Plan


def certificate_facts(request_state: str, row: StoredCertificate, need: Need, state: State) -> dict[str, Any]:
    """What is told of a certificate that was issued, or that was there already.

    Source: product.md#certificate-request-returned: its thumbprint, and whether it can be assigned or what of its chain
    is missing.
    """
    _plan, problems = plan_assignment(row, need, state)
    return {
        "request_state": request_state,
        "thumbprint": str(row.thumbprint),
        "friendly_name": row.friendly_name,
        "certificate": row.certificate.facts() if row.certificate else None,
        "assignable": not problems,
        "assigned": all(_has(state, use, row.thumbprint) for use in need.usages),
        "not_assigned_because": problems,
    }


def plan_assignment(row: StoredCertificate, need: Need, state: State) -> tuple[Plan | None, list[str]]:
    """Plans the assignment of a certificate to the usages that were asked for.

    :returns: the plan, or None and what speaks against it.
    """
    problems = list(use_problems(row, state))
    missing = missing_names(row.certificate, need.names, need.usages) if row.certificate else ()
    if missing:
        problems.append(f"it lacks the name {', '.join(missing)}")
    if problems:
        return None, problems
    try:
        return plan_assign(AssignSpec(need.usages, row.thumbprint, need.names), state), []
    except InputError as error:
        return None, [str(error)]


def _has(state: State, use: str, thumbprint: str) -> bool:
    current = state.assignment(use)
    return current is not None and current.thumbprint == thumbprint
