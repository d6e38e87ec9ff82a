# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From whatever state a set is in: the steps of its plans lead to one shared certificate, and then there are none.

The emulated servers, behind the JSON contract, carry the steps out.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import Answer, SetPlan, SetSpec
from ansible_collections.sfb.certificates.plugins.module_utils._pool.pool_plan import plan_set
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_note, plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.exporting import plan_export
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from ansible_collections.sfb.certificates.plugins.module_utils._x509.pfx import build_pfx
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Order, Terms
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import POOL, Site

SECRET = "Passphrase-0815"
CERTIFICATES = ("none", "shared", "closed", "other", "keyless", "expired", "wrong name")


@dataclass(frozen=True)
class Start:
    """How a server begins.

    :ivar chain: none, whole, or with the issuing authority in Root.
    :ivar certificate: what lies in My.
    """

    chain: str
    certificate: str
    assigned: bool
    pending: bool


starts = st.builds(
    Start,
    chain=st.sampled_from(["none", "whole", "misplaced"]),
    certificate=st.sampled_from(CERTIFICATES),
    assigned=st.booleans(),
    pending=st.booleans(),
)


class World:
    """A site with servers in given states, and what is known on the controller."""

    def __init__(self, site: Site, key_pool: Any, begin: list[Start]) -> None:
        self.site = site
        self.keys = [load_key(path.read_bytes()) for path in sorted(key_pool.glob("*.pem"))[-3:]]
        self.made: dict[str, bytes] = {}
        self.answers: list[Answer] = []
        self.servers = {f"edge{number}": site.server(f"edge{number}") for number in range(1, len(begin) + 1)}

    def pfx(self, kind: str) -> bytes:
        """A certificate with its key, made once for each kind."""
        key = self.keys[{"other": 1, "expired": 2}.get(kind, 0)]
        kind = {"closed": "shared", "keyless": "shared"}.get(kind, kind)
        if kind not in self.made:
            name = "wrong.example.com" if kind == "wrong name" else POOL
            subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
            csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
            now = dt.datetime.now(dt.timezone.utc)
            begin = now - dt.timedelta(days=90 if kind == "expired" else 3)
            terms = Terms(now=now, not_before=begin, days=80 if kind == "expired" else 700)
            order = Order.from_csr(csr.public_bytes(serialization.Encoding.PEM))
            issued = self.site.authority.sign(order, terms)
            certificate = Certificate.from_der(issued.public_bytes(serialization.Encoding.DER))
            self.made[kind] = build_pfx(
                key, certificate, passphrase=SECRET, friendly_name=kind, encryption="compatible"
            )
        return self.made[kind]

    def prepare(self, host: str, start: Start, spec: Any) -> None:
        """Brings a server into its state, by the contract."""
        server = self.servers[host]
        wire = []
        for item in self.site.chain if start.chain != "none" else ():
            store = "Root" if item.self_signed or start.chain == "misplaced" else "CA"
            wire.append(steps.cert_import(item.der, {item.thumbprint: store}))
        if start.certificate != "none":
            data = self.pfx(start.certificate)
            own = read_certificates(data, passphrase=SECRET).key_certificate
            places = {own.thumbprint: "My"}
            if start.certificate == "keyless":
                wire.append(steps.cert_import(own.der, places))
            else:
                wire.append(steps.cert_import(data, places, password=SECRET, exportable=start.certificate != "closed"))
        assert server.call(Call(steps=wire)).error is None
        if (
            start.assigned
            and start.chain == "whole"
            and start.certificate in ("shared", "closed", "other", "wrong name")
        ):
            server.apply(plan_assign(AssignSpec(("Internal",), own.thumbprint), server.state()))
        if start.pending:
            server.apply(plan_request(spec, server.state(), why=("begun earlier",)))

    def states(self) -> dict[str, State]:
        return {host: server.state() for host, server in self.servers.items()}

    def plan(self, spec: Any, order: list[str] | None = None) -> SetPlan:
        states = self.states()
        set_spec = SetSpec(spec, ChainSpec(self.site.chain), answers=tuple(self.answers))
        return plan_set(set_spec, {host: states[host] for host in order or states})

    def carry_out(self, plan: SetPlan, spec: Any) -> None:
        """Does the steps of a plan as the actions do: each planned again on the state that is there by then."""
        pfx, public_key = b"", plan.public_key
        for step in plan.steps:
            if step.waits_for:
                continue
            server = self.servers[step.host]
            state = server.state()
            if step.name == "export":
                reply = server.call(Call(steps=plan_export(plan.thumbprint, SECRET, state).steps))
                pfx = base64.b64decode(reply.rows[0]["data"])
                continue
            made = self._plan_step(step.name, plan, spec, state, pfx, public_key)
            after = server.apply(made)
            assert_predicted(made.predicted, after)
            if step.name == "request":
                public_key = plan_request(spec, after).facts["public_key_sha256"]

    def _plan_step(self, name: str, plan: SetPlan, spec: Any, state: State, pfx: bytes, public_key: str) -> Plan:
        if name == "chain":
            return plan_chain(ChainSpec(self.site.chain), state)
        if name == "request":
            return plan_request(spec, state, why=("planned",))
        if name == "note":
            return plan_note(spec, state, plan.leader, public_key)
        if name == "import":
            return plan_import(ImportSpec(file=plan.answer.file, names=plan.names, usages=("Internal",)), state)
        if name == "copy":
            file = read_certificates(pfx, passphrase=SECRET)
            content = base64.b64encode(pfx).decode()
            return plan_import(ImportSpec(file=file, content=content, passphrase=SECRET), state)
        assert name == "assign"
        return plan_assign(AssignSpec(("Internal",), plan.thumbprint, plan.names), state)

    def sign(self) -> None:
        """The authority answers whatever waits."""
        for state in self.states().values():
            entry = state.requests[0]
            if entry.csr:
                file = self.site.sign(entry.csr)
                self.answers.append(Answer(file, file.certificates[0].der))


def assert_predicted(predicted: State, after: State) -> None:
    """What a plan foretold came true, as far as it could be known."""
    for store in ("My", "Root", "CA"):
        assert {row.thumbprint for row in predicted.store(store)} == {row.thumbprint for row in after.store(store)}
    assert len(predicted.store("REQUEST")) == len(after.store("REQUEST"))
    for row in after.store("My"):
        expected = predicted.find("My", row.thumbprint)
        assert (expected.usable_key, expected.exportable) == (row.usable_key, row.exportable)
    assert {row.use: row.thumbprint for row in predicted.assignments} == {
        row.use: row.thumbprint for row in after.assignments
    }


def rows(state: State, *stores: str) -> set[tuple[str, str]]:
    return {(store, row.thumbprint) for store in stores for row in state.store(store)}


@given(begin=st.lists(starts, min_size=1, max_size=3), data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_state_converges(tmp_path_factory, key_pool, monkeypatch, spec, begin: list[Start], data: Any) -> None:
    monkeypatch.setenv("SFB_LAB_KEY_POOL", str(key_pool))
    world = World(Site(tmp_path_factory.mktemp("site")), key_pool, begin)
    for host, start in zip(world.servers, begin, strict=True):
        world.prepare(host, start, spec)
    before = world.states()
    for _round in range(4):
        plan = world.plan(spec)
        order = data.draw(st.permutations(list(world.servers)))
        assert [(step.host, step.name) for step in world.plan(spec, order).steps] == [
            (step.host, step.name) for step in plan.steps
        ]
        if not plan.steps:
            break
        world.carry_out(plan, spec)
        if plan.waiting_for:
            world.sign()
    assert plan.steps == (), [(step.host, step.name, step.plan.reasons) for step in plan.steps]
    after = world.states()
    (thumbprint,) = {state.assignment("Internal").thumbprint for state in after.values()}
    assert all(state.find("My", thumbprint).usable_key for state in after.values())
    issuing = {item.thumbprint for item in world.site.chain if not item.self_signed}
    for host, state in before.items():
        gone = rows(state, "My", "Root", "CA") - rows(after[host], "My", "Root", "CA")
        assert gone <= {("Root", item) for item in issuing}, (
            "only what the chain names and does not belong there is moved"
        )
