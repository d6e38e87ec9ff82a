# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make faults` tries and tells; no run is started here."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Sequence

import pytest

from . import run
from .cases import Case, Clean, Verdict
from .moments import Moment
from .site import Site

CALLS = 5


@pytest.fixture
def clean(site: Site, tmp_path: pathlib.Path) -> Clean:
    """A record of five calls, of which the third one changes something."""
    made = Clean(site, [{"host": "edge1", "steps": []}] * CALLS, {}, set())
    for number in range(1, CALLS + 1):
        for kind in ("before", "after"):
            folder = tmp_path / f"{number}-{kind}"
            (folder / "pool").mkdir(parents=True)
            (folder / "pool" / "state").write_text(str(number > 3 or (number == 3 and kind == "after")))
            made.moments[number, kind] = Moment(number, kind, folder)
    return made


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b"])
def test_shards_that_do_not_exist(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["--shard", text])
    assert f"'{text}' is no part such as 1/2" in capsys.readouterr().err


def test_report_tells_what_was_tried(clean: Clean, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Verdict(Case(2, 1, "late"), reruns=2), Verdict(Case(2, 2, "late"), problems=["a key was lost"])
    first = Verdict(Case(2, 1, "after"), reruns=1)
    same = Verdict(Case(2, 2, "before"), reruns=1, like=first.case)
    clean.settled.add("end")
    assert run.report([good, bad, first, same], [clean]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "pool of 2, before: 1/5 calls tried, 1 converged (1 after 1 reruns)",
        "pool of 2, after: 1/5 calls tried, 1 converged (1 after 1 reruns)",
        "pool of 2, late: 2/5 calls tried, 1 converged (1 after 2 reruns)",
        "pool of 2: 2 moments to be killed at, 1 different disks, each run again once",
        "pool of 2: a further run had nothing to do in 1 different ends",
        "4/15 cases tried, 1 failed",
    ]
    assert run.report([good], [clean]) == 0
    assert run.report([], [clean]) == 1
    assert "pool of 2, call 2 (), late: a key was lost" in str(bad)
    assert str(same).endswith("converged [like 2:1:after]")


def test_disks_that_are_the_same_are_tried_once(clean: Clean) -> None:
    together = [[str(case) for case in some] for _clean, some in run.chosen([clean], (1, 1))]
    assert together[:CALLS] == [[f"2:{number}:late"] for number in range(1, CALLS + 1)]
    assert together[CALLS:] == [
        ["2:1:before", "2:1:after", "2:2:before", "2:2:after", "2:3:before"],
        ["2:3:after", "2:4:before", "2:4:after", "2:5:before", "2:5:after"],
    ]
    really = [some for _clean, some in run.chosen([clean], (1, 1), kill=True)]
    assert [len(some) for some in really] == [1] * 3 * CALLS
    only = run.chosen([clean], (1, 1), ["2:2:after", "2:3:before", "2:3:late"])
    assert [[str(case) for case in some] for _clean, some in only] == [["2:3:late"], ["2:2:after", "2:3:before"]]


@pytest.mark.parametrize("kill", [False, True])
def test_a_case_goes_to_one_shard_only(clean: Clean, *, kill: bool) -> None:
    parts = [run.chosen([clean], (part, 4), kill=kill) for part in range(1, 5)]
    cases = [case for part in parts for _clean, some in part for case in some]
    assert len(cases) == len(set(cases)) == 3 * CALLS
    for part in parts:
        late = sum(case.kind == "late" for _clean, some in part for case in some)
        assert late in (1, 2)
        assert sum(len(some) for _clean, some in part) - late in (2, 3, 4)


def test_all_is_tried_and_nothing_is_left(
    clean: Clean, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether all went well, a case could not be judged, or the user has stopped it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def measured(folder: pathlib.Path, size: int) -> Clean:
        assert folder.parent.stat().st_mode & 0o077 == 0
        (folder / "stage").mkdir(parents=True)
        return clean

    def carried_out(_clean: Clean, some: Sequence[Case], folder: pathlib.Path, *, kill: bool) -> list[Verdict]:
        folder.mkdir()
        if some[0] == stumbling:
            raise error
        return [Verdict(case, like=None if case == some[0] else some[0]) for case in some]

    monkeypatch.setattr(run, "_measured", measured)
    monkeypatch.setattr(run, "_carried_out", carried_out)
    stumbling, error = Case(2, 0, ""), BaseException()
    assert run.main(["--pools", "2"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "pool of 2: 5 remote calls, 15 cases"
    assert told[-4:] == [
        "pool of 2: 10 moments to be killed at, 2 different disks, each run again once",
        "pool of 2: a further run had nothing to do in 0 different ends",
        "15/15 cases tried, 0 failed",
        "0 minutes",
    ]
    stumbling, error = Case(2, 3, "after"), OSError("no\nspace")
    assert run.main(["--pools", "2", "--jobs", "1"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "pool of 2, call 3 (), after: OSError: no space [0 reruns, 0 s]"
    assert told[-2] == "15/15 cases tried, 5 failed"
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run.main(["--pools", "2"])
    assert run.main(["--pools", "2", "--only", "2:6:late"]) == 1
    assert list((tmp_path / "temporary").iterdir()) == []
