# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_assign: usages have a certificate, now or from a date on, or have none."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.common_parameters import report_of
from ..plugin_utils._action import CertificatesAction, add_warnings
from ..plugin_utils._assigning import ARGUMENT_SPEC, CONSTRAINTS, assigning_of, check_facts


class ActionModule(CertificatesAction):
    """Assigns a certificate of My to usages, or takes assignments back."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Assigns what is not yet assigned, or takes back what is, and sees that it is so."""
        asked = assigning_of(params, check_mode=self.check_mode)
        state = self.server(params)
        result, reply = self.carry_out(asked.plan(state), state)
        if reply:
            asked.check(state, reply.state)
            report = report_of(reply.rows)
            if report is not None:
                result["report"] = report
        add_warnings(result, asked.warnings)
        return result

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """With what was looked at, if that speaks against the certificate."""
        return CertificatesAction.failure_facts(error) | check_facts(error)
