# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that are killed in the middle, with all that they have started."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence


def run_until(
    command: Sequence[str],
    reached: Callable[[], bool],
    *,
    environment: Mapping[str, str],
    folder: pathlib.Path,
    timeout: float,
) -> tuple[int, str]:
    """Runs a program, kills it as soon as something is so; gives its exit status, -9 if it was killed, and its output.

    A program that ends before is not killed.

    :param timeout: seconds.
    :raises AssertionError: it is neither so in that time, nor has the program ended.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        running = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end, late = time.monotonic() + timeout, False
        try:
            while running.poll() is None and not late and not reached():
                time.sleep(0.01)
                late = time.monotonic() > end
        finally:
            _kill(running)
        output.seek(0)
        text = output.read()
    assert not late, f"{command} has not come so far within {timeout:g} s: {text}"
    return running.returncode, text


def _kill(running: subprocess.Popen[bytes]) -> None:
    """Kills a program and its descendants.

    The workers of ansible-core 2.19 and later leave its process group. Each process is stopped before its children are
    looked up, lest it make another one meanwhile.
    """
    if running.poll() is None:
        found = [running.pid]
        for number in found:
            _send(os.kill, number, signal.SIGSTOP)
            found += _children(number)
        for number in found:
            _send(os.kill, number, signal.SIGKILL)
        _send(os.killpg, running.pid, signal.SIGKILL)
    running.wait()


def _children(number: int) -> list[int]:
    """The children of a process as Linux tells them; none elsewhere."""
    found = []
    for path in pathlib.Path(f"/proc/{number}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(text) for text in path.read_text(encoding="ascii").split()]
    return found


def _send(send: Callable[[int, int], None], number: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(number, what)
