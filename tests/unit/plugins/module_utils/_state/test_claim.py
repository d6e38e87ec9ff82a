# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claim of a run as it lies on a server."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner, claim_path
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from hypothesis import given
from hypothesis import strategies as st

NOW = dt.datetime(2026, 11, 21, 3, 10, 16, tzinfo=dt.timezone.utc)

owners = st.builds(Owner, st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**22), st.text(max_size=9))
moments = st.integers(0, 10**9).map(lambda seconds: NOW + dt.timedelta(seconds=seconds))
names = st.lists(st.text(max_size=9), max_size=3).map(tuple)
claims = st.builds(Claim, owners, st.text(max_size=9), moments, moments, st.booleans(), names, names)


@given(claim=claims)
def test_a_claim_comes_back_as_it_was_written(claim: Claim) -> None:
    assert Claim.from_bytes(claim.to_bytes()) == claim
    assert claim.to_bytes().isascii()
    state = State({"time": "2026-11-21T03:10:16Z"}, claim=claim)
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state


def test_a_state_without_claim_does_not_speak_of_one() -> None:
    assert "claim" not in State({"time": "2026-11-21T03:10:16Z"}).to_dict()


GOOD = Claim(Owner("controller", "scope", 7), "set", NOW, NOW).to_dict()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\x00\xff\xfe", b"{", b"[]", b"null", b'"claim"', b"7", b"{}"),
        *(json.dumps({key: row for key, row in GOOD.items() if key != gone}).encode() for gone in GOOD),
        *(json.dumps(GOOD | {key: None}).encode() for key in ("owner", "since", "until", "services", "markers")),
        json.dumps(GOOD | {"owner": {"controller": "x"}}).encode(),
        json.dumps(GOOD | {"until": "tomorrow"}).encode(),
        json.dumps(GOOD).encode()[:-9],
    ],
)
def test_a_damaged_file_is_the_claim_of_a_run_that_is_long_over(data: bytes) -> None:
    claim = Claim.from_bytes(data)
    assert claim.until < NOW
    assert (claim.owner.scope, claim.turn, claim.services) == ("", False, ())
    assert Claim.from_bytes(claim.to_bytes()) == claim


@given(data=st.binary(max_size=40))
def test_no_content_whatsoever_stops_a_run(data: bytes) -> None:
    assert Claim.from_bytes(data).until < NOW


def test_markers_are_added() -> None:
    claim = Claim.from_dict(GOOD).marked("a").marked("b", "c")
    assert claim.markers == ("a", "b", "c")


def test_where_it_lies() -> None:
    assert claim_path("C:\\ProgramData\\x") == claim_path("C:\\ProgramData\\x\\") == "C:\\ProgramData\\x\\claim.json"
    for folder in ("", "x", "relative\\x", "/tmp/x"):
        with pytest.raises(InputError, match="is no absolute Windows path"):
            claim_path(folder)


def test_words_for_people() -> None:
    assert Owner("ansible01", "x", 4711).told() == "the run on ansible01 (process 4711)"
