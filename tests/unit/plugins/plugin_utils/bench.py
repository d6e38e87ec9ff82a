# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server, a CA, and operations that are carried out together."""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import claim_path
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import WORK_FOLDER, request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.plugin_utils import _server_operations
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import CertificatesAction
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import clock
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._operation_kinds import Context, operations_of
from ansible_collections.sfb.certificates.plugins.plugin_utils._operations import Batch
from ansible_collections.sfb.certificates.plugins.plugin_utils._services import ServiceRun
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

INTERNAL = ["Internal"]


POOL = "edgepool.example.com"


CLAIM = claim_path(WORK_FOLDER)


NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


STOP, START, ASSIGN = "Stop-CsWindowsService -Graceful", "Start-CsWindowsService", "Set-CsCertificate"
TURN: list[dict[str, Any]] = [
    {"claim": {"purpose": "edge_site1", "turn": True}},
    {"services": {"state": "stopped", "timeout": 60, "on_timeout": "force"}},
]


class Authority:
    """A CA with one certificate above what it issues."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Example Root CA")])
        self.root = self._sign(name, self.key.public_key(), name, ca=True)

    def _sign(self, subject: x509.Name, public_key: Any, issuer: x509.Name, *, ca: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW - dt.timedelta(days=9)).not_valid_after(NOW + dt.timedelta(days=700))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(POOL)]), critical=False)
            usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(usage, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, csr: str) -> str:
        """The certificate that a request asks for, as PEM."""
        request = x509.load_pem_x509_csr(csr.encode("ascii"))
        return pem(self._sign(request.subject, request.public_key(), self.root.subject, ca=False))


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


class Bench:
    """An emulated server that counts its calls, and a clock that only waiting moves."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = LabFolder(folder)
        self.authority = Authority()
        self.switches: dict[str, Any] = {}
        self.waited = 0.0
        #: the steps of each call, as the server got them
        self.calls: list[list[dict[str, Any]]] = []
        #: what somebody else does right before a call with steps
        self.meanwhile: Callable[[], None] | None = None
        real = clock.real_time
        monkeypatch.setattr(clock, "real_time", lambda: real() + dt.timedelta(seconds=self.waited))
        patient = functools.partial(ServiceRun, pause=self.pause, clock=lambda: self.waited)
        monkeypatch.setattr(_server_operations, "ServiceRun", patient)

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def action(self, *, check_mode: bool = False) -> CertificatesAction:
        """An action whose remote calls the emulated server gets."""
        made = CertificatesAction.__new__(CertificatesAction)
        made._task = MagicMock(check_mode=check_mode)
        made._connection = MagicMock(become=None)
        made.task_vars = {}
        made._execute_module = self.answer  # type: ignore[method-assign]
        return made

    def answer(self, *, module_args: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        """Carries a call out."""
        if any(step["op"] != "read_file" for step in module_args["steps"]) and self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        self.calls.append(list(module_args["steps"]))
        pool = PoolDescription(pool_fqdn=POOL, fqdn="edge1.example.com", switches=dict(self.switches))
        return run_contract(module_args, pool, self.lab, "edge1")

    def state(self) -> State:
        """The server, read with all that operations look at; that is no call that counts."""
        files = [request_files(usages) for usages in (INTERNAL, ["AccessEdgeExternal"])]
        state = self.action().call(Call(files=files, topology=True, services=True, claim=CLAIM)).state
        self.calls.pop()
        return state

    def run(self, *rows: dict[str, Any], check_mode: bool = False, state: State | None = None) -> dict[str, Any]:
        """The result of operations as users write them."""
        made = operations_of(list(rows), Context("edge1", str, check_mode, WORK_FOLDER))
        return Batch(self.action(check_mode=check_mode), state or self.state()).run(made)

    def steps(self) -> list[list[str]]:
        """What each call did, in short."""
        return [[step.get("name") or step["op"] for step in call if step["op"] != "read_file"] for call in self.calls]

    def status(self) -> set[str]:
        return {row.status for row in self.state().services or ()}

    @property
    def chain(self) -> dict[str, Any]:
        return {"chain": {"content": pem(self.authority.root)}}

    def requested(self) -> str:
        """Has a request made; gives what the CA issues for it."""
        asked = {"type": INTERNAL, "names": [POOL], "private_key_exportable": True}
        csr = self.run({"request": asked})["outcomes"][0]["csr"]
        self.calls.clear()
        return self.authority.issue(csr)

    def imported(self) -> str:
        """Has a certificate that can be assigned; gives its thumbprint."""
        thumbprint = self.run(self.chain, {"import": {"content": self.requested()}})["outcomes"][1]["thumbprint"]
        self.calls.clear()
        return str(thumbprint)
