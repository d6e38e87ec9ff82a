# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests/tools/runner.py takes out of the step runner means nothing to PowerShell's own parser."""

from __future__ import annotations

import subprocess

from ansible_collections.sfb.certificates.tests.tools.powershell_source import READABLE, RUNNER

#: The tokens of a script, one a line, and the number of errors.
_TOKENS = """
$tokens = $errors = $null
$null = [System.Management.Automation.Language.Parser]::ParseFile('{path}', [ref]$tokens, [ref]$errors)
$errors.Count
foreach ($t in $tokens) {{ if ($t.Kind -notin 'NewLine', 'Comment', 'EndOfInput') {{ "$($t.Kind) $($t.TokenFlags) $($t.Text)" }} }}
"""


def test_powershell_sees_the_same_tokens(pwsh: str) -> None:
    found = []
    for path in (READABLE, RUNNER):
        command = [pwsh, "-NoProfile", "-NonInteractive", "-Command", _TOKENS.format(path=path)]
        found.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())
    readable, shipped = found
    assert readable[0] == "0"
    assert len(readable) > 1000
    assert shipped == readable
