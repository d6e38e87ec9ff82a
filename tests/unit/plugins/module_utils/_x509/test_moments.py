# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as users write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.moments import parse_moment

TEN = datetime(2026, 12, 1, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        "2026-12-01T10:00:00Z",
        " 2026-12-01T10:00:00z\n",
        "2026-12-01 10:00",
        "2026-12-01 10:00:00.000000",
        "2026-12-01T11:00:00+01:00",
        TEN,
        TEN.astimezone(timezone(timedelta(hours=-5))),
        TEN.replace(tzinfo=None),
    ],
)
def test_the_same_moment(value: object) -> None:
    moment = parse_moment(value, "now")
    assert (moment, moment.utcoffset()) == (TEN, timedelta(0))


def test_a_date_is_its_begin() -> None:
    begin = datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert parse_moment("2026-12-01", "now") == parse_moment(date(2026, 12, 1), "now") == begin


@pytest.mark.parametrize(
    "value", ["", "Z", "soon", "2026-12-01Z", "20261201", "2026-13-01", "2026-12-01T25:00Z", 7, None, ["2026-12-01"]]
)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"^now: '.*' is no date or time; write it as 2026-12-01 or"):
        parse_moment(value, "now")


def test_a_moment_beyond_all_years_is_refused() -> None:
    with pytest.raises(InputError, match="outside of the years"):
        parse_moment("0001-01-01T00:00:00+10:00", "now")
