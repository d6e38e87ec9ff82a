# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_request: a request exists, unless a fitting certificate does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..module_utils._core.state import State
from ..module_utils._core.wire import Call
from ..module_utils._errors import CertificatesError
from ..module_utils._plans.request import RequestSpec, find_pending, plan_request
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import REQUEST, SERVER, request_spec_of


class ActionModule(CertificatesAction):
    """Makes an offline request on the server."""

    ARGUMENT_SPEC = {**REQUEST, "reasons": {"type": "list", "elements": "str", "default": []}, **SERVER}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Finds the request that waits, or the certificate that fits, or makes a request."""
        spec, warnings = request_spec_of(params)
        state = self.server(params, [spec.files])
        if state.request_file(spec.files.name) is None:
            state = self.call(Call(files=[spec.files]), state).state
        plan = plan_request(spec, state, why=tuple(params["reasons"]))
        result, reply = self.carry_out(plan, state, [spec.files])
        if reply:
            result.update(self._made(spec, reply.state))
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        return result

    @staticmethod
    def _made(spec: RequestSpec, state: State) -> dict[str, Any]:
        """What is known of a request once it is made."""
        spec = replace(spec, force=False)
        if find_pending(spec, state) is None:
            raise CertificatesError(
                f"Request-CsCertificate reported no error, yet {spec.files.csr} fits no key in the store REQUEST; look at the server, then run again"
            )
        return dict(plan_request(spec, state).facts)
