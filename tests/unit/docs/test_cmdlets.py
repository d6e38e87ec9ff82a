# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/CMDLETS.md says what the tests say, and every row has a test."""

from __future__ import annotations

import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def test_the_page_is_what_the_tests_say() -> None:
    command = [sys.executable, str(REPOSITORY / "tests" / "tools" / "cmdlets.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert run.returncode == 0, run.stdout + run.stderr
