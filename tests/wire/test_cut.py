# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network breaks in the middle of a remote call, which the server ends late: the next runs get to the end.

An ordinary run of the tests cuts some calls, one of each kind that matters. With C(WIRE_CUT_ALL=1) in the environment each
remote call of the procedure on two servers is cut, and ended both before the next run and within it (five minutes).
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable

import pytest
from ansible_collections.sfb.certificates.tests.integration.conftest import Play, Pool
from ansible_collections.sfb.certificates.tests.wire.pool import wired
from ansible_collections.sfb.certificates.tests.wire.tls import Identity

FULL = bool(os.environ.get("WIRE_CUT_ALL"))
PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ("edge1", "edge2")
#: The remote calls of the procedure: in the first run (reading, chain with request or the note of it), then in the
#: second (reading, import of the answer with export and assignment, import of the copy with its assignment).
CALLS = {"request": {"edge1": 2, "edge2": 2}, "finish": {"edge1": 3, "edge2": 2}}
_EACH = [(run, host, number) for run in CALLS for host in HOSTS for number in range(1, CALLS[run][host] + 1)]
_ALL = [(*point, moment) for point in _EACH for moment in (False, True)]
#: The request; the import of the answer, which binds the key; the import of the copy.
_SOME = [("request", "edge1", 2, False), ("finish", "edge1", 2, True), ("finish", "edge2", 2, False)]
#: The second run has planned a request when the first one's is made; the product refuses its friendly name.
OVERTAKEN = ("request", "edge1", 2, True)


@pytest.fixture(scope="session")
def requested(
    once: Callable[[str, Callable[[pathlib.Path], None]], pathlib.Path], new_pool: Callable[[pathlib.Path], Pool]
) -> pathlib.Path:
    """A folder for L{Pool.take}: the first run is over on two servers, and the authority has signed."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        pool.describe({"edge_site1": list(HOSTS)})
        assert pool.play(PLAYBOOK).rc == 0
        pool.sign()

    return once("wire-requested", fill)


def told(play: Play, host: str) -> str:
    """The message of a server that the run could not go on with; one line, however many tasks repeat it."""
    found = {
        str(row["result"]["msg"]).removeprefix("Task failed: ")
        for row in play.rows
        if row["host"] == host and row["outcome"] in ("failed", "unreachable") and "msg" in row["result"]
    }
    (text,) = found
    assert "\n" not in text
    return text


def made_requests(pool: Pool) -> int:
    """How many requests the servers have made."""
    pairs = [pair for call in pool.journal() for pair in zip(call["steps"], call["results"], strict=False)]
    return sum(step.get("name") == "Request-CsCertificate" and result["ok"] for step, result in pairs)


@pytest.mark.parametrize(("run", "host", "number", "within_next"), _ALL if FULL else _SOME)
def test_cut_call_that_ends_late(
    pool: Pool, identity: Identity, requested: pathlib.Path, run: str, host: str, number: int, within_next: bool
) -> None:
    with wired(pool, {"edge1": "https+basic", "edge2": "http+ntlm"}, identity) as servers:
        if run == "finish":
            pool.take(requested)
        servers[host].cut(number, within_next=within_next)
        broken = pool.play(PLAYBOOK)
        assert broken.rc != 0
        assert "the connection to the server broke" in told(broken, host)
        servers[host].heal()
        if not within_next:
            assert servers[host].calls.finish() == 1
        second = pool.play(PLAYBOOK)
        if within_next:
            assert servers[host].calls.finish() == 0, "the call was carried out within the second run"
        if (run, host, number, within_next) == OVERTAKEN:
            assert "may have made the request" in second.message(host)
            second = pool.play(PLAYBOOK)
        assert second.rc == 0, second.output
        if run == "request":
            pool.sign()
            assert pool.play(PLAYBOOK).rc == 0
        if FULL or run == "request":
            done = pool.play(PLAYBOOK)
            assert done.rc == 0, done.output
            assert done.total("changed") == 0
    assert made_requests(pool) == 1
    states = [pool.server(name) for name in HOSTS]
    assert len({state["assignments"]["Internal"]["thumbprint"] for state in states}) == 1
    assert [len(list((pool.lab / "servers" / name / "keys").iterdir())) for name in HOSTS] == [1, 1]
