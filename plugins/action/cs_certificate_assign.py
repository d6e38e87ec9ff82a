# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_assign: usages have a certificate."""

from __future__ import annotations

from typing import Any

from ..module_utils._core.state import State
from ..module_utils._errors import CertificatesError
from ..module_utils._plans.assignment import AssignSpec, plan_assign
from ..module_utils._product.usages import resolve_usages
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import NAMES, SERVER, TYPE, thumbprint_of


class ActionModule(CertificatesAction):
    """Assigns a certificate of My to usages."""

    ARGUMENT_SPEC = {**TYPE, "thumbprint": {"type": "str", "required": True}, **NAMES, **SERVER}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Assigns what is not yet assigned, and sees that it is."""
        usages, warnings = resolve_usages(params["type"], "Set-CsCertificate")
        spec = AssignSpec(usages, thumbprint_of(params["thumbprint"], self.check_mode), tuple(params["names"]))
        state = self.server(params)
        result, reply = self.carry_out(plan_assign(spec, state), state)
        if reply:
            _check_assigned(reply.state, spec)
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        return result


def _check_assigned(state: State, spec: AssignSpec) -> None:
    for use in spec.usages:
        row = state.assignment(use)
        if row is None or row.thumbprint != spec.thumbprint:
            told = f"has {row.thumbprint}" if row else "has no certificate"
            raise CertificatesError(
                f"Set-CsCertificate reported no error, yet {use} {told} according to Get-CsCertificate; look at the server, then run again"
            )
