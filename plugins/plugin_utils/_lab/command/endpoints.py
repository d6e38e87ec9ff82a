# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS endpoints of the emulated servers on loopback: each answers with what its service has loaded.

All is read from the files of the lab, whatever process wrote them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import selectors
import socket
import ssl
import struct
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import serialization, x509

from ..cmdlets import loading
from ..server import clock, facts
from ..server.errors import LabError
from ..server.folder import LabFolder, ServerFolder
from ..server.state import ServerState, load_state

# Usages and ports of an Edge Server (product.md#topology-cmdlets, product.md#edge-certificates); what is behind them
# here is TLS and nothing else.
ENDPOINTS = (
    "Internal:5061",
    "AccessEdgeExternal:443",
    "AccessEdgeExternal:5061",
    "DataEdgeExternal:443",
    "AudioVideoAuthentication:443",
)
_ADDRESS = "127.0.0.1"
_LOOK = 0.05  # seconds between two looks at the files
_PATIENCE = 5.0  # seconds for a client's handshake


@dataclass(frozen=True)
class Offer:
    """What a service answers with: the chain as PEM, and the file of the key."""

    chain: str
    key: Path


def _chain_sent(state: ServerState, leaf: x509.Certificate) -> list[x509.Certificate]:
    """The leaf and the authorities found in CA, not the root: as Schannel sends it, from the server's own stores [I]."""
    found = [leaf]
    pool = [entry.certificate for entry in state.stores["CA"]]
    while not facts.self_signed(found[-1]):
        above = [c for c in pool if c not in found and not facts.self_signed(c) and facts.issued_by(found[-1], c)]
        if not above:
            break
        found.append(above[0])
    return found


class _Server:
    """One emulated server, as its files say at this moment."""

    def __init__(self, folder: ServerFolder, host: str) -> None:
        self._folder, self._host = folder, host
        self._stamp: object = None
        self._state: ServerState | None = None

    def state(self) -> ServerState | None:
        """The state as it lies on the disk, None for a server that nothing was written to."""
        try:
            found = self._folder.state.stat()
        except FileNotFoundError:
            return None
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            # product and role only matter to a server that nothing was written to
            self._state, self._stamp = load_state(self._folder, host=self._host, product="2019"), stamp
        return self._state

    def running(self, usage: str, now: dt.datetime) -> bool:
        """Whether the service of a usage runs; those of a server that nothing was written to do."""
        state = self.state()
        return state is None or loading.answering(state, usage, now) is not None

    def offer(self, usage: str, now: dt.datetime) -> Offer | None:
        """What the service of a usage answers with; None without a certificate or its key."""
        state = self.state()
        service = loading.answering(state, usage, now) if state else None
        thumbprint = loading.served(service, usage, now) if service else None
        entry = state.find("My", thumbprint) if state and thumbprint else None
        if state is None or entry is None or entry.container is None:
            return None
        key = self._folder.key_path(entry.container)
        if entry.container not in state.containers or not key.exists():
            return None
        chain = _chain_sent(state, entry.certificate)
        return Offer("".join(c.public_bytes(serialization.Encoding.PEM).decode("ascii") for c in chain), key)


@dataclass
class _Endpoint:
    """A port of a server. It stays reserved while the service is stopped, and nobody listens then."""

    server: _Server
    usage: str
    reserved: socket.socket
    listener: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port on loopback."""
        return int(self.reserved.getsockname()[1])

    def follow(self, selector: selectors.BaseSelector, now: dt.datetime) -> None:
        """Listen while the service runs, refuse connections while it does not."""
        runs = self.server.running(self.usage, now)
        if runs and self.listener is None:
            self.listener = _bound(self.port)
            self.listener.listen(16)
            selector.register(self.listener, selectors.EVENT_READ, self)
        elif not runs and self.listener is not None:
            selector.unregister(self.listener)
            self.listener.close()
            self.listener = None


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((_ADDRESS, port))
    except OSError as error:
        made.close()
        raise LabError(f"port {port} of {_ADDRESS} cannot be used: {error.strerror}") from None
    return made


@dataclass
class _Listening:
    """All endpoints of a lab and the thread that follows the files."""

    endpoints: list[_Endpoint]
    legacy: bool
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    stopped: threading.Event = field(default_factory=threading.Event)

    def follow(self) -> None:
        """Open and close the ports as the files of the lab say."""
        for endpoint in self.endpoints:
            endpoint.follow(self.selector, clock.real_time())

    def run(self) -> None:
        """Follow the files and answer until stopped."""
        while not self.stopped.is_set():
            # a file that somebody repairs by hand is looked at again a moment later
            with contextlib.suppress(LabError):
                self.follow()
            for key, _events in self.selector.select(_LOOK):
                self._accept(key.data)
        for endpoint in self.endpoints:
            if endpoint.listener is not None:
                endpoint.listener.close()
        self.selector.close()

    def _accept(self, endpoint: _Endpoint) -> None:
        if endpoint.listener is None:
            return
        with contextlib.suppress(OSError):
            connection, _address = endpoint.listener.accept()
            threading.Thread(target=self._answer, args=(endpoint, connection), daemon=True).start()

    def _answer(self, endpoint: _Endpoint, connection: socket.socket) -> None:
        """A handshake. Without a certificate the connection is reset, as Schannel without credentials does [U]."""
        with connection, contextlib.suppress(OSError, LabError):
            now = clock.real_time()
            offer = endpoint.server.offer(endpoint.usage, now) if endpoint.server.running(endpoint.usage, now) else None
            connection.settimeout(_PATIENCE)
            if offer is None:
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            with _context(offer, legacy=self.legacy).wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)


def _context(offer: Offer, *, legacy: bool) -> ssl.SSLContext:
    """TLS 1.2 and no higher: more is not known of the product; `legacy` is TLS 1.0 only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if legacy:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1 if legacy else ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as chain:
        chain.write(offer.chain)
        chain.flush()
        context.load_cert_chain(chain.name, offer.key)
    return context


@contextlib.contextmanager
def serve_endpoints(
    lab: LabFolder, hosts: Sequence[str], *, port: int = 0, legacy: bool = False
) -> Iterator[dict[str, dict[str, int]]]:
    """Serve the endpoints of servers while the block runs; gives host -> `usage:port of the product` -> port.

    `port` is the first one, the others follow; 0 takes free ones. `legacy` offers TLS 1.0 only. Raises LabError for a
    host name that cannot be, or a port that is in use.
    """
    with contextlib.ExitStack() as stack:
        ports: dict[str, dict[str, int]] = {}
        endpoints: list[_Endpoint] = []
        for host in hosts:
            server = _Server(lab.server(host), host)
            for name in ENDPOINTS:
                wanted = port + len(endpoints) if port else 0
                endpoint = _Endpoint(server, name.partition(":")[0], stack.enter_context(_bound(wanted)))
                endpoints.append(endpoint)
                ports.setdefault(host, {})[name] = endpoint.port
        listening = _Listening(endpoints, legacy)
        listening.follow()
        thread = threading.Thread(target=listening.run, daemon=True)
        thread.start()
        try:
            yield ports
        finally:
            listening.stopped.set()
            thread.join()
