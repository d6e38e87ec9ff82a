# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real HAProxy on loopback in front of sets of servers."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from types import TracebackType

from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.servers import (
    SHOW_STAT,
    SHOW_STATES,
    Server,
    parse,
)

#: Set -> host -> address and port.
Sets = Mapping[str, Mapping[str, tuple[str, int]]]
ADDRESS = "127.0.0.1"
#: Debian's package puts it where only root looks.
_FOLDERS = os.pathsep.join(("/usr/sbin", "/usr/local/sbin"))
_PATIENCE = 20.0  # seconds until HAProxy answers
MISSING = "there is no haproxy on PATH or in /usr/sbin (Debian and Ubuntu: apt-get install haproxy)"
# Health is a TLS handshake: a service that has no certificate accepts connections as well. A connection that a member
# refuses goes to another one at once.
_GLOBAL = """\
global
    stats socket {socket} mode 600 level admin
    maxconn 400
defaults
    mode tcp
    balance roundrobin
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout check 2s
    retries 3
    option redispatch 1
    default-server check check-ssl verify none inter 500ms fastinter 200ms downinter 200ms fall 2 rise 2
"""


def find_haproxy() -> str | None:
    """The program, None if there is none."""
    return shutil.which("haproxy") or shutil.which("haproxy", path=_FOLDERS)


class Balancer:
    """One HAProxy with a frontend for each set, while the block runs.

    :ivar ports: set -> port of its frontend on loopback.
    :ivar socket: the runtime socket.
    :ivar log: what HAProxy says.
    """

    def __init__(self, sets: Sets, folder: pathlib.Path) -> None:
        """Prepares it; names of sets and hosts are those of backends and servers.

        :param folder: is there; gets configuration and log.
        """
        self._sets, self._folder = sets, folder
        self.ports: dict[str, int] = {}
        self.log = folder / "haproxy.log"
        self._end = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = pathlib.Path()

    def __enter__(self) -> Balancer:
        """Starts HAProxy and waits until it answers.

        :raises RuntimeError: there is no HAProxy, or it does not start.
        """
        with self._end:
            # the path of a socket has 107 characters at most, and folders of tests are long
            short = self._end.enter_context(tempfile.TemporaryDirectory(prefix="sfb-lb-"))
            self.socket = pathlib.Path(short) / "admin.sock"
            listeners = {name: self._end.enter_context(_listener()) for name in self._sets}
            self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
            self._start({name: listener.fileno() for name, listener in listeners.items()})
            self._end.callback(self._stop)
            self._wait()
            self._end = self._end.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()

    def configuration(self, listeners: Mapping[str, int]) -> str:
        """The text of haproxy.cfg.

        :param listeners: set -> file descriptor that HAProxy inherits, so that nobody takes the port in between.
        """
        text = _GLOBAL.format(socket=self.socket)
        for name, members in self._sets.items():
            text += f"listen {name}\n    bind fd@{listeners[name]}\n"
            text += "".join(f"    server {host} {place}:{port}\n" for host, (place, port) in members.items())
        return text

    def ask(self, command: str) -> str:
        """The answer of the runtime API to a command; raises OSError."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(command.encode("ascii") + b"\n")
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode("utf-8")

    def servers(self) -> tuple[Server, ...]:
        """All servers as HAProxy sees them; raises OSError or CertificatesError."""
        return parse(self.ask(SHOW_STATES), self.ask(SHOW_STAT))

    def in_rotation(self) -> dict[str, set[str]]:
        """Set -> members that get new connections; raises as L{servers}."""
        found: dict[str, set[str]] = {name: set() for name in self._sets}
        for server in self.servers():
            if server.in_rotation:
                found[server.backend].add(server.name)
        return found

    def _start(self, listeners: Mapping[str, int]) -> None:
        program = find_haproxy()
        if program is None:
            raise RuntimeError(MISSING)
        file = self._folder / "haproxy.cfg"
        file.write_text(self.configuration(listeners), encoding="ascii")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-db", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(listeners.values()),
            )

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self.servers()
                return
            except (OSError, CertificatesError):
                ended = self._process is not None and self._process.poll() is not None
                if ended or time.monotonic() > end:
                    raise RuntimeError(f"haproxy does not start: {self.log.read_text(errors='replace')}") from None
                time.sleep(0.02)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)


def _listener() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind((ADDRESS, 0))
    made.listen(64)
    return made
