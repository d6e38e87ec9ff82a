# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long something is tried."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._patience import Patience, patience_of
from hypothesis import given
from hypothesis import strategies as st


class Time:
    """A clock that runs only while somebody sleeps, or works."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_tries_at_once_between_and_at_the_end() -> None:
    time = Time()
    patience = Patience(40, 15, time.clock, time.sleep)
    assert list(patience.tries()) == [1, 2, 3, 4]
    assert time.slept == [15, 15, 10]


def test_without_a_timeout_there_is_one_try() -> None:
    time = Time()
    assert list(Patience(0, 15, time.clock, time.sleep).tries()) == [1]
    assert time.slept == []


def test_what_takes_long_counts() -> None:
    time = Time()
    tried = []
    for number in Patience(40, 15, time.clock, time.sleep).tries():
        tried.append(number)
        time.now += 20
    assert tried == [1, 2]


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_sleeps_exactly_as_long_as_allowed(timeout: int, pause: int) -> None:
    time = Time()
    tries = list(Patience(timeout, pause, time.clock, time.sleep).tries())
    assert sum(time.slept) == timeout
    assert len(tries) == len(time.slept) + 1


def test_sleeps_as_the_time_module_does_now(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time()
    monkeypatch.setattr("time.sleep", time.sleep)
    assert list(Patience(40, 30, time.clock).tries()) == [1, 2, 3]
    assert time.slept == [30, 10]


def test_waiting_is_off_unless_it_is_wanted() -> None:
    given = {"wait_timeout": 60, "wait_sleep": 5}
    assert patience_of({"wait": False, **given}).timeout == 0
    patience = patience_of({"wait": True, **given})
    assert (patience.timeout, patience.pause) == (60, 5)
