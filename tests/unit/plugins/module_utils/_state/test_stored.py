# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the contract."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import format_time, parse_time
from hypothesis import given
from hypothesis import strategies as st

YEARS = {"min_value": dt.datetime(1601, 1, 1), "max_value": dt.datetime(9999, 12, 31)}


@given(st.datetimes(**YEARS).map(lambda value: value.replace(microsecond=0, tzinfo=dt.timezone.utc)))
def test_a_time_comes_back(value: dt.datetime) -> None:
    assert parse_time(format_time(value)) == value


def test_no_time_is_none() -> None:
    assert parse_time(None) is None
    assert format_time(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01",
        "2026-12-01 10:00:00Z",
        "2026-12-01T10:00:00",
        "2026-12-01T10:00:00+01:00",
        "2026-13-01T10:00:00Z",
    ],
)
def test_only_one_way_of_writing(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-12-01T10:00:00Z|month|isoformat"):
        parse_time(text)
