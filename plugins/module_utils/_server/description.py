# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server as a module describes it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from .._assignment.readiness import describe_usages, required_usages
from .._certificate.requirements import read_request
from .._state.state import State
from .._store.store_checks import store_hygiene

#: Seconds by which clocks may differ without a word.
_SKEW = 300
#: What can be told besides the state.
PARTS = (
    "certificates",
    "claim",
    "computer",
    "hygiene",
    "required",
    "requests",
    "services",
    "topology",
    "usages",
)


def describe_server(state: State, usages: tuple[str, ...], parts: Collection[str]) -> dict[str, Any]:
    """What is told of a server, as far as it is asked for."""
    tell: dict[str, Callable[[], Any]] = {
        "computer": lambda: dict(state.computer),
        "topology": state.topology.to_dict,
        "usages": lambda: describe_usages(state, usages),
        "required": lambda: required_usages(state),
        "certificates": lambda: _certificates(state),
        "requests": lambda: _requests(state),
        "hygiene": lambda: store_hygiene(state),
        "services": lambda: None if state.services is None else [row.to_dict() for row in state.services],
        "claim": lambda: state.claim.to_dict() if state.claim else None,
    }
    return {name: told() for name, told in tell.items() if name in parts}


def _certificates(state: State) -> list[dict[str, Any]]:
    return [
        row.certificate.facts()
        | {
            "friendly_name": row.friendly_name,
            "has_private_key": row.has_key,
            "private_key_exportable": row.exportable,
            "provider": row.key.provider if row.key else None,
            "days_left": row.certificate.days_left(state.now),
            "used_by": [item.use for item in state.assignments if item.thumbprint == row.thumbprint],
        }
        for row in state.store("My")
        if row.certificate
    ]


def _requests(state: State) -> list[dict[str, Any]]:
    """The requests that wait, with their records as far as these are known."""
    known = {
        asked.public_key_sha256: entry
        for entry in reversed(state.requests)
        if (asked := read_request(entry)) is not None
    }
    pending = []
    for row in state.store("REQUEST"):
        entry = known.get(row.public_key)
        pending.append(
            {
                "thumbprint": str(row.thumbprint),
                "friendly_name": row.friendly_name,
                "public_key_sha256": str(row.public_key),
                "has_private_key": row.has_key,
                "record": dict(entry.record) if entry and entry.record else None,
            }
        )
    return pending


def clock_skew(state: State, now: datetime) -> tuple[int, list[str]]:
    """By how many seconds the clock of a server is ahead of the controller's, and a warning if that matters."""
    skew = round((state.now - now).total_seconds())
    if abs(skew) <= _SKEW:
        return skew, []
    way = "ahead of" if skew > 0 else "behind"
    text = f"the clock of the server is {abs(skew) // 60} minutes {way} the controller's"
    return skew, [f"{text}; certificates are judged by the server's clock"]
