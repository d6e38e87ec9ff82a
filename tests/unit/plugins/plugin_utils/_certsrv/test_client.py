# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against an emulated server: logins, faults, and what the messages say."""

from __future__ import annotations

import base64
import datetime as dt
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.sfb.certificates.plugins.module_utils import _requests_dep
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, DependencyError
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.client import Certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.failures import CertsrvError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Authority, Order, Terms
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import Policy
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

WEB = {"CertificateTemplate": "WebServer"}
Emulate = Callable[..., Any]
Connect = Callable[..., Certsrv]


@pytest.mark.parametrize("language", ["en", "de"])
def test_issued(emulate: Emulate, connect: Connect, request_for: Any, language: str) -> None:
    server, csr = emulate(language=language, renewals=2), request_for("a.test")
    client = connect(server.url)
    assert client.templates() == ("WebServer", "User")
    assert client.renewals() == 2
    said = client.submit(csr.pem, {**WEB, "note": "1+1=2 & more"})
    assert (said.request_id, said.denied) == (1, False)
    result = client.fetch(1)
    assert result.disposition == "issued"
    assert result.certificate is not None
    assert result.certificate.public_key_sha256 == csr.public_key_sha256
    assert len(client.fetch_chain(1)) > len(client.authority_chain(2)) > 1000
    (row,) = server.desk.rows()
    assert row.attributes == {"certificatetemplate": "WebServer", "note": "1+1=2 & more"}
    assert row.csr == csr.pem  # what is a plus in base64 has arrived as one


@pytest.mark.parametrize("language", ["en", "de"])
def test_pending_denied_and_approved_after_all(
    emulate: Emulate, connect: Connect, request_for: Any, language: str
) -> None:
    server = emulate(language=language, policy=Policy(hold=True))
    client = connect(server.url)
    assert client.submit(request_for("a.test").pem, WEB).request_id == 1
    assert client.fetch(1).disposition == "pending"
    server.desk.deny(1)
    assert (client.fetch(1).disposition, client.fetch(1).message) == ("denied", "Denied by LAB\\Administrator")
    server.desk.approve(1)
    assert client.fetch(1).disposition == "issued"


@pytest.mark.parametrize(
    ("attributes", "csr", "words"),
    [
        ({"CertificateTemplate": "Nope"}, None, "0x80094800.* policy: Nope"),
        ({}, None, "0x80094801"),
        (WEB, "nonsense", "Error Parsing Request .*0x8009310b"),
    ],
)
def test_denied(
    emulate: Emulate, connect: Connect, request_for: Any, attributes: dict[str, str], csr: str | None, words: str
) -> None:
    said = connect(emulate().url).submit(csr or request_for("a.test").pem, attributes)
    assert (said.request_id, said.denied) == (1, True)
    assert re.search(words, said.message)


def test_a_stand_alone_authority_has_no_templates(emulate: Emulate, connect: Connect, request_for: Any) -> None:
    client = connect(emulate(policy=Policy(templates=())).url)
    assert client.templates() == ()
    assert client.submit(request_for("a.test").pem, {}).denied is False


def test_unknown_number(emulate: Emulate, connect: Connect) -> None:
    with pytest.raises(CertsrvError, match="the authority has no answer to request 77: .*check request_id"):
        connect(emulate().url).fetch(77)


# ---- logins ----


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
@pytest.mark.parametrize("epa", [False, True])
def test_login(emulate: Emulate, connect: Connect, request_for: Any, auth: str, epa: bool) -> None:
    server = emulate(tls=True, auth=("ntlm", "basic"), epa=epa)
    client = connect(server.url, auth=auth)
    assert client.templates()
    assert client.submit(request_for("a.test").pem, WEB).request_id == 1
    assert client.fetch(1).disposition == "issued"
    assert server.desk.rows()[0].user == "LAB\\clerk"
    # NTLM logs a connection in: two refusals of the first page, none later
    assert server.calls.count("GET certrqxt.asp") == (3 if auth == "ntlm" else 1)
    assert server.calls.count("POST certfnsh.asp") == 1


def test_ntlm_over_http(emulate: Emulate, connect: Connect) -> None:
    assert connect(emulate(auth=("ntlm",)).url, auth="ntlm").templates()


def test_each_session_has_its_own_login(emulate: Emulate, connect: Connect) -> None:
    users = {"LAB\\clerk": "Lab-Password-1", "LAB\\boss": "Other-Password-2"}
    server = emulate(tls=True, auth=("ntlm",), users=users)
    assert connect(server.url).templates()
    assert connect(server.url, username="LAB\\boss", password="Other-Password-2").templates()
    with pytest.raises(CertsrvError, match="HTTP 401"):
        connect(server.url, username="LAB\\boss", password="Lab-Password-1").templates()


def test_without_channel_binding_extended_protection_keeps_out(emulate: Emulate, lab: LabFolder) -> None:
    requests_ntlm = pytest.importorskip("requests_ntlm")
    server = emulate(tls=True, auth=("ntlm",), epa=True)
    bundle = lab.path / "root.pem"
    bundle.write_bytes((lab.adcs / "Lab Root CA.cer").read_bytes())
    for bound, status in ((False, 401), (True, 200)):
        login = requests_ntlm.HttpNtlmAuth("LAB\\clerk", "Lab-Password-1", send_cbt=bound)
        assert requests.get(f"{server.url}/", auth=login, verify=str(bundle), timeout=10).status_code == status


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
@pytest.mark.parametrize("wrong", [{"password": "Wrong-Secret-5"}, {"username": "LAB\\nobody"}])
def test_wrong_login(emulate: Emulate, connect: Connect, auth: str, wrong: dict[str, str]) -> None:
    server = emulate(tls=True, auth=("ntlm", "basic"))
    with pytest.raises(CertsrvError, match=r"login is refused \(HTTP 401.*check username") as caught:
        connect(server.url, auth=auth, **wrong).templates()
    assert "Wrong-Secret-5" not in str(caught.value) + repr(caught.value.__cause__)
    assert caught.value.sent is False


def test_the_server_offers_another_login(emulate: Emulate, connect: Connect) -> None:
    with pytest.raises(CertsrvError, match="HTTP 401, the server offers Basic"):
        connect(emulate(tls=True, auth=("basic",)).url, auth="ntlm").templates()
    with pytest.raises(CertsrvError, match="offers Basic.*set auth, username and password"):
        connect(emulate(auth=("basic",)).url, auth="none").templates()


@pytest.fixture
def client_files(lab: LabFolder, emulate: Emulate, tmp_path: Path) -> tuple[str, str]:
    """Certificate and key of a client, issued by the lab."""
    emulate()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "robot")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    order = Order.from_csr(csr.public_bytes(serialization.Encoding.DER))
    terms = Terms(now=dt.datetime.now(dt.timezone.utc), extra_purposes=("1.3.6.1.5.5.7.3.2",))
    made = Authority(lab).sign(order, terms)
    (tmp_path / "client.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    (tmp_path / "client.key").write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
    locked = serialization.BestAvailableEncryption(b"secret")
    (tmp_path / "locked.key").write_bytes(key.private_bytes(*form, locked))
    return str(tmp_path / "client.pem"), str(tmp_path / "client.key")


def test_client_certificate(
    emulate: Emulate, connect: Connect, client_files: tuple[str, str], request_for: Any
) -> None:
    server = emulate(tls=True, auth=("certificate",))
    certificate, key = client_files
    client = connect(server.url, auth="certificate", client_cert=certificate, client_key=key)
    assert client.submit(request_for("a.test").pem, WEB).request_id == 1
    assert server.desk.rows()[0].user == "robot"
    with pytest.raises(CertsrvError, match="HTTP 403"):
        connect(server.url).templates()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"auth": "ntlm", "username": ""}, "username: is missing; auth: ntlm needs username and password"),
        ({"auth": "basic", "password": ""}, "password: is missing"),
        ({"auth": "none", "username": "x"}, "auth: none takes no username"),
        ({"auth": "certificate"}, "client_cert: is missing"),
        ({"client_key": "{client.key}"}, "client_key: is of no use"),
        ({"client_cert": "{client.pem}"}, "client_cert: .*client.pem cannot be used"),
        ({"client_cert": "{client.pem}", "client_key": "{locked.key}"}, "the key without a passphrase"),
        ({"ca_bundle": "{client.key}"}, "ca_bundle: .* holds a private key, not a certificate"),
        ({"ca_bundle": "/nowhere/x.pem"}, "ca_bundle: /nowhere/x.pem cannot be read on the controller: No such file"),
        ({"timeout": 0}, "timeout: 0 is too short"),
    ],
)
def test_options_that_cannot_be(
    connect: Connect, client_files: tuple[str, str], options: dict[str, Any], message: str
) -> None:
    folder = Path(client_files[0]).parent
    given = {
        name: str(folder / value[1:-1]) if str(value).startswith("{") else value for name, value in options.items()
    }
    with pytest.raises(CertificatesError, match=message):
        connect("https://ca.example.com", **({"auth": "none", "ca_bundle": None} | given))


# ---- trust ----


def test_kinds_of_ca_bundle(emulate: Emulate, connect: Connect, lab: LabFolder) -> None:
    server = emulate(tls=True)
    for name in ("certnew.p7b", "Lab Root CA.cer"):
        assert connect(server.url, auth="none", ca_bundle=str(lab.adcs / name)).templates()
    assert connect(server.url, auth="none", ca_bundle=None, validate_certs=False).templates()


def test_untrusted_server(emulate: Emulate, connect: Connect, tmp_path: Path) -> None:
    server = emulate(tls=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Other Root")])
    now = dt.datetime.now(dt.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=9))
    other = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(key, hashes.SHA256())
    (tmp_path / "other.cer").write_bytes(other.public_bytes(serialization.Encoding.DER))
    for bundle in (str(tmp_path / "other.cer"), None):
        with pytest.raises(CertsrvError, match="certificate of the server is refused .*ca_bundle") as caught:
            connect(server.url, auth="none", ca_bundle=bundle).templates()
        assert caught.value.sent is False
    wrong_name = server.url.replace("localhost", "127.0.0.1")
    with pytest.raises(CertsrvError, match="certificate of the server is refused .*check the host name"):
        connect(wrong_name, auth="none").templates()


# ---- failures ----


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


@pytest.mark.parametrize("label", ["CERTIFICATE", "PKCS7"])
@pytest.mark.parametrize("kind", ["text/html", "application/x-pkcs7-certificates"])
def test_files_are_known_by_content_too(
    emulate: Emulate, connect: Connect, monkeypatch: pytest.MonkeyPatch, label: str, kind: str
) -> None:
    """Servers give files the type of pages, and PKCS#7 the label of a certificate."""
    server = emulate()
    chain = base64.encodebytes((server.desk.authority.chain_path).read_bytes()).decode()
    text = f"-----BEGIN {label}-----\n{chain}-----END {label}-----\n"
    client = connect(server.url)
    found = type(client._session.get("certcarc.asp"))(kind, text.encode())
    monkeypatch.setattr(client._session, "get", lambda *_page, **_query: found)
    assert client.authority_chain(0) == text.encode()


def test_wrong_content_type_without_a_browser(emulate: Emulate, connect: Connect, request_for: Any) -> None:
    server = emulate()
    connect(server.url).submit(request_for("a.test").pem, WEB)
    address = f"{server.url}/certnew.cer?ReqID=1&Enc=b64"
    kinds = [
        requests.get(address, headers={"User-Agent": agent}, timeout=10).headers["Content-Type"]
        for agent in ("Mozilla/5.0", "python-requests")
    ]
    assert kinds == ["application/pkix-cert", "text/html; Charset=UTF-8"]


# ---- libraries ----


def test_missing_libraries(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    def without(name: str) -> Any:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(_requests_dep.importlib, "import_module", without)
    with pytest.raises(DependencyError, match="auth: kerberos needs the Python library requests_kerberos or"):
        connect("https://ca", auth="kerberos", ca_bundle=None)
    with pytest.raises(DependencyError, match="auth: ntlm needs .* requests_ntlm .*pip install requests_ntlm"):
        connect("https://ca", auth="ntlm", ca_bundle=None)
    monkeypatch.setattr(_requests_dep, "REQUESTS_IMPORT_ERROR", "No module named 'requests'")
    with pytest.raises(DependencyError, match=r"library requests cannot be imported .*pip install requests"):
        connect("https://ca", auth="none", ca_bundle=None)


def test_kerberos_takes_what_is_there(monkeypatch: pytest.MonkeyPatch, connect: Connect, emulate: Emulate) -> None:
    """Neither library can be had without Kerberos itself; what counts here is how it is called."""
    calls: list[dict[str, Any]] = []

    class Library:
        OPTIONAL = "optional"

        @staticmethod
        def HTTPSPNEGOAuth(**options: Any) -> Any:
            calls.append(options)
            return lambda request: request

    def load(name: str) -> Any:
        if name != "requests_gssapi":
            raise ImportError(name)
        return Library

    server = emulate()
    monkeypatch.setattr(_requests_dep.importlib, "import_module", load)
    assert connect(server.url, auth="kerberos").templates()
    assert calls == [{"mutual_authentication": "optional"}]
