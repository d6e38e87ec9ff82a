# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for requests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._core.steps import delete_file
from ansible_collections.sfb.certificates.plugins.module_utils._core.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._plans.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._plans.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._plans.waiting import find_pending


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
    assert record["friendly_name"] == f"internal {state.now:%Y-%m-%d}"


def test_option_that_changed_since_makes_a_new_one(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    other = replace(
        spec, need=replace(spec.need, asked={"key_size": 2048, "city": "Bern"}), parameters={"City": "Bern"}
    )
    plan = plan_request(other, state)
    assert [step.wire["op"] for step in plan.steps] == ["delete_file", "write_file", "cmdlet"]
    assert "-City Bern" in plan.commands[-1]


def test_name_that_the_request_lacks_makes_a_new_one(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    other = replace(spec, need=replace(spec.need, names=("other.example.com",)))
    assert find_pending(spec.need, spec.files.name, state, {})
    assert find_pending(other.need, other.files.name, state, {}) is None


def test_force_makes_a_new_one_under_another_friendly_name(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    plan = plan_request(replace(spec, force=True), state)
    assert plan.reasons == ("a new request is forced",)
    again = server.apply(plan)
    assert len(again.store("REQUEST")) == 2
    assert len({row.friendly_name for row in again.store("REQUEST")}) == 2


def test_lost_csr_file_makes_a_new_one(site, spec) -> None:
    server = site.server()
    server.apply(plan_request(spec, server.state()))
    server.call(Call(steps=[delete_file(spec.files.csr)]))
    assert plan_request(spec, server.state()).changed


def test_nothing_unset_is_sent(site, spec) -> None:
    plan = plan_request(replace(spec, parameters={}), site.server().state())
    assert set(plan.steps[-1].wire["parameters"]) == {"New", "Type", "Output", "FriendlyName"}


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
