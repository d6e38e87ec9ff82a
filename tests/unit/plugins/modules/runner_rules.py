# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may not stand in the step runner.

The rules are those of powershell.md#rules-that-follow; others name their passages. A script is judged by its syntax, not by
its text, so that comments and strings may say anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.sfb.certificates.tests.tools.powershell_source import Script

#: Commands that are not the script's own and that it may call. Each is in 5.1 and 7, and logs no argument that is secret:
#: none of them gets more than names, types and the result (powershell.md#secrets-in-logs,
#: powershell.md#syntax-of-both-versions).
ALLOWED_COMMANDS = {
    *("ConvertTo-Json", "ForEach-Object", "Get-CimInstance", "New-Object", "Remove-TypeData", "Set-StrictMode"),
    *("Where-Object", "using"),
}
#: Commands that must not be there although the list above keeps them out already: it may grow.
_FORBIDDEN = {
    "runs text as code": {
        "invoke-expression",
        "invoke-command",
        "add-type",
        "new-module",
        "start-process",
        "start-job",
        "iex",
        "icm",
        "saps",
    },
    "shows data": {
        "write-host",
        "write-output",
        "write-error",
        "write-warning",
        "write-verbose",
        "write-information",
        "out-host",
        "echo",
        "write",
    },
    "logs secrets": {
        "convertto-securestring",
        "set-content",
        "add-content",
        "out-file",
        "export-clixml",
        "tee-object",
        "sc",
        "ac",
        "tee",
    },
    "is newer than 5.1": {
        "test-json",
        "get-error",
        "join-string",
        "convertfrom-markdown",
        "remove-service",
        "get-uptime",
    },
}
_NEW_PARAMETERS = {
    *("-asbytestream", "-ashashtable", "-datekind", "-asarray", "-escapehandling", "-parallel", "-throttlelimit"),
    *("-skipcertificatecheck", "-noproxy", "-asutc", "-nonewscope"),
}
_NEW_TYPES = {"x509certificateloader", "semanticversion", "jsondocument", "span", "memory"}
#: Types that 5.1 lacks, for a branch of a function only: a type literal is resolved when its line runs
#: (powershell.md#syntax-of-both-versions).
_BRANCHED_TYPES = {"unixfilemode", "filesystemaclextensions"}


def _errors(script: Script) -> list[str]:
    return [
        f"line {n.start_point[0] + 1}: {script.text(n)[:40]}" for n in script.nodes if n.type == "ERROR" or n.is_missing
    ]


def _forbidden(why: str) -> Callable[[Script], list[str]]:
    names = _FORBIDDEN[why]
    return lambda script: [text for name, _found, text in script.commands if name.lower().rsplit("\\", 1)[-1] in names]


def _dynamic(script: Script) -> list[str]:
    """Commands whose name is not written out, but for blocks of the script itself, which are always in $Body."""
    found = []
    for node in script.of("command"):
        if any(child.type == "command_invokation_operator" for child in node.children):
            name = next((script.text(c) for c in node.children if c.type == "command_name_expr"), "")
            if name.lower() != "$body":
                found.append(script.text(node))
    return found


def _text_as_code(script: Script) -> list[str]:
    """Ways to make code out of text through .NET."""
    names = {"addscript", "invokescript", "newscriptblock", "expandstring", "parseinput", "invokeasis"}
    found = [name for name in script.members if name in names]
    calls = script.texts("invokation_expression")
    return found + [
        call for call in calls if re.match(r"\[(management\.automation\.)?scriptblock\]::create", call, re.I)
    ]


def _newer_strings(script: Script) -> list[str]:
    return [text for text in script.strings if text.startswith('"') and re.search(r"(?<!`)(``)*`[ue]", text)]


def _secret_arguments(script: Script) -> list[str]:
    """Arguments of New-Object and ConvertTo-Json are logged: only the type's name, and the result.

    Source: powershell.md#secrets-in-logs.
    """
    found = []
    for name, parameters, text in script.commands:
        if name.lower() == "new-object" and (len(text.split()) > 2 or parameters):
            found.append(text)
        if name.lower() == "convertto-json" and "$result" not in text:
            found.append(text)
    return found


def _unbranched(script: Script) -> list[str]:
    """Types that 5.1 lacks in a function, or outside of one, that does not ask where it runs."""
    found = []
    for node in script.of("type_name"):
        if script.text(node).rsplit(".", 1)[-1].lower() not in _BRANCHED_TYPES:
            continue
        outer = node
        while outer.parent is not None and outer.type != "function_statement":
            outer = outer.parent
        if outer.type != "function_statement" or "$OnWindows" not in script.text(outer):
            found.append(script.text(node))
    return found


@dataclass(frozen=True)
class Rule:
    """One rule: what is wrong, where it comes from, and how it is found."""

    wrong: str
    source: str
    find: Callable[[Script], list[str]]


def _parameters(names: set[str]) -> Callable[[Script], list[str]]:
    return lambda script: [text for _name, found, text in script.commands if any(p.lower() in names for p in found)]


RULES = (
    Rule("cannot be parsed", "7", _errors),
    Rule("has a byte order mark", "1.1", lambda script: ["BOM"] if script.data.startswith(b"\xef\xbb\xbf") else []),
    Rule("is not ASCII", "0.1", lambda script: [repr(bytes([byte])) for byte in script.data if byte > 127]),
    Rule("has carriage returns", "1.1", lambda script: ["CR"] if b"\r" in script.data else []),
    Rule(
        "lacks the marker",
        "1.1",
        lambda script: (
            []
            if script.data.startswith(b"#!powershell\n#Requires -Version 5.1\n")
            else [script.data[:40].decode("latin1")]
        ),
    ),
    Rule(
        "has a marker that fails somewhere",
        "1.1",
        lambda script: [
            text
            for text in script.texts("comment")
            if re.match(
                r"#\s*(Requires\s+-(?!Version 5\.1$)|AnsibleRequires\s+-(OSVersion|Wrapper|CSharpUtil)|POWERSHELL_COMMON)",
                text,
                re.I,
            )
        ],
    ),
    Rule("chains pipelines", "7", lambda script: script.texts("pipeline_chain_tail")),
    Rule("has a clean block", "7", lambda script: [t for n, _found, t in script.commands if n.lower() == "clean"]),
    Rule("runs a loop in parallel", "7", lambda script: script.texts("foreach_parameter")),
    Rule("has a parameter newer than 5.1", "7", _parameters(_NEW_PARAMETERS)),
    Rule("has a type newer than 5.1", "7", lambda script: [name for name in script.types if name in _NEW_TYPES]),
    Rule("has a type newer than 5.1 outside of a branch", "7", _unbranched),
    Rule("has an escape newer than 5.1", "7", _newer_strings),
    Rule(
        "has a variable that 5.1 lacks",
        "5",
        lambda script: [
            t for t in script.texts("variable") if re.fullmatch(r"\$Is(Windows|Linux|MacOS|CoreCLR)", t, re.I)
        ],
    ),
    Rule(
        "uses more than namespaces",
        "7",
        lambda script: [
            t
            for n, _found, t in script.commands
            if n.lower() == "using" and not t.startswith("using namespace System.")
        ],
    ),
    Rule("defines a class or enumeration", "7", lambda script: script.texts("class_statement", "enum_statement")),
    Rule(
        "sets strict mode",
        "7",
        lambda script: [t for n, _found, t in script.commands if n == "Set-StrictMode" and t.split()[1:] != ["-Off"]],
    ),
    *(Rule(why, "6" if why != "is newer than 5.1" else "7", _forbidden(why)) for why in _FORBIDDEN),
    Rule("runs a command by a name that is not written out", "3", _dynamic),
    Rule("makes code out of text", "3", _text_as_code),
    Rule("gives secrets to a command that logs them", "6", _secret_arguments),
    Rule(
        "writes JSON without a depth",
        "2.1",
        lambda script: [t for n, p, t in script.commands if n == "ConvertTo-Json" and "-Depth" not in p],
    ),
    Rule("shows data on the console", "1.3", lambda script: [name for name in script.types if name == "console"]),
    Rule(
        "has an advanced function, whose arguments are logged",
        "6",
        lambda script: [t for t in script.texts("attribute") if re.match(r"\[\s*(CmdletBinding|Parameter)\b", t, re.I)],
    ),
    Rule(
        "calls a command that is not on the list",
        "7",
        lambda script: [
            text
            for name, _found, text in script.commands
            if name and not name.startswith(("$", "'", '"')) and name not in {*ALLOWED_COMMANDS, *script.functions}
        ],
    ),
)
