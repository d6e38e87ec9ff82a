# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All emulated cmdlets, and running one (contract: Steps, `cmdlet`).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from ..server.errors import PowerShellError, stop_step
from ..server.session import Session
from ..server.values import to_row
from .call import Call
from .parameters import Bound, Cmdlet

_HOMES = {
    **dict.fromkeys(("Get-CsCertificate", "Get-CsComputer", "Get-CsService", "Get-CsSipDomain"), "queries"),
    "Get-CsWindowsService": "queries",
    "Request-CsCertificate": "request",
    **dict.fromkeys(("Import-CsCertificate", "Set-CsCertificate", "Remove-CsCertificate"), "certificate"),
    "Test-CsCertificateConfiguration": "certificate",
    **dict.fromkeys(("Stop-CsWindowsService", "Start-CsWindowsService"), "service"),
    **dict.fromkeys(("Get-CsPool", "Get-CsTopology", "Test-CsReplica"), "topology"),
    "Get-CsManagementStoreReplicationStatus": "topology",
    "Invoke-CsManagementStoreReplication": "topology",
}


class _Cmdlets(Mapping[str, Cmdlet]):
    """All cmdlets by name. Their modules are loaded when they are asked for: Ansible compiles them anew for each task."""

    def __getitem__(self, name: str) -> Cmdlet:
        found: tuple[Cmdlet, ...] = import_module(f"{__package__}.{_HOMES[name]}").CMDLETS
        return next(cmdlet for cmdlet in found if cmdlet.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


CMDLETS = _Cmdlets()


def need_module(session: Session) -> None:
    """The vendor module that is installed must be among those asked for (contract: Input, `modules`)."""
    installed = str(session.pool.switch("module_name"))
    if installed.lower() not in [m.lower() for m in session.modules]:
        names = ", ".join(session.modules)
        raise stop_step("Module", f"none of these PowerShell modules is installed: {names}")


def run_cmdlet(
    session: Session, name: str, parameters: Mapping[str, Any], *, properties: list[str] | None = None, limit: int = 600
) -> dict[str, Any]:
    """Run one cmdlet of the allow-list; gives the row of its step.

    Raises PowerShellError for what the runner itself refuses. `limit` is in seconds.
    """
    cmdlet = CMDLETS.get(name)
    if cmdlet is None:
        raise stop_step("Forbidden", f"the cmdlet is not allowed: '{name}'")
    need_module(session)
    from .binding import bind

    try:
        bound = bind(cmdlet, parameters, files=session.files, secrets=session.secrets)
    except PowerShellError as error:
        # What the runner refuses, or a .NET method that it calls, ends the step; the rest is the cmdlet's error.
        if error.record.id.startswith("CsInvoke.") or error.record.category == "NotSpecified":
            raise
        return _failed(cmdlet, error)
    return _run(cmdlet, Call(session, bound, limit), properties or [])


def run_query(session: Session, name: str, bound: Bound) -> dict[str, Any]:
    """Run a cmdlet that reads, with parameters that need no binding; gives what `run_cmdlet` does."""
    cmdlet = CMDLETS[name]
    need_module(session)
    return _run(cmdlet, Call(session, bound, 600), [])


def _run(cmdlet: Cmdlet, call: Call, properties: list[str]) -> dict[str, Any]:
    try:
        if not call.bound.get("WhatIf"):
            assigned = dict(call.state.assignments)
            cmdlet.run(call)
            if call.state.assignments != assigned:
                from . import loading

                loading.follow(call, assigned)
        _write_report(call, cmdlet.name)
    except PowerShellError as error:
        if error.record.id.startswith("CsInvoke."):
            raise
        return _failed(cmdlet, error, call)
    rows = [to_row(o, properties) for o in call.output]
    return {"ok": True, "output": rows, "warnings": call.warnings, "information": call.information, "errors": []}


def _failed(cmdlet: Cmdlet, error: PowerShellError, call: Call | None = None) -> dict[str, Any]:
    warnings, information = (call.warnings, call.information) if call else ([], [])
    errors = [error.in_command(cmdlet.name).record.row()]
    return {"ok": False, "output": [], "warnings": warnings, "information": information, "errors": errors}


def _write_report(call: Call, name: str) -> None:
    """-Report: an HTML log, over an existing file; its form is [U]. What fails here leaves none.

    Source: product.md#common-parameters.
    """
    path = call.bound.get("Report")
    if not path:
        return
    import html

    shown = [f"-{key} {_shown(value)}" for key, value in call.bound.values.items() if "password" not in key.lower()]
    rows = [f"<li>{html.escape(text)}</li>" for text in (*shown, *(f"Warning: {text}" for text in call.warnings))]
    text = f"<html><head><title>{name}</title></head><body><h1>{name}</h1><ul>{''.join(rows)}</ul></body></html>\r\n"
    call.session.files.overwrite(path, text.encode("utf-8"), put=call.session.after_commit.append)


def _shown(value: Any) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
