# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_info: what a server has."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ..module_utils._assignment.readiness import describe_usages, required_usages
from ..module_utils._certificate.requirements import read_request
from ..module_utils._jmespath_dep import search
from ..module_utils._product.usages import resolve_usages
from ..module_utils._remote.wire import Call
from ..module_utils._state.claim import claim_path
from ..module_utils._state.request_paths import request_files
from ..module_utils._state.state import State
from ..module_utils._store.store_checks import store_hygiene
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, WORK, state_of, topology_of

#: Seconds by which clocks may differ without a word.
_SKEW = 300
#: What can be told besides the state.
_PARTS = (
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
_FQDN_NAMES = ("pool", "access_edge", "data_edge", "av_edge")


class ActionModule(CertificatesAction):
    """Reads a server and describes it."""

    ARGUMENT_SPEC = {
        "type": {"type": "list", "elements": "str", "default": []},
        "fqdns": {"type": "dict", "options": {name: {"type": "str"} for name in _FQDN_NAMES}},
        "sip_domains": {"type": "list", "elements": "str", "default": []},
        "query": {"type": "str"},
        "pending_requests": {"type": "bool", "default": False},
        "request_types": {"type": "list", "elements": "list", "default": []},
        "services": {"type": "bool", "default": False},
        "claim": {"type": "bool", "default": False},
        "describe": {"type": "list", "elements": "str", "choices": list(_PARTS), "default": list(_PARTS)},
        **SERVER,
        **WORK,
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Reads the server, or takes its state from an earlier task."""
        usages, warnings = resolve_usages(params["type"], "Get-CsCertificate") if params["type"] else ((), [])
        state = self._state(params, usages)
        given = topology_of(params["fqdns"], params["sip_domains"])
        warnings += state.topology.differences(given)
        state = replace(state, topology=state.topology.merged(given))
        result = {"changed": False, "server": state.to_dict(), **_describe(state, usages, params["describe"])}
        if params["server"] is None:
            skew = round((state.now - datetime.now(timezone.utc)).total_seconds())
            result["clock_skew"] = skew
            if abs(skew) > _SKEW:
                way = "ahead of" if skew > 0 else "behind"
                warnings.append(
                    f"the clock of the server is {abs(skew) // 60} minutes {way} the controller's; "
                    "certificates are judged by the server's clock"
                )
        if params["query"]:
            result["query_result"] = search(params["query"], result)
        if warnings:
            result["warnings"] = warnings
        return result

    def _state(self, params: dict[str, Any], usages: tuple[str, ...]) -> State:
        """The server as an earlier task returned it, else as it is now."""
        if params["server"] is not None:
            return state_of(params["server"])
        folder = params["work_folder"]
        several = [resolve_usages(group, "Request-CsCertificate")[0] for group in params["request_types"]]
        files = {entry.name: entry for group in [usages, *several] if group for entry in [request_files(group, folder)]}
        call = Call(
            files=tuple(files.values()),
            topology=True,
            requests=params["pending_requests"],
            services=params["services"],
            claim=claim_path(folder) if params["claim"] else "",
        )
        return self.call(call).state


def _describe(state: State, usages: tuple[str, ...], parts: Collection[str]) -> dict[str, Any]:
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
