# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated web enrolment by itself: its commands, and settings that cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca import certsrv_login
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Settings, serve
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import (
    Desk,
    Policy,
    certificate_of,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command import main as command
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MODULE = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command"


def csr(*names: str) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


@pytest.fixture
def run(lab: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command of the lab; gives exit status, output and error."""

    def call(*words: str) -> tuple[int, str, str]:
        status = command.main(["--lab", str(lab.folder.path), *words])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def start(lab: Any) -> Iterator[Callable[..., tuple[str, Any]]]:
    """Start the server as a command; gives its address and the process."""
    running = []

    def call(*words: str) -> tuple[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, "--lab", str(lab.folder.path), "certsrv", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip(), process

    yield call
    for process in running:
        process.communicate(timeout=20)


def test_command_serves_until_its_input_ends(lab: Any, start: Any, run: Any) -> None:
    url, process = start("--http", "--auth", "basic", "--user", "x=y", "--hold", "--renewals", "3")
    answer = requests.get(f"{url}/certcarc.asp", auth=("x", "y"), timeout=10)
    assert "var nRenewals=3;" in answer.text
    form = {"Mode": "newreq", "CertRequest": csr("a.test"), "CertAttrib": "CertificateTemplate:User"}
    assert "locInfoReqID" in requests.post(f"{url}/certfnsh.asp", data=form, auth=("x", "y"), timeout=10).text
    assert run("requests")[1] == "1: pending: - by x\n"
    assert run("approve", "1") == (0, "issued: \n", "")
    address = f"{url}/certnew.cer?ReqID=1&Enc=bin"
    made = x509.load_der_x509_certificate(requests.get(address, auth=("x", "y"), timeout=10).content)
    assert made == certificate_of(Desk(lab.folder).rows()[0])
    process.stdin.close()
    process.stdin = None
    assert process.wait(timeout=20) == 0


def test_deny_by_command(lab: Any, run: Any) -> None:
    Desk(lab.folder, Policy(hold=True)).submit(csr("a.test"), user="x", attributes="certificatetemplate: webserver")
    assert run("deny", "1")[0] == 0
    assert run("requests")[1] == "1: denied: - by x: Denied by LAB\\Administrator\n"
    assert run("deny", "1") == (1, "", "request 1 does not wait for that; these do: none\n")
    assert run("approve", "2") == (1, "", "request 2 does not wait for that; these do: 1\n")


def test_dropped_names(lab: Any) -> None:
    desk = Desk(lab.folder, Policy(drop=("B.test",)))
    made = certificate_of(desk.submit(csr("a.test", "b.test"), user="x", attributes="CertificateTemplate:WebServer"))
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.test"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"language": "xx"}, "there is no language 'xx'; choose of en, de"),
        ({"auth": ("oauth",)}, "there is no login 'oauth'"),
        ({"faults": {"x.asp": "500"}}, "there is no page 'x.asp'"),
        ({"faults": {"certnew.cer": "fire"}}, "there is no fault 'fire'"),
        ({"tls": False, "epa": True}, "need TLS"),
    ],
)
def test_settings_that_cannot_be(lab: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(LabError, match=message), serve(lab.folder, Settings(**settings)):
        pytest.fail("it runs")


def test_wrong_words(run: Any) -> None:
    assert run("certsrv", "--fault", "x.asp=500")[2].startswith("there is no page 'x.asp'")
    with pytest.raises(SystemExit):
        run("certsrv", "--user", "nobody")


def test_without_spnego_only_ntlm_is_missing(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spnego", None)
    with pytest.raises(LabError, match="pip install pyspnego, or choose basic"):
        certsrv_login.Login(("ntlm",), {})
    with serve(lab.folder, Settings(tls=False, auth=("basic",))) as server:
        assert requests.get(f"{server.url}/", timeout=10).status_code == 401


def test_secrets_lie_in_files_of_the_owner(lab: Any) -> None:
    with serve(lab.folder, Settings()):
        modes = {path.name: path.stat().st_mode & 0o777 for path in Path(lab.folder.adcs / "certsrv").iterdir()}
    assert modes == {"users.txt": 0o600, "web-server.pem": 0o600}
