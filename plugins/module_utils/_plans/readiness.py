# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the usages of a server have and lack. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._core.state import State
from .._core.stored import format_time
from .._core.unknown import is_unknown
from .._product.names import missing_names, needed_names
from .._product.usages import EDGE_USAGES
from .fitness import renewal_time, use_problems


def describe_usages(state: State, usages: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each usage: its certificate, until when, and what is wrong with it.

    :param usages: the usages to tell of; empty for those that have a certificate.
    """
    return [
        _describe(state, use)
        for use in (usages or [row.use for row in sorted(state.assignments, key=lambda row: row.use)])
    ]


def required_usages(state: State) -> list[dict[str, Any]]:
    """The usages that the role of the server needs, and whether each is done: the green check mark of the wizard.

    Source: reference sections 1.8 and 2.2. Empty if the role is not known.
    """
    usages = EDGE_USAGES if state.topology.is_edge else ()
    rows = [_describe(state, use) for use in usages]
    return [{"type": row["type"], "done": not row["problems"], "problems": row["problems"]} for row in rows]


def _describe(state: State, use: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": use,
        "thumbprint": None,
        "assigned": False,
        "problems": ["no certificate is assigned"],
    }
    assignment = state.assignment(use)
    if assignment is None:
        return row
    stored = state.find("My", assignment.thumbprint)
    row |= {
        "assigned": True,
        "thumbprint": str(assignment.thumbprint),
        "previous_thumbprint": assignment.previous_thumbprint,
        "effective_date": format_time(assignment.effective_date),
        "scope": assignment.scope,
    }
    if stored is None:
        return row | {"problems": ["the assigned certificate is not in the store My"]}
    certificate = stored.certificate
    problems = list(use_problems(stored, state))
    if certificate:
        missing = missing_names(certificate, needed_names([use], state.topology), [use])
        problems += [f"it lacks the name {', '.join(missing)}"] if missing else []
        row |= {
            "days_left": (certificate.not_after - state.now).days,
            "renewal_due": format_time(renewal_time(certificate, None)),
        }
    return row | {
        "subject": stored.subject,
        "issuer": stored.issuer,
        "not_after": format_time(stored.not_after),
        "friendly_name": stored.friendly_name,
        "problems": problems,
        "known": not is_unknown(stored.thumbprint),
    }
