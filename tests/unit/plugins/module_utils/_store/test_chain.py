# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for the authorities of a chain."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cert_import
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain


def stores(state) -> dict[str, set[str]]:
    return {name: {row.thumbprint for row in state.store(name)} for name in ("Root", "CA")}


def test_each_authority_into_its_store_then_nothing(site) -> None:
    server = site.server()
    root, issuing = sorted(site.chain, key=lambda item: not item.self_signed)
    plan = plan_chain(ChainSpec(site.chain), server.state())
    assert plan.changed
    state = server.apply(plan)
    assert stores(state) == stores(plan.predicted) == {"Root": {root.thumbprint}, "CA": {issuing.thumbprint}}
    again = plan_chain(ChainSpec(site.chain), state)
    assert not again.steps
    assert again.before == again.after == plan.after


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_order_in_the_file_does_not_matter(site, order) -> None:
    plan = plan_chain(ChainSpec(tuple(site.chain[index] for index in order)), site.server().state())
    assert [next(iter(step.wire["stores"].values())) for step in plan.steps] == ["Root", "CA"]


def test_intermediate_in_root_is_moved(site) -> None:
    server = site.server()
    issuing = next(item for item in site.chain if not item.self_signed)
    server.call(Call(steps=[cert_import(issuing.der, {issuing.thumbprint: "Root"})]))
    plan = plan_chain(ChainSpec(site.chain), server.state())
    assert any("is in Root, but not self-signed" in reason for reason in plan.reasons)
    state = server.apply(plan)
    assert state.find("Root", issuing.thumbprint) is None
    assert state.find("CA", issuing.thumbprint) is not None
    assert stores(state) == stores(plan.predicted)


def test_chain_that_reaches_no_root_is_refused(site) -> None:
    issuing = tuple(item for item in site.chain if not item.self_signed)
    with pytest.raises(InputError, match=r"ca\.p7b: .*Lab Root CA"):
        plan_chain(ChainSpec(issuing, name="ca.p7b"), site.server().state())


def test_intermediate_alone_will_do_once_its_root_is_there(site) -> None:
    server = site.server()
    state = server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    issuing = tuple(item for item in site.chain if not item.self_signed)
    assert not plan_chain(ChainSpec(issuing), state).steps


def test_leaf_is_reported_and_not_stored(site, spec) -> None:
    server = site.server()
    state = server.apply(plan_request(spec, server.state()))
    leaf = site.sign(state.requests[0].csr).certificates[0]
    plan = plan_chain(ChainSpec((*site.chain, leaf)), state)
    assert len(plan.steps) == 2
    assert [item["thumbprint"] for item in plan.facts["leaves"]] == [leaf.thumbprint]
    assert "is no authority and is not stored" in plan.warnings[0]


def test_expired_by_the_clock_of_the_server(site) -> None:
    later = site.server(clock_offset=11 * 365 * 86400)
    with pytest.raises(InputError, match="expired"):
        plan_chain(ChainSpec(site.chain), later.state())
    assert len(plan_chain(ChainSpec(site.chain, allow_expired=True), later.state()).steps) == 2
