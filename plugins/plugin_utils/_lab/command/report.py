# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts about a lab: what its servers have, what was called.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..runner import journal
from ..server.folder import LabFolder
from ..server.values import MASK


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _assignment_rows(lab: LabFolder) -> list[list[str]]:
    rows = [["SERVER", "USAGE", "SUBJECT", "THUMBPRINT", "VALID UNTIL", "KEY"]]
    for host, server in lab.servers():
        state = server.load() or {}
        mine = {c["thumbprint"]: c for c in state.get("stores", {}).get("My", [])}
        assignments = state.get("assignments", {})
        for usage, assigned in assignments.items():
            found = mine.get(assigned["thumbprint"], {})
            key = "yes" if found.get("container") in state["containers"] else "no"
            until = found.get("not_after", "-")[:10]
            rows.append([host, usage, found.get("subject", "(not in My)"), assigned["thumbprint"], until, key])
        if not assignments:
            rows.append([host, "-", "(nothing assigned)", "-", "-", "-"])
    return rows


def summary(lab: LabFolder, *, since: int = 0) -> Iterator[str]:
    """What is assigned where, and how many remote calls there were after number `since`."""
    yield from _table(_assignment_rows(lab))
    calls: dict[str, list[int]] = {}
    for call in journal.read(lab, since=since):
        count = calls.setdefault(call["host"], [0, 0])
        count[0] += 1
        count[1] += _failed(call)
    yield ""
    head = ["SERVER", "REMOTE CALLS", "FAILED"]
    yield from _table([head, *([host, str(a), str(b)] for host, (a, b) in sorted(calls.items()))])


def _failed(call: Mapping[str, Any]) -> bool:
    return call["fatal"] is not None or call["failed_step"] is not None


def _quote(value: Any) -> str:
    text = str(value).removeprefix("=")
    return f"'{text}'" if not text or set(text) & set(" ,;'\"&|()") else text


def _parameter(name: str, spec: Any) -> str:
    if spec == MASK or not isinstance(spec, Mapping):
        return f"-{name} {MASK}"
    kind, value = spec.get("t"), spec.get("v")
    if kind == "switch":
        return f"-{name}" if value else ""
    if kind == "list" and isinstance(value, list):
        return f"-{name} {','.join(_quote(v) for v in value)}"
    if kind == "bool":
        return f"-{name} ${str(value).lower()}"
    return f"-{name} {_quote(value)}"


def command_of(step: Any) -> str:
    """A step of the journal in short: a cmdlet as one would type it, else the operation and what it is about."""
    if not isinstance(step, Mapping):
        return "(no step)"
    operation = str(step.get("op", ""))
    if operation == "cmdlet":
        parts = [_parameter(n, s) for n, s in (step.get("parameters") or {}).items()]
        return " ".join([str(step.get("name", "")), *filter(None, parts)])
    about = step.get("path") or step.get("thumbprint") or ""
    if operation == "cert_import":
        about = ", ".join(f"{t} to {s}" for t, s in (step.get("stores") or {}).items())
    elif about and operation.startswith("cert_"):
        about = f"{about} in {step.get('store', 'My')}"
    return f"{operation} {str(about).removeprefix('=')}".strip()


def listing(calls: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The calls of the journal, numbered, each with its steps."""
    for call in calls:
        marks = [
            " (check mode)" if call["check_mode"] else "",
            f" as {call['become_user']}" if call["become_user"] else "",
        ]
        read = f" read {', '.join(str(r) for r in call['read'])}" if call["read"] else ""
        yield f"{call['number']:>4}  {call['time'][:19]}Z  {call['host']}{''.join(marks)}{read}"
        for step, result in zip(call["steps"], call["results"], strict=False):
            outcome = "" if result["ok"] else f"  FAILED {result['id']}: {' '.join(result['message'].split())}"
            yield f"      {command_of(step)}{outcome}"
        if call["fatal"]:
            yield f"      FAILED {call['fatal']['id']}: {call['fatal']['message']}"
