# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of whole sets, carried out on emulated servers."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import SetSpec
from ansible_collections.sfb.certificates.plugins.module_utils._pool.pool_plan import plan_set
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.exporting import plan_export
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOSTS = ("edge1", "edge2", "edge10")


def names(plan) -> list[tuple[str, str]]:
    return [(step.host, step.name) for step in plan.steps]


def rollout(site, servers, spec) -> str:
    """Carries the procedure out by the single planners; gives the thumbprint that all servers have then."""
    leader = servers["edge1"]
    for server in servers.values():
        server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    state = leader.apply(plan_request(spec, leader.state()))
    answer = site.sign(state.requests[0].csr)
    state = leader.apply(plan_import(ImportSpec(file=answer), state))
    thumbprint = answer.certificates[0].thumbprint
    reply = leader.call(Call(steps=plan_export(thumbprint, "secret", state).steps))
    pfx = base64.b64decode(reply.rows[0]["data"])
    file = read_certificates(pfx, passphrase="secret")
    for server in servers.values():
        copy = ImportSpec(file=file, content=base64.b64encode(pfx).decode(), passphrase="secret")
        server.apply(plan_import(copy, server.state()))
        server.apply(plan_assign(AssignSpec(("Internal",), thumbprint), server.state()))
    return thumbprint


@pytest.fixture
def servers(site):
    return {name: site.server(name) for name in HOSTS}


def states(servers) -> dict[str, State]:
    return {name: server.state() for name, server in servers.items()}


def test_empty_set_in_the_documented_order(site, servers, spec) -> None:
    plan = plan_set(SetSpec(spec, ChainSpec(site.chain)), states(servers))
    assert names(plan) == [
        ("edge1", "chain"),
        ("edge2", "chain"),
        ("edge10", "chain"),
        ("edge1", "request"),
        ("edge2", "note"),
        ("edge10", "note"),
        ("edge1", "import"),
        ("edge1", "export"),
        ("edge2", "copy"),
        ("edge10", "copy"),
        ("edge1", "assign"),
        ("edge2", "assign"),
        ("edge10", "assign"),
    ]
    assert [step.name for step in plan.steps if not step.waits_for] == ["chain"] * 3 + ["request", "note", "note"]
    assert plan.leader == "edge1"
    assert plan.thumbprint == "(known after issue)"


def test_finished_set_has_no_steps(site, servers, spec) -> None:
    thumbprint = rollout(site, servers, spec)
    plan = plan_set(SetSpec(spec, ChainSpec(site.chain)), states(servers))
    assert plan.steps == ()
    assert plan.thumbprint == thumbprint
    assert plan.waiting_for == ""


def test_pending_request_is_not_made_again(site, servers, spec) -> None:
    servers["edge2"].apply(plan_request(spec, servers["edge2"].state()))
    plan = plan_set(SetSpec(spec), states(servers))
    assert plan.leader == "edge2"
    assert names(plan)[:3] == [("edge1", "note"), ("edge10", "note"), ("edge2", "import")]
    assert plan.csr.startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert plan.public_key in plan.waiting_for


def test_server_added_later_gets_a_copy(site, servers, spec) -> None:
    thumbprint = rollout(site, servers, spec)
    servers["edge3"] = site.server("edge3")
    plan = plan_set(SetSpec(spec, ChainSpec(site.chain)), states(servers))
    assert names(plan) == [("edge3", "chain"), ("edge1", "export"), ("edge3", "copy"), ("edge3", "assign")]
    assert plan.thumbprint == thumbprint
    assert plan.waiting_for == ""


def test_key_that_may_not_leave_is_no_use_to_the_others(site, servers, spec) -> None:
    closed = replace(spec, parameters={"PrivateKeyExportable": False})
    server = servers["edge1"]
    server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    state = server.apply(plan_request(closed, server.state()))
    server.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr)), state))
    plan = plan_set(SetSpec(spec), states(servers))
    assert ("edge1", "request") in names(plan)
    (request,) = [step for step in plan.steps if step.name == "request"]
    assert any("not exportable, so that the others cannot have it" in reason for reason in request.plan.reasons)


def test_changed_request_option_makes_a_new_request(site, servers, spec) -> None:
    rollout(site, servers, spec)
    bigger = replace(spec, need=replace(spec.need, asked={"key_size": 4096}))
    plan = plan_set(SetSpec(bigger), states(servers))
    (request,) = [step for step in plan.steps if step.name == "request"]
    assert any("key_size was 2048 in its request and is now 4096" in reason for reason in request.plan.reasons)


def test_unreachable_member_is_told_and_left_out(site, servers, spec) -> None:
    members = states(servers) | {"edge1": None}
    plan = plan_set(SetSpec(spec), members)
    assert plan.unreachable == ("edge1",)
    assert plan.leader == "edge2"
    assert "edge1" not in {step.host for step in plan.steps}


@pytest.mark.parametrize(
    ("leader", "members", "message"),
    [
        ("", {"edge1": None}, "none of the servers edge1 can be reached"),
        ("edge9", {}, "'edge9' is not one of the servers"),
    ],
)
def test_sets_that_cannot_be_planned(servers, spec, leader: str, members, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan_set(SetSpec(spec, leader=leader), members or states(servers))


def test_members_of_different_pools_are_refused(servers, spec) -> None:
    found = states(servers)
    found["edge2"] = replace(found["edge2"], topology=replace(found["edge2"].topology, pool_fqdn="other.example.com"))
    unnamed = replace(spec, need=replace(spec.need, names=()))
    with pytest.raises(InputError, match="do not agree on the names"):
        plan_set(SetSpec(unnamed), found)


@given(order=st.permutations(HOSTS), done=st.sets(st.sampled_from(HOSTS)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_members_does_not_matter(site, spec, order: list[str], done: set[str]) -> None:
    servers = {name: site.server(name) for name in HOSTS}
    for name in done:
        servers[name].apply(plan_chain(ChainSpec(site.chain), servers[name].state()))
    found = states(servers)
    set_spec = SetSpec(spec, ChainSpec(site.chain))
    assert names(plan_set(set_spec, {name: found[name] for name in order})) == names(plan_set(set_spec, found))


def test_prediction_equals_what_the_servers_become(site, servers, spec) -> None:
    """For what is known beforehand: stores of authorities, names of the request, assignments."""
    before = states(servers)
    plan = plan_set(SetSpec(spec, ChainSpec(site.chain)), before)
    thumbprint = rollout(site, servers, spec)
    for name, state in states(servers).items():
        predicted = plan.predicted[name]
        for store in ("Root", "CA", "REQUEST"):
            assert {row.thumbprint for row in predicted.store(store)} == {row.thumbprint for row in state.store(store)}
        (mine,) = state.store("My")
        (expected,) = predicted.store("My")
        assert (expected.thumbprint, mine.thumbprint) == ("(known after issue)", thumbprint)
        assert (expected.friendly_name, expected.has_key, expected.exportable) == (
            mine.friendly_name,
            mine.has_key,
            mine.exportable,
        )
        assert [row.use for row in predicted.assignments] == [row.use for row in state.assignments]


def test_missing_chain_fails_and_makes_no_new_request(site, servers, spec) -> None:
    leader = servers["edge1"]
    state = leader.apply(plan_request(spec, leader.state()))
    leader.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr)), state))
    with pytest.raises(InputError, match=r"edge1: .* cannot be assigned: its chain does not build"):
        plan_set(SetSpec(spec), states(servers))
    plan = plan_set(SetSpec(spec, ChainSpec(site.chain)), states(servers))
    assert "request" not in {step.name for step in plan.steps}
