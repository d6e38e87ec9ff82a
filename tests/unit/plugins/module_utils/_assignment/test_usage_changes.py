# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that tell what has become of certificates, from the rows that describe usages."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.readiness import describe_usages
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.usage_changes import (
    change_lines,
    change_text,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import format_time

from ..rolling import ACCESS, AV, DATA, DAY, HOUR, NEW, NOW, OLD, THIRD, server, stored

END = NOW + 700 * DAY
UNTIL, DATE = f"{END:%Y-%m-%d}", format_time(NOW + HOUR)


def rows(*assignments: Assignment) -> list[dict[str, Any]]:
    """Three usages of a server; NEW ends later than OLD, and THIRD is not in its store."""
    mine = (stored(OLD), stored(NEW, END))
    return describe_usages(server(*assignments, certificates=mine), (ACCESS, DATA, AV))


def of(thumbprint: str) -> list[dict[str, Any]]:
    """All usages have one certificate."""
    return rows(*(Assignment(use, thumbprint) for use in (ACCESS, DATA, AV)))


def test_first_certificates() -> None:
    assert change_lines(of(NEW), rows(), {}) == [f"{use}  none->BBBBBBBB  {UNTIL}" for use in (ACCESS, DATA, AV)]
    assert change_lines(of(NEW), [], {}) == change_lines(of(NEW), rows(), {})


def test_usages_that_stay_are_told_beside_those_that_change() -> None:
    now = rows(Assignment(ACCESS, NEW), Assignment(DATA, OLD))
    assert change_lines(now, rows(Assignment(DATA, OLD)), {}) == [
        f"{ACCESS}  none->BBBBBBBB  {UNTIL}",
        f"{DATA}  AAAAAAAA  {NOW + 300 * DAY:%Y-%m-%d}",
        f"{AV}  none  -",
    ]


def test_nothing_is_told_if_all_stay() -> None:
    staged = rows(Assignment(AV, NEW, OLD, NOW + HOUR))
    for same in (of(OLD), rows(), staged):
        assert change_lines(same, same, {"thumbprint": NEW}) == []
    # a date that has come is no change
    assert change_lines(rows(Assignment(AV, NEW, OLD, NOW)), staged, {}) == []


def test_a_certificate_that_is_taken_away_or_not_in_the_store() -> None:
    assert change_lines(rows(), of(OLD), {})[0] == f"{ACCESS}  AAAAAAAA->none  -"
    assert change_lines(of(THIRD), of(OLD), {})[0] == f"{ACCESS}  AAAAAAAA->CCCCCCCC  -"


def test_staged() -> None:
    line = f"{AV}  AAAAAAAA->BBBBBBBB  {UNTIL}  from {DATE}"
    before = rows(Assignment(AV, OLD))
    assert change_lines(rows(Assignment(AV, NEW, OLD, NOW + HOUR)), before, {})[2] == line
    # the date alone
    later = rows(Assignment(AV, NEW, OLD, NOW + DAY))
    moved = f"{AV}  BBBBBBBB  {UNTIL}  from {DATE}"
    assert change_lines(rows(Assignment(AV, NEW, OLD, NOW + HOUR)), later, {})[2] == moved


@pytest.mark.parametrize(
    ("staged", "change"),
    [
        ({"thumbprint": NEW, "not_after": format_time(END), "changed": True}, f"AAAAAAAA->BBBBBBBB  {UNTIL}"),
        ({"thumbprint": "(known after issue)", "not_after": None}, "AAAAAAAA->new  -"),
        ({"skipped": True}, f"AAAAAAAA  {NOW + 300 * DAY:%Y-%m-%d}"),
    ],
    ids=["told", "not issued yet", "not told"],
)
def test_staged_where_the_server_shows_the_certificate_in_use(staged: dict[str, Any], change: str) -> None:
    shown = Assignment(ACCESS, OLD), Assignment(AV, OLD, None, NOW + HOUR)
    lines = change_lines(rows(*shown), of(OLD), staged)
    assert lines[2] == f"{AV}  {change}  from {DATE}"
    assert lines[0].startswith(f"{ACCESS}  AAAAAAAA  ")  # what is not staged has what the server shows


def test_what_was_staged_before_and_is_not_shown_has_not_changed() -> None:
    shown = Assignment(ACCESS, OLD), Assignment(AV, OLD, None, NOW + HOUR)
    staged = {"thumbprint": NEW, "not_after": format_time(END)}
    assert change_lines(rows(*shown), rows(*shown), staged) == []
    beside = change_lines(rows(*shown), rows(shown[1]), staged)
    assert beside[0].startswith(f"{ACCESS}  none->AAAAAAAA  ")
    assert beside[2] == f"{AV}  BBBBBBBB  {UNTIL}  from {DATE}"


def test_short_texts() -> None:
    texts = [change_text(*pair) for pair in ((OLD, NEW), ("", NEW), (OLD, OLD), (OLD, ""), ("", "(known after issue)"))]
    assert texts == ["AAAAAAAA->BBBBBBBB", "none->BBBBBBBB", "AAAAAAAA", "AAAAAAAA->new", "none->new"]
