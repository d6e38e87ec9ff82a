# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets whose certificates are in use: what is staged, what is assigned, what is kept; carried out on emulated servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.requirements import Need
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._pool.cutover_date import Roll
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import SetPlan, SetSpec
from ansible_collections.sfb.certificates.plugins.module_utils._pool.pool_plan import plan_set
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import RequestSpec
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.pfx import build_pfx
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Order, Terms
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ..conftest import POOL, Site
from ..rolling import ACCESS, AV, DATA, DAY, HOUR, INTERNAL

HOSTS = ("edge1", "edge2", "edge3")
COMBINED = (ACCESS, DATA, AV)
SECRET = "Passphrase-0815"


@dataclass(frozen=True)
class Start:
    """How a server begins.

    :ivar new: it has the new certificate, exportable, or its key may not leave it.
    :ivar used: which certificate its usages have: none, the old one that is due for renewal, or one that has ended.
    :ivar staged: the A/V usage is staged for the new one; hours from now.
    :ivar turned: usages that have the new one already.
    """

    new: bool = True
    used: str = "old"
    staged: int | None = None
    turned: tuple[str, ...] = ()


class Edges:
    """Emulated servers of a set, with an old and a new certificate for some usages."""

    def __init__(self, site: Site, key_pool: Any, usages: Iterable[str] = COMBINED, show: str = "new") -> None:
        self.site, self.usages, self.show = site, tuple(usages), show
        self.keys = [path.read_bytes() for path in sorted(key_pool.glob("*.pem"))[-3:]]
        self.began = dt.datetime.now(dt.timezone.utc)
        self.hours = 0.0
        # the old one is due for renewal and lasts for days, so that the new one is the only fitting one
        self.old = self._make(0, self.began - 380 * DAY, 400)
        self.ended = self._make(1, self.began - 80 * DAY - 15 * HOUR, 80)
        self.new = self._make(2, self.began - 12 * HOUR, 700)
        need = Need(usages=self.usages, names=(POOL,))
        self.spec = RequestSpec(need, request_files(self.usages), "edge", {"PrivateKeyExportable": True})

    def _make(self, number: int, begin: dt.datetime, days: int) -> tuple[str, bytes]:
        """A certificate with its key as PFX, and its thumbprint."""
        key = load_key(self.keys[number])
        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, POOL)])
        names = x509.SubjectAlternativeName([x509.DNSName(POOL)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, critical=False)
        order = Order.from_csr(csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        issued = self.site.authority.sign(order, Terms(now=self.began, not_before=begin, days=days))
        made = Certificate.from_der(issued.public_bytes(serialization.Encoding.DER))
        pfx = build_pfx(key, made, passphrase=SECRET, friendly_name=f"edge {number}", encryption="compatible")
        return made.thumbprint, pfx

    def server(self, host: str) -> Any:
        offset = self.hours * 3600
        return self.site.server(host, switches={"staged_row": self.show}, clock_offset=offset)

    def begin(self, **starts: Start) -> None:
        """Brings servers into their states, by the contract; the first of it a day before, the rest half a day before."""
        for host, start in starts.items():
            wire = [steps.cert_import(item.der, {item.thumbprint: _place(item)}) for item in self.site.chain]
            for thumbprint, pfx in [self.old, self.ended, *([self.new] if start.new else [])]:
                wire.append(steps.cert_import(pfx, {thumbprint: "My"}, password=SECRET, exportable=True))
            if start.used != "none":
                used = self.old if start.used == "old" else self.ended
                wire.append(steps.cmdlet("Set-CsCertificate", Type=self.usages, Thumbprint=used[0]))
            self._done(host, -20, wire)
            wire = [self.set(*start.turned)] if start.turned else []
            if start.staged is not None:
                wire.append(self.set(AV, date=self.began.replace(microsecond=0) + start.staged * HOUR))
            self._done(host, -10, wire)

    def _done(self, host: str, hours: float, wire: Iterable[steps.Step]) -> None:
        """Has a server do steps at a time."""
        self.hours, now = hours, self.hours
        reply = self.server(host).call(Call(steps=tuple(wire)))
        assert reply.error is None, reply.error
        self.hours = now

    def set(self, *usages: str, date: dt.datetime | None = None) -> steps.Step:
        return steps.cmdlet(
            "Set-CsCertificate", Type=usages, Thumbprint=self.new[0], Roll=date is not None, EffectiveDate=date
        )

    def states(self, *hosts: str) -> dict[str, State | None]:
        return {host: self.server(host).state() for host in hosts}

    def plan(self, *hosts: str, away: tuple[str, ...] = (), **more: Any) -> SetPlan:
        return plan_set(SetSpec(self.spec, **more), self.states(*hosts) | dict.fromkeys(away))

    def carry_out(self, plan: SetPlan, number: int | None = None) -> None:
        """Does the first steps of a plan, all by default; each leads to what was foretold."""
        for step in plan.steps[:number]:
            assert not step.waits_for
            if step.name == "export":
                continue
            wire = step.plan.steps
            if step.name == "copy":
                copy = steps.cert_import(self.new[1], {self.new[0]: "My"}, password=SECRET, exportable=True)
                wire = (copy,)
            self._done(step.host, self.hours, wire)

    def assigned(self, host: str, use: str) -> str:
        row = self.server(host).state().assignment(use)
        return {self.old[0]: "old", self.new[0]: "new", self.ended[0]: "ended"}[row.thumbprint] if row else "none"


def _place(item: Certificate) -> str:
    return "Root" if item.self_signed else "CA"


def told(plan: SetPlan) -> list[tuple[str, str, tuple[str, ...]]]:
    """The steps that assign anything."""
    return [(step.host, step.name, step.usages) for step in plan.steps if step.usages]


@pytest.fixture(params=["new", "old"])
def edges(request: pytest.FixtureRequest, site: Site, key_pool: Any) -> Edges:
    """A set with a combined certificate; the product shows the staged certificate, or the one in use."""
    return Edges(site, key_pool, show=request.param)


@pytest.fixture
def set_of(site: Site, key_pool: Any) -> Any:
    """Makes a set for some usages."""
    return lambda *usages: Edges(site, key_pool, usages)


# ---- a whole rollover ----


def test_combined_certificate_is_staged_then_assigned_then_cleaned_up(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start(new=False))
    plan = edges.plan("edge2", "edge1")
    assert [(step.host, step.name) for step in plan.steps][:2] == [("edge1", "export"), ("edge2", "copy")]
    assert told(plan) == [
        *((host, "stage", (AV,)) for host in ("edge1", "edge2")),
        *((host, "assign", (ACCESS, DATA)) for host in ("edge1", "edge2")),
    ]
    assert (plan.thumbprint, plan.held) == (edges.new[0], ())
    assert plan.effective_date.minute == plan.effective_date.second == 0
    assert 4 * HOUR - dt.timedelta(minutes=1) <= plan.effective_date - edges.began <= 5 * HOUR
    stamp = plan.effective_date.strftime("%Y%m%dT%H%M%SZ")
    assert all(stamp in step.plan.commands[0] and "-Roll" in step.plan.commands[0] for step in plan.steps[2:4])
    assert not any("-Roll" in step.plan.commands[0] for step in plan.steps[4:])
    edges.carry_out(plan)

    # staged: nothing is left to do until the date, whatever is shown
    again = edges.plan("edge1", "edge2")
    assert (again.steps, again.effective_date) == ((), plan.effective_date)
    assert {edges.assigned(host, use) for host in ("edge1", "edge2") for use in (ACCESS, DATA)} == {"new"}
    assert edges.assigned("edge1", AV) == edges.show

    # they have turned, tokens of the old one are still about
    edges.hours = 6
    turned = edges.plan("edge1", "edge2")
    assert (turned.steps, turned.effective_date) == ((), None)
    assert edges.assigned("edge1", AV) == "new"

    edges.hours = 14
    late = edges.plan("edge1", "edge2")
    assert told(late) == [("edge1", "previous", (AV,)), ("edge2", "previous", (AV,))]
    edges.carry_out(late)
    assert edges.plan("edge1", "edge2").steps == ()
    assert edges.server("edge1").state().assignment(AV).previous_thumbprint is None
    assert edges.server("edge1").state().assignment(ACCESS).previous_thumbprint == edges.old[0]


def test_a_staging_that_was_cut_short_is_completed_for_the_same_date(edges: Edges) -> None:
    edges.begin(**dict.fromkeys(HOSTS, Start()))
    first = edges.plan(*HOSTS)
    edges.carry_out(first, 1)
    edges.hours = 2
    plan = edges.plan(*HOSTS)
    assert plan.effective_date == first.effective_date
    assert told(plan)[:2] == [("edge2", "stage", (AV,)), ("edge3", "stage", (AV,))]
    edges.carry_out(plan)
    assert edges.plan(*HOSTS).steps == ()


def test_who_has_not_turned_follows_soon_and_nobody_drops_the_previous_one_meanwhile(edges: Edges) -> None:
    edges.begin(edge1=Start(staged=1), edge2=Start())
    edges.hours = 12
    plan = edges.plan("edge1", "edge2")
    assert told(plan)[:1] == [("edge2", "stage", (AV,))]
    assert "previous" not in {step.name for step in plan.steps}, "edge2 gives tokens of it until then"
    wait = plan.effective_date - edges.states("edge2")["edge2"].now
    assert dt.timedelta(minutes=15) <= wait <= dt.timedelta(minutes=16)
    edges.carry_out(plan)
    assert edges.plan("edge1", "edge2").steps == ()
    edges.hours = 13
    assert edges.plan("edge1", "edge2").steps == (), "tokens of edge2 that were made with it are still about"
    edges.hours = 21
    assert told(edges.plan("edge1", "edge2")) == [("edge1", "previous", (AV,)), ("edge2", "previous", (AV,))]


# ---- what is asked for ----


def test_the_date_asked_for(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start())
    asked = (edges.began + 2 * DAY).replace(microsecond=0)
    plan = edges.plan("edge1", "edge2", roll=Roll(asked))
    assert plan.effective_date == asked
    edges.carry_out(plan)
    assert edges.plan("edge1", "edge2", roll=Roll(asked)).steps == ()
    assert edges.plan("edge1", "edge2").steps == (), "the staged date is kept, too, if none is asked for"
    other = edges.plan("edge1", "edge2", roll=Roll(asked + DAY))
    assert told(other) == [("edge1", "stage", (AV,)), ("edge2", "stage", (AV,))]


def test_a_date_in_the_past_is_refused_only_while_there_is_something_to_stage(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start())
    past = Roll((edges.began - HOUR).replace(microsecond=0))
    with pytest.raises(InputError, match=r"edge1: effective_date: .* is not in the future"):
        edges.plan("edge1", "edge2", roll=past)
    edges.carry_out(edges.plan("edge1", "edge2"))
    edges.hours = 6
    assert edges.plan("edge1", "edge2", roll=past).steps == ()


def test_without_roll_all_is_assigned_at_once(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start())
    plan = edges.plan("edge1", "edge2", roll=None)
    assert told(plan) == [("edge1", "assign", COMBINED), ("edge2", "assign", COMBINED)]
    assert plan.effective_date is None
    assert any("calls may fail" in text for text in plan.warnings)
    edges.carry_out(plan)
    assert edges.plan("edge1", "edge2", roll=None).steps == edges.plan("edge1", "edge2").steps == ()


@pytest.mark.parametrize("used", ["none", "ended"])
def test_first_installation_assigns_plainly(edges: Edges, used: str) -> None:
    edges.begin(edge1=Start(used=used), edge2=Start(used=used))
    plan = edges.plan("edge1", "edge2")
    assert told(plan) == [("edge1", "assign", COMBINED), ("edge2", "assign", COMBINED)]
    assert plan.effective_date is None
    edges.carry_out(plan)
    assert edges.plan("edge1", "edge2").steps == ()


def test_usages_that_cannot_be_staged_are_assigned(set_of: Any) -> None:
    edges = set_of(INTERNAL)
    edges.begin(edge1=Start(), edge2=Start())
    plan = edges.plan("edge1", "edge2")
    assert told(plan) == [("edge1", "assign", (INTERNAL,)), ("edge2", "assign", (INTERNAL,))]
    assert plan.effective_date is None


# ---- while one of them cannot follow ----


def test_nothing_is_staged_while_a_server_cannot_be_reached(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start())
    plan = edges.plan("edge1", "edge2", away=("edge3",))
    assert (plan.steps, plan.held, plan.unreachable) == ((), ("edge1", "edge2"), ("edge3",))


def test_nothing_is_staged_while_a_server_that_is_not_of_this_run_lacks_the_certificate(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start(), edge3=Start(new=False))
    limited = frozenset(["edge1", "edge2"])
    plan = edges.plan(*HOSTS, acting=limited)
    assert (plan.steps, plan.held) == ((), ("edge1", "edge2"))
    plan = edges.plan(*HOSTS)
    assert [host for host, name, _usages in told(plan) if name == "stage"] == list(HOSTS)


def test_a_server_without_a_certificate_that_works_is_not_held(edges: Edges) -> None:
    edges.begin(edge1=Start(), edge2=Start(used="ended"))
    plan = edges.plan("edge1", "edge2", away=("edge3",))
    assert plan.held == ("edge1",)
    assert told(plan) == [("edge2", "assign", COMBINED)]


def test_without_roll_servers_are_held_all_the_same(edges: Edges) -> None:
    edges.begin(edge1=Start())
    plan = edges.plan("edge1", away=("edge3",), roll=None)
    assert (plan.steps, plan.held) == ((), ("edge1",))


def test_a_server_that_has_the_new_one_is_not_held(edges: Edges) -> None:
    edges.begin(edge1=Start(turned=COMBINED), edge2=Start())
    plan = edges.plan("edge1", "edge2", away=("edge3",))
    assert (plan.steps, plan.held) == ((), ("edge2",))


def test_a_staged_server_keeps_its_date_while_another_one_is_away(edges: Edges) -> None:
    edges.begin(edge1=Start(staged=5), edge2=Start())
    plan = edges.plan("edge1", "edge2", away=("edge3",))
    assert (plan.steps, plan.held) == ((), ("edge1", "edge2"))


# ---- from whatever state ----

USED = st.sampled_from(["none", "old", "ended"])
BEGINNINGS = st.one_of(
    st.builds(Start, new=st.booleans(), used=USED),
    st.builds(Start, used=USED, turned=st.sampled_from([(ACCESS,), (ACCESS, DATA), COMBINED])),
    st.builds(Start, turned=st.sampled_from([(), (ACCESS,)]), staged=st.sampled_from([-9, -2, 1, 5, 30])),
)


@given(
    begin=st.lists(BEGINNINGS, min_size=1, max_size=3),
    show=st.sampled_from(["new", "old"]),
    cut=st.integers(0, 9),
    order=st.randoms(use_true_random=False),
)
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_state_turns(
    tmp_path_factory, key_pool, monkeypatch, begin: list[Start], show: str, cut: int, order: Any
) -> None:
    monkeypatch.setenv("SFB_LAB_KEY_POOL", str(key_pool))
    edges = Edges(Site(tmp_path_factory.mktemp("site")), key_pool, show=show)
    hosts = [f"edge{number}" for number in range(1, len(begin) + 1)]
    # one server has the certificate in any case, else there was nothing to share
    begin = [replace(begin[0], new=True), *begin[1:]]
    edges.begin(**dict(zip(hosts, begin, strict=True)))
    in_use = {host: edges.assigned(host, AV) == "old" for host in hosts}

    def planned() -> SetPlan:
        shuffled = order.sample(hosts, len(hosts))
        plan = edges.plan(*shuffled)
        assert told(plan) == told(edges.plan(*hosts)), "the order of the members does not matter"
        names = [name for _host, name, _usages in told(plan)]
        assert names == sorted(names, key=["stage", "assign", "previous"].index)
        dates = {row.effective_date for row in _staged(plan)}
        assert dates <= {plan.effective_date}, "one date for all"
        return plan

    plan = planned()
    plainly = {host for host, name, usages in told(plan) if name == "assign" and AV in usages}
    assert not any(in_use[host] for host in plainly), "a certificate in use is never replaced at once"
    edges.carry_out(plan, cut)  # killed somewhere, or not
    edges.carry_out(planned())
    assert planned().steps == ()
    edges.hours = 40
    edges.carry_out(planned())
    edges.hours = 60
    edges.carry_out(planned())
    assert planned().steps == ()
    for host in hosts:
        state = edges.server(host).state()
        assert {state.assignment(use).thumbprint for use in COMBINED} == {edges.new[0]}
        assert state.assignment(AV).previous_thumbprint is None


def _staged(plan: SetPlan) -> list[Any]:
    """What the plan stages, as it foretells it."""
    rows = [plan.predicted[host].assignment(AV) for host, name, _usages in told(plan) if name == "stage"]
    assert all(rows)
    return rows
