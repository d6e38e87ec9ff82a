# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules have."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.plugin_utils._options import (
    REQUEST,
    moment_of,
    request_spec_of,
    staging_of,
)

EVENING = dt.datetime(2026, 12, 1, 22, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T22:00:00Z",
        "2026-12-01t22:00:00z",
        " 2026-12-01T23:00:00+01:00 ",
        "2026-12-01 22:00:00+00:00",  # what YAML and Ansible make of the first one without quotation marks
        "2026-12-01T17:00-05:00",
        "2026-12-01T22:00:00.750+00:00",
    ],
)
def test_times_with_a_zone(text: str) -> None:
    assert moment_of(text) == EVENING


@pytest.mark.parametrize("text", ["2026-12-01T22:00:00", "2026-12-01 22:00", "2026-12-01"])
def test_times_without_zone_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="names no time zone; write it as"):
        moment_of(text)


@pytest.mark.parametrize("text", ["", "tomorrow", "12/01/2026 22:00:00Z", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no time; write it as"):
        moment_of(text)


def test_roll_and_date_need_each_other() -> None:
    assert staging_of({"roll": True, "effective_date": "2026-12-01T22:00:00Z"}) == EVENING
    assert staging_of({"roll": None, "effective_date": None}) is None
    assert staging_of({"roll": False, "effective_date": None}) is None
    with pytest.raises(InputError, match="roll: needs effective_date"):
        staging_of({"roll": True, "effective_date": None})
    for roll in (None, False):
        with pytest.raises(InputError, match="effective_date: plays a part with roll: true only"):
            staging_of({"roll": roll, "effective_date": "2026-12-01T22:00:00Z"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a.example", "b.example"], ("a.example", "b.example")),
        (["a.example, b.example", " c.example "], ("a.example", "b.example", "c.example")),
        ([","], ()),
    ],
)
def test_domain_names_stay_names_until_the_step_is_made(given: list[str], expected: tuple[str, ...]) -> None:
    params = dict.fromkeys(REQUEST) | {"type": ["Internal"], "names": [], "work_folder": "C:\\x", "domain_names": given}
    spec, _warnings = request_spec_of(params)
    assert spec.parameters["DomainName"] == expected
