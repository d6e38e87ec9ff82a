# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of whole sets whose leader asks the authority itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import SetPlan, SetSpec
from ansible_collections.sfb.certificates.plugins.module_utils._pool.pool_plan import plan_set
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import AuthorityDescription

from ..conftest import FILES

CA = "ca1.example.com\\Lab Issuing CA"
HOSTS = ("edge1", "edge2")


class Pair:
    """Two servers of a set, and an authority that decides as it is told."""

    def __init__(self, site: Any, spec: Any) -> None:
        self.site = site
        self.spec = SetSpec(request=replace(spec, ca=CA))
        for host, state in self.states("issued").items():
            self.servers[host].apply(plan_chain(ChainSpec(site.chain), state))

    def states(self, policy: str) -> dict[str, State]:
        authority = AuthorityDescription(config=CA, policy=policy)
        self.servers = {host: self.site.server(host, ca=authority) for host in HOSTS}
        call = Call(files=[FILES], requests=True, topology=True)
        return {host: server.call(call).state for host, server in self.servers.items()}

    def plan(self, policy: str = "issued", **changes: Any) -> SetPlan:
        return plan_set(replace(self.spec, **changes), self.states(policy))

    def ask(self, policy: str, **changes: Any) -> None:
        """Carries the request of the plan out."""
        plan = self.plan(policy, **changes)
        (step,) = [step for step in plan.steps if step.name == "request"]
        self.servers[step.host].apply(step.plan)


@pytest.fixture
def pair(site: Any, spec: Any) -> Pair:
    return Pair(site, spec)


def steps(plan: SetPlan) -> list[str]:
    return [f"{step.host} {step.name}" for step in plan.steps]


ALL = ["edge1 request", "edge1 export", "edge2 copy", "edge1 assign", "edge2 assign"]


def test_no_answer_is_waited_for(pair: Pair) -> None:
    plan = pair.plan()
    assert steps(plan) == ALL
    assert (plan.waiting_for, plan.leader, str(plan.thumbprint)) == ("", "edge1", "(known after issue)")
    *_record, command = plan.steps[0].plan.commands
    assert command.startswith("Request-CsCertificate -New -Type Internal -CA ")
    assert plan.steps[0].plan.reasons[0].startswith("edge1: no certificate for Internal")


def test_request_that_waits_is_fetched_from_the_server_that_made_it(pair: Pair) -> None:
    pair.ask("pending", leader="edge2")
    plan = pair.plan("pending")
    assert steps(plan) == ["edge2 request", "edge2 export", "edge1 copy", "edge1 assign", "edge2 assign"]
    assert plan.steps[0].plan.commands == ["Request-CsCertificate -Retrieve -RequestId 7"]
    assert plan.waiting_for == f"the approval of request 7 at {CA}"
    others = pair.plan("pending", acting=frozenset({"edge1"}))
    assert (steps(others), others.waiting_for) == (
        [],
        "a run that includes edge2, which has asked for the certificate (request 7)",
    )


def test_certificate_that_was_issued_is_shared(pair: Pair) -> None:
    pair.ask("issued")
    plan = pair.plan()
    assert steps(plan) == ALL[1:]
    (row,) = pair.states("issued")["edge1"].store("My")
    assert plan.thumbprint == row.thumbprint


def test_request_is_forced(pair: Pair) -> None:
    pair.ask("pending")
    forced = pair.plan("pending", request=replace(pair.spec.request, force=True))
    assert "-New" in forced.steps[0].plan.commands[-1]
    assert forced.steps[0].plan.reasons == ("a new request is forced",)


def test_certificate_that_lacks_a_name_is_not_requested_again(pair: Pair) -> None:
    """Each run would bring another useless one."""
    need = replace(pair.spec.request.need, names=("edgepool.example.com", "another.example.com"))
    lacking = replace(pair.spec.request, need=need)
    pair.ask("issued", request=lacking)
    with pytest.raises(
        InputError, match=r"edge1: the last request has brought .* lacks the name another\.example\.com"
    ):
        pair.plan(request=lacking)
