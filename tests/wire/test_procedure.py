# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The internal procedure, and what it costs, over Ansible's own connection to WinRM."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.tests.integration.conftest import Pool
from ansible_collections.sfb.certificates.tests.wire.measure import payloads, procedure, table
from ansible_collections.sfb.certificates.tests.wire.pool import wired
from ansible_collections.sfb.certificates.tests.wire.tls import Identity

HOSTS = ("edge1", "edge2")
#: What the login adds to the six messages of a remote call: NTLM with encryption begins with three empty requests, NTLM
#: over TLS with two refused ones.
LOGIN = {"https+basic": 0, "http+ntlm": 3}


@pytest.mark.parametrize("way", list(LOGIN))
def test_internal_procedure(pool: Pool, identity: Identity, way: str) -> None:
    with wired(pool, dict.fromkeys(HOSTS, way), identity) as servers:
        phases = procedure(pool, servers)
        for phase in phases:
            assert phase.play.rc == 0, phase.play.output
        assert [server.shells.open for server in servers.values()] == [0, 0]
    request, finish, rerun = phases
    assert request.play.total("changed") == 3  # chain and request, file in the folder; chain and note
    assert finish.play.total("changed") > 0
    assert rerun.play.total("changed") == 0
    assert len({pool.server(host)["assignments"]["Internal"]["thumbprint"] for host in HOSTS}) == 1
    for host in HOSTS:
        assert rerun.messages(host) == 6
        assert rerun.requests(host) == 6 + LOGIN[way]
        assert len(rerun.payloads[host]) == 1
    # from empty servers to the end: 5 remote calls on the server that has the key, 4 on each other one
    calls = {host: len(request.payloads[host]) + len(finish.payloads[host]) for host in HOSTS}
    assert calls == {"edge1": 5, "edge2": 4}
    # no call needs more than that in the first runs either: neither a second piece of input, nor a second look at the output
    for phase in (request, finish):
        assert all(phase.messages(host) == 6 * len(phase.payloads[host]) for host in HOSTS)
    lines = table(phases).splitlines()
    assert len(lines) == 7
    assert lines[-1].split()[:4] == ["rerun", "edge2", "1", str(6 + LOGIN[way])]


def test_all_ways_and_the_size_of_a_payload(pool: Pool, identity: Identity) -> None:
    """The two ways that the procedure does not go, and the payload of a call that carries no certificate.

    The other side of the comparison is a module that does nothing with Ansible.Basic. Ansible-core sends its own
    wrapper with each module, which both sides carry.
    """
    with wired(pool, {"edge1": "https+ntlm", "edge2": "http+basic"}, identity) as servers:
        run = pool.tasks({"cs_certificate_info": {}}, hosts="edge")
        assert run.rc == 0, run.output
        assert len(servers["edge1"].traffic) == 8
        assert len(servers["edge2"].traffic) == 6
        for host in HOSTS:
            assert run.result("task 1", host)["server"]["computer"]["fqdn"] == f"{host}.example.com"
        before = len(servers["edge1"].calls.payloads)
        found = payloads(pool, servers["edge1"])
        read, _baseline, reading, *request = servers["edge1"].calls.payloads[before:]
    assert found.ratio() <= 0.39, found
    # nothing of become is in a call that does not need it, be it set or not
    assert abs(found.reading - found.ours) < 100, found
    become = [b"BecomeUser" in payload or b"become_user" in payload for payload in (read, reading, *request)]
    assert become == [False, False, False, True]
