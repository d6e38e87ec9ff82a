# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client of the web enrolment makes of failures and strange servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.client import Certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.failures import CertsrvError

WEB = {"CertificateTemplate": "WebServer"}


Emulate = Callable[..., Any]


Connect = Callable[..., Certsrv]


@pytest.mark.parametrize(
    ("fault", "message", "sent", "rows"),
    [
        ("401", "login is refused", False, 0),
        ("403", "access is forbidden", False, 0),
        ("500", r"the server fails \(HTTP 500\)", True, 1),
        ("html", "names no request and is not understood: .*Welcome", True, 1),
        ("cut", "the answer is cut off", True, 1),
        ("hang", "gives no answer within 1 seconds", True, 1),
    ],
)
def test_failing_submission(
    emulate: Emulate, connect: Connect, request_for: Any, fault: str, message: str, sent: bool, rows: int
) -> None:
    server = emulate(faults={"certfnsh.asp": fault})
    with pytest.raises(CertsrvError, match=message) as caught:
        connect(server.url, timeout=1).submit(request_for("a.test").pem, WEB)
    assert caught.value.sent is sent
    assert len(server.desk.rows()) == rows


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("403", "access is forbidden"),
        ("500", "the server fails"),
        ("html", "a page came where a certificate was due: .*Welcome"),
        ("truncate", "certnew.cer.ReqID=1: .*try again"),
        ("cut", "cut off"),
        ("hang", "gives no answer"),
    ],
)
def test_failing_download(emulate: Emulate, connect: Connect, request_for: Any, fault: str, message: str) -> None:
    client = connect(emulate(faults={"certnew.cer": fault, "certnew.p7b": fault}).url, timeout=1)
    client.submit(request_for("a.test").pem, WEB)
    with pytest.raises(CertsrvError, match=message):
        client.fetch(1)
    for old, new in (("a certificate was", "certificates were"), (".cer.ReqID=1:", ".p7b.ReqID=CACert&Renewal=0:")):
        message = message.replace(old, new)
    with pytest.raises(CertsrvError, match=message):
        client.authority_chain(0)


def test_proxy_of_the_environment(emulate: Emulate, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    server = emulate()
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with pytest.raises(CertsrvError, match="the proxy of the environment refuses .*use_proxy: false"):
        connect(server.url).templates()
    assert connect(server.url, use_proxy=False).templates()


def test_renewals_that_the_page_does_not_tell(emulate: Emulate, connect: Connect) -> None:
    with pytest.raises(CertsrvError, match="does not tell how often the authority was renewed"):
        connect(emulate(faults={"certcarc.asp": "html"}).url).renewals()


def test_no_such_page(emulate: Emulate, connect: Connect) -> None:
    with pytest.raises(CertsrvError, match=r"there is no such page \(HTTP 404\); check url"):
        connect(emulate().url.replace("certsrv", "cersrv")).templates()


def test_nobody_listens(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CertsrvError, match=r"cannot be reached \(Connection refused\)") as caught:
        connect(f"http://127.0.0.1:{port}").templates()
    assert (caught.value.sent, caught.value.passing) == (False, True)
    with pytest.raises(CertsrvError, match="host name cannot be resolved"):
        connect("https://ca.invalid/certsrv", auth="none", ca_bundle=None).templates()


@pytest.fixture
def answer(request: pytest.FixtureRequest) -> Any:
    """A server that answers each connection with the same bytes, whatever it is asked; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(request.param)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/certsrv"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _http(head: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            _http("302 Found\r\nLocation: https://other.example.com/login"),
            "redirects to https://other.example.com/login",
        ),
        (_http("401 No\r\nWWW-Authenticate: NTLM"), "certrqxt.asp: "),
        (_http("401 No\r\nWWW-Authenticate: NTLM bm9uc2Vuc2U=", b"x"), "certrqxt.asp: "),
        (b"220 mail.example.com ESMTP\r\n", "the connection fails"),
        (b"", "the connection fails"),
    ],
    indirect=["answer"],
)
def test_strange_servers(connect: Connect, answer: str, message: str) -> None:
    with pytest.raises(CertsrvError, match=message):
        connect(answer, auth="ntlm").templates()


@pytest.mark.parametrize("answer", [_http("200 OK\r\nContent-Type: text/html", b"x" * (9 << 20))], indirect=True)
def test_endless_answer(connect: Connect, answer: str) -> None:
    with pytest.raises(CertsrvError, match="larger than 8 MB"):
        connect(answer).templates()
