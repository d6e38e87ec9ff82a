# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one page of HTML, in pieces. **PRIVATE** to the collection.

It loads nothing, runs nothing, and says nothing by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from .formats import visible
from .style import STYLE, labels
from .timeline import timeline

#: Forbids the page to load or run anything, whatever text of a server might get into it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LABELS = {"critical": "Critical", "warning": "Warning", "info": "Note", "ok": "OK"}
#: The tables by the names that the style has for them, with the heads of their columns.
_TABLES = {
    "problems": ("Severity", "Server", "Usage", "What", "Pool"),
    "pool": ("Usage", "State", "Ends", "Servers", "Subject", "Thumbprint"),
    "servers": ("Server", "State", "Answer", "FQDN", "Pool", "Product"),
}
_STATES = {"read": "read", "failed": "not read", "unreachable": "not reached"}


def to_html(report: Mapping[str, Any]) -> Iterator[str]:
    """The page."""
    style = STYLE + "".join(labels(table, heads) for table, heads in _TABLES.items())
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{_text(report['title'])}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
    )
    yield _header(report)
    yield '\n<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>\n'
    yield from timeline(report)
    yield "\n</section>\n"
    yield from _problems(report["problems"])
    for number, pool in enumerate(report["pools"], 1):
        yield from _pool(pool, number)
    yield from _servers(report["servers"])
    yield "</main>\n</body>\n</html>\n"


def _text(value: Any) -> str:
    return escape(visible("" if value is None else value))


def _badge(status: str) -> str:
    return f'<strong class="badge {status}">{_LABELS[status]}</strong>'


def _header(report: Mapping[str, Any]) -> str:
    summary = report["summary"]
    end = summary["next_end"]
    first = (
        f"{_text(end['not_after'])[:10]}: {_text(end['type'])} on {_text(end['host'])}" if end["not_after"] else "none"
    )
    facts = (
        ("Servers", f"{summary['read']} of {summary['servers']} read"),
        ("Pools", summary["pools"]),
        ("Certificates in use", summary["certificates"]),
        ("Critical", summary["critical"]),
        ("Warnings", summary["warning"]),
        ("Next end", first),
    )
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    generated = _text(report["generated"])
    return (
        f"<header><h1>{_text(report['title'])}</h1>\n<p>{_badge(report['status'])} as of "
        f'<time datetime="{generated}">{generated}</time></p>\n<dl>{rows}</dl></header>'
    )


def _table(table: str, caption: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table whose first column heads its rows; the cells are HTML.

    The roles keep it a table for screen readers where a narrow screen shows its rows as blocks.
    """
    columns = "".join(f'<th scope="col" role="columnheader" data-label="{head}">{head}</th>' for head in _TABLES[table])
    yield (
        f'<table role="table" class="{table}"><caption>{caption}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{columns}</tr></thead>\n<tbody role="rowgroup">\n'
    )
    for first, *others in rows:
        cells = "".join(f'<td role="cell">{cell}</td>' for cell in others)
        yield f'<tr role="row"><th scope="row" role="rowheader">{first}</th>{cells}</tr>\n'
    yield "</tbody></table>\n"


def _problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = (
        (
            _badge(item["severity"]),
            _text(item["host"] or "all of the pool"),
            _text(item["type"] or "the server"),
            _text(item["text"]),
            _text(item["pool"]),
        )
        for item in problems
    )
    yield '<section aria-labelledby="problems"><h2 id="problems">What is wrong</h2>\n'
    if problems:
        yield from _table("problems", "The worst come first", rows)
    else:
        yield "<p>Nothing is wrong.</p>\n"
    yield "</section>\n"


def _pool(pool: Mapping[str, Any], number: int) -> Iterator[str]:
    name = _text(pool["pool"] or "Pool not known")
    servers = _text(", ".join(pool["servers"]))
    yield f'<section aria-labelledby="pool-{number}"><h2 id="pool-{number}">{name}</h2>\n'
    if pool["usages"]:
        rows = (row for use in pool["usages"] for row in _certificates(use))
        yield from _table("pool", f"Certificates in use, servers: {servers}", rows)
    else:
        yield f"<p>No usage is known of the servers {servers}.</p>\n"
    yield "</section>\n"


def _certificates(use: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """The rows of a usage: one for each certificate, or one that says that there is none."""
    for row in use["certificates"]:
        end = f"{_text(row['not_after'])[:10]} ({_text(row['days_left'])} days)" if row["not_after"] else "not known"
        yield (
            _text(use["type"]),
            _badge(row["status"]),
            end + (f"<br>takes over {_text(row['takes_over'])}" if row["takes_over"] else ""),
            _text(", ".join(row["servers"])),
            _text(row["subject"]),
            f"<code>{_text(row['thumbprint'])}</code>",
        )
    if not use["certificates"]:
        yield _text(use["type"]), _badge(use["status"]), "no certificate", "", "", ""


def _servers(servers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = (
        (
            _text(row["host"]),
            _badge(row["status"]),
            _STATES[row["state"]] + (f": {_text(row['message'])}" if row["message"] else ""),
            _text(row["fqdn"]),
            _text(row["pool"]),
            _text(row["product"]),
        )
        for row in servers
    )
    yield '<section aria-labelledby="servers"><h2 id="servers">Servers</h2>\n'
    yield from _table("servers", "All servers of this report", rows)
    yield "</section>\n"
