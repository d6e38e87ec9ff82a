# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for pending requests, and what is told when one cannot be fetched."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._request.retrieval import (
    explain_retrieval,
    plan_clear,
    plan_retrieve,
    selected,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.pending import PendingRequest
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State

ONE, TWO, NAMELESS = PendingRequest(7, friendly_name="one"), PendingRequest(8), PendingRequest(None)


def server(*pending: PendingRequest) -> State:
    """A server that lists requests."""
    return State(computer={"time": "2026-11-21T10:00:00Z"}, pending=pending)


def test_each_request_is_fetched_by_itself() -> None:
    state = server(ONE, TWO)
    plan = plan_retrieve(selected(state, None), state)
    assert plan.commands == [f"Request-CsCertificate -Retrieve -RequestId {number}" for number in (7, 8)]
    assert plan.before == {"pending": ["request 7 one", "request 8"]}
    assert plan.after == {"pending": []}
    assert plan.predicted.pending == ()
    assert [row.friendly_name for row in plan.predicted.store("My")] == ["one", ""]


def test_one_without_a_number_is_fetched_with_all() -> None:
    assert plan_retrieve((NAMELESS,), server(NAMELESS)).commands == ["Request-CsCertificate -Retrieve"]


@pytest.mark.parametrize(
    ("number", "commands", "left"),
    [
        (7, ["Request-CsCertificate -Clear -RequestId 7"], (TWO,)),
        (None, ["Request-CsCertificate -Clear"], ()),
        (9, [], (ONE, TWO)),
    ],
)
def test_clear(number: int | None, commands: list[str], left: tuple[PendingRequest, ...]) -> None:
    plan = plan_clear(number, server(ONE, TWO))
    assert (plan.commands, plan.predicted.pending, plan.changed) == (commands, left, bool(commands))
    assert not plan_clear(number, plan.predicted).steps


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        ({"message": "State not supported: revoked."}, ("request 7 was revoked", "state: absent, request_id: 7")),
        ({"message": "Denied by EXAMPLE\\ca"}, ("request 7 was denied: Denied by EXAMPLE\\ca", "request_id: 7")),
        (
            {"message": "Abgelehnt", "chain": [{"message": "", "hresult": "0x80094014"}]},
            ("request 7 was denied: Abgelehnt",),
        ),
        (
            {"message": "Unable to contact certification authority x"},
            ("request 7 cannot be retrieved", "check ca", "if it was revoked", "request_id: 7"),
        ),
        ({}, ("request 7 cannot be retrieved", "no message")),
    ],
)
def test_failure_is_one_line_that_names_the_request(error: dict[str, Any], parts: tuple[str, ...]) -> None:
    line = explain_retrieval(ONE, error)
    assert all(part in line for part in parts), line
    assert "\n" not in line
    assert "request_id" not in explain_retrieval(NAMELESS, error)
