# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections of the state (contract: Sections).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..cmdlets import table as cmdlets
from ..cmdlets.parameters import Bound
from ..server.errors import PowerShellError, stop_step
from ..server.session import Session
from ..server.state import STORES
from ..server.values import format_date
from . import store_steps

#: Section -> cmdlet, the parameter set that its switch selects, and the switch.
QUERIES = {
    "assignments": ("Get-CsCertificate", "", ""),
    "requests": ("Request-CsCertificate", "ByList", "List"),
    "services": ("Get-CsWindowsService", "", ""),
}
TOPOLOGY_QUERIES = {
    "computer": ("Get-CsComputer", "Local", "Local"),
    "edge": ("Get-CsService", "", "EdgeServer"),
    "sip_domains": ("Get-CsSipDomain", "", ""),
}


def stores_in(names: Iterable[str]) -> list[str]:
    """The stores that a call reads: their certificates tell who issued another one."""
    return [store for name in names for store in STORES if name.startswith((f"{store}:full", f"{store}:brief"))]


def read_section(session: Session, name: str, *, issuers: frozenset[str]) -> dict[str, Any]:
    """One section; raises PowerShellError where the runner would fail it as a whole."""
    store, _colon, form = name.partition(":")
    if store in STORES and form in ("full", "brief"):
        return store_steps.read_store(session, store, full=form == "full", issuers=issuers)
    if name.lower() in QUERIES:
        return session.secrets.hide(_query(session, *QUERIES[name.lower()]))  # type: ignore[no-any-return]
    if name == "computer":
        return _computer(session)
    if name != "topology":
        raise stop_step("Protocol", f"unknown section '{name}'")
    row: dict[str, Any] = {part: _query(session, *query) for part, query in TOPOLOGY_QUERIES.items()}
    return {**row, "ok": all(part["ok"] for part in row.values())}


def _query(session: Session, name: str, parameter_set: str, switch: str) -> dict[str, Any]:
    """A reading cmdlet with one switch or none; its failure is a row."""
    try:
        return cmdlets.run_query(session, name, Bound(parameter_set, {switch: True} if switch else {}))
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
