# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TLS endpoint serves, seen from where this runs. **PRIVATE** to the collection.

It may be another host than the controller, with an older Python and no library.
"""

from __future__ import annotations

import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from .._errors import CertificatesError, InputError

#: Content type and message type of the certificates of a server (RFC 5246, sections 6.2.1 and 7.4).
_HANDSHAKE, _CERTIFICATE = 22, 11
#: Two classes before Python 3.10.
_TIMEOUTS = (TimeoutError, socket.timeout)  # noqa: UP041
_ADVICE_LEGACY = "set allow_legacy: true to accept TLS 1.0 and 1.1 and weak algorithms"


@dataclass(frozen=True)
class Target:
    """Where to connect.

    :ivar server_name: name for SNI (RFC 6066, section 3), empty for none.
    :ivar timeout: seconds for the connection and the handshake together.
    :ivar allow_legacy: TLS 1.0 and 1.1, and algorithms of the security level 0 of OpenSSL.
    """

    host: str
    port: int
    server_name: str = ""
    timeout: float = 10
    allow_legacy: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Served:
    """What an endpoint answered.

    :ivar certificates: DER, as the server sent them, its own first.
    :ivar protocol: as OpenSSL names it, C(TLSv1.2).
    :ivar address: IP address that answered.
    """

    certificates: tuple[bytes, ...]
    protocol: str
    cipher: str
    address: str


def probe(target: Target) -> Served:
    """Makes a handshake and reads what certificates the server sends. Nothing is verified here.

    TLS 1.2 at most is offered, in which certificates are not encrypted (RFC 5246, section 7.4.2): the ssl module of the
    Python versions before 3.13 does not hand out the whole chain. The product does not speak more by what is known.

    :raises CertificatesError: there is no answer, or none in TLS; one line with what to do.
    """
    end = time.monotonic() + target.timeout
    try:
        connection = socket.create_connection((target.host, target.port), timeout=target.timeout)
        address = str(connection.getpeername()[0])
    except (OSError, UnicodeError) as error:
        raise CertificatesError(_explain_connect(target, error)) from error
    with connection:
        try:
            handshake = _Handshake(_context(target), connection, target, end)
        except ValueError as error:
            raise InputError(f"server_name: '{target.server_name}' cannot be the name of a server") from error
        try:
            handshake.run()
        except (OSError, ssl.SSLError) as error:
            raise CertificatesError(_explain_handshake(target, error)) from error
        served = _certificates(handshake.received)
    if not served:
        raise CertificatesError(f"{target} sent no certificate in the handshake")
    return Served(
        certificates=tuple(served),
        protocol=str(handshake.tls.version()),
        cipher=str((handshake.tls.cipher() or ("",))[0]),
        address=address,
    )


def _context(target: Target) -> ssl.SSLContext:
    """A client that takes any certificate: to tell which one is served is the very purpose."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1 if target.allow_legacy else ssl.TLSVersion.TLSv1_2
    if target.allow_legacy:
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class _Handshake:
    """A handshake that keeps the bytes of the server.

    :ivar received: all that came, as it came.
    """

    def __init__(self, context: ssl.SSLContext, connection: socket.socket, target: Target, end: float) -> None:
        self._connection, self._end = connection, end
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=target.server_name or None)
        self.received = b""

    def run(self) -> None:
        """Carries the handshake out, then says goodbye.

        :raises OSError, ssl.SSLError: it fails.
        """
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
            except ssl.SSLError:
                self._send()  # the alert that tells the server why
                raise
        self._send()
        try:
            self.tls.unwrap()
        except (ssl.SSLError, OSError):
            self._send()  # only our half; the server's is not waited for

    def _send(self) -> None:
        data = self._outgoing.read()
        if data:
            self._connection.sendall(data)

    def _receive(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        data = self._connection.recv(16384)
        if not data:
            raise ConnectionResetError
        self.received += data
        self._incoming.write(data)


def _messages(received: bytes) -> bytes:
    """The handshake messages out of the records, up to the first record that is something else.

    Source: RFC 5246, section 6.2.1.
    """
    found = b""
    while len(received) >= 5 and received[0] == _HANDSHAKE:
        length = int.from_bytes(received[3:5], "big")
        found, received = found + received[5 : 5 + length], received[5 + length :]
    return found


def _certificates(received: bytes) -> list[bytes]:
    """The certificates (DER) that a server sent in clear text (RFC 5246, section 7.4.2)."""
    messages = _messages(received)
    while len(messages) >= 4:
        length = int.from_bytes(messages[1:4], "big")
        if messages[0] == _CERTIFICATE:
            return list(_split(messages[7 : 4 + length]))
        messages = messages[4 + length :]
    return []


def _split(data: bytes) -> Iterator[bytes]:
    while len(data) >= 3:
        length = int.from_bytes(data[:3], "big")
        yield data[3 : 3 + length]
        data = data[3 + length :]


def _explain_connect(target: Target, error: Exception) -> str:
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"{target}: the name {target.host} cannot be resolved by the host that connects; check host, or give an address"
    if isinstance(error, ConnectionRefusedError):
        return (
            f"{target} refuses connections: nothing listens there; see that the services of the product run "
            "(cs_windows_service), and check the port"
        )
    if isinstance(error, _TIMEOUTS):
        return f"{target} does not answer within {target.timeout:g} s; check the address and the firewall on the way"
    if isinstance(error, ConnectionResetError):
        return _explain_handshake(target, error)
    return f"{target} cannot be reached: {getattr(error, 'strerror', None) or error}; check host and network"


def _explain_handshake(target: Target, error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{target}: {_explain_tls(error, target)}"
    if isinstance(error, _TIMEOUTS):
        return (
            f"{target} accepts connections, but does not answer in TLS within {target.timeout:g} s; "
            "check that the port is one of TLS and that the service is not hanging"
        )
    return (
        f"{target} closes the connection in the TLS handshake; its service may have no certificate, or no key to it: "
        "look at what is assigned (cs_certificate_info), and restart the service after an assignment"
    )


def _explain_tls(error: ssl.SSLError, target: Target) -> str:
    """What a failed handshake means."""
    reason = str(error.reason or "").replace("_", " ").lower() or " ".join(str(error).split())
    advice = "" if target.allow_legacy else f"; {_ADVICE_LEGACY} if the server is an old one"
    if "wrong version number" in reason or "packet length" in reason or "http request" in reason:
        return "the answer is not TLS; check the port"
    if "alert" in reason and "protocol version" in reason or "unsupported protocol" in reason:
        return f"no common version of TLS ({reason}); versions up to 1.2 were offered{advice}"
    if "alert" in reason:
        name = reason.replace("sslv3 ", "").replace("tlsv1 ", "").replace("alert", "").strip()
        return f"the server ends the handshake with the TLS alert '{' '.join(name.split())}'; look at its event log (Schannel){advice}"
    return f"the TLS handshake fails ({reason}){advice}"
