# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the usages of a server have and lack. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._certificate.checks import Check, certificate_checks, failed
from .._certificate.requirements import read_request, renewal_time
from .._product.names import missing_names, needed_names
from .._product.usages import EDGE_USAGES
from .._state.state import State
from .._state.stored import format_time
from .._state.unknown import is_unknown
from .staging import is_staged, latest_turn, previous_ended


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

    Source: product.md#certificate-types, product.md#edge-external-interface. Empty if the role is not known.
    """
    usages = EDGE_USAGES if state.topology.is_edge else ()
    rows = [_describe(state, use) for use in usages]
    return [{"type": row["type"], "done": not row["problems"], "problems": row["problems"]} for row in rows]


def _describe(state: State, use: str) -> dict[str, Any]:
    needed = needed_names([use], state.topology, str(state.computer.get("fqdn") or ""))
    row: dict[str, Any] = {
        "type": use,
        "thumbprint": None,
        "assigned": False,
        "staged": False,
        "needed_names": list(needed),
        "missing_names": list(needed),
        "pending_requests": _pending(state, use),
        "checks": [],
        "problems": ["no certificate is assigned"],
    }
    assignment = state.assignment(use)
    if assignment is None:
        return row
    stored = state.find("My", assignment.thumbprint)
    row |= {
        "assigned": True,
        "staged": is_staged(assignment, state),
        "thumbprint": str(assignment.thumbprint),
        "previous_thumbprint": assignment.previous_thumbprint,
        "previous_ended": previous_ended(assignment, state),
        "effective_date": format_time(assignment.effective_date),
        "scope": assignment.scope,
    }
    if stored is None:
        problem = "the assigned certificate is not in the store My"
        return row | {"checks": [Check("in_store", False, problem).to_dict()], "problems": [problem]}
    checks = certificate_checks(stored, state, needed, [use])
    certificate = stored.certificate
    if certificate:
        row |= {
            "days_left": (certificate.not_after - state.now).days,
            "renewal_due": format_time(renewal_time(certificate, None)),
            "roll_latest": format_time(latest_turn(use, certificate.not_after)),
            "missing_names": list(missing_names(certificate, needed, [use])),
        }
    return row | {
        "subject": stored.subject,
        "issuer": stored.issuer,
        "not_after": format_time(stored.not_after),
        "friendly_name": stored.friendly_name,
        "checks": [check.to_dict() for check in checks],
        "problems": list(failed(checks)),
        "known": not is_unknown(stored.thumbprint),
    }


def _pending(state: State, use: str) -> list[str]:
    """The public keys of the requests that wait on the server and are for a usage, as far as their records were read."""
    waiting = {row.public_key for row in state.store("REQUEST")}
    found = []
    for entry in state.requests:
        asked = read_request(entry)
        usages = (entry.record.usages if entry.record else None) or ()
        if asked and asked.public_key_sha256 in waiting and use in usages:
            found.append(asked.public_key_sha256)
    return found


def difference_of(row: Mapping[str, Any], expected: str, date: str) -> str:
    """What is wrong with a usage; empty if nothing is. One that is staged for the date shows the certificate in use."""
    as_expected = row["thumbprint"] == expected or (row["staged"] and row["effective_date"] == date)
    if as_expected and not row["problems"]:
        return ""
    told = f"{row['type']} has {row['thumbprint'] or 'no certificate'}, expected {expected}"
    return ". ".join([told, *(["; ".join(row["problems"])] if row["problems"] else [])])
