# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an estate as plain data. **PRIVATE** to the collection; its schema is in docs/guides/report.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .._core.stored import format_time
from .._product.usages import EDGE_USAGES, USAGES
from .findings import estate_findings, pool_findings, server_findings
from .problem import SEVERITIES, Limits, Problem, worst
from .server import READ, Server, pools_of, read_server
from .use import Use, uses_of
from .use_findings import use_findings

#: Of the plain data; raised when a key changes its meaning or goes away.
SCHEMA = 1


@dataclass(frozen=True)
class ReportSpec:
    """What a report is made of.

    :ivar servers: what cs_certificate_info returned for each host, or how it failed.
    :ivar sets: the set of servers that a host belongs to according to the inventory; may lack hosts.
    """

    servers: Mapping[str, Any]
    sets: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    title: str = ""


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts C(edge2) before C(edge10)."""
    parts = re.split(r"([0-9]+)", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def build_report(spec: ReportSpec, now: datetime) -> dict[str, Any]:
    """The report: the same for the same input, in whatever order that comes.

    :param now: aware; the time for which everything is judged.
    :raises InputError: a value of C(servers) is no result of cs_certificate_info.
    """
    servers = [read_server(host, spec.servers[host]) for host in sorted(spec.servers, key=natural)]
    pools = pools_of(servers, spec.sets)
    uses = {server.host: uses_of(server, now) for server in servers if server.state == READ}
    problems = _problems(servers, pools, uses, spec.limits)
    rows = [_server(server, pools[server.host], uses.get(server.host, []), problems) for server in servers]
    return {
        "schema": SCHEMA,
        "generated": format_time(now),
        "day": f"{now:%Y-%m-%d}",
        "title": spec.title,
        "limits": dict(vars(spec.limits)),
        "status": worst(problems),
        "summary": _summary(rows, problems),
        "pools": [
            _pool(name, [row for row in rows if row["pool"] == name], problems)
            for name in sorted(set(pools.values()), key=natural)
        ],
        "servers": rows,
        "problems": [problem.to_dict() for problem in problems],
    }


def _problems(
    servers: Sequence[Server], pools: Mapping[str, str], uses: Mapping[str, Sequence[Use]], limits: Limits
) -> list[Problem]:
    """All problems, the worst first, then by pool, host and usage."""
    found = []
    for server in servers:
        own = server_findings(server)
        own += [item for use in uses.get(server.host, ()) for item in use_findings(use, limits)]
        found += [replace(item, pool=pools[server.host], host=server.host) for item in own]
    for pool in set(pools.values()):
        members = {host: rows for host, rows in uses.items() if pools[host] == pool}
        found += [replace(item, pool=pool) for item in pool_findings(members)]
    found += estate_findings(uses)
    return sorted(
        dict.fromkeys(found),
        key=lambda item: (
            SEVERITIES.index(item.severity),
            natural(item.pool),
            natural(item.host),
            item.type,
            item.kind,
            item.text,
        ),
    )


def _server(server: Server, pool: str, uses: Sequence[Use], problems: Sequence[Problem]) -> dict[str, Any]:
    mine = [item for item in problems if item.host == server.host]
    computer = server.computer
    return {
        "host": server.host,
        "fqdn": str(computer.get("fqdn") or ""),
        "pool": pool,
        "state": server.state,
        "message": server.message,
        "status": worst(mine),
        "product": " ".join(str(computer[name]) for name in ("module", "module_version") if computer.get(name)),
        "usages": [_use(use, [item for item in mine if item.type == use.type]) for use in uses],
        "problems": [item.text for item in mine if not item.type],
    }


def _use(use: Use, problems: Sequence[Problem]) -> dict[str, Any]:
    return use.to_dict() | {"status": worst(problems), "problems": [item.text for item in problems]}


def _pool(name: str, rows: Sequence[Mapping[str, Any]], problems: Sequence[Problem]) -> dict[str, Any]:
    known = [*EDGE_USAGES, *(usage for usage in USAGES if usage not in EDGE_USAGES)]
    types = {use["type"] for row in rows for use in row["usages"]}
    ordered = sorted(types, key=lambda usage: (known.index(usage) if usage in known else len(known), usage))
    mine = [item for item in problems if item.pool == name]
    return {
        "pool": name,
        "status": worst(mine),
        "servers": [row["host"] for row in rows],
        "usages": [
            {
                "type": usage,
                "status": worst(item for item in mine if item.type == usage),
                "certificates": _certificates(usage, rows),
            }
            for usage in ordered
        ],
    }


def _certificates(usage: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The different certificates that servers of a pool have for a usage, the one that ends first at the top."""
    found: dict[str, dict[str, Any]] = {}
    copied = ("thumbprint", "subject", "issuer", "not_before", "not_after", "days_left")
    order = {"critical": 0, "warning": 1, "ok": 2}
    for row in rows:
        for use in row["usages"]:
            if use["type"] != usage or not use["assigned"]:
                continue
            entry = found.setdefault(use["thumbprint"], {name: use[name] for name in copied} | {"servers": []})
            entry["servers"].append(row["host"])
            entry["status"] = min(entry.get("status", "ok"), use["status"], key=lambda status: order[status])
            entry["takes_over"] = use["effective_date"] if use["staged"] else entry.get("takes_over")
    return sorted(found.values(), key=lambda entry: (entry["not_after"] or "9999", entry["thumbprint"]))


def _summary(rows: Sequence[Mapping[str, Any]], problems: Sequence[Problem]) -> dict[str, Any]:
    counts = {severity: sum(item.severity == severity for item in problems) for severity in SEVERITIES}
    used = [(use["not_after"], row, use) for row in rows for use in row["usages"] if use["assigned"]]
    dated = [(end, row, use) for end, row, use in used if end]
    end, row, use = min(dated, key=lambda entry: entry[0]) if dated else (None, {}, {})
    return {
        "servers": len(rows),
        "read": sum(row["state"] == READ for row in rows),
        "pools": len({row["pool"] for row in rows}),
        "certificates": len({use["thumbprint"] for _end, _row, use in used}),
        **counts,
        "next_end": {
            "not_after": end,
            "days_left": use.get("days_left"),
            "pool": row.get("pool", ""),
            "host": row.get("host", ""),
            "type": use.get("type", ""),
        },
    }
