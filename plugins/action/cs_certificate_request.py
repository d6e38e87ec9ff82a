# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_request: requests to authorities are made, listed, completed and cleared."""

from __future__ import annotations

from typing import Any

from ..module_utils._remote.wire import Call
from ..module_utils._request.retrieval import LIST, describe, plan_clear, selected
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import state_of
from ..plugin_utils._request_options import ARGUMENT_SPEC, CONSTRAINTS, check_options
from ..plugin_utils._requesting import RequestRun


class ActionModule(CertificatesAction):
    """Wraps the four parameter sets of Request-CsCertificate."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Does what the state asks for."""
        check_options(params)
        if params["state"] == "present":
            return RequestRun(self, params).present()
        state = state_of(params["server"]) if params["server"] is not None else None
        if state is None or state.pending is None:
            state = self.call(Call(requests=True, topology=state is None), state).state
        if params["state"] == "retrieved":
            return RequestRun(self, params).retrieved(state)
        if params["state"] == "absent":
            return self.carry_out(plan_clear(params["request_id"], state), state, requests=True)[0]
        rows = [describe(row) for row in selected(state, params["request_id"])]
        return {"changed": False, "commands": LIST, "requests": rows, "server": state.to_dict()}
