# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated servers that planners are tried on: read, plan, apply, read again."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.requirements import Need
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, Reply, decode
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import RequestSpec
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import CertificateFile, read_certificates
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Authority, Order, Terms
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from cryptography.hazmat.primitives import serialization

POOL = "edgepool.example.com"
FILES = request_files(["Internal"])


class Server:
    """One emulated server behind the JSON contract."""

    def __init__(self, folder: pathlib.Path, name: str, **pool: object) -> None:
        self.lab = LabFolder(folder)
        self.name = name
        self.pool = PoolDescription(pool_fqdn=POOL, fqdn=f"{name}.example.com", **pool)

    def call(self, call: Call, previous: State | None = None) -> Reply:
        return decode(run_contract(call.arguments(), self.pool, self.lab, self.name), call, previous)

    def state(self) -> State:
        return self.call(Call(files=[FILES], topology=True)).state

    def apply(self, plan: Plan) -> State:
        reply = self.call(Call(steps=plan.steps, files=[FILES]), plan.predicted)
        assert reply.error is None
        return reply.state


class Site:
    """Emulated servers of one set and their authority."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.authority = Authority(LabFolder(folder))
        self.chain_path = pathlib.Path(self.authority.prepare())

    def server(self, name: str = "edge1", **pool: object) -> Server:
        return Server(self.folder, name, **pool)

    @property
    def chain(self) -> tuple[Certificate, ...]:
        return read_certificates(self.chain_path.read_bytes()).certificates

    def sign(self, csr: bytes, **terms: object) -> CertificateFile:
        """What the authority answers to a request."""
        now = dt.datetime.now(dt.timezone.utc)
        issued = self.authority.sign(Order.from_csr(csr), Terms(now=now, **terms))
        return read_certificates(issued.public_bytes(serialization.Encoding.DER), name="answer")


@pytest.fixture
def site(tmp_path: pathlib.Path, key_pool: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site without servers yet."""
    monkeypatch.setenv("SFB_LAB_KEY_POOL", str(key_pool))
    return Site(tmp_path)


@pytest.fixture
def spec() -> RequestSpec:
    """A request for the internal interface of the pool."""
    need = Need(usages=("Internal",), names=(POOL,), asked={"key_size": 2048})
    return RequestSpec(need, FILES, "internal", {"KeySize": 2048, "PrivateKeyExportable": True})
