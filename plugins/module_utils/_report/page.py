# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one page of HTML. **PRIVATE** to the collection.

It loads nothing, runs nothing, and says nothing by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .formats import visible
from .style import STYLE
from .timeline import timeline

#: Forbids the page to load or run anything, whatever text of a server might get into it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LABELS = {"critical": "Critical", "warning": "Warning", "info": "Note", "ok": "OK"}
_STATES = {"read": "read", "failed": "not read", "unreachable": "not reached"}


def to_html(report: Mapping[str, Any]) -> str:
    """The page."""
    title = _text(report["title"])
    body = "\n".join(
        (
            _header(report),
            f'<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>\n{timeline(report)}\n</section>',
            _problems(report["problems"]),
            *(_pool(pool, number) for number, pool in enumerate(report["pools"], 1)),
            _servers(report["servers"]),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


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


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column heads its rows; the cells are HTML.

    The roles keep it a table for screen readers where a narrow screen shows its rows as blocks.
    """
    columns = "".join(f'<th scope="col" role="columnheader">{head}</th>' for head in heads)
    lines = []
    for first, *others in rows:
        cells = "".join(
            f'<td role="cell" data-label="{head}">{cell}</td>' for head, cell in zip(heads[1:], others, strict=True)
        )
        lines.append(
            f'<tr role="row"><th scope="row" role="rowheader" data-label="{heads[0]}">{first}</th>{cells}</tr>'
        )
    body = "\n".join(lines)
    return (
        f'<table role="table"><caption>{caption}</caption>\n<thead role="rowgroup"><tr role="row">{columns}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody></table>'
    )


def _problems(problems: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            _badge(item["severity"]),
            _text(item["host"] or "all of the pool"),
            _text(item["type"] or "the server"),
            _text(item["text"]),
            _text(item["pool"]),
        )
        for item in problems
    ]
    heads = ("Severity", "Server", "Usage", "What", "Pool")
    inner = _table("The worst come first", heads, rows) if rows else "<p>Nothing is wrong.</p>"
    return f'<section aria-labelledby="problems"><h2 id="problems">What is wrong</h2>\n{inner}\n</section>'


def _pool(pool: Mapping[str, Any], number: int) -> str:
    rows = []
    for use in pool["usages"]:
        for row in use["certificates"]:
            end = (
                f"{_text(row['not_after'])[:10]} ({_text(row['days_left'])} days)" if row["not_after"] else "not known"
            )
            later = f"<br>takes over {_text(row['takes_over'])}" if row["takes_over"] else ""
            thumbprint = f"<code>{_text(row['thumbprint'])}</code>"
            rows.append(
                (
                    _text(use["type"]),
                    _badge(row["status"]),
                    end + later,
                    _text(", ".join(row["servers"])),
                    _text(row["subject"]),
                    thumbprint,
                )
            )
        if not use["certificates"]:
            rows.append((_text(use["type"]), _badge(use["status"]), "no certificate", "", "", ""))
    name = _text(pool["pool"] or "Pool not known")
    heads = ("Usage", "State", "Ends", "Servers", "Subject", "Thumbprint")
    servers = _text(", ".join(pool["servers"]))
    inner = _table(f"Certificates in use, servers: {servers}", heads, rows)
    if not rows:
        inner = f"<p>No usage is known of the servers {servers}.</p>"
    return f'<section aria-labelledby="pool-{number}"><h2 id="pool-{number}">{name}</h2>\n{inner}\n</section>'


def _servers(servers: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            _text(row["host"]),
            _badge(row["status"]),
            _STATES[row["state"]] + (f": {_text(row['message'])}" if row["message"] else ""),
            _text(row["fqdn"]),
            _text(row["pool"]),
            _text(row["product"]),
        )
        for row in servers
    ]
    heads = ("Server", "State", "Answer", "FQDN", "Pool", "Product")
    table = _table("All servers of this report", heads, rows)
    return f'<section aria-labelledby="servers"><h2 id="servers">Servers</h2>\n{table}\n</section>'
