# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind `make faults`: a rollover is cut short at each of its remote calls, and has to end well when it is run again.

Every call of the run, for each pool, in every way. C(before) and C(after) go on from what one recorded run had on its disks
then (L{moments}), once for each content of them; `--kill` really kills a run for each. C(late) is a run of its own each time.
A further run has to change nothing, with one call per server; it is made once for each different end (L{judge.left}).
`--shard 2/3` takes the second of three parts, which all of them prepare for anew. A case that breaks a rule is told in a
line, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ansible_collections.sfb.certificates.tests.conftest import make_keys

from . import cases
from .site import build

KINDS = ("before", "after", "late")
T = TypeVar("T")


def main(words: Sequence[str] | None = None) -> int:
    """Carries the cases out; gives the exit status."""
    options, begun = _parser().parse_args(words), time.monotonic()
    # private keys are in there: nobody else may look into it, and nothing is left of it, whatever happens
    with tempfile.TemporaryDirectory(prefix="sfb-faults-") as name, ThreadPoolExecutor(options.jobs) as workers:
        root = pathlib.Path(name)
        sizes = sorted({int(size) for size in options.pools.split(",")})
        measured = list(workers.map(lambda size: _measured(root / f"pool{size}", size), sizes))
        work = chosen(measured, options.shard, options.only, kill=options.kill)
        for clean in measured:
            mine = sum(len(some) for other, some in work if other is clean)
            print(f"pool of {len(clean.stage.hosts)}: {len(clean.calls)} remote calls, {mine} cases", flush=True)
        numbers = itertools.count(1)
        verdicts = list(
            workers.map(
                lambda row: _tried(
                    row[0], row[1], root / f"case{next(numbers)}", kill=options.kill, verbose=options.verbose
                ),
                work,
            )
        )
    status = report(list(itertools.chain(*verdicts)), measured, kill=options.kill)
    print(f"{(time.monotonic() - begun) / 60:.0f} minutes")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Cut a rollover short at each of its remote calls.")
    parser.add_argument("--pools", default="2,3", help="numbers of servers (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at the same time (%(default)s)")
    parser.add_argument("--shard", type=_shard, default=(1, 1), metavar="I/N", help="one of so many parts")
    parser.add_argument("--kill", action="store_true", help="really kill a run for each case before or after a call")
    parser.add_argument("--only", action="append", metavar="POOL:CALL:KIND", help="this case, as the report names it")
    parser.add_argument("--verbose", action="store_true", help="a line for each case")
    return parser


def _shard(text: str) -> tuple[int, int]:
    part, _slash, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"'{text}' is no part such as 1/2")
    return int(part), int(parts)


def shard(cases: Sequence[T], part: tuple[int, int]) -> list[T]:
    """One of so many parts."""
    return list(cases[part[0] - 1 :: part[1]])


def chosen(
    measured: Sequence[cases.Clean], part: tuple[int, int], only: Sequence[str] | None = None, *, kill: bool = False
) -> list[tuple[cases.Clean, list[cases.Case]]]:
    """The cases of a part, those together that are carried out once; the long ones first.

    Which part a case belongs to follows from the number of its call alone, so that no case is missed though each part has a record
    of its own. After a call and before the next one is the same part, for the disks are mostly the same then.

    :param only: no others than these, as a case is written.
    """
    late: list[tuple[cases.Clean, list[cases.Case]]] = []
    killed: list[tuple[cases.Clean, list[cases.Case]]] = []
    for clean in measured:
        between: dict[int, list[cases.Case]] = {}
        for case in cases.all_cases(clean):
            if case.kind == "late":
                late.append((clean, [case]))
            else:
                between.setdefault(int(case.at) - (case.kind == "before"), []).append(case)
        killed += [(clean, some) for some in between.values()]
    killed = shard(killed, part)
    work = [(clean, case) for clean, some in [*shard(late, part), *killed] for case in some]
    work = [(clean, case) for clean, case in work if only is None or str(case) in only]
    if kill:
        return [(clean, [case]) for clean, case in work]
    found = [(clean, [case]) for clean, case in work if case.kind == "late"]
    for clean in measured:
        mine = [case for other, case in work if other is clean and case.kind != "late"]
        found += [(clean, some) for some in cases.alike(clean, mine)]
    return found


def _measured(folder: pathlib.Path, size: int) -> cases.Clean:
    """A pool, and a run of it that nothing happens to.

    :raises SystemExit: even that run fails.
    """
    try:
        return cases.measure(build(folder / "stage", make_keys(), size), folder / "clean")
    except AssertionError as error:
        told = [line for line in str(error).splitlines() if line.startswith(("[ERROR]", "fatal"))] or [str(error)]
        raise SystemExit(f"pool of {size}: the rollover fails although nothing happens to it: {told[-1]}") from None


def _carried_out(
    clean: cases.Clean, some: list[cases.Case], folder: pathlib.Path, *, kill: bool
) -> list[cases.Verdict]:
    if kill or some[0].kind == "late":
        return [cases.carry_out(clean, some[0], folder)]
    return cases.carry_out_recorded(clean, some, folder)


def _tried(
    clean: cases.Clean, some: list[cases.Case], folder: pathlib.Path, *, kill: bool, verbose: bool
) -> list[cases.Verdict]:
    """Carries cases out that belong together; what cannot be judged is a failure, too."""
    try:
        verdicts = _carried_out(clean, some, folder, kill=kill)
    except Exception as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())[-300:]}"
        verdicts = [cases.Verdict(case, problems=[why]) for case in some]
    for verdict in verdicts:
        if verdict.problems or verbose:
            print(verdict, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return verdicts


def report(verdicts: Sequence[cases.Verdict], measured: Sequence[cases.Clean], *, kill: bool = False) -> int:
    """Prints what was tried of what there is; gives the exit status.

    :param kill: runs were really killed, not one recorded.
    """
    for clean in measured:
        size, there = len(clean.stage.hosts), len(clean.calls)
        mine = [verdict for verdict in verdicts if verdict.case.size == size]
        for kind in KINDS:
            tried = [verdict for verdict in mine if verdict.case.kind == kind]
            good = sum(not verdict.problems for verdict in tried)
            needed = Counter(verdict.reruns for verdict in tried if not verdict.problems)
            told = ", ".join(f"{number} after {reruns} reruns" for reruns, number in sorted(needed.items()))
            print(f"pool of {size}, {kind}: {len(tried)}/{there} calls tried, {good} converged ({told or 'none'})")
        moments = [verdict for verdict in mine if verdict.case.kind != "late"]
        different = sum(verdict.like is None for verdict in moments)
        how = "each really killed" if kill else f"{different} different disks, each run again once"
        print(f"pool of {size}: {len(moments)} moments to be killed at, {how}")
        print(f"pool of {size}: a further run had nothing to do in {len(clean.settled)} different ends")
    failed = sum(bool(verdict.problems) for verdict in verdicts)
    total = len(KINDS) * sum(len(clean.calls) for clean in measured)
    print(f"{len(verdicts)}/{total} cases tried, {failed} failed")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was copied is removed then, too
    sys.exit(main())
