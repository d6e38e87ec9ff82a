# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner of a whole set: all servers behind one load balancer share a certificate. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._errors import InputError
from .._product.names import needed_names
from .._state.state import State
from .._store.chain import plan_chain
from .draft import Draft, SetPlan, SetSpec, planned_on
from .planner import Sharing


def natural_order(host: str) -> list[Any]:
    """The key by which edge2 comes before edge10."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", host) if part]


def plan_set(spec: SetSpec, members: Mapping[str, State | None], requester: State | None = None) -> SetPlan:
    """Plans the documented procedure for one set of servers.

    Source: product.md#edge-internal-interface, product.md#edge-external-interface; rules.md#identity-of-a-request,
    rules.md#leader-of-a-pool. The order of the members does not matter.

    :param members: state of each server of the set, None for one that cannot be reached.
    :param requester: state of the server outside of the set that makes requests for it.
    :raises InputError: nothing can be planned; one line that names the host.
    """
    order = sorted(members, key=natural_order)
    hosts = [host for host in order if members[host] is not None]
    unreachable = tuple(host for host in order if members[host] is None)
    states = {host: state for host in hosts if (state := members[host]) is not None}
    if not hosts:
        raise InputError(f"none of the servers {', '.join(unreachable)} can be reached")
    if spec.leader and spec.leader not in members:
        raise InputError(f"leader: '{spec.leader}' is not one of the servers {', '.join(order)}")
    if spec.requester in members:
        raise InputError(f"requester: {spec.requester} is one of the servers of the set; name it as leader")
    names = spec.request.need.names or _names_of(spec, states)
    spec = replace(spec, request=replace(spec.request, need=replace(spec.request.need, names=names)))
    if spec.requester:
        if requester is None:
            raise InputError(f"requester: {spec.requester} cannot be reached")
        states[spec.requester] = requester
    draft = Draft(states)
    for host in hosts if spec.chain else ():
        if spec.chain and spec.may_change(host):
            draft.add(host, "chain", planned_on(host, plan_chain, spec.chain, draft.states[host]))
    return Sharing(spec, draft, hosts, unreachable).plan()


def _names_of(spec: SetSpec, states: Mapping[str, State]) -> tuple[str, ...]:
    """The names that the set's usages need; all servers must say the same.

    :raises InputError: they differ, or the pool's FQDN is known nowhere.
    """
    usages = spec.request.need.usages
    found = {host: needed_names(usages, state.topology) for host, state in states.items()}
    different = sorted(set(found.values()))
    if len(different) > 1:
        told = "; ".join(f"{host}: {', '.join(names) or 'none'}" for host, names in found.items())
        raise InputError(
            f"the servers of the set do not agree on the names that the certificate needs ({told}); are they of one pool?"
        )
    if not different[0] and usages != ("AudioVideoAuthentication",):
        host, state = next(iter(states.items()))
        problem = f" ({state.topology.problem})" if state.topology.problem else ""
        raise InputError(
            f"{host}: the FQDNs of the pool are not known{problem}; "
            "give them to cs_certificate_info (fqdns; edge_fqdns in the role)"
        )
    return different[0]
