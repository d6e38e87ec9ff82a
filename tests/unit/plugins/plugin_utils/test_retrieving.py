# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetching requests: each by itself, again and again, without stopping at one that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, Reply
from ansible_collections.sfb.certificates.plugins.module_utils._state.pending import PendingRequest
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import StoredCertificate
from ansible_collections.sfb.certificates.plugins.plugin_utils._patience import Patience
from ansible_collections.sfb.certificates.plugins.plugin_utils._retrieving import retrieve


class Authority:
    """Decides on each request at one of the tries, by number."""

    def __init__(self, **decisions: tuple[int, str]) -> None:
        self.decisions = {int(name[1:]): decision for name, decision in decisions.items()}
        self.tries: dict[int, int] = {}

    def exchange(self, call: Call, state: State) -> Reply:
        assert call.requests
        (step,) = call.steps
        number = step.wire["parameters"]["RequestId"]["v"]
        self.tries[number] = self.tries.get(number, 0) + 1
        at, decision = self.decisions[number]
        if self.tries[number] < at:
            return Reply(rows=[], state=state)
        if decision == "denied":
            return Reply(rows=[], state=state, error="?", record={"message": "Denied by the people"})
        left = replace(state, pending=tuple(row for row in state.pending or () if row.request_id != number))
        if decision == "lost":
            return Reply(rows=[], state=left)
        row = StoredCertificate("My", f"{number:040d}", "", "", has_key=True)
        return Reply(rows=[], state=left.with_certificates(row), warnings=["its chain is invalid"])


def fetch(authority: Authority, timeout: float = 0) -> tuple[Any, list[dict[str, Any]], list[float]]:
    """The outcome, its rows, and how long was slept."""
    wanted = tuple(PendingRequest(number) for number in authority.decisions)
    slept: list[float] = []
    patience = Patience(timeout, 10, lambda: sum(slept), slept.append)
    found = retrieve(authority.exchange, wanted, State(computer={}, pending=wanted), patience)
    return found, found.rows(wanted), slept


def test_one_try_takes_what_is_there() -> None:
    found, rows, slept = fetch(Authority(r7=(1, "issued"), r8=(2, "issued"), r9=(1, "issued")))
    assert [row["request_state"] for row in rows] == ["issued", "pending", "issued"]
    assert [row["thumbprint"] for row in rows] == [f"{7:040d}", None, f"{9:040d}"]
    assert found.commands == [f"Request-CsCertificate -Retrieve -RequestId {number}" for number in (7, 9)]
    assert (slept, found.failure(), found.warnings) == ([], {}, ["its chain is invalid"] * 2)
    assert [row.request_id for row in found.state.pending] == [8]


def test_waits_only_for_those_that_are_open_and_no_longer_than_needed() -> None:
    authority = Authority(r7=(1, "issued"), r8=(3, "issued"))
    _found, rows, slept = fetch(authority, 60)
    assert [row["request_state"] for row in rows] == ["issued", "issued"]
    assert (authority.tries, slept) == ({7: 1, 8: 3}, [10, 10])


def test_request_that_the_product_does_not_list_is_waited_for_as_well() -> None:
    authority = Authority(r7=(3, "issued"))
    slept: list[float] = []
    patience = Patience(60, 10, lambda: sum(slept), slept.append)
    found = retrieve(authority.exchange, [PendingRequest(7)], State(computer={}, pending=()), patience)
    assert (list(found.issued), found.failure(), slept) == ([7], {}, [10, 10])


def test_time_is_over() -> None:
    found, rows, slept = fetch(Authority(r7=(99, "issued")), 25)
    assert [row["request_state"] for row in rows] == ["pending"]
    assert slept == [10, 10, 5]
    assert found.warnings == ["request 7 is still pending after 25 s; run again later"]


def test_one_that_fails_keeps_no_other_from_coming() -> None:
    authority = Authority(r7=(1, "denied"), r8=(2, "issued"), r9=(1, "lost"))
    found, rows, _slept = fetch(authority, 60)
    assert [row["request_state"] for row in rows] == ["failed", "issued", "failed"]
    assert authority.tries == {7: 1, 8: 2, 9: 1}
    failure = found.failure()
    assert "request 7 was denied" in failure["msg"]
    assert "request 9 is no longer pending, yet there is no new certificate" in failure["msg"]
    assert failure["error"] == {"message": "Denied by the people"}
