# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for online requests, tried on emulated servers whose authority decides one way or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.offline import find_pending
from ansible_collections.sfb.certificates.plugins.module_utils._request.online import (
    made_facts,
    needs_pending,
    pending_request,
    plan_online,
)
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import RequestSpec, plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.pending import PendingRequest
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cmdlet, delete_file
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import AuthorityDescription
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import FILES, Site

CA = "ca1.example.com\\Lab Issuing CA"


class Desk:
    """One server, and an authority that decides as it is told."""

    def __init__(self, site: Site, policy: str = "issued", *, returns: bool = False) -> None:
        self.site, self.returns = site, returns
        self.decide(policy)

    def decide(self, policy: str) -> None:
        """What the authority does from now on."""
        ca = AuthorityDescription(config=CA, policy=policy)
        self.server = self.site.server(ca=ca, switches={"request_returns_object": self.returns})

    def state(self) -> State:
        return self.server.call(Call(files=[FILES], requests=True)).state

    def apply(self, plan: Plan, spec: RequestSpec, before: State) -> Mapping[str, Any]:
        reply = self.server.call(Call(steps=plan.steps, files=[FILES], requests=True), before)
        assert reply.error is None, reply.error
        output = [row for step in reply.rows for row in step.get("output", ())]
        return made_facts(spec, str(plan.facts["friendly_name"]), before, reply.state, output)

    def ask(self, spec: RequestSpec) -> Mapping[str, Any]:
        """What the task tells, after it did what it had to do."""
        state = self.state()
        plan = plan_online(spec, state)
        return self.apply(plan, spec, state) if plan.steps else plan.facts

    def run(self, **parameters: Any) -> None:
        assert self.server.call(Call(steps=[cmdlet("Request-CsCertificate", **parameters)])).error is None


@pytest.fixture
def online(spec: RequestSpec) -> RequestSpec:
    """The request of the other tests, sent to an authority."""
    return replace(spec, ca=CA)


@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("name", ["internal", ""])
def test_issued_then_fulfilled(site, online, name: str, returns: bool) -> None:
    desk, spec = Desk(site, returns=returns), replace(online, friendly_name=name)
    facts = desk.ask(spec)
    assert (facts["request_state"], facts["assignable"]) == ("issued", False)
    assert facts["certificate"]["thumbprint"] == facts["thumbprint"]
    again = desk.ask(spec)
    assert (again["request_state"], again["thumbprint"]) == ("fulfilled", facts["thumbprint"])


@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("name", ["internal", ""])
def test_pending_is_found_again(site, online, name: str, returns: bool) -> None:
    desk, spec = Desk(site, "pending", returns=returns), replace(online, friendly_name=name)
    facts = desk.ask(spec)
    assert facts == {"request_state": "pending", "request_id": 7, "ca": CA, "friendly_name": name}
    assert desk.ask(spec) == facts
    desk.server.call(Call(steps=[delete_file(FILES.record)]))
    assert desk.ask(spec) == facts, "without its record, by what the product lists"


def test_parameters_stand_in_the_order_of_the_help(site, online) -> None:
    spec = replace(online, parameters={"State": "BE", "KeySize": 2048, "DomainName": "a", "ComputerFqdn": "b"})
    command = plan_online(spec, Desk(site).state()).commands[-1]
    assert command == (
        f"Request-CsCertificate -New -Type Internal -ComputerFqdn b -CA '{CA}' -FriendlyName internal"
        " -KeySize 2048 -DomainName a -State BE"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"ca": "ca2.example.com\\Other CA"},
        {"need": {"asked": {"key_size": 4096}}},
        {"need": {"names": ("other.example.com",)}},
    ],
)
def test_request_that_asks_for_something_else_is_not_meant(site, online, change: dict[str, Any]) -> None:
    desk = Desk(site, "pending")
    desk.ask(online)
    need = replace(online.need, **change.get("need", {}))
    assert plan_online(replace(online, **{**change, "need": need}), desk.state()).steps


def test_online_and_offline_requests_are_not_taken_for_each_other(site, spec, online) -> None:
    desk = Desk(site, "pending")
    desk.server.apply(plan_request(spec, desk.server.state()))
    state = desk.state()
    plan = plan_online(online, state)
    assert [step.wire["op"] for step in plan.steps] == ["write_file", "delete_file", "cmdlet"]
    assert desk.apply(plan, online, state)["request_state"] == "pending"
    after = desk.state()
    assert find_pending(spec.need, FILES.name, after, {}) is None
    assert len(after.store("REQUEST")) == 2


def test_option_that_changed_since_makes_a_new_one(site, online) -> None:
    desk = Desk(site)
    desk.ask(online)
    plan = plan_online(replace(online, need=replace(online.need, asked={"key_size": 4096})), desk.state())
    assert plan.reasons == ("no certificate for Internal is on this server",)
    assert plan.after["request"]["friendly_name"].startswith("internal 20")


def test_killed_before_and_after_the_cmdlet(site, online) -> None:
    desk = Desk(site, "pending")
    plan = plan_online(online, desk.state())
    desk.server.call(Call(steps=plan.steps[:1]))
    assert plan_online(online, desk.state()).steps, "only the record was written"
    desk.server.call(Call(steps=plan.steps))
    assert plan_online(online, desk.state()).facts["request_id"] == 7


@pytest.mark.parametrize("name", ["internal", ""])
def test_certificate_that_lacks_a_needed_name_is_told_and_not_requested_again(site, online, name: str) -> None:
    desk = Desk(site)
    spec = replace(online, friendly_name=name, need=replace(online.need, names=("other.example.com",)))
    facts = desk.ask(spec)
    assert (facts["request_state"], facts["assignable"]) == ("issued", False)
    assert "it lacks the name other.example.com" in facts["not_assigned_because"]
    with pytest.raises(
        InputError, match=r"lacks the name other\.example\.com, and so would a new one; add it to domain_names"
    ):
        plan_online(spec, desk.state())
    assert plan_online(replace(spec, force=True), desk.state()).steps
    assert plan_online(spec, desk.state(), why=("a pool needs it",)).steps
    cured = replace(spec, need=replace(spec.need, asked={"domain_names": ["other.example.com"]}))
    assert plan_online(cured, desk.state()).steps


def test_renewal_is_no_repetition(site, online) -> None:
    desk = Desk(site)
    desk.ask(replace(online, friendly_name=""))
    later = replace(online, friendly_name="", need=replace(online.need, renew_before=timedelta(days=1)))
    assert not plan_online(later, desk.state()).steps
    days = timedelta(days=10_000)
    state = desk.state()
    due = replace(
        state,
        computer={**state.computer, "time": f"{state.store('My')[0].not_after - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"},
    )
    assert plan_online(replace(later, need=replace(online.need, renew_before=days)), due).steps


def test_list_is_only_needed_if_no_certificate_fits(site, online) -> None:
    desk = Desk(site)
    assert needs_pending(online, desk.server.state())
    assert not needs_pending(online, desk.state())
    desk.ask(online)
    assert not needs_pending(online, desk.server.state())
    assert needs_pending(online, desk.server.state(), why=("a pool needs it",))


def test_check_mode_foretells_an_issued_certificate(site, online) -> None:
    plan = plan_online(online, Desk(site).state())
    assert plan.facts["thumbprint"] == "(known after issue)"
    again = plan_online(online, State.from_dict(plan.predicted.to_dict()))
    assert not again.steps
    assert again.facts["request_state"] == "issued"


def test_cmdlet_that_did_nothing_is_told(site, online) -> None:
    state = Desk(site).state()
    with pytest.raises(CertificatesError, match="neither a new certificate in My nor a request that waits"):
        made_facts(online, "internal", state, state)


def test_list_without_numbers(site, online) -> None:
    desk = Desk(site, "pending")
    before = desk.state()
    desk.ask(online)
    after = replace(desk.state(), pending=(PendingRequest(None, ca=CA),))
    assert made_facts(online, "internal", before, after)["request_id"] is None
    assert made_facts(online, "internal", before, after, [{"RequestId": 7}])["request_id"] == 7
    assert plan_online(online, after).facts["request_state"] == "pending"


rows = st.builds(
    PendingRequest,
    request_id=st.none() | st.integers(1, 9),
    ca=st.sampled_from(["", CA, CA.upper(), "ca2.example.com\\Other CA"]),
    friendly_name=st.sampled_from(["", "internal", "Internal 2026-11-21", "other"]),
    usages=st.sampled_from([(), ("Internal",), ("INTERNAL",), ("Internal", "Default")]),
)


@given(pending=st.lists(rows), name=st.sampled_from(["", "internal"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_row_that_is_meant_contradicts_nothing(online, pending: list[PendingRequest], name: str) -> None:
    state = State(computer={"time": "2026-11-21T10:00:00Z"}, pending=tuple(pending))
    found = pending_request(replace(online, friendly_name=name), state)
    fitting = [
        row
        for row in pending
        if row.ca.lower() in ("", CA.lower())
        and [usage.lower() for usage in row.usages] in ([], ["internal"])
        and (not name or not row.friendly_name or row.friendly_name.lower().startswith(name))
    ]
    assert (found in fitting) if fitting else found is None
    assert found is None or (found.request_id or 0) == max(row.request_id or 0 for row in fitting)


#: What may happen to a server between two runs of the task.
EVENTS = ("issued", "pending", "retrieve", "clear", "lose the record")


@given(events=st.lists(st.sampled_from(EVENTS), max_size=6), name=st.sampled_from(["", "internal"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_second_run_never_does_anything(tmp_path_factory, key_pool, monkeypatch, online, events, name) -> None:
    monkeypatch.setenv("SFB_LAB_KEY_POOL", str(key_pool))
    desk, spec = Desk(Site(tmp_path_factory.mktemp("site")), "pending"), replace(online, friendly_name=name)
    for event in events:
        if event == "retrieve":
            desk.run(Retrieve=True)
        elif event == "clear":
            desk.run(Clear=True)
        elif event == "lose the record" and desk.state().request_file(FILES.name).record:
            assert desk.server.call(Call(steps=[delete_file(FILES.record)])).error is None
        elif event in ("issued", "pending"):
            desk.decide(event)
        told = desk.ask(spec)
        state = desk.state()
        again = plan_online(spec, state)
        assert not again.steps
        key = "thumbprint" if told["request_state"] != "pending" else "request_id"
        assert again.facts[key] == told[key]
        assert len(state.store("My")) + len(state.pending) == 1
