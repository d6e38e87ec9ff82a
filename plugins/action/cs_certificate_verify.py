# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_verify: usages have the certificate that they are to have, and nothing is wrong with it."""

from __future__ import annotations

from typing import Any

from ..module_utils._assignment.readiness import difference_of
from ..module_utils._errors import CertificatesError
from ..module_utils._state.stored import format_time
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, moment_of, thumbprint_of
from ..plugin_utils._verifying import SHOWN, expected_of, own_part, usage_rows


class ActionModule(CertificatesAction):
    """Looks at what is known of a server."""

    ARGUMENT_SPEC = {
        "type": {"type": "list", "elements": "str", "default": []},
        "thumbprint": {"type": "str"},
        "effective_date": {"type": "str"},
        "expected": {"type": "dict"},
        "part": {"type": "dict"},
        "part_host": {"type": "str"},
        "part_variable": {"type": "str"},
        "usages": {"type": "list", "elements": "dict"},
        **SERVER,
    }
    CONSTRAINTS = {
        "mutually_exclusive": [["usages", "server"], ["part", "part_host", "thumbprint", "expected"]],
        "required_one_of": [["part", "part_host", "thumbprint", "expected"]],
        "required_together": [["part_host", "part_variable"]],
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Verifies, unless the plan has something for the server that is yet to be done."""
        part = own_part(params, self.task_vars)
        expected = expected_of(params, self.check_mode)
        rows = usage_rows(params, tuple(expected or ()), lambda: self.server(params))
        told = [{name: row[name] for name in SHOWN if name in row} for row in rows]
        result: dict[str, Any] = {"changed": False, "verified": False, "usages": told}
        if part:
            result |= {name: part[name] for name in ("busy", "held")}
        if part.get("busy"):
            return result
        date = part.get("effective_date") or format_time(moment_of(params["effective_date"])) or ""
        if expected is None:
            thumbprint = str(part["thumbprint"]) if part else thumbprint_of(params["thumbprint"], self.check_mode)
            expected = {row["type"]: thumbprint for row in rows}
        meant = [row for row in rows if row["type"] in expected]
        wrong = [text for row in meant if (text := difference_of(row, expected[row["type"]], date))]
        if wrong:
            raise CertificatesError("; ".join(wrong))
        return result | {"verified": True}
