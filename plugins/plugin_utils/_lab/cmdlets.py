# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All emulated cmdlets, and running one (contract: Steps, `cmdlet`).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from . import loading
from .binding import bind
from .call import Call
from .cmdlet_certificate import CERTIFICATE_CMDLETS
from .cmdlet_request import REQUEST
from .cmdlet_service import SERVICE_CMDLETS
from .cmdlet_topology import TOPOLOGY_CMDLETS
from .errors import PowerShellError, stop_step
from .session import Session
from .values import to_row

CMDLETS = {c.name: c for c in (REQUEST, *CERTIFICATE_CMDLETS, *SERVICE_CMDLETS, *TOPOLOGY_CMDLETS)}


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
    call: Call | None = None
    try:
        bound = bind(cmdlet, parameters, files=session.files, secrets=session.secrets)
        call = Call(session, bound, limit)
        if not bound.get("WhatIf"):
            assigned = dict(session.state.assignments)
            cmdlet.run(call)
            loading.follow(call, assigned)
        _write_report(call, name)
    except PowerShellError as error:
        # What the runner refuses, or a .NET method that it calls, ends the step; the rest is the cmdlet's error.
        if error.record.id.startswith("CsInvoke.") or (call is None and error.record.category == "NotSpecified"):
            raise
        warnings, information = (call.warnings, call.information) if call else ([], [])
        errors = [error.in_command(name).record.row()]
        return {"ok": False, "output": [], "warnings": warnings, "information": information, "errors": errors}
    rows = [to_row(o, properties or []) for o in call.output]
    return {"ok": True, "output": rows, "warnings": call.warnings, "information": call.information, "errors": []}


def _write_report(call: Call, name: str) -> None:
    """-Report: an HTML log, over an existing file (reference 1); its form is [U]. What fails here leaves none."""
    path = call.bound.get("Report")
    if not path:
        return
    shown = [f"-{key} {_shown(value)}" for key, value in call.bound.values.items() if "password" not in key.lower()]
    rows = [f"<li>{html.escape(text)}</li>" for text in (*shown, *(f"Warning: {text}" for text in call.warnings))]
    text = f"<html><head><title>{name}</title></head><body><h1>{name}</h1><ul>{''.join(rows)}</ul></body></html>\r\n"
    call.session.files.overwrite(path, text.encode("utf-8"), put=call.session.after_commit.append)


def _shown(value: Any) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
