# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page after a request tells of the certificate."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.sfb.certificates.plugins.module_utils._request.issued import certificate_facts, plan_assignment
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import


def test_chain_is_missing_then_there_then_assigned(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    state = server.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr)), state))
    (row,) = state.store("My")
    facts = certificate_facts("issued", row, spec.need, state)
    assert (facts["assignable"], facts["assigned"]) == (False, False)
    assert "Lab Issuing CA" in facts["not_assigned_because"][0]
    assert plan_assignment(row, spec.need, state)[0] is None

    state = server.apply(plan_chain(ChainSpec(site.chain), state))
    facts = certificate_facts("issued", row, spec.need, state)
    assert (facts["assignable"], facts["assigned"], facts["not_assigned_because"]) == (True, False, [])
    lacking = plan_assignment(row, replace(spec.need, names=("other.example.com",)), state)
    assert lacking == (None, ["it lacks the name other.example.com"])

    plan, _problems = plan_assignment(row, spec.need, state)
    state = server.apply(plan)
    assert certificate_facts("issued", row, spec.need, state)["assigned"] is True
    assert plan_assignment(row, spec.need, state)[0].steps == ()
