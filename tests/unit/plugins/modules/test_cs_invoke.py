# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner, read without PowerShell: it parses, is fit for 5.1, and has none of what it may not have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.sfb.certificates.tests.tools.powershell_source import RUNNER, Script

from .runner_rules import RULES, Rule

HEAD = "#!powershell\n#Requires -Version 5.1\n"
#: Snippets that break a rule, by what the rule says is wrong.
BAD: dict[str, list[str]] = {
    "cannot be parsed": [
        *("$a = $b ? 1 : 2", "$a = $b ?? 1", "$a ??= 1", "${a}?.b", "${a}?[0]", "Get-Item &", "$x = @{a = 1"),
        *("function f { end { 1 } clean { 2 } }", "if ($a) {", "[Parameter("),
    ],
    "has a byte order mark": [],
    "is not ASCII": ["$a = 'caf\u00e9'", "# \u2026"],
    "has carriage returns": ["$a = 1\r\n"],
    "lacks the marker": [],
    "has a marker that fails somewhere": [
        *("#AnsibleRequires -OSVersion 6.2", "#AnsibleRequires -Wrapper", "#AnsibleRequires -CSharpUtil Ansible.Basic"),
        *("#Requires -Modules SkypeForBusiness", "#Requires -RunAsAdministrator", "#Requires -Version 7.0"),
    ],
    "chains pipelines": ["Get-Field 1 && Get-Field 2", "Get-Field 1 || Get-Field 2"],
    "has a clean block": ["function f { clean { 1 } }"],
    "runs a loop in parallel": ["foreach -parallel ($x in $y) { 1 }"],
    "has a parameter newer than 5.1": [
        *("1 | ForEach-Object -Parallel { 1 }", "$a = ConvertFrom-Json $b -AsHashtable", "Get-Content a -AsByteStream"),
        *("ConvertTo-Json $result -Depth 3 -EscapeHandling EscapeHtml", "ConvertFrom-Json $a -DateKind String"),
    ],
    "has a type newer than 5.1": ["[X509CertificateLoader]::LoadPkcs12($a, $b)", "[semver]'1.0' -is [semanticversion]"],
    "has a type newer than 5.1 outside of a branch": [
        "[UnixFileMode]448",
        "function f { [System.IO.FileSystemAclExtensions]::Create($a) }",
    ],
    "has an escape newer than 5.1": ['$a = "`u{1F512}"', '$a = "x`e[0m"'],
    "has a variable that 5.1 lacks": ["if ($IsWindows) { 1 }", "$iscoreclr"],
    "uses more than namespaces": ["using module Pester", "using assembly x.dll", "using namespace Microsoft.Rtc"],
    "defines a class or enumeration": ["class A { [int]$b }", "enum B { C }"],
    "sets strict mode": ["Set-StrictMode -Version 2"],
    "runs text as code": ["Invoke-Expression $a", "iex $a", "Add-Type -TypeDefinition $a", "Start-Process $a"],
    "shows data": ["Write-Host $a", "Write-Output $a", "echo $a", "Microsoft.PowerShell.Utility\\Write-Warning $a"],
    "logs secrets": ["ConvertTo-SecureString -String $a -AsPlainText -Force", "$a | Set-Content x", "Out-File x"],
    "is newer than 5.1": ["Test-Json $a", "Get-Error"],
    "runs a command by a name that is not written out": ["& $name @p", '& "Get-$x"', ". $path", "& (Get-Field 1)"],
    "makes code out of text": ["[scriptblock]::Create($a)", "$ps.AddScript($a)", "$ExecutionContext.InvokeCommand.ExpandString($a)"],
    "gives secrets to a command that logs them": ["New-Object PSCredential $user, $p", "New-Object X -ArgumentList $p", "ConvertTo-Json $secret -Depth 3"],
    "writes JSON without a depth": ["ConvertTo-Json -InputObject $result"],
    "shows data on the console": ["[Console]::WriteLine($a)", "[System.Console]::Error.Write($a)"],
    "has an advanced function, whose arguments are logged": [
        "function f { [CmdletBinding()] param([string]$Secret) 1 }",
        "function f { param([Parameter(Mandatory = $true)][string]$Secret) 1 }",
    ],
    "calls a command that is not on the list": ["Get-Process", "Import-PfxCertificate -FilePath x", "sort $a", "1 | % { 2 }"],
}  # fmt: skip
CASES = [(wrong, snippet) for wrong, snippets in BAD.items() for snippet in snippets]


@pytest.fixture(scope="module")
def runner() -> Script:
    """The step runner."""
    return Script(RUNNER.read_bytes())


def rule(wrong: str) -> Rule:
    """The rule of this name."""
    (found,) = (candidate for candidate in RULES if candidate.wrong == wrong)
    return found


@pytest.mark.parametrize("wrong", [candidate.wrong for candidate in RULES])
def test_runner_keeps_the_rule(runner: Script, wrong: str) -> None:
    assert rule(wrong).find(runner) == []


@pytest.mark.parametrize(("wrong", "snippet"), CASES)
def test_rule_fires(wrong: str, snippet: str) -> None:
    assert rule(wrong).find(Script((HEAD + snippet + "\n").encode()))


@pytest.mark.parametrize(
    ("wrong", "data"),
    [
        ("has a byte order mark", b"\xef\xbb\xbf" + HEAD.encode()),
        ("lacks the marker", b"#!powershell\n$a = 1\n"),
        ("lacks the marker", b"\xef\xbb\xbf" + HEAD.encode()),
        ("lacks the marker", HEAD.replace("\n", "\r\n").encode()),
    ],
)
def test_rule_of_the_whole_file_fires(wrong: str, data: bytes) -> None:
    assert rule(wrong).find(Script(data))


def test_each_rule_is_tried() -> None:
    assert set(BAD) == {candidate.wrong for candidate in RULES}
    assert all(BAD[wrong] or wrong in ("has a byte order mark", "lacks the marker") for wrong in BAD)


def test_a_harmless_script_breaks_no_rule() -> None:
    text = "# && || ?? Invoke-Expression\nfunction Get-A([string]$B) { return \"a ``e ? b : $B\" }\n$null = Get-A 'Write-Host && x'\n"
    script = Script((HEAD + text).encode())
    assert [candidate.wrong for candidate in RULES if candidate.find(script)] == []


def test_cmdlets_run_in_one_place_and_behind_the_list(runner: Script) -> None:
    assert runner.members.count("addcommand") == 1
    (body,) = (text for text in runner.texts("function_statement") if text.startswith("function Invoke-Cmdlet"))
    assert body.partition("){")[2].startswith("if($Allowed -cnotcontains $Name){Stop-Step 'Forbidden'")
    called = [text for name, _found, text in runner.commands if name == "Invoke-Child"]
    assert {text.split()[1] for text in called} == {"'Import-Module'", "'Get-Command'", "$Name"}


def test_the_result_is_written_last_and_once(runner: Script) -> None:
    statements = [
        node for part in runner.root.children for node in (part.children if part.type == "statement_list" else [part])
    ]
    last = [node for node in statements if node.is_named][-1]
    assert last.type == "try_statement"
    assert runner.text(last).startswith("try{ConvertTo-Json -InputObject $result -Depth 12 -Compress}")
    assert [name for name, _found, _text in runner.commands].count("ConvertTo-Json") == 1


@pytest.mark.parametrize("name", ["CsShim.psm1", "Test-CsInvoke.ps1"])
def test_scripts_of_the_tests_can_be_parsed(name: str) -> None:
    script = Script((RUNNER.parents[2] / "tests" / "powershell" / name).read_bytes())
    wanted = {"cannot be parsed", "is not ASCII", "has a byte order mark", "has carriage returns"}
    if name == "Test-CsInvoke.ps1":
        wanted |= {candidate.wrong for candidate in RULES if "5.1" in candidate.wrong} | {
            "chains pipelines",
            "has a clean block",
        }
    assert [candidate.wrong for candidate in RULES if candidate.wrong in wanted and candidate.find(script)] == []


def test_without_powershell_the_emulators_part_runs_and_the_summary_tells_the_rest(tmp_path: Path) -> None:
    tests = RUNNER.parents[2] / "tests" / "powershell"
    programs = str(Path(sys.executable).parent)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={tmp_path}", str(tests)],
        env={**os.environ, "PATH": programs},
        cwd=RUNNER.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "DID NOT RUN: they need PowerShell 7.4 or later as pwsh on PATH" in done.stdout
