# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers change the same servers: one goes through, the other one is told who has them."""

from __future__ import annotations

import pathlib
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.sfb.certificates.tests.integration.conftest import Play

from . import judge, watch
from .cases import told
from .site import Site
from .tap import Fault

CLAIMED = re.compile(r"edge\d is claimed by the run on \S+ \(process \d+\)")


def assert_told(play: Play) -> None:
    """The run failed, with one line that names who has the servers."""
    assert play.rc != 0, play.output
    assert CLAIMED.search(told(play)), told(play)
    assert "\n" not in told(play).strip()


def assert_ended_well(site: Site, since: int, keys: dict[str, set[str]], old: set[str]) -> None:
    """All servers have the same new certificate and serve; nothing was lost on the way, and nothing is left to do."""
    again = site.run("again")
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    found = judge.outline(site, old)
    assert {host: found[host]["assignments"] for host in site.hosts} == dict.fromkeys(
        site.hosts, {"Internal": ("new Internal", "old", "in use")}
    )
    rules = [
        *judge.lost_keys(keys, judge.keys_of(site)),
        *judge.lost_requests(site, since, keys),
        *judge.leaks(site),
        *judge.leftovers(site),
        *judge.ended(site),
    ]
    assert rules == []
    assert watch.too_few(watch.read(site.events), site.hosts) == ""


def wait_for(path: pathlib.Path) -> None:
    """Waits for a file."""
    end = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} is not there"
        time.sleep(0.02)


@pytest.mark.slow
def test_second_one_starts_within_a_turn(site: Site, tmp_path: pathlib.Path) -> None:
    """The services of edge1 have been stopped when the second run begins."""
    other = site.another_controller(tmp_path / "other")
    since, keys, old = len(site.pool.journal()), judge.keys_of(site), judge.used(site)
    settings = site.settings("first", Fault("Stop-CsWindowsService", "after"))
    with ThreadPoolExecutor(1) as workers:
        first = workers.submit(lambda: site.pool.play("sfb.certificates.rollover", **settings))
        wait_for(site.notes / "first" / "reached")
        before = site.pool.digest()
        second = other.run("second")
        assert site.pool.digest() == before
        (site.notes / "first" / "go").touch()
        play = first.result()
    assert play.rc == 0, play.output
    assert_told(second)
    assert_ended_well(site, since, keys, old)


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 3])
def test_both_start_together(site: Site, tmp_path: pathlib.Path, at: int) -> None:
    """Neither has read a server yet; or both have found them free, and claim them."""
    other = site.another_controller(tmp_path / "other")
    since, keys, old = len(site.pool.journal()), judge.keys_of(site), judge.used(site)
    runs = {name: one.settings(name, Fault(at, "before")) for name, one in (("first", site), ("second", other))}
    with ThreadPoolExecutor(2) as workers:
        plays = [
            workers.submit(lambda one, name: one.pool.play("sfb.certificates.rollover", **runs[name]), one, name)
            for one, name in ((site, "first"), (other, "second"))
        ]
        for name in runs:
            wait_for(site.notes / name / "reached")
        for name in runs:
            (site.notes / name / "go").touch()
        found = [play.result() for play in plays]
    failed = [play for play in found if play.rc]
    assert failed, "one of them is told"
    for play in failed:
        assert_told(play)
    if len(failed) == len(found):
        assert site.run("rerun").rc == 0
    assert_ended_well(site, since, keys, old)
