# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_info: what a server has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ..module_utils._jmespath_dep import search
from ..module_utils._product.usages import resolve_usages
from ..module_utils._remote.wire import Call
from ..module_utils._server.description import PARTS, clock_skew, describe_server
from ..module_utils._state.claim import claim_path
from ..module_utils._state.request_paths import request_files
from ..module_utils._state.state import State
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, WORK, state_of, topology_of

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
        "describe": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
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
        result = {"changed": False, "server": state.to_dict(), **describe_server(state, usages, params["describe"])}
        if params["server"] is None:
            result["clock_skew"], ahead = clock_skew(state, datetime.now(timezone.utc))
            warnings += ahead
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
