# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind `make faults`: a rollover is cut short at its remote calls, one after another, and has to end well when it is run again.

Pool of 2: every call, in every way. Pool of 3: the last call of each kind, in one way. `--shard 2/3` takes the second of
three parts, which all of them prepare for anew. A case that breaks a rule is told in a line, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import shutil
import sys
import tempfile
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
    options = _parser().parse_args(words)
    with tempfile.TemporaryDirectory(prefix="sfb-faults-") as name, ThreadPoolExecutor(options.jobs) as workers:
        root = pathlib.Path(name)
        sizes = sorted({int(size) for size in options.pools.split(",")})
        measured = list(workers.map(lambda size: _measured(root / f"pool{size}", size), sizes))
        chosen = [_chosen(clean, every=options.all) for clean in measured]
        for clean, some in zip(measured, chosen, strict=True):
            print(f"pool of {len(clean.stage.hosts)}: {len(clean.calls)} remote calls, {len(some)} cases", flush=True)
        pairs = [(clean, case) for clean, some in zip(measured, chosen, strict=True) for case in some]
        mine = shard(pairs, options.shard)
        if options.only:
            mine = [(clean, case) for clean, case in mine if f"{case.size}:{case.at}:{case.kind}" in options.only]
        numbers = itertools.count(1)
        verdicts = list(
            workers.map(lambda pair: _case(pair[0], pair[1], root / f"case{next(numbers)}", options.verbose), mine)
        )
    return report(verdicts, measured)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Cut a rollover short at each of its remote calls.")
    parser.add_argument("--pools", default="2,3", help="numbers of servers (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at the same time (%(default)s)")
    parser.add_argument("--shard", type=_shard, default=(1, 1), metavar="I/N", help="one of so many parts")
    parser.add_argument("--all", action="store_true", help="every call in every way for all pools")
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


def _measured(folder: pathlib.Path, size: int) -> cases.Clean:
    """A pool, and a run of it that nothing happens to.

    :raises SystemExit: even that run fails.
    """
    try:
        return cases.measure(build(folder / "stage", make_keys(), size), folder / "clean")
    except AssertionError as error:
        told = [line for line in str(error).splitlines() if line.startswith(("[ERROR]", "fatal"))] or [str(error)]
        raise SystemExit(f"pool of {size}: the rollover fails although nothing happens to it: {told[-1]}") from None


def _chosen(clean: cases.Clean, *, every: bool) -> list[cases.Case]:
    return cases.all_cases(clean) if every or len(clean.stage.hosts) == 2 else cases.sampled_cases(clean)


def _case(clean: cases.Clean, case: cases.Case, folder: pathlib.Path, verbose: bool) -> cases.Verdict:
    """Carries a case out; one that cannot be judged is a failure, too."""
    try:
        verdict = cases.carry_out(clean, case, folder)
    except Exception as error:
        verdict = cases.Verdict(case, problems=[f"{type(error).__name__}: {' '.join(str(error).split())[-300:]}"])
    if verdict.problems or verbose:
        print(verdict, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return verdict


def report(verdicts: Sequence[cases.Verdict], measured: Sequence[cases.Clean]) -> int:
    """Prints what was tried of what there is; gives the exit status."""
    for clean in measured:
        size, there = len(clean.stage.hosts), len(clean.calls)
        for kind in KINDS:
            tried = [verdict for verdict in verdicts if (verdict.case.size, verdict.case.kind) == (size, kind)]
            good = sum(not verdict.problems for verdict in tried)
            needed = Counter(verdict.reruns for verdict in tried if not verdict.problems)
            told = ", ".join(f"{number} after {reruns} reruns" for reruns, number in sorted(needed.items()))
            print(f"pool of {size}, {kind}: {len(tried)}/{there} calls tried, {good} converged ({told or 'none'})")
    failed = sum(bool(verdict.problems) for verdict in verdicts)
    total = len(KINDS) * sum(len(clean.calls) for clean in measured)
    print(f"{len(verdicts)}/{total} cases tried, {failed} failed")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
