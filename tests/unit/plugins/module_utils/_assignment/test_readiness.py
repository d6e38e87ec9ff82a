# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usages have, need and lack."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.readiness import (
    describe_usages,
    required_usages,
)
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import

AV = "AudioVideoAuthentication"
EXTERNAL_NAMES = ["access.example.com", "sip.example.com"]
CHECKS = ["in_store", "private_key", "key_provider", "validity", "server_authentication", "chain", "names"]


@pytest.fixture
def requested(site, spec):
    """A server with the chain and a request, and its state."""
    server = site.server()
    state = server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    return server, server.apply(plan_request(spec, state))


@pytest.fixture
def imported(site, requested):
    """The same with the answer; and its thumbprint."""
    server, state = requested
    answer = site.sign(state.requests[0].csr)
    return server, server.apply(plan_import(ImportSpec(file=answer), state)), answer.certificates[0].thumbprint


def test_usage_without_certificate_has_its_request(requested) -> None:
    _server, state = requested
    internal, access = describe_usages(state, ["Internal", "AccessEdgeExternal"])
    assert internal["pending_requests"] == [row.public_key for row in state.store("REQUEST")]
    assert internal["needed_names"] == internal["missing_names"] == ["edgepool.example.com"]
    assert internal["problems"] == ["no certificate is assigned"]
    assert internal["checks"] == []
    assert access["pending_requests"] == []
    assert access["needed_names"] == EXTERNAL_NAMES


def test_usage_that_lacks_names(imported) -> None:
    server, state, thumbprint = imported
    state = server.apply(plan_assign(AssignSpec(("Internal", "AccessEdgeExternal"), thumbprint), state))
    access, internal = describe_usages(state, [])
    assert internal["pending_requests"] == internal["missing_names"] == internal["problems"] == []
    assert [check["check"] for check in internal["checks"]] == CHECKS
    assert {check["ok"] for check in internal["checks"]} == {True}
    assert access["missing_names"] == EXTERNAL_NAMES
    assert access["problems"] == [f"it lacks the name {', '.join(EXTERNAL_NAMES)}"]
    assert [row["type"] for row in required_usages(state) if row["done"]] == ["Internal"]


def test_staged_usage(imported) -> None:
    server, state, thumbprint = imported
    date = state.now + dt.timedelta(days=1)
    (before,) = describe_usages(state, [AV])
    assert before["staged"] is False
    state = server.apply(plan_assign(AssignSpec((AV,), thumbprint, effective_date=date), state))
    (row,) = describe_usages(state, [])
    assert (row["staged"], row["effective_date"]) == (True, f"{date:%Y-%m-%dT%H:%M:%SZ}")


def test_certificate_that_is_gone(imported) -> None:
    server, state, thumbprint = imported
    state = server.apply(plan_assign(AssignSpec(("Internal",), thumbprint), state)).without("My", thumbprint)
    (row,) = describe_usages(state, [])
    assert row["problems"] == ["the assigned certificate is not in the store My"]
    assert [(check["check"], check["ok"]) for check in row["checks"]] == [("in_store", False)]


def test_front_end_needs_its_own_name(site, spec) -> None:
    state = site.server("fe1", role="front_end", domain="example.com").state()
    (row,) = describe_usages(state, ["Default"])
    assert row["needed_names"] == ["edgepool.example.com", "fe1.example.com"]
    unknown = replace(state, topology=replace(state.topology, pool_fqdn=""))
    assert describe_usages(unknown, ["Default"])[0]["needed_names"] == []
