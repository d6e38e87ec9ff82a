# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_verify: usages have the certificate that they are to have, and nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._assignment.readiness import describe_usages
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._product.usages import resolve_usages
from ..module_utils._state.stored import format_time
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, moment_of, thumbprint_of
from ..plugin_utils._pool import part_of_plan

#: What is told of each usage.
_TOLD = ("type", "thumbprint", "not_after", "staged", "effective_date", "previous_thumbprint", "problems")

#: What is known of any usage, whether it has a certificate or not.
_KNOWN = frozenset({"type", "thumbprint", "staged", "problems"})

#: What cs_certificate_plan tells a server.
_PART = frozenset({"busy", "steps", "types", "at_once", "held", "thumbprint", "effective_date"})


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
        part = self._part(params)
        expected = self._expected(params)
        rows = self._rows(params, tuple(expected or ()))
        told = [{name: row[name] for name in _TOLD if name in row} for row in rows]
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
        wrong = [text for row in meant if (text := _wrong(row, expected[row["type"]], date))]
        if wrong:
            raise CertificatesError("; ".join(wrong))
        return result | {"verified": True}

    def _part(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the plan has for the server, empty if the task is about no plan.

        :raises CertificatesError: there is no plan.
        :raises InputError: it is something else.
        """
        host, part = params["part_host"], params["part"]
        if host is not None:
            part = part_of_plan(host, params["part_variable"], self.task_vars)
            if not part:
                raise CertificatesError(
                    f"{host} has no plan in {params['part_variable']}: see why the plan of the pool could not be made, and run again"
                )
        if part is None:
            return {}
        if part.get("refused"):
            raise CertificatesError(str(part["refused"]))
        if not part.keys() >= _PART:
            raise InputError("part: is not what cs_certificate_plan returned as 'part', or as one of 'parts'")
        return dict(part)

    def _expected(self, params: Mapping[str, Any]) -> dict[str, str] | None:
        """The thumbprints that single usages are to have, None if it is the same for all."""
        if params["expected"] is None:
            return None
        names = list(params["expected"])
        usages = (resolve_usages([name], "Get-CsCertificate")[0][0] for name in names)
        return {
            usage: thumbprint_of(str(params["expected"][name]), self.check_mode)
            for name, usage in zip(names, usages, strict=True)
        }

    def _rows(self, params: Mapping[str, Any], named: tuple[str, ...]) -> Sequence[Mapping[str, Any]]:
        """What is known of the usages: as an earlier task told it, else from the state of the server.

        :param named: usages to tell of if the task names none.
        :raises InputError: the earlier task told something else.
        """
        usages = resolve_usages(params["type"], "Get-CsCertificate")[0] if params["type"] else ()
        wanted = usages or named
        if params["usages"] is None:
            return describe_usages(self.server(params), wanted)
        rows = {row.get("type"): row for row in params["usages"] if row.keys() >= _KNOWN}
        lacking = [usage for usage in wanted if usage not in rows]
        if lacking or len(rows) < len(params["usages"]):
            what = f"does not tell of {', '.join(lacking)}" if lacking else "holds something else"
            raise InputError(f"usages: {what}; give what cs_certificate_info returned")
        return [rows[usage] for usage in wanted] if wanted else list(rows.values())


def _wrong(row: Mapping[str, Any], expected: str, date: str) -> str:
    """What is wrong with a usage; empty if nothing is. One that is staged for the date shows the certificate in use."""
    as_expected = row["thumbprint"] == expected or (row["staged"] and row["effective_date"] == date)
    if as_expected and not row["problems"]:
        return ""
    told = f"{row['type']} has {row['thumbprint'] or 'no certificate'}, expected {expected}"
    return ". ".join([told, *(["; ".join(row["problems"])] if row["problems"] else [])])
