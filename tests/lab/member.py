# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of a set for tests: each serves a certificate, keeps sessions, and can be stopped."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import ssl
import threading
from types import TracebackType


class Member:
    """A TLS server on loopback whose sessions last as long as the client wants.

    :ivar place: address and port, the same after a stop.
    """

    def __init__(self, file: pathlib.Path) -> None:
        """Prepares it.

        :param file: PEM file with certificate and key.
        """
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(file)
        self._reserved = self._bound(0)
        self.place: tuple[str, int] = self._reserved.getsockname()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Member:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._reserved.close()

    def start(self) -> None:
        """Takes connections."""
        self._listener = self._bound(self.place[1])
        self._listener.listen(64)
        threading.Thread(target=self._run, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuses connections; sessions go on."""
        if self._listener is not None:
            # wakes the thread that waits for a connection, which close does not
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    @staticmethod
    def _bound(port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        return made

    def _run(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as tls:
            while tls.recv(4096):
                pass
