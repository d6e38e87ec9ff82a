# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options ask of a rollover. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._pool.pool_plan import natural_order
from ..module_utils._product.usages import resolve_usages
from ..module_utils._rollover.rollover import PlannedCertificate, RolloverSpec
from ..module_utils._state.state import State
from ..module_utils._state.stored import format_time
from ._owner import alive, this_run
from ._pool import MEMBERS, MEMBERS_CONSTRAINTS

_CERTIFICATE: dict[str, dict[str, Any]] = {
    "type": {"type": "list", "elements": "str", "required": True},
    "plan": {"type": "dict", "required": True},
}
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **MEMBERS,
    "limit": {"type": "list", "elements": "str"},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": _CERTIFICATE},
    "min_in_service": {"type": "int"},
    "allow_outage": {"type": "bool", "default": False},
    "restart": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "leaving": {"type": "str"},
}
CONSTRAINTS: dict[str, Any] = MEMBERS_CONSTRAINTS


def rollover_spec(params: dict[str, Any], states: Mapping[str, State | None]) -> RolloverSpec:
    """What is asked of the servers of a pool.

    :raises InputError: a host that is none of them, or a plan that is none.
    """
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
        planned = PlannedCertificate.from_dict(usages, plan)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"certificates: the plan for {', '.join(usages)} is not what cs_certificate_plan returned "
            f"({type(error).__name__}: {error})"
        ) from error
    found = (state.find("My", planned.thumbprint) for state in states.values() if state)
    until = next((format_time(item.not_after) for item in found if item and item.not_after), None)
    return replace(planned, until=until or "")
