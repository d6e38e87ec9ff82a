# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_info: what a server has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ..module_utils._core.claim import claim_path
from ..module_utils._core.records import request_files
from ..module_utils._core.state import State
from ..module_utils._core.wire import Call
from ..module_utils._jmespath_dep import search
from ..module_utils._plans.fitness import read_request
from ..module_utils._plans.hygiene import store_hygiene
from ..module_utils._plans.readiness import describe_usages, required_usages
from ..module_utils._product.usages import resolve_usages
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, WORK, state_of, topology_of

#: Seconds by which clocks may differ without a word.
_SKEW = 300
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
        result = {"changed": False, "server": state.to_dict(), **_describe(state, usages)}
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


def _describe(state: State, usages: tuple[str, ...]) -> dict[str, Any]:
    certificates = []
    for row in state.store("My"):
        if row.certificate:
            certificates.append(
                row.certificate.facts()
                | {
                    "friendly_name": row.friendly_name,
                    "has_private_key": row.has_key,
                    "private_key_exportable": row.exportable,
                    "provider": row.key.provider if row.key else None,
                    "days_left": row.certificate.days_left(state.now),
                    "used_by": [item.use for item in state.assignments if item.thumbprint == row.thumbprint],
                }
            )
    pending = []
    for row in state.store("REQUEST"):
        entry = next(
            (
                item
                for item in state.requests
                if (asked := read_request(item)) and asked.public_key_sha256 == row.public_key
            ),
            None,
        )
        pending.append(
            {
                "thumbprint": str(row.thumbprint),
                "friendly_name": row.friendly_name,
                "public_key_sha256": str(row.public_key),
                "has_private_key": row.has_key,
                "record": dict(entry.record) if entry and entry.record else None,
            }
        )
    return {
        "computer": dict(state.computer),
        "topology": state.topology.to_dict(),
        "usages": describe_usages(state, usages),
        "required": required_usages(state),
        "certificates": certificates,
        "requests": pending,
        "hygiene": store_hygiene(state),
        "services": None if state.services is None else [row.to_dict() for row in state.services],
        "claim": state.claim.to_dict() if state.claim else None,
    }
