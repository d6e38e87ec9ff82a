# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_assign: usages have a certificate, now or from a date on, or have none."""

from __future__ import annotations

from typing import Any

from ..module_utils._core.state import State
from ..module_utils._core.wire import Reply
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._plans.assignment import AssignSpec, open_usages, plan_assign
from ..module_utils._plans.checks import UnfitError
from ..module_utils._plans.common_parameters import report_of, with_common
from ..module_utils._plans.matching import Match, find_match
from ..module_utils._plans.removal import RemoveSpec, plan_remove, removable
from ..module_utils._product.usages import resolve_usages
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import COMMON, IDENTITY, NAMES, SERVER, STAGING, TYPE, staging_of, thumbprint_of

_MATCH: dict[str, dict[str, Any]] = {
    "friendly_name": {"type": "str"},
    "issuer": {"type": "str"},
    "names": {"type": "list", "elements": "str", "default": []},
    "subject": {"type": "str"},
}


class ActionModule(CertificatesAction):
    """Assigns a certificate of My to usages, or takes assignments back."""

    ARGUMENT_SPEC = {
        **TYPE,
        "thumbprint": {"type": "str"},
        "match": {"type": "dict", "options": _MATCH},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "previous": {"type": "bool", "default": False},
        **IDENTITY,
        **STAGING,
        **NAMES,
        **COMMON,
        **SERVER,
    }
    CONSTRAINTS = {
        "mutually_exclusive": [["thumbprint", "match"]],
        "required_if": [["state", "present", ["thumbprint", "match"], True]],
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Assigns what is not yet assigned, or takes back what is, and sees that it is so."""
        absent = params["state"] == "absent"
        usages, warnings = resolve_usages(params["type"], f"{'Remove' if absent else 'Set'}-CsCertificate")
        result = self._remove(params, usages) if absent else self._assign(params, usages)
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        return result

    def _assign(self, params: dict[str, Any], usages: tuple[str, ...]) -> dict[str, Any]:
        if params["previous"]:
            raise InputError("previous: plays a part with state: absent only")
        date, match = staging_of(params), _match_of(params["match"])
        given = "" if match else thumbprint_of(params["thumbprint"], self.check_mode)
        state = self.server(params)
        spec = AssignSpec(
            usages=usages,
            thumbprint=find_match(match, usages, state) if match else given,
            names=tuple(params["names"]),
            for_all=params["identity"] == "global",
            effective_date=date,
            at_once=params["roll"] is False,
        )
        plan = with_common(plan_assign(spec, state), force=params["force"], report=params["report"])
        result, reply = self.carry_out(plan, state)
        if reply:
            _check_assigned(reply.state, spec)
        return _reported(result, reply)

    def _remove(self, params: dict[str, Any], usages: tuple[str, ...]) -> dict[str, Any]:
        for option in ("match", "roll", "effective_date"):
            if params[option] is not None:
                raise InputError(f"{option}: plays no part with state: absent; leave it out")
        thumbprint = thumbprint_of(params["thumbprint"], self.check_mode) if params["thumbprint"] else None
        spec = RemoveSpec(usages, thumbprint, params["identity"] == "global", params["previous"])
        state = self.server(params)
        result, reply = self.carry_out(with_common(plan_remove(spec, state), report=params["report"]), state)
        left = removable(spec, reply.state) if reply else []
        if left:
            raise CertificatesError(
                f"Remove-CsCertificate reported no error, yet {', '.join(row.use for row in left)} has {left[0].thumbprint} "
                "according to Get-CsCertificate; look at the server, then run again"
            )
        return _reported(result, reply)

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """With what was looked at, if that speaks against the certificate."""
        facts = CertificatesAction.failure_facts(error)
        if isinstance(error, UnfitError):
            facts["checks"] = [check.to_dict() for check in error.checks]
        return facts


def _reported(result: dict[str, Any], reply: Reply | None) -> dict[str, Any]:
    """The result with the log of the cmdlet, if there is one."""
    report = report_of(reply.rows) if reply else None
    return result if report is None else result | {"report": report}


def _match_of(given: dict[str, Any] | None) -> Match | None:
    """What the certificate has to say of itself.

    :raises InputError: nothing at all.
    """
    if given is None:
        return None
    match = Match(
        friendly_name=given["friendly_name"] or "",
        issuer=given["issuer"] or "",
        subject=given["subject"] or "",
        names=tuple(given["names"]),
    )
    if match == Match():
        raise InputError("match: is empty; give friendly_name, issuer, subject or names")
    return match


def _check_assigned(state: State, spec: AssignSpec) -> None:
    reasons = open_usages(spec, state)
    if reasons:
        raise CertificatesError(
            f"Set-CsCertificate reported no error, yet according to Get-CsCertificate {'; '.join(reasons.values())}; "
            "look at the server, then run again"
        )
