# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assignments that take effect later, at a date. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .._errors import InputError
from .._state.state import Assignment, State
from .._state.stored import StoredCertificate, format_time

#: Usages whose old certificate still counts after the date, and how long before its end the new one has to take over:
#: so long are tokens of the old one kept (product.md#staged-rollover, product.md#oauth-certificate).
COEXISTING = {"AudioVideoAuthentication": timedelta(hours=8), "OAuthTokenIssuer": timedelta(hours=24)}


def latest_turn(use: str, end: datetime) -> datetime | None:
    """When the successor of a certificate has to take over at the latest; None for a usage that cannot be staged."""
    return end - COEXISTING[use] if use in COEXISTING else None


def is_staged(row: Assignment, state: State) -> bool:
    """True if a certificate of the usage takes effect later."""
    return row.effective_date is not None and row.effective_date > state.now


def previous_ended(row: Assignment, state: State) -> bool:
    """True if a usage has a previous certificate whose tokens have all ended.

    Source: product.md#staged-rollover, product.md#oauth-certificate.
    """
    if row.use not in COEXISTING or not row.previous_thumbprint or row.effective_date is None:
        return False
    return row.effective_date + COEXISTING[row.use] <= state.now


def shown(row: Assignment | None, state: State) -> str | None:
    """The certificate of a usage for a diff; with its date if that is still to come, and its scope if that is not local."""
    if row is None:
        return None
    scope = ", global" if row.scope == "Global" else ""
    date = f" from {format_time(row.effective_date)} on" if is_staged(row, state) else ""
    return f"{row.thumbprint}{scope}{date}"


def is_staged_unseen(row: Assignment, state: State, date: datetime | None) -> bool:
    """True if something is staged for a date, though the usage still shows the certificate in use.

    Whether Get-CsCertificate shows the staged certificate or the one in use is not documented
    (product.md#get-cscertificate). In the latter case there is no previous one beside it, and the date is all that
    tells of the staging.
    """
    return date is not None and is_staged(row, state) and row.effective_date == date and not row.previous_thumbprint


def check_staging(usages: Sequence[str], certificate: StoredCertificate, date: datetime, state: State) -> None:
    """Refuses a date, or usages, for which a certificate cannot be staged.

    Source: product.md#staging, product.md#set-cscertificate, product.md#staged-rollover.

    :raises InputError: with the reason and what to do.
    """
    if not set(usages) & set(COEXISTING):
        raise InputError(
            f"roll: {', '.join(usages)} cannot have an old and a new certificate at the same time, only "
            f"{' and '.join(COEXISTING)} can; assign it without roll and effective_date when it is to change"
        )
    told = format_time(date)
    if date <= state.now:
        raise InputError(
            f"effective_date: {told} is not in the future, the server's clock says {format_time(state.now)}; name a later one"
        )
    if certificate.not_after is not None and certificate.not_after <= date:
        raise InputError(
            f"effective_date: on {told} {certificate.subject} ({certificate.thumbprint}) will have expired, "
            f"it is valid until {format_time(certificate.not_after)}"
        )


def staging_warnings(usages: Sequence[str], date: datetime, state: State) -> list[str]:
    """What users will notice of a staged assignment (product.md#staged-rollover, product.md#oauth-certificate)."""
    warnings = []
    lead = max(COEXISTING[use] for use in usages if use in COEXISTING)
    for use in usages:
        current = state.assignment(use)
        if use not in COEXISTING:
            warnings.append(
                f"{use} knows no time with both certificates; its users have to sign in again on {format_time(date)}"
            )
        if current is None:
            warnings.append(f"{use} has no certificate until {format_time(date)}")
            continue
        end = _end_of_use(current, state)
        if end is not None and date > end - lead:
            warnings.append(
                f"the certificate that {use} has ends on {format_time(end)}; with effective_date later than "
                f"{format_time(end - lead)} tokens made with it are refused before they end"
            )
    return warnings


def _end_of_use(row: Assignment, state: State) -> datetime | None:
    """The end of the certificate that a usage has at present, None if it is not known."""
    staged = is_staged(row, state) and row.previous_thumbprint
    stored = state.find("My", row.previous_thumbprint if staged and row.previous_thumbprint else row.thumbprint)
    return stored.not_after if stored else None
