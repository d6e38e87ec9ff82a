# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run this is, and whether another one goes on; with real processes."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Owner
from ansible_collections.sfb.certificates.plugins.plugin_utils._owner import alive, this_run

#: Prints who the parent is, as an action does that runs in a child.
_CHILD = """
import json
from ansible_collections.sfb.certificates.plugins.plugin_utils._owner import this_run
print(json.dumps(vars(this_run())), flush=True)
"""
linux = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="only Linux tells when a process began")


def started(process: int) -> str:
    """When a process began, as the system tells it; its name holds neither blanks nor parentheses."""
    return pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii").split()[21]


@pytest.fixture
def child() -> Iterator[tuple[subprocess.Popen[bytes], Owner]]:
    """A process that waits for its end, and the run that it would be."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        yield process, replace(this_run(), process=process.pid, started=started(process.pid))
        process.kill()


@linux
def test_the_run_is_the_parent_of_the_process() -> None:
    run = this_run()
    assert (run.process, run.started) == (os.getppid(), started(os.getppid()))
    assert run.controller == os.uname().nodename
    assert len(run.scope) == 16
    assert alive(run) is True
    assert this_run() == run


@linux
def test_actions_in_children_are_of_one_run() -> None:
    """Two children of this process, one after the other, are of the same run: this process."""
    told = [
        subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True, env=_paths())
        for _child in range(2)
    ]
    assert told[0].stdout == told[1].stdout
    assert f'"process": {os.getpid()}, "started": "{started(os.getpid())}"' in told[0].stdout
    assert this_run().scope in told[0].stdout


def _paths() -> dict[str, str]:
    """The environment with which a child finds what this process has found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@linux
def test_a_run_goes_on_until_its_process_ends(child: tuple[subprocess.Popen[bytes], Owner]) -> None:
    process, owner = child
    assert alive(owner) is True
    process.send_signal(signal.SIGSTOP)
    assert alive(owner) is True, "one that is held up goes on"
    process.kill()
    process.wait()
    assert alive(owner) is False


@linux
def test_a_killed_run_whose_parent_has_not_noticed_is_over(child: tuple[subprocess.Popen[bytes], Owner]) -> None:
    process, owner = child
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended and stays a zombie
    assert pathlib.Path(f"/proc/{process.pid}").exists()
    assert alive(owner) is False


@linux
def test_another_process_with_the_same_number_is_another_run(child: tuple[subprocess.Popen[bytes], Owner]) -> None:
    _process, owner = child
    assert alive(replace(owner, started=str(int(owner.started) - 1))) is False
    assert alive(replace(owner, started="")) is False


@linux
def test_a_process_of_somebody_else_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_process: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert alive(this_run()) is True


def test_of_another_controller_nothing_is_known(child: tuple[subprocess.Popen[bytes], Owner]) -> None:
    _process, owner = child
    assert alive(replace(owner, scope="another")) is None
    assert alive(Owner("an unknown controller", "", 0)) is None
