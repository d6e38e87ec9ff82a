# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of cs_certificate_assign, what the core makes of them, and what is looked at afterwards. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._assignment.assign import AssignSpec, open_usages, plan_assign
from ..module_utils._assignment.unassign import RemoveSpec, plan_remove, removable
from ..module_utils._certificate.checks import UnfitError
from ..module_utils._certificate.matching import Match, find_match
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._product.usages import resolve_usages
from ..module_utils._remote.common_parameters import with_common
from ..module_utils._state.state import State
from ..module_utils._steps.plan import Plan
from ._options import COMMON, IDENTITY, NAMES, SERVER, STAGING, TYPE, staging_of, thumbprint_of

_MATCH: dict[str, dict[str, Any]] = {
    "friendly_name": {"type": "str"},
    "issuer": {"type": "str"},
    "names": {"type": "list", "elements": "str", "default": []},
    "subject": {"type": "str"},
}
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
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
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["thumbprint", "match"]],
    "required_if": [["state", "present", ["thumbprint", "match"], True]],
}


@dataclass(frozen=True)
class Assigning:
    """What cs_certificate_assign is asked for, for whichever state of the server.

    :ivar match: what the certificate has to say of itself; None if the thumbprint is given.
    """

    params: Mapping[str, Any]
    usages: tuple[str, ...]
    thumbprint: str | None
    match: Match | None
    warnings: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        """True if assignments are to be taken away."""
        return bool(self.params["state"] == "absent")

    def plan(self, state: State) -> Plan:
        """Plans it.

        :raises InputError: nothing matches, or something speaks against the certificate.
        """
        force, report = self.params["force"], self.params["report"]
        if self.absent:
            return with_common(plan_remove(self._removal, state), report=report)
        return with_common(plan_assign(self._assignment(state), state), force=force, report=report)

    def check(self, before: State, after: State) -> None:
        """Sees that the server tells the same.

        :param before: the state that the plan was made for.
        :raises CertificatesError: it does not.
        """
        if not self.absent:
            _check_assigned(after, self._assignment(before))
            return
        left = removable(self._removal, after)
        if left:
            raise CertificatesError(
                f"Remove-CsCertificate reported no error, yet {', '.join(row.use for row in left)} has {left[0].thumbprint} "
                "according to Get-CsCertificate; look at the server, then run again"
            )

    def _assignment(self, state: State) -> AssignSpec:
        return AssignSpec(
            usages=self.usages,
            thumbprint=find_match(self.match, self.usages, state) if self.match else str(self.thumbprint),
            names=tuple(self.params["names"]),
            for_all=self.params["identity"] == "global",
            effective_date=staging_of(self.params),
            at_once=self.params["roll"] is False,
        )

    @property
    def _removal(self) -> RemoveSpec:
        return RemoveSpec(
            self.usages, self.thumbprint, self.params["identity"] == "global", bool(self.params["previous"])
        )


def assigning_of(params: Mapping[str, Any], *, check_mode: bool) -> Assigning:
    """What options ask for.

    :raises InputError: options that do not go together.
    """
    absent = params["state"] == "absent"
    usages, warnings = resolve_usages(params["type"], f"{'Remove' if absent else 'Set'}-CsCertificate")
    for option in ("match", "roll", "effective_date") if absent else ():
        if params[option] is not None:
            raise InputError(f"{option}: plays no part with state: absent; leave it out")
    if params["previous"] and not absent:
        raise InputError("previous: plays a part with state: absent only")
    staging_of(params)
    given = params["thumbprint"]
    thumbprint = thumbprint_of(given, check_mode) if given else None
    return Assigning(params, usages, thumbprint, _match_of(params["match"]), tuple(warnings))


def _match_of(given: Mapping[str, Any] | None) -> Match | None:
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


def check_facts(error: CertificatesError) -> dict[str, Any]:
    """What was looked at before a certificate was refused; nothing if it was something else that failed."""
    return {"checks": [check.to_dict() for check in error.checks]} if isinstance(error, UnfitError) else {}
