# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which usages turn at a date, and at which one."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.staging import COEXISTING
from ansible_collections.sfb.certificates.plugins.module_utils._pool.cutover_date import (
    Roll,
    done_with_previous,
    effective_date,
    rolling_usages,
    still_counting,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from hypothesis import given
from hypothesis import strategies as st

from ..rolling import AV, DATA, DAY, HOUR, INTERNAL, MINUTE, NEW, NOW, OAUTH, OLD, THIRD, server, stored

#: NOW is 10:20:30; the default lead of four hours ends in the hour before this one.
CHOSEN = dt.datetime(2026, 11, 21, 15, tzinfo=dt.timezone.utc)
#: The soonest date that is chosen, to the full minute.
SOONEST = dt.datetime(2026, 11, 21, 10, 36, tzinfo=dt.timezone.utc)
LATER = NOW + 6 * HOUR


def using(use: str = AV, end: dt.datetime = NOW + 300 * DAY, **more) -> State:
    """A server whose usage has the old certificate until then."""
    return server(Assignment(use, OLD), certificates=(stored(OLD, end), stored(NEW)), **more)


def staged_as_new(date: dt.datetime, thumbprint: str = NEW, **more) -> State:
    """A server that is staged, as the product shows it if it shows the certificate to come."""
    return server(Assignment(AV, thumbprint, OLD, date), **more)


def staged_as_old(date: dt.datetime, **more) -> State:
    """The same, if the product goes on showing the one in use."""
    return server(Assignment(AV, OLD, None, date), **more)


def turned(date: dt.datetime, **more) -> State:
    """A server that has turned to the new certificate at a date."""
    return server(Assignment(AV, NEW, OLD, date), **more)


def date_of(*states: State, roll: Roll | None = None, usages=(AV,)) -> dt.datetime | None:
    return effective_date(usages, NEW, {f"edge{number}": state for number, state in enumerate(states)}, roll or Roll())


# ---- which usages ----


@pytest.mark.parametrize(
    ("state", "rolls"),
    [
        (using(), True),
        (staged_as_new(LATER), True),
        (staged_as_new(LATER, THIRD), True),
        (staged_as_old(LATER), True),
        (turned(NOW - HOUR), False),
        (turned(NOW), False),
        (server(), False),
        (using(end=NOW - HOUR), False),
        (using(end=NOW), False),
        (server(Assignment(AV, THIRD)), False),
    ],
    ids=[
        *("in use", "staged", "another is staged", "staged unseen", "turned", "turns now"),
        *("never had one", "expired", "expires now", "not in the store"),
    ],
)
def test_a_usage_rolls_while_its_certificate_counts(state: State, rolls: bool) -> None:
    assert rolling_usages((AV,), NEW, state) == ((AV,) if rolls else ())


def test_only_usages_that_know_two_certificates_roll() -> None:
    usages = (INTERNAL, DATA, AV, OAUTH)
    state = server(*(Assignment(use, OLD) for use in usages))
    assert rolling_usages(usages, NEW, state) == (AV, OAUTH)
    assert rolling_usages((DATA, INTERNAL), NEW, state) == ()


# ---- the date ----


def test_nothing_to_turn_has_no_date() -> None:
    assert date_of(turned(NOW - DAY), server()) is None
    assert date_of(turned(NOW - DAY), roll=Roll(LATER)) is None


def test_the_date_asked_for_comes_first() -> None:
    asked = Roll(LATER + DAY)
    assert date_of(using(), staged_as_new(LATER), turned(NOW - HOUR), roll=asked) == LATER + DAY


@pytest.mark.parametrize("show", [staged_as_new, staged_as_old])
def test_the_date_staged_for_is_kept(show) -> None:
    assert date_of(using(), show(LATER)) == LATER
    assert date_of(show(LATER), show(LATER + HOUR)) == LATER + HOUR, "all wait for the last one"
    assert date_of(turned(NOW - HOUR), show(LATER)) == LATER


def test_the_date_of_another_certificate_does_not_count() -> None:
    assert date_of(using(), staged_as_new(LATER, THIRD)) == CHOSEN


@pytest.mark.parametrize(
    ("lead", "date"),
    [
        (4 * HOUR, CHOSEN),
        (dt.timedelta(hours=3, minutes=39, seconds=30), CHOSEN - HOUR),
        (DAY, CHOSEN + 20 * HOUR),
        (dt.timedelta(0), CHOSEN - 4 * HOUR),
    ],
)
def test_the_lead_is_to_the_full_hour(lead: dt.timedelta, date: dt.datetime) -> None:
    assert date_of(using(), roll=Roll(lead=lead)) == date


@pytest.mark.parametrize(("use", "keeps"), [(AV, 8 * HOUR), (OAUTH, 24 * HOUR)])
def test_the_end_of_the_one_in_use_bounds_the_date(use: str, keeps: dt.timedelta) -> None:
    bound = NOW + 2 * HOUR
    assert date_of(using(use), using(use, bound + keeps), usages=(use,)) == bound
    assert date_of(using(use, NOW + keeps), usages=(use,)) == SOONEST, "never in the past, nor too soon for the others"


def test_the_bound_of_a_staged_usage_is_that_of_the_one_in_use() -> None:
    ends = (stored(OLD, NOW + 10 * HOUR), stored(NEW), stored(THIRD, NOW + 9 * HOUR))
    assert date_of(staged_as_new(LATER, THIRD, certificates=ends)) == NOW + 2 * HOUR


def test_the_longest_lead_counts_for_several_usages() -> None:
    end = NOW + 26 * HOUR
    state = server(Assignment(AV, OLD), Assignment(OAUTH, OLD), certificates=(stored(OLD, end), stored(NEW)))
    assert date_of(state, usages=(AV, OAUTH)) == NOW + 2 * HOUR


def test_soonest_once_a_server_has_turned() -> None:
    assert date_of(turned(NOW - HOUR), using()) == SOONEST
    assert date_of(turned(NOW), using(), using()) == SOONEST


def test_clocks_that_differ() -> None:
    ahead, behind = using(now=NOW + HOUR), using(now=NOW - HOUR)
    assert date_of(ahead, behind) == CHOSEN + HOUR, "the lead is one for the server whose clock is ahead, too"
    assert date_of(turned(LATER, now=LATER + MINUTE), staged_as_new(LATER)) == LATER
    assert date_of(turned(NOW - DAY, now=NOW), using(now=NOW + HOUR)) == SOONEST + HOUR


SHOWN = st.one_of(
    st.builds(using, end=st.integers(-30, 90).map(lambda hours: NOW + hours * HOUR)),
    st.builds(staged_as_new, st.integers(1, 600).map(lambda minutes: NOW + minutes * MINUTE)),
    st.builds(staged_as_old, st.integers(1, 600).map(lambda minutes: NOW + minutes * MINUTE)),
    st.builds(
        staged_as_new,
        st.integers(1, 600).map(lambda minutes: NOW + minutes * MINUTE),
        st.just(THIRD),
    ),
    st.builds(turned, st.integers(0, 600).map(lambda minutes: NOW - minutes * MINUTE)),
    st.just(server()),
)


@given(states=st.lists(SHOWN, min_size=1, max_size=4), data=st.data())
def test_one_date_to_come_for_all_whatever_their_order(states: list[State], data: st.DataObject) -> None:
    date = date_of(*states)
    assert date_of(*data.draw(st.permutations(states))) == date
    rolling = [state for state in states if rolling_usages((AV,), NEW, state)]
    assert (date is None) is (not rolling)
    if date is None:
        return
    assert all(date > state.now for state in rolling)
    seen = [row.effective_date for state in rolling if (row := state.assignment(AV)) and row.thumbprint != THIRD]
    if any(seen):
        assert date == max(filter(None, seen)), "a staging that was begun is completed"
    elif len(rolling) < len(states):
        assert date == SOONEST, "some use it already or will at once; the others follow soon"
    else:
        ends = [state.find("My", OLD).not_after - COEXISTING[AV] for state in rolling]
        assert date == max(SOONEST, min([CHOSEN, *ends]))


# ---- the end of the previous one ----


@pytest.mark.parametrize(("use", "lasts"), [(AV, 8 * HOUR), (OAUTH, 24 * HOUR)])
def test_previous_goes_when_its_tokens_have_ended(use: str, lasts: dt.timedelta) -> None:
    def done(row: Assignment) -> bool:
        assert set(done_with_previous((use, INTERNAL), server(row))) <= {use}
        return use in done_with_previous((use, INTERNAL), server(row))

    assert done(Assignment(use, NEW, OLD, NOW - lasts))
    assert not done(Assignment(use, NEW, OLD, NOW - lasts + MINUTE))
    assert not done(Assignment(use, NEW, OLD, NOW + DAY)), "the previous one is in use"
    assert not done(Assignment(use, NEW, OLD)), "since when is not known"
    assert not done(Assignment(use, NEW, None, NOW - 9 * DAY))
    assert not done(Assignment(use, NEW, OLD, NOW - 9 * DAY, "Global")), "not this server's own"


def test_previous_of_other_usages_is_nobodys_business() -> None:
    state = server(Assignment(INTERNAL, NEW, OLD, NOW - 99 * DAY), Assignment(AV, NEW, OLD, NOW - 99 * DAY))
    assert done_with_previous((INTERNAL,), state) == ()
    assert done_with_previous((INTERNAL, AV), state) == (AV,)
    assert done_with_previous((OAUTH,), state) == ()


BEFORE = st.builds(
    Assignment,
    st.sampled_from([AV, OAUTH, INTERNAL]),
    st.just(NEW),
    st.sampled_from([OLD, None]),
    st.one_of(st.none(), st.integers(-30, 2).map(lambda hours: NOW + hours * HOUR)),
    st.sampled_from(["Local", "Global"]),
)


@given(st.lists(st.lists(BEFORE, max_size=3, unique_by=lambda row: row.use), min_size=1, max_size=4))
def test_previous_goes_when_no_server_of_the_set_has_tokens_of_it(assignments: list[list[Assignment]]) -> None:
    states = [server(*rows) for rows in assignments]
    counting = still_counting((AV, OAUTH, INTERNAL), states)
    for state in states:
        alone = done_with_previous((AV, OAUTH, INTERNAL), state)
        together = done_with_previous((AV, OAUTH, INTERNAL), state, counting)
        rows = {use: [row for other in states if (row := other.assignment(use))] for use in alone}
        free = [
            use
            for use, others in rows.items()
            if not any(row.effective_date and row.effective_date > NOW for row in others)
            and all(use in done_with_previous((use,), server(row)) for row in others if row.previous_thumbprint)
        ]
        assert list(together) == free
