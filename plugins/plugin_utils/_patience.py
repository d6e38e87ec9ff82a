# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trying again and again, up to a time. **PRIVATE** to the collection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


def _sleep(seconds: float) -> None:
    # looked up when it is called, for tests put another one in its place
    time.sleep(seconds)


@dataclass(frozen=True)
class Patience:
    """How long something is tried.

    :ivar timeout: seconds; 0 for one try.
    :ivar pause: seconds between two tries.
    :ivar clock: gives seconds that only grow.
    :ivar sleep: lets seconds pass.
    """

    timeout: float = 0
    pause: float = 1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = _sleep

    def tries(self) -> Iterator[int]:
        """Counts the tries: the first at once, the last when the time is over."""
        end = self.clock() + self.timeout
        number = 1
        yield number
        while (left := end - self.clock()) > 0:
            self.sleep(min(self.pause, left))
            number += 1
            yield number


def patience_of(params: Mapping[str, Any]) -> Patience:
    """How long an authority is waited for, by the options C(wait), C(wait_timeout) and C(wait_sleep)."""
    return Patience(params["wait_timeout"] if params["wait"] else 0, params["wait_sleep"])
