# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tap between the connection and the emulated servers: it counts the remote calls of a run and lets one go wrong.

A callback plugin of the tests puts it into the run, whose workers inherit it; nothing of it is in the collection. The folder
of the run says what is to happen (L{Fault}) and takes down what does:

C(fault.json)  the fault;  C(calls.jsonl)  every call, in the order in which it came;  C(reached)  the run has come to the fault;
C(go)  a run that waits there may go on;  C(kept)  the call that was cut;  C(moments)  see L{moments}.
"""

from __future__ import annotations

import json
import os
import pathlib
import pickle
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import transport as connected
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabInterruption
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder, hold
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription

from . import moments, watch

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"
LATE = "ansible_collections.sfb.certificates.tests.faults.late"
#: Seconds that a call waits at most for the word to go on.
_LIMIT = 240


@dataclass(frozen=True)
class Fault:
    """What happens to a run.

    :ivar at: number of the remote call, counted from 1 over all servers in the order in which calls come, or the name of a step,
        for the first call that has it; 0 for none.
    :ivar do: C(before), the run waits before the call reaches the server; C(after), before the answer is used; C(cut), the
        connection breaks, and the call is kept.
    :ivar kept: file with a call of an earlier run, which is carried out within this one: right before the second call to the
        same server, when this run has planned with what it read in its first one.
    :ivar record: folder of which a copy is taken before and after each call (L{moments}); one call at a time is let through then.
    """

    at: int | str = 0
    do: str = ""
    kept: str = ""
    record: str = ""


def prepare(run: pathlib.Path, fault: Fault) -> dict[str, str]:
    """Makes the folder of a run; gives what its environment needs beside the callback."""
    run.mkdir(parents=True)
    (run / "fault.json").write_text(json.dumps(asdict(fault)))
    return {"FAULTS_RUN": str(run)}


def install(run: pathlib.Path) -> None:
    """Puts the tap into this process and those that it forks."""
    fault = Fault(**json.loads((run / "fault.json").read_text()))
    connected.run_contract = _Tap(run, fault)  # type: ignore[assignment]
    watch.install(run.parent)


class _Tap:
    def __init__(self, run: pathlib.Path, fault: Fault) -> None:
        self._run, self._fault = run, fault

    def __call__(
        self,
        args: dict[str, Any],
        pool: PoolDescription,
        folder: LabFolder,
        host: str,
        *,
        become_user: str | None = None,
    ) -> dict[str, Any]:
        if self._fault.record:
            with hold(self._run):
                number = len(self._note(host, args)[0]) + 1
                moments.keep(self._run, number, "before", pathlib.Path(self._fault.record))
                result = run_contract(args, pool, folder, host, become_user=become_user)
                moments.keep(self._run, number, "after", pathlib.Path(self._fault.record))
            return result
        before, call = self._note(host, args)
        here = self._fault.do if place([*before, call], self._fault.at) == len(before) else ""
        second = [row["host"] for row in before].count(host) == 1
        if here == "before":
            self._wait()
        if here == "cut":
            keep(self._run / "kept", args, pool, folder, host, become_user)
            (self._run / "reached").touch()
            raise LabInterruption("the connection was cut, and nobody knows what became of the call")
        if second and self._fault.kept:
            carry_out_late(pathlib.Path(self._fault.kept), host)
        result = run_contract(args, pool, folder, host, become_user=become_user)
        if here == "after":
            self._wait()
        return result

    def _note(self, host: str, args: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Notes a call; gives those before it, and what was noted of this one."""
        steps = [str(step.get("name", step["op"])) for step in args.get("steps", ())]
        call = {"host": host, "steps": steps}
        with (self._run / "calls.jsonl").open("a+", encoding="ascii") as stream, hold(self._run / "calls.jsonl"):
            stream.seek(0)
            before = [json.loads(line) for line in stream]
            stream.write(json.dumps(call) + "\n")
            stream.flush()
        return before, call

    def _wait(self) -> None:
        (self._run / "reached").touch()
        end = time.monotonic() + _LIMIT
        while not (self._run / "go").exists():
            if time.monotonic() > end:
                raise LabInterruption("nobody has let this run go on")
            time.sleep(0.02)


def keep(
    path: pathlib.Path, args: dict[str, Any], pool: PoolDescription, folder: LabFolder, host: str, user: str | None
) -> None:
    """Keeps a call for later, with its secrets: the file belongs to the tests, not to the run."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        pickle.dump((args, pool, folder.path, host, user), stream)


def kept_host(path: pathlib.Path) -> str:
    """The server that a call was for which was kept."""
    return str(pickle.loads(path.read_bytes())[3])


def carry_out_late(path: pathlib.Path, host: str | None = None) -> bool:
    """Has a call that was kept carried out now, once, by a process of its own, and waits for its end.

    :param host: only if it was for this server.
    :returns: whether it was.
    """
    if not path.exists() or (host and kept_host(path) != host):
        return False
    taken = path.with_name("taken")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return False
    environment = os.environ | {"PYTHONPATH": str(COLLECTIONS)}
    subprocess.run([sys.executable, "-m", LATE, str(taken)], env=environment, check=True, timeout=_LIMIT)
    return True


def place(made: Sequence[Mapping[str, Any]], at: int | str) -> int | None:
    """Where the call of a fault stands among those made, counted from 0; None if it has not come."""
    if isinstance(at, int):
        return at - 1 if 0 < at <= len(made) else None
    return next((number for number, call in enumerate(made) if at in call["steps"]), None)


def calls(run: pathlib.Path) -> list[dict[str, Any]]:
    """The calls of a run, in the order in which they came."""
    path = run / "calls.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
