# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated AD CS web enrolment on loopback, over HTTP or HTTPS, in front of the lab's authority.

`with serve(lab, Settings()) as server: server.url`. Sources: product.md#web-enrollment, unless another one is named.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import pkcs7, serialization

from ..server.errors import LabError
from ..server.folder import LabFolder
from .certsrv_login import METHODS, Login, Visit, channel_hash
from .certsrv_pages import LANGUAGES, Pages
from .certsrv_tls import HOST, tls_context
from .enrollment_queue import DENIED, ERROR, ISSUED, PENDING, TAKEN, Desk, Policy, Row, certificate_of

PAGES = ("certfnsh.asp", "certnew.cer", "certnew.p7b", "certcarc.asp", "certrqxt.asp")
#: 401, 403 and 500: the web server's own answers (field: a page that fails has often done its work, so 500 comes after
#: it); html: a page where a file was due; truncate: the file is cut short; cut: the connection breaks within the
#: answer; hang: no answer at all; incomplete: a chain lacks the issuing authority.
FAULTS = ("401", "403", "500", "html", "truncate", "cut", "hang", "incomplete")
CERTIFICATE_TYPE, CHAIN_TYPE = "application/pkix-cert", "application/x-pkcs7-certificates"
_HTML = "text/html; Charset=UTF-8"
_REASONS = {
    401: "401 - Unauthorized",
    403: "403 - Forbidden",
    404: "404 - Not Found",
    500: "500 - Internal server error",
}
_STATUS = {PENDING: "0x0", DENIED: "0x80094014", ERROR: "0x80070057"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the server behaves.

    Attributes:
        port: 0 for a free one. tls: HTTPS with a certificate of the lab's authority for `localhost`.
        auth: of METHODS. users: passwords by name. epa: NTLM must be bound to the TLS channel (Extended Protection).
        language: of LANGUAGES (all but English are [U]: see certsrv_pages). renewals: index of the newest certificate.
        faults: page -> one of FAULTS.
    """

    port: int = 0
    tls: bool = True
    auth: tuple[str, ...] = ("ntlm", "basic")
    users: Mapping[str, str] = field(default_factory=lambda: {"LAB\\clerk": "Lab-Password-1"}, repr=False)
    epa: bool = False
    language: str = "en"
    renewals: int = 0
    policy: Policy = field(default_factory=Policy)
    faults: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raise LabError if a value is none of those allowed."""
        for what, values, allowed in (
            ("login", self.auth, METHODS),
            ("language", (self.language,), LANGUAGES),
            ("page", self.faults, PAGES),
            ("fault", self.faults.values(), FAULTS),
        ):
            wrong = sorted(set(values) - set(allowed))
            if wrong:
                raise LabError(f"there is no {what} '{wrong[0]}'; choose of {', '.join(allowed)}")
        if not self.tls and (self.epa or "certificate" in self.auth):
            raise LabError("Extended Protection and client certificates need TLS")


@dataclass
class Certsrv:
    """A running server: its address, its desk (requests, approve, deny), and what was asked of it."""

    url: str
    desk: Desk
    calls: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, settings: Settings, certsrv: Certsrv, login: Login, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", settings.port), _Handler)
        self.settings, self.certsrv, self.login = settings, certsrv, login
        self.pages = Pages(settings.language, "Lab Issuing CA")
        if context:
            # the handshake is made by the thread of the connection, so that a slow client keeps nobody waiting
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the server, is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    """One connection; the methods of http.server are named in its way."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Microsoft-IIS/10.0", ""
    timeout = 120
    server: _Server

    def setup(self) -> None:
        """Begin a connection: nobody is logged in."""
        super().setup()
        self._visit = Visit(self.server.login, self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing; the desk keeps the log that counts."""

    def do_GET(self) -> None:
        """Answer a page."""
        self._answer({})

    def do_POST(self) -> None:
        """Answer a form, after it was read to its end: the connection goes on."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(_first(parse_qs(data.decode("utf-8", "replace"), keep_blank_values=True)))

    def _answer(self, form: Mapping[str, str]) -> None:
        parts = urlsplit(self.path)
        folder, _slash, page = parts.path.rpartition("/")
        fault = self.server.settings.faults.get(page, "")
        self.server.certsrv.calls.append(f"{self.command} {page}")
        if fault in ("401", "403"):
            self._refuse(int(fault), self._visit.offers() if fault == "401" else [])
            return
        demanded = self._visit.enter(self.headers.get("Authorization", ""))
        if demanded is not None:
            self._refuse(401 if demanded else 403, demanded)
            return
        do = self._pages().get(page)
        if folder.lower() != "/certsrv" or do is None or (page == "certfnsh.asp") != (self.command == "POST"):
            self._refuse(404, [])
            return
        kind, data = do(_first(parse_qs(parts.query)), form)
        if fault == "hang":
            self.server.certsrv.stopped.wait(600)
        elif fault == "500":
            self._refuse(500, [])
        elif fault == "html":
            self._send(200, _HTML, self.server.pages.welcome().encode())
        else:
            self._send(200, kind, data[: len(data) // 2] if fault == "truncate" else data, cut=fault == "cut")

    def _pages(self) -> dict[str, Callable[[Mapping[str, str], Mapping[str, str]], tuple[str, bytes]]]:
        pages, settings = self.server.pages, self.server.settings
        return {
            "": lambda _query, _form: (_HTML, pages.welcome().encode()),
            "certfnsh.asp": lambda _query, form: (_HTML, self._submit(form).encode()),
            "certnew.cer": lambda query, _form: self._certificate(query),
            "certnew.p7b": lambda query, _form: self._chain(query),
            "certcarc.asp": lambda _query, _form: (_HTML, pages.renewals(settings.renewals).encode()),
            "certrqxt.asp": lambda _query, _form: (_HTML, pages.saved_request(settings.policy.templates).encode()),
        }

    def _submit(self, form: Mapping[str, str]) -> str:
        pages = self.server.pages
        row = self.server.certsrv.desk.submit(
            form.get("CertRequest", ""), user=self._visit.user, attributes=form.get("CertAttrib", "")
        )
        if row.disposition == ISSUED:
            return pages.issued(row.request_id, self.server.settings.renewals, scripted=self._browser)
        if row.disposition == PENDING:
            return pages.pending(row.request_id)
        return pages.denied(row.request_id, row.message)

    @property
    def _browser(self) -> bool:
        return "mozilla" in self.headers.get("User-Agent", "").lower()

    def _certificate(self, query: Mapping[str, str]) -> tuple[str, bytes]:
        desk = self.server.certsrv.desk
        if query.get("ReqID") == "CACert":
            found = desk.authority.chain()[0]
        else:
            row = self._row(query)
            if row is None or row.disposition != ISSUED:
                return _HTML, self._missing(row).encode()
            found = certificate_of(row)
        form = serialization.Encoding.DER if query.get("Enc") == "bin" else serialization.Encoding.PEM
        # "Without a browser-like User-Agent the certificate comes with a wrong Content-Type"
        return CERTIFICATE_TYPE if self._browser else _HTML, found.public_bytes(form)

    def _chain(self, query: Mapping[str, str]) -> tuple[str, bytes]:
        chain = self.server.certsrv.desk.authority.chain()
        if self.server.settings.faults.get("certnew.p7b") == "incomplete":
            del chain[0]
        if query.get("ReqID") != "CACert":
            row = self._row(query)
            if row is None or row.disposition != ISSUED:
                return _HTML, self._missing(row).encode()
            chain.insert(0, certificate_of(row))
        elif not query.get("Renewal", "0").isdigit() or int(query.get("Renewal", "0")) > self.server.settings.renewals:
            return _HTML, self._missing(None).encode()
        form = serialization.Encoding.DER if query.get("Enc") == "bin" else serialization.Encoding.PEM
        return CHAIN_TYPE if self._browser else _HTML, pkcs7.serialize_certificates(chain, form)

    def _row(self, query: Mapping[str, str]) -> Row | None:
        number = query.get("ReqID", "")
        return self.server.certsrv.desk.find(int(number)) if number.isdigit() else None

    def _missing(self, row: Row | None) -> str:
        """Fetch before issue gives a page (product.md#pages-of-web-enrollment); that of an unknown number is [U]."""
        disposition = row.disposition if row else ERROR
        words = row.message if row and row.disposition != PENDING else TAKEN if row else "Invalid Request Id"
        return self.server.pages.no_certificate(disposition, words, _STATUS.get(disposition, "0x0"))

    def _refuse(self, status: int, demanded: list[str]) -> None:
        self._send(status, "text/html", self.server.pages.refused(_REASONS[status]).encode(), demanded)

    def _send(
        self, status: int, kind: str, data: bytes, demanded: list[str] | None = None, *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for value in demanded or []:
            self.send_header("WWW-Authenticate", value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut


def _first(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: found[0] for name, found in values.items()}


@contextlib.contextmanager
def serve(lab: LabFolder, settings: Settings) -> Iterator[Certsrv]:
    """Run the server in threads while the block runs. With NTLM its users are known to this process only.

    Raises LabError for settings that cannot be.
    """
    settings.check()
    desk = Desk(lab, settings.policy)
    desk.prepare()
    context, channel = None, None
    if settings.tls:
        context, der = tls_context(desk, lab, client_certificates="certificate" in settings.auth)
        channel = channel_hash(der) if settings.epa else None
    login = Login(settings.auth, settings.users, channel)
    certsrv = Certsrv("", desk)
    server = _Server(settings, certsrv, login, context)
    certsrv.url = f"{'https' if settings.tls else 'http'}://{HOST}:{server.server_address[1]}/certsrv"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        with login.known(desk.folder / "users.txt"):
            yield certsrv
    finally:
        certsrv.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
