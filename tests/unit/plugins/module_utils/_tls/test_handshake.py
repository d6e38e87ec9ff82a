# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handshakes with servers of all kinds: what they send, and what is said of those that do not answer."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import hashlib
import pathlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._tls import handshake
from ansible_collections.sfb.certificates.plugins.module_utils._tls.handshake import Served, Target, probe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def _certificate(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = dt.datetime.now(dt.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
    return builder.not_valid_after(now + dt.timedelta(days=9)).sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[pathlib.Path, list[str]]]:
    """Makes a PEM file of a key and so many certificates; gives it and their thumbprints."""
    key = ec.generate_private_key(ec.SECP256R1())
    folder = tmp_path_factory.mktemp("tls")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def make(count: int) -> tuple[pathlib.Path, list[str]]:
        made = [_certificate(f"server{number}.example.com", key) for number in range(count)]
        path = folder / f"{count}.pem"
        path.write_bytes(pem + b"".join(item.public_bytes(serialization.Encoding.PEM) for item in made))
        return path, [item.fingerprint(hashes.SHA1()).hex().upper() for item in made]

    return make


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server that answers one connection; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _address = server.accept()
                with connection:
                    connection.settimeout(10)
                    answer(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(10)


def tls(path: pathlib.Path, version: ssl.TLSVersion) -> Callable[[socket.socket], object]:
    """A server with one version of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if version < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(1)

    return answer


@pytest.mark.parametrize("count", [1, 3, 90])
def test_all_certificates_are_seen_however_many_records_they_take(files, count: int) -> None:
    path, thumbprints = files(count)
    with listening(tls(path, ssl.TLSVersion.TLSv1_2)) as port:
        served = probe(Target("127.0.0.1", port, "server0.example.com"))
    assert thumbprints_of(served) == thumbprints
    assert (served.protocol, served.address) == ("TLSv1.2", "127.0.0.1")
    assert served.cipher


def test_old_versions_only_if_asked_for(files) -> None:
    path, thumbprints = files(1)
    with listening(tls(path, ssl.TLSVersion.TLSv1)) as port:
        assert "allow_legacy: true" in failed(Target("localhost", port))
    with listening(tls(path, ssl.TLSVersion.TLSv1)) as port:
        served = probe(Target("127.0.0.1", port, allow_legacy=True))
    assert (served.protocol, thumbprints_of(served)) == ("TLSv1", thumbprints)


def thumbprints_of(served: Served) -> list[str]:
    """The thumbprints of what was sent."""
    return [hashlib.sha1(der).hexdigest().upper() for der in served.certificates]


def test_old_pythons_can_read_it() -> None:
    """A handshake can be made on another host, with the Python of that."""
    module = pathlib.Path(handshake.__file__).parents[2] / "modules" / "tls_endpoint_info.py"
    for path in (module, pathlib.Path(handshake.__file__)):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def failed(target: Target) -> str:
    """The one line that is said."""
    with pytest.raises(CertificatesError) as caught:
        probe(target)
    assert caught.value.message.startswith(str(target))
    return caught.value.message


def test_a_newer_version_is_an_alert_or_no_common_version(files) -> None:
    path, _thumbprints = files(1)
    with listening(tls(path, ssl.TLSVersion.TLSv1_3)) as port:
        assert "no common version of TLS" in failed(Target("127.0.0.1", port))


def test_alert_is_named(files) -> None:
    alert = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal, handshake_failure (RFC 5246, section 7.2)
    with listening(lambda connection: connection.sendall(alert)) as port:
        assert "the TLS alert 'handshake failure'" in failed(Target("127.0.0.1", port))


@pytest.mark.parametrize("banner", [b"220 mail.example.com ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_something_else_than_tls(banner: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(banner)

    with listening(answer) as port:
        assert "the answer is not TLS; check the port" in failed(Target("127.0.0.1", port))


def test_a_server_that_closes(files) -> None:
    with listening(lambda connection: connection.recv(65536)) as port:
        assert "closes the connection in the TLS handshake" in failed(Target("127.0.0.1", port))


def test_a_server_that_says_nothing() -> None:
    done = threading.Event()
    with listening(lambda connection: done.wait(10)) as port:
        message = failed(Target("127.0.0.1", port, timeout=0.3))
        done.set()
    assert "accepts connections, but does not answer in TLS within 0.3 s" in message


def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert "refuses connections" in failed(Target("127.0.0.1", bound.getsockname()[1]))


def test_no_answer_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_words: object, **_more: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    assert "does not answer within 7 s; check the address and the firewall" in failed(
        Target("192.0.2.1", 443, timeout=7)
    )


def test_names_that_are_none() -> None:
    assert "cannot be resolved" in failed(Target("no-such-host.invalid", 443))
    assert "cannot be resolved" in failed(Target("a" * 300, 443))
    with listening(lambda connection: None) as port, pytest.raises(InputError, match=r"server_name: '\.example'"):
        probe(Target("127.0.0.1", port, ".example"))


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x03\x00\x05\x0b\x00\x00\x01\x00", b"\x16\x03\x03\xff\xff" + b"\x0b" * 40, b"\x16"]
)
def test_damaged_answers_are_no_traceback(noise: bytes) -> None:
    with listening(lambda connection: connection.sendall(noise)) as port:
        failed(Target("127.0.0.1", port, timeout=1))
