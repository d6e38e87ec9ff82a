# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook at a terminal, for what it asks."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import Any

import pytest

#: Runs a command in a terminal of its own, and hands on what it gets.
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


class Terminal:
    """A command at a terminal.

    :ivar shown: all that it has shown.
    """

    def __init__(self, pool: Any, *command: str) -> None:
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, *command],
            env=pool.environment,
            cwd=pool.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def wait(self, text: str, seconds: float) -> bool:
        """Whether it shows a text in time, after what was shown so far; no text stands for the end."""
        assert self._process.stdout is not None
        end, seen = time.monotonic() + seconds, len(self.shown)
        while not text or text not in self.shown[seen:]:
            ready, _w, _x = select.select([self._process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not part:
                return bool(ready) and not text
            self.shown += part.decode("utf-8", "replace")
        return True

    def answer(self, text: str) -> None:
        """Types a line; what is typed before the question is ready for it is thrown away by Ansible."""
        assert self._process.stdin is not None
        for _attempt in range(5):
            time.sleep(0.5)
            self._process.stdin.write(f"{text}\r".encode())
            self._process.stdin.flush()
            if self.wait("TASK [", 10):
                return
        pytest.fail(f"the answer was not taken: {self.shown}")

    def close(self) -> int:
        """Ends it, at the latest after a while; gives its status."""
        ended = self.wait("", 60)
        if not ended:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return self._process.wait() if ended else -1
