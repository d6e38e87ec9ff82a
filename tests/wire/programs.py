# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remote calls whose command line and input go to a program as they came, such as PowerShell, and not to the emulator."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription

from .calls import Calls
from .shells import Output, Process

#: Seconds after which a program is given up.
_LIMIT = 300


class ProgramCalls(Calls):
    """Carries calls out by running what the command line names.

    :param environment: of the program; C(PATH) says where it is found.
    """

    def __init__(self, lab: LabFolder, pool: PoolDescription, host: str, environment: Mapping[str, str]) -> None:
        super().__init__(lab, pool, host)
        self._environment = dict(environment)

    def _run(self, process: Process) -> Output:
        words = shlex.split(process.line)
        try:
            done = subprocess.run(
                ["/usr/bin/env", *words],
                input=bytes(process.stdin),
                capture_output=True,
                env=self._environment,
                timeout=_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Output(1, stderr=f"{words[0]} did not end within {_LIMIT} s".encode())
        return Output(done.returncode, done.stdout, done.stderr)
