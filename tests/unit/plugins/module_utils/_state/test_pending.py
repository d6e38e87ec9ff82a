# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read out of the product's list of pending requests, whatever it looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.pending import PendingRequest
from hypothesis import given
from hypothesis import strategies as st

FULL = PendingRequest(7, "Pending", "ca\\CA", "Web", ("Default", "WebServicesExternal"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {
                "RequestId": 7,
                "RequestStatus": "Pending",
                "CA": "ca\\CA",
                "FriendlyName": "Web",
                "Type": ["Default", "WebServicesExternal"],
            },
            FULL,
        ),
        (
            {
                "requestid": "7",
                "Status": "Pending",
                "Ca": "ca\\CA",
                "friendlyname": "Web",
                "type": "Default, WebServicesExternal",
            },
            FULL,
        ),
        ({"Id": 7, "CA": None, "Type": None}, PendingRequest(7)),
        ({"_type": "System.String", "text": "7 Pending"}, PendingRequest(None)),
    ],
)
def test_row_in_any_form(row: dict[str, Any], expected: PendingRequest) -> None:
    assert PendingRequest.from_row(row) == expected


@given(
    st.builds(
        PendingRequest,
        st.none() | st.integers(0, 2**31 - 1),
        st.text(),
        st.text(),
        st.text(),
        st.lists(st.text()).map(tuple),
    )
)
def test_goes_through_json(request_: PendingRequest) -> None:
    assert PendingRequest.from_dict(json.loads(json.dumps(request_.to_dict()))) == request_
