# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large estate: what a report of it takes, and that this grows with the number of servers and no faster."""

from __future__ import annotations

import sys
import tracemalloc
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import FrameType
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.files import FORMATS, difference

EXTERNAL = ("AccessEdgeExternal", "AudioVideoAuthentication", "DataEdgeExternal", "XmppServer")
#: Servers of a pool.
MEMBERS = 4


class Result(dict[str, Any]):
    """A result of cs_certificate_info that tells when it is gone."""


class Estate(Mapping[str, Any]):
    """Servers whose results are made when they are asked for: five certificates each, two of which its pool has in use."""

    def __init__(self, servers: int, single: Callable[..., dict[str, Any]]) -> None:
        self.hosts = [f"edge{number:03}" for number in range(servers)]
        self.asked: list[str] = []
        self.alive: list[weakref.ref[Result]] = []
        self._single = single

    def __iter__(self) -> Iterator[str]:
        return iter(self.hosts)

    def __len__(self) -> int:
        return len(self.hosts)

    def __getitem__(self, host: str) -> Result:
        self.alive = [reference for reference in self.alive if reference() is not None]
        assert len(self.alive) <= 1, "more than the result of the last server is kept"
        number = int(host.removeprefix("edge"))
        pool = number // MEMBERS
        left = (40, 100, 200, 300)[pool % 4]
        names = {"subject": f"CN=edgepool{pool:03}.example.com", "thumbprint": f"A{pool:039}"}
        made = Result(self._single("Internal", left=left, **names))
        (internal,) = made["certificates"]
        names = {"subject": f"CN=sip{pool:03}.example.com", "thumbprint": f"B{pool:039}"}
        (external,) = self._single(left=left, lifetime=398, **names)["certificates"]
        old = [{**internal, "thumbprint": f"C{5 * number + place:039}"} for place in range(3)]
        usages = [made["usages"][0], *(self._usage(made["usages"][0], name, external) for name in EXTERNAL)]
        made |= {"certificates": [internal, external, *old], "usages": usages}
        made |= {"computer": {**made["computer"], "fqdn": f"{host}.example.com"}}
        made |= {
            "topology": {"pool_fqdn": f"edgepool{pool:03}.example.com", "problem": ""},
            "server": {"x": "x" * 10_000},
        }
        self.asked.append(host)
        self.alive.append(weakref.ref(made))
        return made

    @staticmethod
    def _usage(row: dict[str, Any], name: str, facts: dict[str, Any]) -> dict[str, Any]:
        told = {key: facts[key] for key in ("thumbprint", "subject", "not_after")}
        return {**row, **told, "type": name, "effective_date": facts["not_before"]}


@pytest.fixture
def reported(single: Callable[..., dict[str, Any]], now: datetime) -> Callable[[int], tuple[Estate, dict[str, Any]]]:
    """Makes an estate of so many servers, and its report."""

    def make(servers: int) -> tuple[Estate, dict[str, Any]]:
        estate = Estate(servers, single)
        return estate, build_report(ReportSpec(estate), now)

    return make


def lines_of(work: Callable[[], Any]) -> int:
    """How many lines of Python are run, the turns of a comprehension among them."""
    counted = 0

    def count(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal counted
        counted += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


def texts_in(value: Any) -> Iterator[str]:
    """All texts of plain data but the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


def test_each_server_is_read_once_and_let_go(reported: Any) -> None:
    estate, report = reported(40)
    assert estate.asked == estate.hosts
    assert [reference() for reference in estate.alive] == [None]
    assert (report["summary"]["servers"], report["summary"]["read"], report["summary"]["pools"]) == (40, 40, 10)


def test_equal_texts_are_there_once(reported: Any) -> None:
    """They travel from the process that makes the report to Ansible's own, which makes copies."""
    _estate, report = reported(40)
    long = [text for text in texts_in(report["servers"]) if len(text) > 1]
    assert len({id(text) for text in long}) == len(set(long)) < len(long) / 8


@pytest.mark.parametrize("what", ["report", *FORMATS, "difference"])
def test_work_grows_with_the_number_of_servers(reported: Any, what: str) -> None:
    """Counted and not timed: for five times as many servers there is five times as much to do."""

    def work(servers: int) -> Callable[[], Any]:
        if what == "report":
            return lambda: reported(servers)
        _estate, report = reported(servers)
        if what == "difference":
            return lambda: difference("html", FORMATS["html"](report), FORMATS["html"](report))
        return lambda: deque(FORMATS[what](report), maxlen=0)

    few, many = (lines_of(work(servers)) for servers in (4 * MEMBERS, 20 * MEMBERS))
    assert many < 5.05 * few


def test_files_of_400_servers(reported: Any) -> None:
    """Each server has something to be told of."""
    _estate, report = reported(400)
    assert len(report["problems"]) > 800
    assert report["summary"]["certificates"] == 200
    sizes = {kind: sum(len(piece.encode()) for piece in make(report)) for kind, make in FORMATS.items()}
    assert sizes["html"] < 1_000_000
    assert sizes["json"] < 3_500_000
    assert max(sizes["csv"], sizes["prometheus"]) < 1_000_000


def test_memory_for_a_server(reported: Any) -> None:
    """What the report itself takes, and what making it and its files takes in between."""
    servers = 100
    tracemalloc.start()
    try:
        _estate, report = reported(servers)
        kept, _most = tracemalloc.get_traced_memory()
        for make in FORMATS.values():
            deque(make(report), maxlen=0)
        _kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10 * 1024 * servers
    assert most < 20 * 1024 * servers
