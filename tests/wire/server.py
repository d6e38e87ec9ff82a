# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated WinRM service on loopback for each server of an emulated pool, in threads of this process.

`with serve(lab, pools, Settings()) as servers: servers["edge1"].port`.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv_login import Login
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription

from .calls import Calls
from .encryption import TYPE, NotEncrypted, decrypt, encrypt
from .login import Visit
from .programs import ProgramCalls
from .shells import Shells
from .soap import Fault, fault_reply, parse, reply
from .tls import Identity

_PLAIN = "application/soap+xml;charset=UTF-8"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a service is set up (winrm/config/service).

    :ivar identity: certificate of an HTTPS listener; None for HTTP.
    :ivar auth: of basic, ntlm.
    :ivar allow_unencrypted: whether messages may be in the clear over HTTP; Basic is offered there only then.
    :ivar environment: in which command lines are run for real, None to have the emulator answer.
    """

    identity: Identity | None = None
    auth: tuple[str, ...] = ("basic", "ntlm")
    users: Mapping[str, str] = field(default_factory=lambda: {"LAB\\admin": "Wire-Password-1"}, repr=False)
    allow_unencrypted: bool = False
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Exchange:
    """One HTTP request and its answer.

    :ivar action: of WS-Management; empty for what is only a login.
    :ivar up: bytes of the request, and C(down) of the answer: lines, headers and bodies, without TLS.
    """

    action: str
    status: int
    up: int
    down: int


class Server:
    """One service: its port, what was asked of it, and the troubles that it shall have.

    :ivar hang: action of WS-Management that is carried out and not answered.
    :ivar dark: every connection breaks without an answer.
    """

    def __init__(self, settings: Settings, login: Login, calls: Calls) -> None:
        self.settings, self.login, self.calls = settings, login, calls
        self.shells = Shells(calls.begin)
        self.port = 0
        self.traffic: list[Exchange] = []
        self.hang = ""
        self.dark = False
        self.stopped = threading.Event()

    def cut(self, number: int, *, within_next: bool = False) -> None:
        """Lets the network break as soon as the input of a call is complete, until L{heal}.

        :param number: of the call, counted from now, beginning with 1.
        """
        self.calls.cut = len(self.calls.payloads) + number
        self.calls.within_next = within_next

    def heal(self) -> None:
        """Ends all troubles; a call that was cut is still late."""
        self.hang, self.dark, self.calls.cut = "", False, 0


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, server: Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulated = server
        server.port = self.server_address[1]
        if server.settings.identity:
            # the handshake is made by the thread of the connection, so that a slow client keeps nobody waiting
            self.socket = server.settings.identity.context().wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the server, is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    """One connection; the methods of http.server are named in its way."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    timeout = 120
    server: _Listener

    def setup(self) -> None:
        """Begin a connection: nobody is logged in."""
        super().setup()
        emulated = self.server.emulated
        self._secure = isinstance(self.connection, ssl.SSLSocket)
        self._visit = Visit(emulated.login, basic=self._secure or emulated.settings.allow_unencrypted)
        self._up, self._action = 0, ""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing; the traffic is kept."""

    def do_POST(self) -> None:
        """Answer a request, after it was read to its end."""
        emulated = self.server.emulated
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._up, self._action = len(self.requestline) + 2 + len(self.headers.as_bytes()) + len(data), ""
        if emulated.dark:
            self.close_connection = True
            return
        if self.path != "/wsman":
            self._send(404, b"")
            return
        demanded = self._visit.enter(self.headers.get("Authorization", ""))
        if demanded is not None:
            self._send(401, b"", demanded=demanded)
        elif not data:
            self._send(200, b"")
        else:
            self._message(data)

    def _message(self, data: bytes) -> None:
        kind = self.headers.get("Content-Type", "")
        sealed = self._visit.context is not None and (
            kind.startswith("multipart/") or not (self._secure or self.server.emulated.settings.allow_unencrypted)
        )
        try:
            data = decrypt(self._visit.context, kind, data) if sealed else data
        except NotEncrypted:
            self._send(400, b"")
            return
        if not sealed and kind.replace(" ", "").lower() != _PLAIN.lower():
            self._send(415, b"")
            return
        status, answer = self._answer(data)
        if answer is None:
            self.close_connection = True
        elif sealed:
            self._send(status, encrypt(self._visit.context, answer), kind=TYPE)
        else:
            self._send(status, answer, kind=_PLAIN)

    def _answer(self, data: bytes) -> tuple[int, bytes | None]:
        """Status and message; None if nothing is to be answered."""
        emulated = self.server.emulated
        message_id = ""
        try:
            request = parse(data)
            self._action, message_id = request.action, request.message_id
            cut = emulated.calls.cut_next and emulated.shells.ends_input(request)
            answer = reply(request, lambda body: emulated.shells.answer(request, body))
        except Fault as fault:
            return 500, fault_reply(fault, message_id)
        if cut:
            emulated.dark = True
            return 0, None
        if request.action == emulated.hang:
            emulated.stopped.wait(600)
            return 0, None
        return 200, answer

    def _send(self, status: int, data: bytes, *, kind: str = "", demanded: list[str] | None = None) -> None:
        headers = [("WWW-Authenticate", value) for value in demanded or []]
        headers += [("Content-Type", kind)] if kind else []
        headers += [
            ("Content-Length", str(len(data))),
            ("Server", self.server_version),
            ("Date", self.date_time_string()),
        ]
        lines = [f"HTTP/1.1 {status} {self.responses[status][0]}", *(f"{name}: {value}" for name, value in headers)]
        answer = "\r\n".join([*lines, "", ""]).encode("ascii") + data
        self.server.emulated.traffic.append(Exchange(self._action, status, self._up, len(answer)))
        self.wfile.write(answer)


@contextlib.contextmanager
def serve(
    lab: LabFolder, pools: Mapping[str, PoolDescription], settings: Settings | Mapping[str, Settings]
) -> Iterator[dict[str, Server]]:
    """Runs a service for each server while the block runs. With NTLM its users are known to this process only.

    :param settings: of all servers, or of each by name.
    """
    servers: dict[str, Server] = {}
    with contextlib.ExitStack() as stack:
        for host, pool in pools.items():
            chosen = settings if isinstance(settings, Settings) else settings[host]
            channel = chosen.identity.channel if chosen.identity else None
            login = Login(chosen.auth, chosen.users, channel)
            stack.enter_context(login.known(lab.path.parent / "winrm-users.txt"))
            calls = Calls(lab, pool, host)
            if chosen.environment is not None:
                calls = ProgramCalls(lab, pool, host, chosen.environment)
            servers[host] = Server(chosen, login, calls)
            stack.enter_context(_listening(servers[host]))
        yield servers


@contextlib.contextmanager
def _listening(server: Server) -> Iterator[None]:
    listener = _Listener(server)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stopped.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
