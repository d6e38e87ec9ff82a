# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: usages have a certificate. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .._certificate.checks import Check, UnfitError, certificate_checks, failed
from .._state.state import Assignment, State
from .._state.stored import StoredCertificate, format_time
from .._steps.plan import Plan
from .._steps.steps import Step, cmdlet
from .staging import check_staging, is_staged, is_staged_unseen, shown, staging_warnings

#: Usage whose certificate is the whole deployment's (product.md#certificate-types, product.md#oauth-certificate).
GLOBAL_USAGE = "OAuthTokenIssuer"


@dataclass(frozen=True)
class AssignSpec:
    """What cs_certificate_assign is asked for.

    :ivar thumbprint: 40 upper-case hex digits, or Unknown in check mode.
    :ivar names: FQDNs that the certificate must carry.
    :ivar for_all: assign it for the whole deployment and not for this server.
    :ivar effective_date: stage it for then; None to assign it now.
    :ivar at_once: a certificate that is staged already takes effect now.
    """

    usages: tuple[str, ...]
    thumbprint: str
    names: tuple[str, ...] = ()
    for_all: bool = False
    effective_date: datetime | None = None
    at_once: bool = False

    @property
    def identity(self) -> str | None:
        """Value of the cmdlets' -Identity; without it they mean this server (product.md#set-cscertificate)."""
        return "Global" if self.for_all else None


def plan_assign(spec: AssignSpec, state: State) -> Plan:
    """Plans the assignment of a certificate of My to usages on one server, or for the deployment.

    Source: product.md#set-cscertificate, product.md#edge-internal-interface, product.md#staged-rollover,
    product.md#oauth-certificate; rules.md#checks-before-assignment.

    :raises UnfitError: the certificate is not fit for use; each reason is told.
    :raises InputError: it cannot be staged for that date.
    """
    row, checks = _checked(spec, state)
    reasons = open_usages(spec, state)
    open_ones = tuple(reasons)
    warnings = list(scope_warnings(spec))
    predicted = state
    steps: tuple[Step, ...] = ()
    if open_ones:
        if spec.effective_date:
            check_staging(open_ones, row, spec.effective_date, state)
            warnings += staging_warnings(open_ones, spec.effective_date, state)
        else:
            warnings += _interruptions(open_ones, state)
        steps = (
            cmdlet(
                "Set-CsCertificate",
                Identity=spec.identity,
                Type=open_ones,
                Thumbprint=spec.thumbprint,
                Roll=spec.effective_date is not None,
                EffectiveDate=spec.effective_date,
            ),
        )
        predicted = state.with_assignments(*assigned(spec, open_ones, state))
    return Plan(
        predicted=predicted,
        steps=steps,
        warnings=(*warnings, *left_to_date(spec, open_ones, state)),
        reasons=tuple(reasons.values()),
        before={use: shown_for(spec, use, state) for use in spec.usages},
        after={use: shown_for(spec, use, predicted) for use in spec.usages},
        facts={
            "thumbprint": str(spec.thumbprint),
            "subject": row.subject,
            "not_after": format_time(row.not_after),
            "checks": [check.to_dict() for check in checks],
        },
    )


def shown_for(spec: AssignSpec, use: str, state: State) -> str | None:
    """The certificate of a usage for a diff; a staged one that cannot be seen is told as it was asked for."""
    row = state.assignment(use)
    if row and is_staged_unseen(row, state, spec.effective_date):
        row = replace(row, thumbprint=spec.thumbprint)
    return shown(row, state)


def _checked(spec: AssignSpec, state: State) -> tuple[StoredCertificate, tuple[Check, ...]]:
    """The certificate and what was looked at; nothing speaks against it."""
    row = state.find("My", spec.thumbprint)
    if row is None:
        text = f"no certificate {spec.thumbprint} is in My on this server; import it first (cs_certificate_import)"
        raise UnfitError(text, [Check("in_store", False, "it is not in the store My")])
    checks = certificate_checks(row, state, spec.names, spec.usages)
    problems = failed(checks)
    if problems:
        raise UnfitError(f"{row.subject} ({row.thumbprint}) cannot be assigned: " + "; ".join(problems), checks)
    return row, checks


def open_usages(spec: AssignSpec, state: State) -> dict[str, str]:
    """The usages that do not have the certificate as asked for, each with the reason."""
    reasons = {use: _lacking(spec, use, state) for use in spec.usages}
    return {use: reason for use, reason in reasons.items() if reason}


def _lacking(spec: AssignSpec, use: str, state: State) -> str | None:
    """Why a usage needs the certificate assigned, None if it does not."""
    row = state.assignment(use)
    if row is None:
        return f"{use} has no certificate"
    if spec.for_all and row.scope != "Global":
        return f"{use} has the certificate {row.thumbprint} on this server only, and not for the deployment"
    if row.thumbprint != spec.thumbprint:
        unseen = is_staged_unseen(row, state, spec.effective_date)
        date = f" with the effective date {format_time(row.effective_date)}" if is_staged(row, state) else ""
        return None if unseen else f"{use} has the certificate {row.thumbprint}{date}"
    if not is_staged(row, state):
        return None
    if spec.effective_date and row.effective_date != spec.effective_date:
        return f"{use} takes the certificate from {format_time(row.effective_date)} on"
    if spec.at_once:
        return f"{use} takes the certificate only from {format_time(row.effective_date)} on"
    return None


def assigned(spec: AssignSpec, usages: Iterable[str], state: State) -> list[Assignment]:
    """The assignments that the product will tell of; it keeps the certificate before, too.

    Source: product.md#set-cscertificate.
    """
    rows = []
    for use in usages:
        old = state.assignment(use)
        previous = None
        if old:
            previous = old.previous_thumbprint if old.thumbprint == spec.thumbprint else old.thumbprint
        begin = spec.effective_date or state.now
        rows.append(Assignment(use, spec.thumbprint, previous, begin, "Global" if spec.for_all else "Local"))
    return rows


def scope_warnings(spec: AssignSpec) -> list[str]:
    """Usages that the documents know in the other scope only (product.md#oauth-certificate)."""
    if spec.for_all:
        others = [use for use in spec.usages if use != GLOBAL_USAGE]
        told = "the vendor's documents assign {} on each server, not for the whole deployment (identity: global)"
    else:
        others = [use for use in spec.usages if use == GLOBAL_USAGE]
        told = "the vendor's documents assign {} for the whole deployment; use identity: global"
    return [told.format(", ".join(others))] if others else []


def left_to_date(spec: AssignSpec, open_ones: Iterable[str], state: State) -> list[str]:
    """What is left to its date, and what only seems to be what was asked for."""
    warnings = []
    for use in spec.usages:
        row = state.assignment(use)
        if use in open_ones or row is None or not is_staged(row, state):
            continue
        date = format_time(row.effective_date)
        if row.thumbprint != spec.thumbprint:
            warnings.append(
                f"{use} shows the certificate {row.thumbprint} until {date}; that {spec.thumbprint} is staged for then "
                "cannot be seen. If another one was staged, name another effective_date"
            )
        elif spec.effective_date is None:
            warnings.append(
                f"{use} takes the certificate from {date} on and is left so; to have it at once set roll: false"
            )
    return warnings


def _interruptions(open_ones: Iterable[str], state: State) -> list[str]:
    """What users will notice: tokens of the old A/V certificate are worth nothing at once.

    Source: product.md#staged-rollover.
    """
    use = "AudioVideoAuthentication"
    if use not in open_ones or state.assignment(use) is None:
        return []
    return [
        f"{use} has a certificate in use; until all servers of the pool have the new one, calls may fail. "
        "With roll and effective_date both work for a time"
    ]
