# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections of the state (contract: Sections).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from . import cmdlets, store_steps
from .errors import PowerShellError, stop_step
from .session import Session
from .values import format_date

_STORE = re.compile(r"(My|Root|CA|REQUEST):(full|brief)")
_QUERIES = {
    "assignments": ("Get-CsCertificate", None),
    "requests": ("Request-CsCertificate", "List"),
    "services": ("Get-CsWindowsService", None),
}


def stores_in(names: Iterable[str]) -> list[str]:
    """The stores that a call reads: their certificates tell who issued another one."""
    return [found[1] for found in map(_STORE.match, names) if found]


def read_section(session: Session, name: str, *, issuers: frozenset[str]) -> dict[str, Any]:
    """One section; raises PowerShellError where the runner would fail it as a whole."""
    found = _STORE.fullmatch(name)
    if found:
        return store_steps.read_store(session, found[1], full=found[2] == "full", issuers=issuers)
    if name.lower() in _QUERIES:
        return session.secrets.hide(_query(session, *_QUERIES[name.lower()]))  # type: ignore[no-any-return]
    if name == "computer":
        return _computer(session)
    if name != "topology":
        raise stop_step("Protocol", f"unknown section '{name}'")
    row: dict[str, Any] = {
        "computer": _query(session, "Get-CsComputer", "Local"),
        "edge": _query(session, "Get-CsService", "EdgeServer"),
        "sip_domains": _query(session, "Get-CsSipDomain", None),
    }
    return {**row, "ok": all(part["ok"] for part in row.values())}


def _query(session: Session, name: str, switch: str | None) -> dict[str, Any]:
    """A reading cmdlet with one switch or none; its failure is a row."""
    try:
        return cmdlets.run_cmdlet(session, name, {switch: {"t": "switch", "v": True}} if switch else {})
    except PowerShellError as error:
        return {"ok": False, "errors": [error.record.row()]}


def _computer(session: Session) -> dict[str, Any]:
    pool = session.pool
    row: dict[str, Any] = {
        "ok": True,
        "fqdn": pool.fqdn,
        "joined": pool.domain is not None,
        "domain": pool.domain or "WORKGROUP",
        "elevated": pool.elevated,
        "os_version": pool.os_version,
        "ps_version": pool.ps_version,
        "module": None,
        "module_version": None,
        "time": format_date(session.now()),
        "time_zone": "UTC",
        "utc_offset": 0,
        "errors": [],
    }
    try:
        cmdlets.need_module(session)
        row.update(module=pool.switch("module_name"), module_version=str(pool.switch("module_version")))
    except PowerShellError as error:
        row["errors"].append(error.record.row())
    return row
