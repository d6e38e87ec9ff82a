# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kills a run in the middle: nothing of it goes on."""

from __future__ import annotations

import os
import pathlib
import sys
import time

import pytest

from .killing import run_until

#: Works on in a session of its own, as a worker of Ansible does; it tells that it has begun.
WORKER = "import os, time\nos.setsid()\nwhile True:\n    open('beat', 'a').write('.')\n    time.sleep(0.01)\n"
STARTER = f"import subprocess, sys\nprint('begun', flush=True)\nsubprocess.run([sys.executable, '-c', {WORKER!r}])\n"


def test_a_worker_that_left_the_process_group_is_killed_too(tmp_path: pathlib.Path) -> None:
    beat = tmp_path / "beat"
    rc, output = run_until(
        [sys.executable, "-c", STARTER], beat.exists, environment=os.environ, folder=tmp_path, timeout=30
    )
    size = beat.stat().st_size
    time.sleep(0.2)
    assert (rc, output, beat.stat().st_size) == (-9, "begun\n", size)


def test_what_ends_before_is_not_killed(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", "print('done'); raise SystemExit(3)"]
    found = run_until(command, lambda: False, environment=os.environ, folder=tmp_path, timeout=30)
    assert found == (3, "done\n")


def test_what_never_comes_so_far_is_an_error(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(AssertionError, match=r"has not come so far within 0\.2 s"):
        run_until(command, lambda: False, environment=os.environ, folder=tmp_path, timeout=0.2)
