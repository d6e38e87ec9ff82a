# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of `make faults`: a rollover is cut short where it costs most, and ends well when it is run again."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from . import judge
from .cases import Case, Clean, alike, all_cases, carry_out, carry_out_recorded, measure
from .site import Site
from .tap import place

STOP = "Stop-CsWindowsService"


def running(thumbprint: str, before: str) -> dict[str, Any]:
    """What a server ends with."""
    services = ("RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY", "REPLICA", "RTCCLSAGT")
    return {
        "assignments": {"Internal": (thumbprint, before, "in use")},
        "services": dict.fromkeys(services, "Running"),
        "requests": 0,
    }


def files(site: Site) -> list[tuple[str, int]]:
    """Names and modes of all that lies in the folder of the pool, without what is another one in each run."""
    paths = [path for path in site.pool.folder.rglob("*") if path.is_file()]
    return sorted(
        (judge.RANDOM.sub("", str(path.relative_to(site.pool.folder))), path.stat().st_mode) for path in paths
    )


def steps_of(site: Site, host: str) -> list[list[str]]:
    """What the calls of a server were to do; those of several servers come in another order each time."""
    return [[step.get("name", step["op"]) for step in call["steps"]] for call in site.pool.calls(host)]


def test_cut_off_in_a_turn(site: Site, tmp_path: pathlib.Path) -> None:
    """The connection to edge1 breaks when its services are to stop; the server carries the call out late, within the next run."""
    end = {host: running("new Internal", "old") for host in site.hosts}
    clean = Clean(site, [], end | {"dates": 0}, judge.used(site))
    verdict = carry_out(clean, Case(2, STOP, "late"), tmp_path / "case")
    assert (verdict.problems, verdict.reruns) == ([], 1), str(verdict)
    assert verdict.call.startswith("edge1 ")
    assert STOP in verdict.call


def test_killed_in_a_turn(site: Site, tmp_path: pathlib.Path) -> None:
    """Really killed, in the turn of edge1, when no other server is called: the record of such a run has the same there."""
    clean = measure(site, tmp_path / "clean")
    assert clean.outline == {host: running("new Internal", "old") for host in site.hosts} | {"dates": 0}
    number = (place(clean.calls, STOP) or 0) + 1
    compared = []

    def compare(killed: Site) -> None:
        kept = site.at(clean.moments[number, "after"])
        assert files(kept) == files(killed)
        assert judge.outline(kept, clean.old) == judge.outline(killed, clean.old)
        assert all(steps_of(kept, host) == steps_of(killed, host) for host in site.hosts)
        compared.append(killed)

    verdict = carry_out(clean, Case(2, STOP, "after"), tmp_path / "case", compare)
    assert (verdict.problems, verdict.reruns) == ([], 1), str(verdict)
    assert verdict.call.startswith("edge1 ")
    assert STOP in verdict.call
    assert (len(compared), len(clean.settled)) == (1, 1)
    cases = [case for case in all_cases(clean) if case.kind != "late"]
    together = alike(clean, cases)
    assert sum(together, []) == cases
    assert [Case(2, number, "after"), Case(2, number + 1, "before")] in together


@pytest.mark.slow
def test_moments_with_the_same_disks(site: Site, tmp_path: pathlib.Path) -> None:
    """Each is judged, and what becomes of the first one when it is run again counts for all."""
    clean = measure(site, tmp_path / "clean")
    together = alike(clean, [case for case in all_cases(clean) if case.kind != "late"])
    some = next(some for some in reversed(together) if len(some) > 1)
    left = clean.moments[some[-1].at, some[-1].kind].pool / "ansible-tmp" / "left"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(next((clean.stage.server("edge1") / "keys").glob("*.pem")).read_bytes())
    assert alike(clean, some) == [some]
    verdicts = carry_out_recorded(clean, some, tmp_path / "recorded")
    leak = "ansible-tmp/left holds a private key"
    assert [verdict.problems for verdict in verdicts] == [[]] * (len(some) - 1) + [[leak]]
    assert [verdict.like for verdict in verdicts] == [None] + [some[0]] * (len(some) - 1)
    assert verdicts[0].reruns == 1
