# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the servers of a set turn to another certificate together. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._assignment.staging import COEXISTING, is_staged, latest_turn, previous_ended
from .._state.state import Assignment, State

#: From the staging to the turn, so that all servers are staged before it (product.md#staged-rollover).
LEAD = timedelta(hours=4)
#: The shortest such time, where the old certificate ends soon.
_SHORTEST = timedelta(minutes=15)


@dataclass(frozen=True)
class Roll:
    """How usages turn over whose old and new certificate can be valid at the same time.

    :ivar effective_date: the moment that was asked for, None to choose one.
    :ivar lead: time from now to the moment that is chosen.
    """

    effective_date: datetime | None = None
    lead: timedelta = LEAD


def rolling_usages(usages: Sequence[str], thumbprint: str, state: State) -> tuple[str, ...]:
    """The usages of a server that turn to a certificate at a date, and not at once.

    Those whose certificate is in use and has not ended: its tokens are still about. All others have nothing to lose
    (product.md#staged-rollover, product.md#oauth-certificate; rules.md#staging-instead-of-assignment).
    """
    return tuple(use for use in usages if use in COEXISTING and _turns(state, use, thumbprint))


def _turns(state: State, use: str, thumbprint: str) -> bool:
    row = state.assignment(use)
    if row is None:
        return False
    if is_staged(row, state):
        return True
    used = state.find("My", row.thumbprint)
    in_use = used is not None and used.not_after is not None and used.not_after > state.now
    return row.thumbprint != thumbprint and in_use


def effective_date(usages: Sequence[str], thumbprint: str, states: Mapping[str, State], roll: Roll) -> datetime | None:
    """The one moment at which all servers of a set turn; None if none of them has anything to turn.

    One that was asked for counts; else the one that servers are staged for already, so that a run that was cut short
    is completed as it was begun; else the time C(roll.lead) from now, to the full hour, but as long before the end of
    the certificate in use as its tokens last (product.md#staged-rollover, product.md#oauth-certificate).

    :param states: of all servers of the set that can be reached.
    """
    turning = [(use, state) for state in states.values() for use in rolling_usages(usages, thumbprint, state)]
    if not turning:
        return None
    if roll.effective_date:
        return roll.effective_date
    staged = _staged_dates(turning, thumbprint)
    if staged:
        return max(staged)
    now = max(state.now for _use, state in turning)
    soonest = _full_minute(now + _SHORTEST)
    uses = {use for use, _state in turning}
    if any(not _turns(state, use, thumbprint) for state in states.values() for use in uses):
        # a server that uses it already, or will at once, must not be ahead of the others for long
        return soonest
    wanted = _full_hour(now + roll.lead)
    bounds = [bound for use, state in turning if (bound := _latest(use, state))]
    return max(min([wanted, *bounds]), soonest)


def _staged_dates(turning: Iterable[tuple[str, State]], thumbprint: str) -> list[datetime]:
    """The dates that are to come for which the certificate is staged, or something that cannot be seen is."""
    dates = []
    for use, state in turning:
        row = state.assignment(use)
        known = row and (row.thumbprint == thumbprint or not row.previous_thumbprint)
        if row and known and row.effective_date and is_staged(row, state):
            dates.append(row.effective_date)
    return dates


def _latest(use: str, state: State) -> datetime | None:
    row = state.assignment(use)
    used = state.find("My", _used_now(row, state)) if row else None
    return latest_turn(use, used.not_after) if used and used.not_after else None


def _used_now(row: Assignment, state: State) -> str:
    return row.previous_thumbprint if is_staged(row, state) and row.previous_thumbprint else row.thumbprint


def _full_hour(moment: datetime) -> datetime:
    full = moment.replace(minute=0, second=0, microsecond=0)
    return full if full == moment else full + timedelta(hours=1)


def _full_minute(moment: datetime) -> datetime:
    full = moment.replace(second=0, microsecond=0)
    return full if full == moment else full + timedelta(minutes=1)


def done_with_previous(usages: Sequence[str], state: State, counting: Collection[str] = frozenset()) -> tuple[str, ...]:
    """The usages whose previous certificate can be taken away: tokens made with it have all ended.

    Source: product.md#staged-rollover.

    :param counting: usages of the set with such tokens, which this server has to accept, too: L{still_counting}.
    """
    return tuple(use for use in usages if use in COEXISTING and use not in counting and _has_done(use, state))


def still_counting(usages: Sequence[str], states: Collection[State]) -> frozenset[str]:
    """The usages of which tokens may be about that a server has made with its previous certificate.

    :param states: of all servers of the set.
    """
    return frozenset(use for use in usages if any(_still_counts(use, state) for state in states))


def _has_done(use: str, state: State) -> bool:
    row = state.assignment(use)
    return row is not None and row.scope == "Local" and previous_ended(row, state)


def _still_counts(use: str, state: State) -> bool:
    """True if tokens of a server may be about that it has made with its previous certificate."""
    row = state.assignment(use)
    return row is not None and (is_staged(row, state) or (bool(row.previous_thumbprint) and not _has_done(use, state)))
