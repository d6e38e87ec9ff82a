# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier tasks have learnt of the servers of a pool. **PRIVATE** to the collection.

States are large and servers many. A task for the whole pool takes them where Ansible keeps the results of tasks, one after another,
since handing all of them over as an argument copies each into the task, and through the templates on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._state.state import State
from ._options import state_of

MEMBERS: dict[str, dict[str, Any]] = {
    "servers": {"type": "dict"},
    "members": {"type": "list", "elements": "str"},
    "variable": {"type": "str"},
}
MEMBERS_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [["servers", "members"]],
    "required_together": [["members", "variable"]],
}


def states_of_members(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, State | None]:
    """The states of the servers that C(members) and C(servers) name; None for one that is not known.

    :raises InputError: what is there is no state.
    """
    return {host: _member(host, value) for host, value in raw_states(params, task_vars)}


def raw_states(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The same as they were handed on, None for one that is not known."""
    members, given = params["members"] or (), params["servers"] or {}
    for host in dict.fromkeys((*members, *given)):
        yield host, given[host] if host in given else _registered(host, params["variable"], task_vars)


def part_of_plan(host: str, variable: str, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the plan of a pool has for the server that a task runs for; empty if there is no plan.

    :param host: the host that has the plan.
    :param variable: the variable of that host, as cs_certificate_plan returned it or with its C(parts) and C(part).
    """
    plan = _variable(host, variable, task_vars)
    parts = plan.get("parts")
    own = parts.get(task_vars["inventory_hostname"]) if isinstance(parts, Mapping) else None
    part = plan.get("part") if own is None else own
    return part if isinstance(part, Mapping) else {}


def _registered(host: str, variable: str, task_vars: Mapping[str, Any]) -> Any:
    """What a task has registered on a host as the key C(server) of its result; None if it has not."""
    return _variable(host, variable, task_vars).get("server")


def _variable(host: str, variable: str, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """A variable of a host, without a walk through templates; empty if it is not there or no dictionary."""
    found = task_vars["hostvars"].raw_get(host)
    value = found.get(variable) if isinstance(found, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _member(host: str, value: Any) -> State | None:
    if not value:
        return None
    if not isinstance(value, Mapping):
        raise InputError(
            f"servers: what is given for {host} is no state of a server; give what a module of this collection returned as 'server'"
        )
    try:
        return state_of(value)
    except InputError as error:
        raise InputError(f"servers: {host}: {error}") from error
