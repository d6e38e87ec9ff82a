# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases: a run that is cut short at one of its remote calls, and what has to become of it."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sfb.certificates.tests.integration.conftest import Play

from . import judge, watch
from .moments import Moment, disks, kept
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

    def __str__(self) -> str:
        return f"{self.size}:{self.at}:{self.kind}"


@dataclass
class Verdict:
    """What became of a case.

    :ivar problems: one line for each rule that was broken.
    :ivar reruns: how many it took to get to the end.
    :ivar call: server and steps of the call that went wrong.
    :ivar like: the case that was run again for this one, whose disks were the same.
    """

    case: Case
    call: str = ""
    reruns: int = 0
    seconds: float = 0
    problems: list[str] = field(default_factory=list)
    like: Case | None = None

    def __str__(self) -> str:
        case = self.case
        word = "; ".join(self.problems) or "converged"
        effort = f"like {self.like}" if self.like else f"{self.reruns} reruns, {self.seconds:.0f} s"
        return f"pool of {case.size}, call {case.at} ({self.call}), {case.kind}: {word} [{effort}]"


@dataclass
class Clean:
    """A run that nothing happened to.

    :ivar calls: its remote calls.
    :ivar outline: the state that every case has to end in.
    :ivar old: thumbprints that were in use before.
    :ivar moments: what was on the disks C(before) and C(after) each call, by its number.
    :ivar settled: the ends (L{judge.left}) in which a further run has found nothing to do.
    """

    stage: Site
    calls: list[dict[str, Any]]
    outline: dict[str, Any]
    old: set[str]
    moments: dict[tuple[int | str, str], Moment] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)


def measure(stage: Site, folder: pathlib.Path) -> Clean:
    """Runs what is under test once, without a fault, and keeps the moments at which it could have been killed."""
    site, old = stage.copy(folder), judge.used(stage)
    play = site.run("clean", Fault(record=str(site.pool.folder)))
    assert play.rc == 0, play.output
    broken = [*judge.unclear(play), watch.too_few(watch.read(site.events), site.hosts)]
    assert not any(broken), broken
    moments: dict[tuple[int | str, str], Moment] = {
        (moment.number, moment.kind): moment for moment in kept(site.notes / "clean")
    }
    return Clean(stage, calls(site.notes / "clean"), judge.outline(site, old), old, moments)


def all_cases(clean: Clean) -> list[Case]:
    """Every call of the run, in every way."""
    size = len(clean.stage.hosts)
    numbers = range(1, len(clean.calls) + 1)
    return [Case(size, number, kind) for number in numbers for kind in ("before", "after", "late")]


def alike(clean: Clean, cases: Iterable[Case]) -> list[list[Case]]:
    """Cases of runs that were killed, those together that have the same disks (L{disks})."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(disks(clean.moments[case.at, case.kind].pool), []).append(case)
    return list(found.values())


def carry_out(
    clean: Clean, case: Case, folder: pathlib.Path, look: Callable[[Site], None] = lambda site: None
) -> Verdict:
    """Carries a case out in a folder of its own: the run is really killed, or cut off.

    :param look: looks at what that run has left, before the next one.
    """
    begun, verdict = time.monotonic(), Verdict(case)
    site = clean.stage.copy(folder)
    verdict.problems += _carry_out(clean, case, site, verdict, look)
    verdict.seconds = time.monotonic() - begun
    return verdict


def _carry_out(clean: Clean, case: Case, site: Site, verdict: Verdict, look: Callable[[Site], None]) -> Iterator[str]:
    broken = site.run("broken", Fault(case.at, "cut" if case.kind == "late" else case.kind))
    made = calls(site.notes / "broken")
    if not (site.notes / "broken" / "reached").exists():
        yield f"the run ended after {len(made)} calls: {told(broken)}"
        return
    look(site)
    yield from judge.unclear(broken)
    verdict.call = _told_call(made[place(made, case.at) or 0])
    yield from _lost(clean, site)
    yield from _to_the_end(clean, site, site.notes / "broken" / "kept", verdict)


def carry_out_recorded(clean: Clean, cases: Sequence[Case], folder: pathlib.Path) -> list[Verdict]:
    """Carries out cases whose disks are the same, from what was kept of the run that nothing happened to.

    Each moment is judged; the run is started again from the first of them only, and what becomes of that counts for all. What the
    moments do not have in common, a run finds nothing in, and whether two servers were out at once until then is judged for each.
    """
    begun, first = time.monotonic(), Verdict(cases[0])
    site = clean.stage.at(clean.moments[cases[0].at, cases[0].kind]).copy(folder)
    common = list(_to_the_end(clean, site, site.notes / "none", first))
    verdicts = []
    for case in cases:
        seen = clean.stage.at(clean.moments[case.at, case.kind])
        problems = [*_lost(clean, seen), *_out_at_once(seen), *common]
        call = _told_call(clean.calls[int(case.at) - 1])
        verdicts.append(Verdict(case, call, first.reruns, 0, list(dict.fromkeys(problems)), cases[0]))
    verdicts[0].like, verdicts[0].seconds = None, time.monotonic() - begun
    return verdicts


def _told_call(call: Mapping[str, Any]) -> str:
    return f"{call['host']} {'+'.join(dict.fromkeys(call['steps'])) or 'reads'}"


def _lost(clean: Clean, site: Site) -> Iterator[str]:
    """What was on the servers of the stage, or has been made since, is there, and no key is anywhere else."""
    since, keys = len(clean.stage.pool.journal()), judge.keys_of(clean.stage)
    yield from judge.lost_keys(keys, judge.keys_of(site))
    yield from judge.lost_requests(site, since, keys)
    yield from judge.leaks(site)


def _out_at_once(site: Site) -> Iterator[str]:
    few = watch.too_few(watch.read(site.events), site.hosts)
    if few:
        yield f"two servers out at once: {few}"


def _to_the_end(clean: Clean, site: Site, kept: pathlib.Path, verdict: Verdict) -> Iterator[str]:
    """Runs it again after the fault until it is done, and judges the end."""
    now = judge.keys_of(site)
    yield from _converge(clean, site, kept, verdict)
    yield from judge.lost_keys(now, judge.keys_of(site))
    yield from _lost(clean, site)
    yield from judge.leftovers(site)
    yield from judge.ended(site)
    yield from judge.differences(clean.outline, judge.outline(site, clean.old))
    yield from _out_at_once(site)


def _converge(clean: Clean, site: Site, kept: pathlib.Path, verdict: Verdict) -> Iterator[str]:
    """Runs it again until it is done, then once more, unless it has been for such an end: nothing is to be done then."""
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
    end = judge.left(site, clean.old)
    if end in clean.settled:
        return
    mark = len(site.pool.journal())
    again = site.run("again")
    number = len(site.pool.journal()) - mark
    if again.rc == 0 and not again.total("changed") and number == len(site.hosts):
        clean.settled.add(end)
    else:
        yield f"a further run changes {again.total('changed')} and makes {number} calls: {told(again)}"


def told(play: Play) -> str:
    """What a run that failed told, one line for each different message."""
    found = [str(row["result"].get("msg", "")) for row in play.rows if row["outcome"] in ("failed", "unreachable")]
    return " / ".join(dict.fromkeys(found)) or f"rc {play.rc}"
