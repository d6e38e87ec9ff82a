# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated pool of the tests itself."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock


def test_a_command_of_a_thread_leaves_the_output_of_the_others_alone(pool: Any) -> None:
    output = sys.stdout
    here = sys.modules[type(pool).__module__]
    with (
        mock.patch.object(here, "run_command", side_effect=AssertionError("it takes the output of all threads")),
        ThreadPoolExecutor(2) as workers,
    ):
        shown = list(workers.map(lambda _number: pool.command("sign", str(pool.inbox)), range(2)))
    assert sys.stdout is output
    # what it says is the same as in this process
    assert set(shown) == {pool.command("sign", str(pool.inbox))}
