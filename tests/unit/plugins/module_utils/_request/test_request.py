# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for requests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.requirements import Need
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._product.names import needed_names
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.offline import find_pending
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import (
    RequestSpec,
    all_parameters,
    plan_request,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import RequestFile
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import delete_file
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest


def test_request_then_pending_then_answered(site, spec) -> None:
    server = site.server()
    plan = plan_request(spec, server.state())
    assert plan.reasons == ("no certificate for Internal is on this server",)
    assert [step.wire["op"] for step in plan.steps] == ["write_file", "cmdlet"]
    state = server.apply(plan)
    pending = plan_request(spec, state)
    assert not pending.steps
    assert pending.facts["request_state"] == "pending"
    assert pending.facts["subject"] == "CN=edgepool.example.com"


def test_answered_request_is_fulfilled_even_without_its_chain(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    server.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr)), state))
    plan = plan_request(spec, server.state())
    assert not plan.steps, "a chain that is missing is imported, it is no reason for a new request"
    assert plan.facts["request_state"] == "fulfilled"


def test_record_tells_what_was_asked(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    record = state.requests[0].record
    assert record["asked"] == {"key_size": 2048}
    assert record["usages"] == ["Internal"]
    assert record["friendly_name"] == "internal"


def test_option_that_changed_since_makes_a_new_one(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    other = replace(
        spec, need=replace(spec.need, asked={"key_size": 2048, "city": "Bern"}), parameters={"City": "Bern"}
    )
    plan = plan_request(other, state)
    assert [step.wire["op"] for step in plan.steps] == ["write_file", "delete_file", "cmdlet"]
    assert "-City Bern" in plan.commands[-1]


def test_name_that_the_request_lacks_makes_a_new_one(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    other = replace(spec, need=replace(spec.need, names=("other.example.com",)))
    assert find_pending(spec.need, spec.files.name, state, {})
    assert find_pending(other.need, other.files.name, state, {}) is None


@pytest.mark.shows("Request-CsCertificate error friendly name is taken")
def test_force_makes_a_new_one_under_another_friendly_name(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    plan = plan_request(replace(spec, force=True), state)
    assert plan.reasons == ("a new request is forced",)
    again = server.apply(plan)
    assert len(again.store("REQUEST")) == 2
    names = {row.friendly_name for row in again.store("REQUEST")}
    assert names == {"internal", f"internal {again.now:%Y-%m-%d}"}
    third = server.apply(plan_request(replace(spec, force=True), again))
    assert f"internal {again.now:%Y-%m-%d} (2)" in {row.friendly_name for row in third.store("REQUEST")}


def test_lost_csr_file_makes_a_new_one(site, spec) -> None:
    server = site.server()
    server.apply(plan_request(spec, server.state()))
    server.call(Call(steps=[delete_file(spec.files.csr)]))
    assert plan_request(spec, server.state()).changed


def test_nothing_unset_is_sent(site, spec) -> None:
    plan = plan_request(replace(spec, parameters={}, friendly_name=""), site.server().state())
    assert set(plan.steps[-1].wire["parameters"]) == {"New", "Type", "Output"}


def test_request_without_a_friendly_name_is_found_again(site, spec) -> None:
    server = site.server()
    nameless = replace(spec, friendly_name="")
    state = server.apply(plan_request(nameless, server.state()))
    assert plan_request(nameless, state).facts["request_state"] == "pending"
    assert [row.friendly_name for row in state.store("REQUEST")] == [""]


def test_output_elsewhere_takes_only_the_place_of_a_request(site, spec) -> None:
    server = site.server()
    files = request_files(["Internal"], output="C:\\Windows\\edge.req")
    elsewhere = replace(spec, files=files)
    plan = plan_request(elsewhere, server.state())
    assert "-Output C:\\Windows\\edge.req" in plan.commands[-1]
    reply = server.call(Call(steps=plan.steps, files=[files]))
    assert plan_request(elsewhere, reply.state).facts["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    foreign = reply.state.with_request(RequestFile(files.name, None, b"The accounts of the year"))
    with pytest.raises(InputError, match=r"output: C:.Windows.edge\.req is on the server already and is no"):
        plan_request(elsewhere, foreign)
    with pytest.raises(InputError, match="'edge.req' is no absolute Windows path"):
        request_files(["Internal"], output="edge.req")


def test_check_mode_prediction_is_pending_too(site, spec) -> None:
    predicted = plan_request(spec, site.server().state()).predicted
    assert not plan_request(spec, predicted).steps


def test_request_that_lacks_a_needed_name_is_told_and_not_repeated(site, spec) -> None:
    server = site.server()
    other = replace(spec, need=replace(spec.need, names=("other.example.com",)))
    server.apply(plan_request(other, server.state()))
    with pytest.raises(InputError, match=r"lacks the name other\.example\.com, and so would a new one"):
        plan_request(other, server.state())
    assert plan_request(spec, server.state()).facts["request_state"] == "pending"


@pytest.mark.parametrize("done", [1, 2])
def test_kill_before_the_cmdlet_loses_neither_what_was_asked_nor_what_is(site, spec, done: int) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    state = server.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr)), state))
    other = replace(
        spec, need=replace(spec.need, asked={"key_size": 2048, "city": "Bern"}), parameters={"City": "Bern"}
    )
    plan = plan_request(other, state)
    assert [step.wire["op"] for step in plan.steps] == ["write_file", "delete_file", "cmdlet"]
    state = server.apply(replace(plan, steps=plan.steps[:done]))
    assert not plan_request(spec, state).steps, "what is assigned was asked for so"
    again = plan_request(other, state)
    assert again.reasons
    state = server.apply(again)
    assert find_pending(other.need, other.files.name, state, {}) is not None


@pytest.mark.parametrize(
    ("usages", "parameters"),
    [
        (("Internal",), {}),
        (
            ("Internal",),
            {"DomainName": "edge1.example.com,edge2.example.com", "City": "Bern", "Organization": "Example"},
        ),
        (("AccessEdgeExternal", "DataEdgeExternal"), {"AllSipDomain": True, "Country": "CH"}),
        (("AudioVideoAuthentication",), {"OU": "IT", "State": "BE", "DomainName": "x.example.org, x.example.org"}),
    ],
)
def test_subject_and_names_are_foretold_as_the_product_makes_them(
    site, usages: tuple[str, ...], parameters: dict[str, object]
) -> None:
    server = site.server(sip_domains=("example.com", "example.net"))
    files = request_files(usages)
    spec = RequestSpec(Need(usages=usages), files, parameters=parameters)
    before = server.call(Call(files=[files], topology=True)).state
    plan = plan_request(spec, before)
    state = server.call(Call(steps=plan.steps, files=[files]), before).state
    made = SigningRequest.from_bytes(state.requests[-1].csr, name="csr")
    assert plan.facts["subject"] == made.subject
    assert plan.facts["dns_names"] == list(made.dns_names)


# ---- names that the product leaves out ----

EXTERNAL = ("AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication")


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({}, "sip.example.net"),
        ({"DomainName": "extra.example.com"}, "extra.example.com,sip.example.net"),
        ({"DomainName": "Sip.Example.Net"}, "Sip.Example.Net"),
        ({"AllSipDomain": True}, None),
        ({"AllSipDomain": True, "DomainName": "extra.example.com"}, "extra.example.com"),
    ],
    ids=["nothing given", "another one given", "given", "all asked for", "all and another one"],
)
def test_the_request_carries_all_names_that_are_needed(site, parameters, sent: str | None) -> None:
    server = site.server(
        access_edge_fqdn="sip.example.com",
        data_edge_fqdn="webconf.example.com",
        sip_domains=("example.com", "example.net"),
    )
    files = request_files(EXTERNAL)
    state = server.call(Call(files=[files], topology=True)).state
    needed = needed_names(EXTERNAL, state.topology)
    assert needed == ("sip.example.com", "sip.example.net", "webconf.example.com")
    asked = RequestSpec(Need(EXTERNAL, needed), files, parameters=parameters)
    assert all_parameters(asked, state).get("DomainName") == sent
    assert (all_parameters(asked, state) == parameters) is (sent == parameters.get("DomainName"))

    plan = plan_request(asked, state)
    reply = server.call(Call(steps=plan.steps, files=[files]), plan.predicted)
    assert reply.error is None
    made = SigningRequest.from_bytes(reply.state.requests[0].csr, name="csr")
    assert {name.lower() for name in made.dns_names} >= set(needed)
    assert sorted(made.dns_names) == sorted(plan.facts["dns_names"]), "as foretold"
    assert plan_request(asked, reply.state).facts["request_state"] == "pending"


def test_names_of_the_internal_interface_are_left_to_the_product(site, spec) -> None:
    state = site.server(sip_domains=("example.com", "example.net")).state()
    assert all_parameters(spec, state) is spec.parameters
