# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remote calls of one emulated server: PowerShell commands, answered by the emulator of the lab.

Sources: ansible-core, C(executor/powershell/bootstrap_wrapper.ps1) and C(plugins/shell/powershell.py), for what comes.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.payload import decode_payload
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription

from .shells import Output, Process

#: The longest command line of cmd, which a shell of WinRS starts its commands with.
_LONGEST = 8191
_SWITCHES = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand"]


class Calls:
    """Carries calls out, each in a thread of its own, or late.

    :ivar payloads: what came on standard input, in order; C(lines), the command lines that it was for.
    :ivar cut: number of the call, counted from 1, whose client does not see the end; 0 for none.
    :ivar within_next: a call that was cut is carried out within the next one, after that one has read the server and
        before it answers; else when L{finish} says so.
    """

    def __init__(self, lab: LabFolder, pool: PoolDescription, host: str) -> None:
        self._lab, self._pool, self._host = lab, pool, host
        self._late: list[Process] = []
        self.payloads: list[bytes] = []
        self.lines: list[str] = []
        self.cut = 0
        self.within_next = False

    def begin(self, process: Process) -> None:
        """Starts a call whose input is complete."""
        self.lines.append(process.line)
        self.payloads.append(bytes(process.stdin))
        if len(self.payloads) == self.cut:
            self._late.append(process)
            return
        threading.Thread(target=self._carry_out, args=(process,), daemon=True).start()

    @property
    def cut_next(self) -> bool:
        """Whether the next call is the one to cut."""
        return len(self.payloads) + 1 == self.cut

    def finish(self) -> int:
        """Carries out the calls that were cut; gives their number."""
        late, self._late = self._late, []
        for process in late:
            process.end(self._run(process))
        return len(late)

    def _carry_out(self, process: Process) -> None:
        output = self._run(process)
        if self.within_next:
            self.finish()
        process.end(output)

    def _run(self, process: Process) -> Output:
        problem = _problem(process.line)
        if problem:
            return Output(1, stderr=problem.encode())
        try:
            payload = decode_payload(bytes(process.stdin))
            result = run_contract(
                payload.module_args, self._pool, self._lab, self._host, become_user=payload.become_user
            )
        except LabError as error:
            return Output(1, stderr=error.message.encode())
        return Output(0, json.dumps(result).encode() + b"\r\n")


def _problem(line: str) -> str:
    """What is wrong with a command line that has to be the bootstrap of a module, plain or encoded twice."""
    if len(line) > _LONGEST:
        return "The command line is too long."
    words = line.split()
    if words[0].lower() != "powershell":
        return f"'{words[0]}' is not recognized as an internal or external command"
    for _level in (1, 2):
        if words[1:-1] != _SWITCHES:
            break
        try:
            script = base64.b64decode(words[-1], validate=True).decode("utf-16-le")
        except (binascii.Error, ValueError):
            return "Cannot process the command because the value of -EncodedCommand is not properly encoded."
        if "$input" in script and "0`0`0`0" in script:
            return ""
        words = script.split()
    return "the command is none that reads a module from its input"
