# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases: a run that is cut short at one of its remote calls, and what has to become of it."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sfb.certificates.tests.integration.conftest import Play

from . import judge, watch
from .site import Site
from .tap import Fault, calls, carry_out_late, place

#: How often the run is started again at most. A late call may meet a run that has planned without it; that run may tell so.
_RERUNS = 2


@dataclass(frozen=True)
class Case:
    """One remote call of a run goes wrong.

    :ivar size: servers of the pool.
    :ivar at: number of the call in the run, or a step, for the first call with it.
    :ivar kind: C(before), the run is killed before the call reaches the server; C(after), once the server has answered; C(late),
        the connection breaks, and the server carries the call out within the next run, which has planned without it.
    """

    size: int
    at: int | str
    kind: str


@dataclass
class Verdict:
    """What became of a case.

    :ivar problems: one line for each rule that was broken.
    :ivar reruns: how many it took to get to the end.
    :ivar call: server and steps of the call that went wrong.
    """

    case: Case
    call: str = ""
    reruns: int = 0
    seconds: float = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        case = self.case
        word = "; ".join(self.problems) or "converged"
        return (
            f"pool of {case.size}, call {case.at} ({self.call}), {case.kind}: {word} "
            f"[{self.reruns} reruns, {self.seconds:.0f} s]"
        )


@dataclass
class Clean:
    """A run that nothing happened to.

    :ivar calls: its remote calls.
    :ivar outline: the state that every case has to end in.
    :ivar old: thumbprints that were in use before.
    """

    stage: Site
    calls: list[dict[str, Any]]
    outline: dict[str, Any]
    old: set[str]


def measure(stage: Site, folder: pathlib.Path) -> Clean:
    """Runs what is under test once, without a fault."""
    site, old = stage.copy(folder), judge.used(stage)
    play = site.run("clean")
    assert play.rc == 0, play.output
    assert not watch.too_few(watch.read(site.events), site.hosts)
    return Clean(stage, calls(site.notes / "clean"), judge.outline(site, old), old)


def all_cases(clean: Clean) -> list[Case]:
    """Every call of the run, in every way."""
    size = len(clean.stage.hosts)
    numbers = range(1, len(clean.calls) + 1)
    return [Case(size, number, kind) for number in numbers for kind in ("before", "after", "late")]


def sampled_cases(clean: Clean) -> list[Case]:
    """The last call of each kind, killed after one and cut off in the next one, in turns.

    Before a call the servers are in the same state as after the one before it.
    """
    last = {tuple(call["steps"]): number for number, call in enumerate(clean.calls, 1)}
    size, ways = len(clean.stage.hosts), ("after", "late")
    return [Case(size, number, ways[index % 2]) for index, number in enumerate(sorted(last.values()))]


def carry_out(clean: Clean, case: Case, folder: pathlib.Path) -> Verdict:
    """Carries a case out in a folder of its own."""
    begun, verdict = time.monotonic(), Verdict(case)
    site = clean.stage.copy(folder)
    verdict.problems += _carry_out(clean, case, site, verdict)
    verdict.seconds = time.monotonic() - begun
    return verdict


def _carry_out(clean: Clean, case: Case, site: Site, verdict: Verdict) -> Iterator[str]:
    since, keys = len(site.pool.journal()), judge.keys_of(site)
    broken = site.run("broken", Fault(case.at, "cut" if case.kind == "late" else case.kind))
    made = calls(site.notes / "broken")
    if not (site.notes / "broken" / "reached").exists():
        yield f"the run ended after {len(made)} calls: {told(broken)}"
        return
    yield from judge.unclear(broken)
    hit = made[place(made, case.at) or 0]
    verdict.call = f"{hit['host']} {'+'.join(dict.fromkeys(hit['steps'])) or 'reads'}"
    yield from judge.lost_keys(keys, now := judge.keys_of(site))
    yield from judge.lost_requests(site, since, keys)
    yield from judge.leaks(site)
    yield from _converge(site, site.notes / "broken" / "kept", verdict)
    yield from judge.lost_keys(now, judge.keys_of(site))
    yield from judge.lost_requests(site, since, keys)
    yield from judge.leaks(site)
    yield from judge.leftovers(site)
    yield from judge.ended(site)
    yield from judge.differences(clean.outline, judge.outline(site, clean.old))
    few = watch.too_few(watch.read(site.events), site.hosts)
    if few:
        yield f"two servers out at once: {few}"


def _converge(site: Site, kept: pathlib.Path, verdict: Verdict) -> Iterator[str]:
    """Runs it again until it is done, then once more: nothing is to be done then."""
    words = ""
    for number in range(1, _RERUNS + 1):
        play = site.run(f"rerun {number}", Fault(kept=str(kept)))
        verdict.reruns, words = number, told(play)
        yield from judge.unclear(play)
        late = carry_out_late(kept)  # the rerun made no second call to that server
        if play.rc == 0 and not late:
            break
    else:
        if play.rc:
            yield f"no end after {_RERUNS} reruns: {words}"
            return
    mark = len(site.pool.journal())
    again = site.run("again")
    number = len(site.pool.journal()) - mark
    if again.rc or again.total("changed") or number != len(site.hosts):
        yield f"a further run changes {again.total('changed')} and makes {number} calls: {told(again)}"


def told(play: Play) -> str:
    """What a run that failed told, one line for each different message."""
    found = [str(row["result"].get("msg", "")) for row in play.rows if row["outcome"] in ("failed", "unreachable")]
    return " / ".join(dict.fromkeys(found)) or f"rc {play.rc}"
