# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_request: a request exists, unless a fitting certificate does."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from ..module_utils._core.state import State
from ..module_utils._core.wire import Call, Reply
from ..module_utils._errors import CertificatesError
from ..module_utils._plans.request import RequestSpec, plan_note, plan_request
from ..module_utils._plans.waiting import find_pending
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import REQUEST, SERVER, request_spec_of


class ActionModule(CertificatesAction):
    """Makes an offline request on the server, or notes there that another server has made it."""

    ARGUMENT_SPEC = {
        **REQUEST,
        "reasons": {"type": "list", "elements": "str", "default": []},
        "report": {"type": "bool", "default": False},
        "made_by": {"type": "str"},
        "public_key_sha256": {"type": "str"},
        **SERVER,
    }
    CONSTRAINTS = {"required_by": {"made_by": ["public_key_sha256"]}}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Finds the request that waits, or the certificate that fits, or makes a request."""
        spec, warnings = request_spec_of(params)
        state = self.server(params, [spec.files])
        if state.request_file(spec.files.name) is None:
            state = self.call(Call(files=[spec.files]), state).state
        if params["made_by"]:
            plan = plan_note(spec, state, params["made_by"], params["public_key_sha256"])
        else:
            plan = plan_request(spec, state, why=tuple(params["reasons"]))
        result, reply = self.carry_out(plan, state, [spec.files])
        if reply and not params["made_by"]:
            result.update(self._made(spec, reply.state))
        if reply and spec.report:
            result["report"] = _report(reply)
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        return result

    @staticmethod
    def _made(spec: RequestSpec, state: State) -> dict[str, Any]:
        """What is known of a request once it is made."""
        spec = replace(spec, force=False)
        if find_pending(spec.need, spec.files.name, state, {}) is None:
            raise CertificatesError(
                f"Request-CsCertificate reported no error, yet {spec.files.csr} fits no key in the store REQUEST; "
                "look at the server, then run again"
            )
        return dict(plan_request(spec, state).facts)


def _report(reply: Reply) -> str:
    """The log that the cmdlet wrote, empty if it wrote none."""
    data = next((row["data"] for row in reply.rows if row.get("data")), "")
    return base64.b64decode(data).decode("utf-8-sig", "replace")
