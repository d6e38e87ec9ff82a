# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What measures a rollover sees what happens: failed connections, missing members, wrong certificates."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.sfb.certificates.tests.lab.balancer import MISSING, Balancer, Sets, find_haproxy
from ansible_collections.sfb.certificates.tests.lab.member import Member
from ansible_collections.sfb.certificates.tests.lab.monitor import Monitor, Record, summary
from ansible_collections.sfb.certificates.tests.lab.traffic import Client, Tally
from ansible_collections.sfb.certificates.tests.wire.tls import Identity, make_identity


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """The certificate of all members."""
    return make_identity(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def members(identity: Identity) -> Iterator[list[Member]]:
    """Three servers."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Member(identity.file)) for _number in range(3)]


@pytest.fixture
def sets(members: list[Member]) -> Sets:
    """They are one set."""
    return {"site1": {f"edge{number}": member.place for number, member in enumerate(members, 1)}}


def eventually(ask: Callable[[], object]) -> None:
    """Waits until something is true."""
    end = time.monotonic() + 20
    while not ask():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_client_counts_what_it_gets_and_why_not(
    members: list[Member], identity: Identity, tmp_path: pathlib.Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    strange = make_identity(other)
    first = members[0]
    with Client({"site1": first.place}, identity.authority, pause=0.005) as client:
        tally = client.tallies["site1"]
        eventually(lambda: tally.ok >= 5)
        first.stop()
        eventually(lambda: tally.failed)
        first.start()
        before = tally.ok
        eventually(lambda: tally.ok > before)
    assert dict(tally.failed).keys() == {"connection refused"}
    assert tally.connections == tally.ok + tally.failed.total()
    ((thumbprint, sighting),) = tally.seen.items()
    assert len(thumbprint) == 40
    assert sighting.count == tally.ok
    assert sighting.first < sighting.last <= time.time()

    with Client({"site1": first.place}, strange.authority, pause=0.005) as client:
        eventually(lambda: client.tallies["site1"].failed)
    assert client.tallies["site1"].ok == 0
    (why,) = client.tallies["site1"].failed
    assert why.startswith("certificate: ")


def test_a_monitor_sees_members_that_do_not_serve(sets: Sets, members: list[Member], identity: Identity) -> None:
    with Monitor(sets, identity.authority, interval=0.01) as monitor:
        record = monitor.records["site1"]
        eventually(lambda: record.samples >= 3)
        assert (record.serving, record.in_service, record.violations) == (3, 3, [])
        members[0].stop()
        eventually(lambda: record.serving == 2)
        assert record.violations == []
        members[2].stop()
        eventually(lambda: record.violations)
    found = record.violations[0]
    assert (found.in_service, set(found.missing)) == (1, {"edge1", "edge3"})
    assert str(found) == "1 in service (edge1: connection refused, edge3: connection refused)"
    assert record.in_rotation == 3  # there is no balancer that could say otherwise


def test_a_certificate_that_is_not_valid_is_not_in_service(
    sets: Sets, members: list[Member], identity: Identity, tmp_path: pathlib.Path
) -> None:
    strange = make_identity(tmp_path)
    with (
        Member(strange.file) as odd,
        Monitor({"site1": {**sets["site1"], "edge9": odd.place}}, identity.authority, interval=0.01) as monitor,
    ):
        record = monitor.records["site1"]
        eventually(lambda: record.samples >= 2)
    assert (record.members, record.serving, record.violations) == (4, 3, [])


def test_a_sample_counts_each_member_once() -> None:
    record = Record(3, 2)
    record.add(1.0, {"edge1": "refused"}, {"edge1": "DRAIN in HAProxy"})
    assert (record.serving, record.in_rotation, record.in_service, record.violations) == (2, 2, 2, [])
    record.add(2.0, {"edge1": "refused"}, {"edge2": "DRAIN in HAProxy"})
    assert (record.serving, record.in_rotation, record.in_service) == (2, 2, 1)
    assert [(row.moment, row.in_service) for row in record.violations] == [(2.0, 1)]


def test_without_haproxy_it_is_said(sets: Sets, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.sfb.certificates.tests.lab.balancer.shutil.which", lambda name, path=None: None
    )
    with pytest.raises(RuntimeError, match="apt-get install haproxy"), Balancer(sets, tmp_path):
        pass


def test_summary(members: list[Member], identity: Identity) -> None:
    client = Client({"site1": members[0].place}, identity.authority)
    monitor = Monitor({"site1": {"edge1": members[0].place, "edge2": members[1].place}}, identity.authority)
    tally, record = client.tallies["site1"], monitor.records["site1"]
    assert summary(client, monitor)[1].startswith("site1  0            none    0        >= 2 of 2")
    for moment in range(3):
        tally.served("AB" * 20, float(moment))
    tally.failed["connection refused"] += 1
    record.add(1.0, {}, {})
    record.add(2.0, {"edge1": "connection refused", "edge2": "no answer in time"}, {})
    record.unjudged = 1
    assert summary(client, monitor) == [
        "SET    CONNECTIONS  FAILED      SAMPLES  SERVING    IN ROTATION  IN SERVICE  TOO FEW",
        "site1  4            1 (25.00%)  2        >= 0 of 2  >= 2 of 2    >= 0 of 2   1 (50.00%)",
        "site1: 1 connections failed: connection refused",
        f"site1: {'AB' * 20} was served 3 times",
        "site1: 0 in service (edge1: connection refused, edge2: no answer in time)",
        "site1: 1 samples took too long to tell",
    ]
    assert Tally().connections == 0


@pytest.mark.skipif(
    find_haproxy() is None,
    reason=f"measuring through a balancer was not tested: {MISSING}",
)
def test_a_balancer_and_what_is_seen_of_it(
    sets: Sets, members: list[Member], identity: Identity, tmp_path: pathlib.Path
) -> None:
    """A member that is drained and stopped fails no connection; HAProxy's view is told from the members' own."""
    with Balancer(sets, tmp_path) as balancer:
        assert balancer.in_rotation() == {"site1": {"edge1", "edge2", "edge3"}}
        place = ("127.0.0.1", balancer.ports["site1"])
        with (
            Monitor(sets, identity.authority, balancer, interval=0.01) as monitor,
            Client({"site1": place}, identity.authority, pause=0.005) as client,
        ):
            record, tally = monitor.records["site1"], client.tallies["site1"]
            eventually(lambda: tally.ok >= 5 and record.samples >= 3)
            assert balancer.ask("set server site1/edge1 state drain").strip() == ""
            eventually(lambda: record.in_rotation == 2)
            assert (record.serving, record.violations) == (3, [])
            eventually(lambda: [row.sessions for row in balancer.servers() if row.name == "edge1"] == [0])
            members[0].stop()
            eventually(lambda: record.serving == 2)
            balancer.ask("set server site1/edge2 state drain")
            eventually(lambda: record.violations)
            before = tally.ok
            eventually(lambda: tally.ok > before + 5)
        assert "edge2: DRAIN in HAProxy" in str(record.violations[0])
        assert tally.failed == {}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, timeout=5)
    assert (tmp_path / "haproxy.cfg").read_text().count("    server ") == 3
    assert balancer.log.is_file()
