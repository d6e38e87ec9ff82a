# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make scale` concludes from its runs: medians, ratios, growth, limits."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sfb.certificates.tests.documented import BLOCKS
from ansible_collections.sfb.certificates.tests.scale.figures import (
    EMPTY,
    LIMITS,
    NOTHING,
    OURS,
    Key,
    Limit,
    Measured,
    Results,
    Spent,
    Verdict,
    describe,
    describe_limits,
    judge,
    passed,
    table,
)

OTHER = "0123abc"


def spent(*seconds: float, megabytes: float = 70) -> list[Spent]:
    """Runs that took so long."""
    return [Spent(each, megabytes) for each in seconds]


def measured(*sizes: int, **playbooks: float) -> Measured:
    """A measurement with one round.

    A server costs a second in the yardstick, and as much as it says in a playbook of ours. In the other version it is ten times as much.
    """
    found = Measured(other=OTHER)
    for size in sizes:
        found.runs[Key(OURS, EMPTY, size)] = spent(2)
        found.runs[Key(OURS, NOTHING, size)] = spent(2 + size)
        for playbook, cost in playbooks.items():
            found.runs[Key(OURS, playbook, size)] = spent(2 + cost * size)
            found.runs[Key(OTHER, playbook, size)] = spent(2 + 10 * cost * size)
    return found


def test_the_median_of_the_rounds_counts_and_the_start_does_not() -> None:
    key = Key(OURS, "rollover", 4)
    found = Measured(
        {key: spent(14, 10, 99), Key(OURS, EMPTY, 4): spent(2, 2.5, 1), Key(OURS, NOTHING, 4): spent(8, 3, 8)}
    )
    assert found.seconds(key) == 14
    assert found.cost(key) == (14 - 2) / 4
    assert found.relative_cost(key) == (14 - 2) / (8 - 2)


def test_the_largest_process_of_all_rounds_counts() -> None:
    key = Key(OURS, "rollover", 4)
    found = Measured({key: [Spent(1, 70), Spent(1, 90), Spent(1, 80)]})
    assert found.largest_process(key) == 90


def test_cost_is_compared_with_the_other_version() -> None:
    assert measured(4, rollover=3).compared("rollover", 4) == pytest.approx(0.1)


def test_growth_is_that_of_the_playbook_over_that_of_the_yardstick() -> None:
    found = measured(4, 100, rollover=3)
    assert found.growth("rollover", 4, 100) == pytest.approx(1)
    found.runs[Key(OURS, "rollover", 100)] = spent(2 + 6 * 100)
    assert found.growth("rollover", 4, 100) == pytest.approx(2)
    found.runs[Key(OURS, NOTHING, 100)] = spent(2 + 2 * 100)
    assert found.growth("rollover", 4, 100) == pytest.approx(1)


def test_what_was_not_run_has_no_figure() -> None:
    found = measured(4, rollover=3)
    assert found.seconds(Key(OURS, "rollover", 20)) is None
    assert found.cost(Key(OURS, "rollover", 20)) is None
    assert found.compared("rollover", 20) is None
    assert found.compared("edge_internal", 4) is None
    assert found.growth("rollover", 4, 20) is None
    assert found.largest_process(Key(OURS, "rollover", 20)) is None
    assert found.most_bytes("rollover") is None
    assert found.most_rooted_bytes("rollover") is None
    assert Measured().compared("rollover", 4) is None


def test_a_yardstick_that_is_lost_in_the_noise_gives_no_ratio() -> None:
    found = measured(4, rollover=3)
    found.runs[Key(OURS, NOTHING, 4)] = spent(1.9)
    assert found.relative_cost(Key(OURS, "rollover", 4)) is None


def test_bytes_are_those_of_the_pool_with_the_most_of_ours() -> None:
    found = Measured(
        results={
            Key(OURS, "rollover", 4): Results(10, 9000),
            Key(OURS, "rollover", 20): Results(10, 8000),
            Key(OTHER, "rollover", 20): Results(10, 99000),
            Key(OURS, "edge_internal", 20): Results(10, 77000),
        }
    )
    assert found.most_bytes("rollover") == 9000


@pytest.mark.parametrize(("roots", "expected"), [(300, 5000), (20, None)])
def test_the_limit_with_roots_is_for_300_of_them(roots: int, expected: float | None) -> None:
    found = Measured(rooted={Key(OURS, "rollover", 4): Results(10, 5000)}, roots=roots)
    assert found.most_rooted_bytes("rollover") == expected


# ---- limits ----


@pytest.mark.parametrize(
    ("below", "figure", "word"),
    [
        (False, 4.9, "PASS"),
        (False, 5, "PASS"),
        (False, 5.1, "FAIL"),
        (True, 4.9, "PASS"),
        (True, 5, "FAIL"),
        (False, None, "not measured"),
    ],
)
def test_a_figure_is_held_against_its_limit(below: bool, figure: float | None, word: str) -> None:
    limit = Limit("something", lambda _found: figure, 5, below=below)
    (verdict,) = judge(Measured(), [limit])
    assert verdict.word == word
    assert verdict.row()[0] == word


def good() -> Measured:
    """A measurement within all limits."""
    found = measured(4, 20, 100, 400, edge_internal=2, edge_external=2, rollover=2)
    found.roots = 300
    for playbook in ("edge_internal", "edge_external", "rollover"):
        found.results[Key(OURS, playbook, 20)] = Results(12.5, 14 * 1024)
        found.rooted[Key(OURS, playbook, 20)] = Results(12.5, 59 * 1024)
    return found


def test_all_limits_hold() -> None:
    assert {verdict.word for verdict in judge(good())} == {"PASS"}
    assert passed(judge(good()))


@pytest.mark.parametrize(
    ("key", "run", "limit"),
    [
        (Key(OTHER, "edge_internal", 20), Spent(2 + 7 * 20, 70), "edge_internal, 20 servers: processor time"),
        (Key(OTHER, "edge_internal", 100), Spent(2 + 7 * 100, 70), "edge_internal, 100 servers: processor time"),
        (Key(OTHER, "rollover", 20), Spent(2 + 9 * 20, 70), "rollover, 20 servers: processor time"),
        (Key(OTHER, "rollover", 100), Spent(2 + 9 * 100, 70), "rollover, 100 servers: processor time"),
        (Key(OURS, "edge_internal", 400), Spent(2 + 2.1 * 400, 70), "edge_internal, 20 to 400 servers: growth"),
        (Key(OURS, "rollover", 100), Spent(2 + 2.2 * 100, 70), "rollover, 4 to 100 servers: growth"),
        (Key(OURS, "edge_internal", 400), Spent(2, 120), "edge_internal, 400 servers: largest process"),
        (Key(OURS, "rollover", 100), Spent(2, 150), "rollover, 100 servers: largest process"),
    ],
)
def test_each_limit_of_a_run_can_be_exceeded(key: Key, run: Spent, limit: str) -> None:
    found = good()
    found.runs[key] = [run]
    verdicts = judge(found)
    assert [verdict.limit.text.startswith(limit) for verdict in verdicts if verdict.word == "FAIL"] == [True]
    assert not passed(verdicts)


@pytest.mark.parametrize("playbook", ["edge_internal", "edge_external", "rollover"])
@pytest.mark.parametrize(("rooted", "most"), [(False, 15), (True, 60)])
def test_each_limit_of_results_can_be_exceeded(playbook: str, rooted: bool, most: int) -> None:
    found = good()
    (found.rooted if rooted else found.results)[Key(OURS, playbook, 4)] = Results(12, most * 1024 + 1)
    (failed,) = (verdict for verdict in judge(found) if verdict.word == "FAIL")
    assert failed.limit.text.startswith(f"{playbook}: results")
    assert ("roots" in failed.limit.text) is rooted


def test_what_was_not_measured_is_neither_passed_nor_failed() -> None:
    verdicts = judge(measured(4, 20, 100, rollover=3))
    words = {verdict.limit.text: verdict.word for verdict in verdicts}
    assert words.pop("edge_internal, 400 servers: largest process") == "not measured"
    assert set(words.values()) == {"PASS", "not measured"}
    assert passed(verdicts)


def test_a_check_of_nothing_is_not_passed() -> None:
    verdicts = judge(Measured())
    assert {verdict.word for verdict in verdicts} == {"not measured"}
    assert not passed(verdicts)


# ---- text ----


def test_columns_are_aligned() -> None:
    assert table([("name", "two\nlines"), ("a", "1.00"), ("longer", "-")]) == (
        "          two\nname    lines\na        1.00\nlonger      -"
    )


def test_every_limit_is_shown_with_its_figure() -> None:
    lines = describe_limits(judge(good())).splitlines()
    assert len(lines) == len(LIMITS)
    first = "PASS edge_internal, 20 servers: processor time, ratio to the other version 0.10 at most 0.25"
    assert " ".join(lines[0].split()) == first
    assert "14.0  at most 15 KB" in next(line for line in lines if "rollover: results per server " in line)
    assert "70.0   below 120 MB" in next(line for line in lines if "edge_internal, 400" in line and "process" in line)
    verdict = Verdict(LIMITS[0], None)
    assert describe_limits([verdict]).split()[:2] == ["not", "measured"]


def shown(found: Measured) -> list[str]:
    """The lines of the text, with single spaces."""
    return [" ".join(line.split()) for line in describe(found).splitlines()]


def test_all_figures_are_shown() -> None:
    found = good()
    found.results[Key(OTHER, "rollover", 20)] = Results(55, 190 * 1024)
    lines = shown(found)
    assert "the start of Ansible 2.00 2.00 2.00 2.00" in lines
    assert "three do-nothing tasks, per server 1.000 1.000 1.000 1.000" in lines
    assert "rollover 20 2.00 x 70 MB 12.5 14.0 KB 59.0 KB 0.10" in lines
    assert "rollover 4 2.00 x 70 MB - - - 0.10" in lines
    assert f"rollover, {OTHER} 20 20.00 x 70 MB 55.0 190.0 KB - -" in lines
    assert "edge_internal 4 to 400 1.00" in lines
    assert "edge_internal 20 to 400 1.00" in lines


def test_without_another_version_and_roots_there_are_no_columns_of_them() -> None:
    found = measured(4, rollover=3)
    found.other = ""
    found.runs = {key: runs for key, runs in found.runs.items() if key.version == OURS}
    assert "rollover 4 3.00 x 70 MB - -" in shown(found)
    assert "roots" not in describe(found)
    assert "growth" not in describe(found)


# ---- the guide ----


def test_the_guide_shows_a_run_that_keeps_all_limits() -> None:
    lines = BLOCKS["docs/guides/scale.md#What it costs"].text.splitlines()
    shown = [re.split(r"  +", line) for line in lines if line.startswith(("PASS", "FAIL", "not measured"))]
    assert [(text, most) for _word, text, _figure, most in shown] == [
        (text, most) for _word, text, _figure, most in (verdict.row() for verdict in judge(Measured()))
    ]
    # the ratios to another version, which are a table of their own there
    compared = {text for _word, text, *_more in shown if text.endswith("ratio to the other version")}
    assert {text for word, text, *_more in shown if word == "not measured"} == compared
    assert {word for word, text, *_more in shown if text not in compared} == {"PASS"}
