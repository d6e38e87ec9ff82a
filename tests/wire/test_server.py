# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated service is as strict as WinRM: logins, encryption, envelopes, shells."""

from __future__ import annotations

import base64
import contextlib
import pathlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.tests.wire.pool import PASSWORD, USER
from ansible_collections.sfb.certificates.tests.wire.server import Settings, serve
from ansible_collections.sfb.certificates.tests.wire.shells import Output
from ansible_collections.sfb.certificates.tests.wire.tls import Identity
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

POOLS = {"edge1": PoolDescription(pool_fqdn="edge.example.com", fqdn="edge1.example.com")}
PLAIN = {"Content-Type": "application/soap+xml;charset=UTF-8"}


@pytest.fixture
def open_server(tmp_path: pathlib.Path, identity: Identity) -> Iterator[Callable[..., SimpleNamespace]]:
    """Starts one service; gives it with its address and a way to log in with pywinrm."""
    with contextlib.ExitStack() as stack:

        def start(*, tls: bool = False, **settings: Any) -> SimpleNamespace:
            chosen = Settings(identity=identity if tls else None, users={USER: PASSWORD}, **settings)
            server = stack.enter_context(serve(LabFolder(tmp_path / "lab"), POOLS, chosen))["edge1"]
            url = f"{'https' if tls else 'http'}://localhost:{server.port}/wsman"

            def login(transport: str, password: str = PASSWORD, **more: Any) -> Protocol:
                trust = str(identity.authority)
                return Protocol(url, transport, USER, password, ca_trust_path=trust, proxy=None, **more)

            return SimpleNamespace(server=server, url=url, login=login)

        yield start


def shell(protocol: Protocol) -> str:
    """Opens a shell and closes it."""
    number = str(protocol.open_shell(codepage=65001))
    protocol.close_shell(number)
    return number


@pytest.mark.parametrize(
    ("transport", "tls", "settings"),
    [
        ("basic", True, {}),
        ("ntlm", True, {}),
        ("ntlm", True, {"auth": ("ntlm",)}),
        ("ntlm", False, {}),
        ("basic", False, {"allow_unencrypted": True}),
    ],
)
def test_login(open_server: Any, transport: str, tls: bool, settings: dict[str, Any]) -> None:
    found = open_server(tls=tls, **settings)
    assert shell(found.login(transport))
    with pytest.raises(InvalidCredentialsError):
        shell(found.login(transport, "wrong"))


@pytest.mark.parametrize(
    ("transport", "tls", "settings", "more"),
    [
        ("basic", False, {}, {}),  # not offered in the clear
        ("basic", True, {"auth": ("ntlm",)}, {}),
        ("ntlm", True, {"auth": ("basic",)}, {}),
        ("ntlm", True, {}, {"send_cbt": False}),  # not bound to the channel
    ],
)
def test_login_that_is_not_allowed(
    open_server: Any, transport: str, tls: bool, settings: dict[str, Any], more: dict[str, Any]
) -> None:
    found = open_server(tls=tls, **settings)
    with pytest.raises(InvalidCredentialsError):
        shell(found.login(transport, **more))
    assert found.server.shells.open == 0


def test_nothing_without_login(open_server: Any) -> None:
    url = open_server(allow_unencrypted=True).url
    for header in ("", "Basic !", "Negotiate AAAA", "Bearer x"):
        headers = PLAIN | ({"Authorization": header} if header else {})
        answer = requests.post(url, data=b"<x/>", headers=headers, timeout=5)
        assert (answer.status_code, answer.content) == (401, b"")
        assert "Negotiate" in answer.headers["WWW-Authenticate"]


def test_message_in_the_clear_on_an_encrypted_session(open_server: Any) -> None:
    found = open_server()
    with pytest.raises(WinRMTransportError) as caught:
        shell(found.login("ntlm", message_encryption="never"))
    assert caught.value.code == 400
    assert found.server.shells.open == 0
    assert shell(open_server(allow_unencrypted=True).login("ntlm", message_encryption="never"))


def test_message_that_was_changed_under_way(open_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_server()
    protocol = found.login("ntlm")
    number = protocol.open_shell()
    encryption = protocol.transport.encryption
    whole = encryption._build_message

    def changed(message: bytes, host: Any) -> bytes:
        sealed = bytearray(whole(message, host))
        sealed[-1] ^= 1
        return bytes(sealed)

    monkeypatch.setattr(encryption, "_build_message", changed)
    with pytest.raises(WinRMTransportError) as caught:
        protocol.close_shell(number)
    assert caught.value.code == 400
    assert found.server.shells.open == 1


def envelope(protocol: Protocol) -> str:
    """A valid request for a shell."""
    sent: list[str] = []
    send = protocol.send_message

    def kept(text: str) -> Any:
        sent.append(text)
        return send(text)

    protocol.send_message = kept
    shell(protocol)
    protocol.send_message = send
    return sent[0]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("</env:Envelope>", "", 0x80338041),
        ("env:Body>", "env:Leib>", 0x80338041),
        ("<env:Envelope", "<!DOCTYPE x><env:Envelope", 0x80338041),
        ("soap-envelope", "soap-omelette", 0x80338041),
        ("windows/shell/cmd", "windows/shell/csh", 0x80338000),
        ("transfer/Create", "transfer/Put", 0x80338001),
        ("transfer/Create", "transfer/Delete", 0x8033805A),
        ("uuid:", "number:", 0x80338041),
        (">153600<", ">1<", 0x80338041),
        ("PT20S", "20", 0x80338041),
        ("role/anonymous", "role/other", 0x80338041),
        ("<p:DataLocale", '<p:Other mustUnderstand="true"/><p:DataLocale', 0x80338043),
        ("rsp:Shell>", "rsp:Muschel>", 0x80338041),
        ("stdout stderr", "stdout", 0x80338041),
    ],
)
def test_envelope_that_is_wrong(open_server: Any, old: str, new: str, code: int) -> None:
    found = open_server(allow_unencrypted=True)
    protocol = found.login("basic")
    text = envelope(protocol)
    assert old in text
    text = text[text.index("<env:Envelope") :].replace(old, new)
    with pytest.raises(WSManFaultError) as caught:
        protocol.send_message(text)
    assert caught.value.wsman_fault_code == code
    assert found.server.shells.open == 0


def test_other_paths_and_types(open_server: Any) -> None:
    found = open_server(allow_unencrypted=True)
    text = envelope(found.login("basic"))

    def status(url: str, headers: dict[str, str]) -> int:
        return requests.post(url, text.encode(), headers=headers, auth=(USER, PASSWORD), timeout=5).status_code

    assert status(found.url, PLAIN) == 200
    assert status(found.url + "/other", PLAIN) == 404
    assert status(found.url, {"Content-Type": "text/plain"}) == 415
    assert requests.get(found.url, timeout=5).status_code == 501


def test_shells_and_commands_that_are_not_there(open_server: Any) -> None:
    found = open_server(tls=True)
    protocol = found.login("basic")
    number = protocol.open_shell()
    command = protocol.run_command(number, "PowerShell", console_mode_stdin=False)
    for call in (
        lambda: protocol.run_command("no-such-shell", "PowerShell"),
        lambda: protocol.get_command_output_raw("no-such-shell", command),
        lambda: protocol.close_shell("no-such-shell", close_session=False),
    ):
        with pytest.raises(WSManFaultError) as caught:
            call()
        assert caught.value.wsman_fault_code == 0x8033805B
        assert "was not found on the server" in caught.value.reason
    for call in (
        lambda: protocol.get_command_output_raw(number, "no-such-command"),
        lambda: protocol.send_command_input(number, "no-such-command", b"x"),
        lambda: protocol.cleanup_command(number, "no-such-command"),
    ):
        with pytest.raises(WSManFaultError) as caught:
            call()
        assert caught.value.wsman_fault_code == 87


def test_input_and_output(open_server: Any) -> None:
    """A command waits for the end of its input, and takes none after it; foreign ones fail as they do in cmd."""
    found = open_server(tls=True)
    protocol = found.login("basic", operation_timeout_sec=1, read_timeout_sec=5)
    number = protocol.open_shell()
    command = protocol.run_command(number, "whoami", console_mode_stdin=False)
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(number, command)
    protocol.send_command_input(number, command, b"input", end=True)
    with pytest.raises(WSManFaultError):
        protocol.send_command_input(number, command, b"more", end=True)
    stdout, stderr, code = protocol.get_command_output(number, command)
    assert (stdout, code) == (b"", 1)
    assert b"'whoami' is not recognized" in stderr
    assert found.server.calls.payloads == [b"input"]
    script = base64.b64encode("Get-Date".encode("utf-16-le")).decode()
    words = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand", script]
    command = protocol.run_command(number, "PowerShell", words)
    assert b"none that reads a module" in protocol.get_command_output(number, command)[1]
    command = protocol.run_command(number, "PowerShell", [*words, "x" * 8192])
    assert b"too long" in protocol.get_command_output(number, command)[1]


def test_output_that_needs_several_answers(open_server: Any) -> None:
    found = open_server(tls=True)
    protocol = found.login("basic")
    number = protocol.open_shell()
    command = protocol.run_command(number, "x", console_mode_stdin=False)
    process = found.server.shells._shells[number][command]
    process.end(Output(3, b"o" * 300_000, b"e" * 150_000))
    before = len(found.server.traffic)
    stdout, stderr, code = protocol.get_command_output(number, command)
    assert (len(stdout), len(stderr), code) == (300_000, 150_000, 3)
    assert len(found.server.traffic) - before == 5
    assert all(exchange.down < 153_600 + 500 for exchange in found.server.traffic[before:])
