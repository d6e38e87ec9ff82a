# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services and the TLS endpoints of emulated servers: what is loaded when, what is sent, who refuses."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError
from ansible_collections.sfb.certificates.plugins.module_utils._tls.handshake import Target, probe
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab import command
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import ENDPOINTS, serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import clock
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError

STOP, START, SET = "Stop-CsWindowsService", "Start-CsWindowsService", "Set-CsCertificate"
INTERNAL, WEB, AV = "Internal:5061", "DataEdgeExternal:443", "AudioVideoAuthentication:443"
ALL = ["Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]


def look(port: int, **more: Any) -> list[str]:
    """The thumbprints of the chain that is sent."""
    return [hashlib.sha1(der).hexdigest().upper() for der in probe(Target("127.0.0.1", port, **more)).certificates]


def told(port: int) -> str:
    """The kind of refusal: refused, reset."""
    with pytest.raises(CertificatesError) as caught:
        probe(Target("127.0.0.1", port))
    return "refused" if "refuses" in caught.value.message else "reset" if "closes" in caught.value.message else "?"


def _try(port: int) -> object:
    try:
        return look(port)
    except CertificatesError as error:
        return error.message


def eventually(wanted: object, ask: Callable[[], object]) -> None:
    """The files are looked at a few times in a second."""
    end = time.monotonic() + 30
    while (found := ask()) != wanted:
        assert time.monotonic() < end, f"{found} is not {wanted}"
        time.sleep(0.02)


@pytest.fixture
def two(lab: Any, forms: SimpleNamespace, ca: Any) -> SimpleNamespace:
    """A server with a certificate for all usages of an Edge, and another one ready; nothing is loaded."""
    other = ca.issuing.issue("other.example.test", ca.leaf_key.public_key())
    step = {
        "op": "cert_import",
        "data": forms.b64(ca.pfx(other, ca.leaf_key)),
        "password": f"={forms.SECRET}",
        "stores": {forms.thumb(other): "My"},
    }
    old, new, chain = forms.thumb(ca.leaf), forms.thumb(other), forms.thumb(ca.issuing.cert)
    lab.done(ca.leaf_step, step, forms.cmdlet(SET, Type=ALL, Thumbprint=old))
    return SimpleNamespace(old=old, new=new, issuing=chain)


@pytest.fixture
def ports(lab: Any) -> Iterator[dict[str, int]]:
    """The endpoints of edge1."""
    with serve_endpoints(lab.folder, ["edge1"]) as served:
        yield served["edge1"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Puts the clock of the endpoints and services an hour ahead."""
    now = clock.real_time
    return lambda: monkeypatch.setattr(clock, "real_time", lambda: now() + dt.timedelta(hours=1))


def test_a_service_answers_with_what_was_assigned_when_it_started(
    lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int]
) -> None:
    assert sorted(ports) == sorted(ENDPOINTS)
    assert [told(port) for port in ports.values()] == ["reset"] * 5  # running, and nothing was loaded
    lab.done(forms.cmdlet(STOP))
    eventually(["refused"] * 5, lambda: [told(port) for port in ports.values()])
    lab.done(forms.cmdlet(START))
    eventually([two.old, two.issuing], lambda: _try(ports[INTERNAL]))
    lab.done(forms.cmdlet(SET, Type=ALL, Thumbprint=two.new))
    assert {look(port)[0] for port in ports.values()} == {two.old}
    lab.done(forms.cmdlet(STOP, Name="RTCDATAPROXY"), forms.cmdlet(START, Name="RTCDATAPROXY"))
    eventually([two.new, two.issuing], lambda: _try(ports[WEB]))
    assert look(ports[INTERNAL])[0] == two.old


def test_a_new_certificate_may_be_taken_without_a_restart(
    lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int]
) -> None:
    lab.variables = {"switches": {"assignment_needs_restart": False}}
    lab.done(forms.cmdlet(SET, Type=["Internal"], Thumbprint=two.new))
    assert look(ports[INTERNAL])[0] == two.new
    assert told(ports[WEB]) == "reset"


@pytest.mark.parametrize("offset", [0, 86400])
def test_staged_certificates_take_over_at_their_date(
    lab: Any,
    forms: SimpleNamespace,
    two: SimpleNamespace,
    ports: dict[str, int],
    later: Callable[[], None],
    offset: int,
) -> None:
    lab.variables = {"clock_offset": offset}
    lab.done(forms.cmdlet(STOP), forms.cmdlet(START))
    date = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=offset, minutes=30)
    staged = forms.cmdlet(SET, Type=ALL, Thumbprint=two.new, Roll=forms.SWITCH, EffectiveDate=date)
    lab.done(staged, forms.cmdlet(STOP, Name="RTCMRAUTH"), forms.cmdlet(START, Name="RTCMRAUTH"))
    eventually([two.old, two.issuing], lambda: _try(ports[AV]))
    later()
    assert look(ports[AV]) == [two.new, two.issuing]
    assert look(ports[INTERNAL])[0] == two.old  # no coexistence for other usages, so they wait for a restart


def test_only_what_lies_in_ca_is_sent(
    lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int]
) -> None:
    lab.done(forms.cmdlet(STOP), forms.cmdlet(START))
    lab.done({"op": "cert_remove", "thumbprint": two.issuing, "store": "CA"})
    eventually([two.old], lambda: _try(ports[INTERNAL]))


def test_no_key_no_service(lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int]) -> None:
    lab.done(forms.cmdlet(STOP), forms.cmdlet(START))
    eventually([two.old, two.issuing], lambda: _try(ports[INTERNAL]))
    for path in lab.folder.server("edge1").keys.iterdir():
        path.unlink()
    assert told(ports[INTERNAL]) == "reset"
    lab.done(forms.cmdlet(STOP))
    error = lab.error(forms.cmdlet(START))
    assert error["id"] == f"CsService,{START}"
    assert 'the service "RTCSRV"' in error["message"]
    assert "private key cannot be opened" in error["message"]
    eventually("refused", lambda: told(ports[INTERNAL]))
    lab.done(forms.cmdlet(START, Name="REPLICA"))  # has no certificate of its own


@pytest.mark.parametrize("strict", [True, False])
def test_a_misplaced_root_keeps_services_down(
    lab: Any, forms: SimpleNamespace, ca: Any, two: SimpleNamespace, strict: bool
) -> None:
    lab.variables = {"switches": {"misplaced_root_breaks_chain": strict}}
    misplaced = {"op": "cert_import", "data": forms.b64(forms.der(ca.issuing.cert)), "stores": {two.issuing: "Root"}}
    lab.done(misplaced, forms.cmdlet(STOP))
    if strict:
        assert "0x800b0109" in lab.error(forms.cmdlet(START))["message"]
    else:
        lab.done(forms.cmdlet(START))


def statuses(lab: Any) -> dict[str, str]:
    """Services and their status."""
    return {row["Name"]: row["Status"] for row in lab.done(read=["services"])["read"]["services"]["output"]}


def test_draining_services_take_no_new_work(
    lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int]
) -> None:
    lab.variables = {"switches": {"graceful_stop_seconds": 90}}
    lab.done(forms.cmdlet(STOP, Name="RTCMRAUTH"), forms.cmdlet(START, Name="RTCMRAUTH"))
    slow = {**forms.cmdlet(STOP, Graceful=forms.SWITCH, Name="RTCMRAUTH"), "timeout": 60}
    assert lab.call(slow)["failed_step"] == 0
    assert statuses(lab)["RTCMRAUTH"] == "StopPending"
    eventually("refused", lambda: told(ports[AV]))
    lab.variables = {"switches": {"start_ends_draining": False}}
    assert "it is stopping" in lab.error(forms.cmdlet(START))["message"]
    lab.variables = {}
    lab.done(forms.cmdlet(START))
    eventually([two.old, two.issuing], lambda: _try(ports[AV]))


def test_a_service_may_need_time_to_start(
    lab: Any, forms: SimpleNamespace, two: SimpleNamespace, ports: dict[str, int], later: Callable[[], None]
) -> None:
    lab.variables = {"switches": {"start_pending_seconds": 600}}
    lab.done(forms.cmdlet(STOP), forms.cmdlet(START))
    assert set(statuses(lab).values()) == {"StartPending"}
    eventually("refused", lambda: told(ports[AV]))
    later()
    assert set(statuses(lab).values()) == {"Running"}
    eventually([two.old, two.issuing], lambda: _try(ports[AV]))


def test_dependents_stop_and_prerequisites_start(lab: Any, forms: SimpleNamespace) -> None:
    lab.variables = {"switches": {"services_depend_on_rtcsrv": True}}
    lab.done(forms.cmdlet(STOP, Name="RTCSRV"))
    up = {name for name, status in statuses(lab).items() if status == "Running"}
    assert up == {"REPLICA", "RTCCLSAGT"}
    lab.done(forms.cmdlet(START, Name="RTCMRAUTH"))
    up = {name for name, status in statuses(lab).items() if status == "Running"}
    assert up == {"REPLICA", "RTCCLSAGT", "RTCSRV", "RTCMRAUTH"}


def test_ports_can_be_chosen(lab: Any) -> None:
    for _attempt in range(20):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            first = free.getsockname()[1]
        with contextlib.suppress(LabError), serve_endpoints(lab.folder, ["edge1"], port=first) as served:
            assert list(served["edge1"].values()) == list(range(first, first + len(ENDPOINTS)))
            return
    pytest.fail("no free ports in a row")


def test_an_old_server(lab: Any, forms: SimpleNamespace, two: SimpleNamespace) -> None:
    lab.done(forms.cmdlet(STOP), forms.cmdlet(START))
    with serve_endpoints(lab.folder, ["edge1"], legacy=True) as served:
        port = served["edge1"][INTERNAL]
        with pytest.raises(CertificatesError, match="allow_legacy: true"):
            look(port)
        assert look(port, allow_legacy=True) == [two.old, two.issuing]


def test_a_port_in_use_is_named(lab: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LabError, match=f"port {port} of"), serve_endpoints(lab.folder, ["edge1"], port=port):
            pass


def test_command_tells_ports_and_ends_with_its_input(lab: Any, two: SimpleNamespace, tmp_path: Any) -> None:
    file = tmp_path / "ports.json"
    run = [sys.executable, "-m", command.__name__, "--lab", str(lab.folder.path), "serve-tls", "--json", str(file)]
    found = {"PYTHONPATH": str(pathlib.Path(command.__file__).parents[7])}
    environment = os.environ | found
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        assert ports == json.loads(file.read_text())
        assert list(ports) == ["edge1"]
        assert told(ports["edge1"][INTERNAL]) == "reset"
        process.stdin.close()
        assert process.wait(10) == 0
