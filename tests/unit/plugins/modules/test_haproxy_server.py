# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runtime socket of haproxy_server: addresses, answers in parts, and what is said when there is none."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.modules.haproxy_server import RuntimeSocket


@pytest.fixture
def place() -> Iterator[str]:
    """A short path for a socket."""
    with tempfile.TemporaryDirectory(prefix="sfb-") as folder:
        yield f"{folder}/s"


def serve(listener: socket.socket, asked: list[bytes]) -> None:
    """Answers one command in two parts."""
    with listener:
        connection, _address = listener.accept()
        with connection:
            asked.append(connection.recv(100))
            connection.sendall(b"one\n")
            connection.sendall(b"two\n")


@pytest.mark.parametrize("family", ["unix", "inet"])
def test_an_answer(place: str, family: str) -> None:
    listener = socket.socket(socket.AF_UNIX if family == "unix" else socket.AF_INET)
    listener.bind(place if family == "unix" else ("127.0.0.1", 0))
    listener.listen()
    address = place if family == "unix" else "127.0.0.1:{1}".format(*listener.getsockname())
    asked: list[bytes] = []
    thread = threading.Thread(target=serve, args=(listener, asked))
    thread.start()
    assert RuntimeSocket(address, 5).ask("show info") == "one\ntwo\n"
    thread.join()
    assert asked == [b"show info\n"]


def test_no_answer(place: str) -> None:
    def told(address: str) -> str:
        with pytest.raises(CertificatesError) as caught:
            RuntimeSocket(address, 1).ask("show info")
        assert caught.value.message.startswith(f"socket: {address}: ")
        return caught.value.message

    assert "there is no such file on this host" in told(place)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(place)
        assert "nobody listens" in told(place)
        silent.listen()
        assert "no answer within 1 s" in told(place)
    assert "cannot be asked: " in told(f"/{'x' * 200}")
    assert "cannot be resolved" in told(f"{'a' * 70}.example:9999")


@pytest.mark.parametrize("address", ["admin", "host:", ":9999", "host:0", "host:65536", "host:x", ""])
def test_addresses_that_cannot_be(address: str) -> None:
    with pytest.raises(InputError, match="is neither the path of a socket nor host:port"):
        RuntimeSocket(address, 5)
    with pytest.raises(InputError, match="timeout: 0 is no number of seconds"):
        RuntimeSocket("[::1]:9999", 0)
