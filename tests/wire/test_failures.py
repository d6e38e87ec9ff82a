# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that cannot be reached: one line says why and what to do, and nothing is changed there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from ansible_collections.sfb.certificates.tests.integration.conftest import Play, Pool
from ansible_collections.sfb.certificates.tests.wire.pool import wired
from ansible_collections.sfb.certificates.tests.wire.tls import Identity, make_identity

WRONG = "Wrong-Secret-77"
HASTY = {"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 2}


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, nor gets while the block runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def message(play: Play, host: str) -> str:
    """The message of a server that was not reached."""
    (text,) = [row["result"]["msg"] for row in play.rows if row["host"] == host and row["outcome"] == "unreachable"]
    assert "\n" not in text
    assert WRONG not in text
    return str(text)


def test_unreachable_servers(pool: Pool, identity: Identity) -> None:
    other = pool.folder / "other"
    other.mkdir()
    foreign = {"ansible_winrm_ca_trust_path": str(make_identity(other).authority)}
    wrong = {"ansible_password": WRONG}
    with closed_port() as port:
        trouble: dict[str, tuple[str, dict[str, Any], str]] = {
            "edge1": ("https+basic", {"ansible_port": port}, "check ansible_host, ansible_port"),
            "edge2": ("https+basic", wrong, "check ansible_user, ansible_password"),
            "edge3": ("http+ntlm", wrong, "check ansible_user, ansible_password"),
            "edge4": ("https+ntlm", foreign, "name the authority of the server's certificate"),
            "edge5": ("https+basic", HASTY, "look whether the server hangs"),
            "edge6": ("http+ntlm", HASTY, "look whether the server hangs"),
        }
        ways = {host: row[0] for host, row in trouble.items()}
        task = {"cs_certificate_chain": {"path": str(pool.chain)}}
        before = pool.digest()
        with wired(pool, ways, identity, {host: row[1] for host, row in trouble.items()}) as servers:
            servers["edge5"].hang = "Create"  # nothing begins
            servers["edge6"].hang = "Receive"  # the server is read, and its answer does not come
            run = pool.tasks(task, hosts="edge", words=("-vvv",))
    for host, (_way, _variables, advice) in trouble.items():
        assert advice in message(run, host)
        assert run.recap[host]["unreachable"] == 1
        assert len(servers[host].calls.payloads) == (host == "edge6")
    assert WRONG not in run.output
    assert pool.digest() == before
    # all is mended: the same task gets through
    with wired(pool, ways, identity):
        again = pool.tasks(task, task, hosts="edge")
        assert again.rc == 0, again.output
        assert [again.recap[host]["changed"] for host in ways] == [1] * 6
