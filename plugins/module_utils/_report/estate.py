# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an estate as plain data. **PRIVATE** to the collection; its schema is in docs/guides/report.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .._product.usages import EDGE_USAGES, USAGES
from .._state.stored import format_time
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
    texts = _Texts()
    members = [
        _member(read_server(host, spec.servers[host]), spec.limits, now, texts)
        for host in sorted(spec.servers, key=natural)
    ]
    pools = pools_of({member.host: member.row["pool"] for member in members}, spec.sets)
    problems = _problems(members, pools)
    of_host, of_pool = _grouped(problems, "host"), _grouped(problems, "pool")
    rows = [_server(member, pools[member.host], of_host.get(member.host, ())) for member in members]
    rows_of: dict[str, list[dict[str, Any]]] = {name: [] for name in sorted(set(pools.values()), key=natural)}
    for row in rows:
        rows_of[row["pool"]].append(row)
    return {
        "schema": SCHEMA,
        "generated": format_time(now),
        "day": f"{now:%Y-%m-%d}",
        "title": spec.title,
        "limits": dict(vars(spec.limits)),
        "status": worst(problems),
        "summary": _summary(rows, problems),
        "pools": [_pool(name, own, of_pool.get(name, ())) for name, own in rows_of.items()],
        "servers": rows,
        "problems": [problem.to_dict() for problem in problems],
    }


class _Texts:
    """Equal texts once: the servers of a pool tell the same of the same certificate, and a report holds all of it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def once(self, value: Any) -> Any:
        """The value, with texts that came before in place of equal ones."""
        if isinstance(value, str):
            return self._known.setdefault(value, value)
        if isinstance(value, list):
            return [self.once(item) for item in value]
        if isinstance(value, dict):
            return {name: self.once(item) for name, item in value.items()}
        return value


@dataclass(frozen=True)
class _Member:
    """What stays of the result of a server, which can be large, once it was judged.

    :ivar row: what the report shows of it; the pool as its topology says, the status and what is wrong not yet.
    :ivar uses: its usages, without the facts of their certificates; None unless it was read.
    :ivar shown: what the report shows of each of them; what is wrong not yet.
    :ivar problems: what is wrong with it and its usages; without its pool.
    """

    row: Mapping[str, Any]
    uses: Sequence[Use] | None
    shown: Sequence[Mapping[str, Any]]
    problems: Sequence[Problem]

    @property
    def host(self) -> str:
        """Name in the inventory."""
        return str(self.row["host"])


def _member(server: Server, limits: Limits, now: datetime, texts: _Texts) -> _Member:
    uses = uses_of(server, now) if server.state == READ else []
    found = server_findings(server) + [item for use in uses for item in use_findings(use, limits)]
    computer = server.computer
    row = {
        "host": server.host,
        "fqdn": str(computer.get("fqdn") or ""),
        "pool": server.pool,
        "state": server.state,
        "message": server.message,
        "status": "",
        "product": " ".join(str(computer[name]) for name in ("module", "module_version") if computer.get(name)),
    }
    return _Member(
        row=texts.once(row),
        uses=[use.brief() for use in uses] if server.state == READ else None,
        shown=[texts.once(use.to_dict()) for use in uses],
        problems=[Problem(**texts.once({**vars(item), "host": server.host})) for item in found],
    )


def _problems(members: Sequence[_Member], pools: Mapping[str, str]) -> list[Problem]:
    """All problems, the worst first, then by pool, host and usage."""
    found = [replace(item, pool=pools[member.host]) for member in members for item in member.problems]
    uses = {member.host: member.uses for member in members if member.uses is not None}
    of_pool: dict[str, dict[str, Sequence[Use]]] = {}
    for host, own in uses.items():
        of_pool.setdefault(pools[host], {})[host] = own
    found += [replace(item, pool=pool) for pool, own in of_pool.items() for item in pool_findings(own)]
    found += estate_findings(uses)
    order = {name: natural(name) for name in {name for item in found for name in (item.pool, item.host)}}
    return sorted(
        dict.fromkeys(found),
        key=lambda item: (
            SEVERITIES.index(item.severity),
            order[item.pool],
            order[item.host],
            item.type,
            item.kind,
            item.text,
        ),
    )


def _grouped(problems: Iterable[Problem], name: str) -> dict[str, list[Problem]]:
    """Problems by their host or pool, in their order."""
    groups: dict[str, list[Problem]] = {}
    for item in problems:
        groups.setdefault(getattr(item, name), []).append(item)
    return groups


def _server(member: _Member, pool: str, mine: Sequence[Problem]) -> dict[str, Any]:
    return {
        **member.row,
        "pool": pool,
        "status": worst(mine),
        "usages": [_use(use, [item for item in mine if item.type == use["type"]]) for use in member.shown],
        "problems": [item.text for item in mine if not item.type],
    }


def _use(row: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    return {**row, "status": worst(problems), "problems": [item.text for item in problems]}


def _pool(name: str, rows: Sequence[Mapping[str, Any]], mine: Sequence[Problem]) -> dict[str, Any]:
    known = [*EDGE_USAGES, *(usage for usage in USAGES if usage not in EDGE_USAGES)]
    types = {use["type"] for row in rows for use in row["usages"]}
    ordered = sorted(types, key=lambda usage: (known.index(usage) if usage in known else len(known), usage))
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
