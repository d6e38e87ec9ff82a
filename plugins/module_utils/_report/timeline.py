# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timeline of the report as a picture (SVG), in pieces. **PRIVATE** to the collection.

Lengths along the time are percentages, so that the picture fits every width while its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

from .formats import visible

#: Pixels: a line of text, the head of a pool, the axis, a bar, the room below it.
_LINE, _HEAD, _AXIS, _BAR, _GAP = 18, 30, 34, 14, 10
#: Days that are shown at least and at most.
_SHORTEST, _LONGEST = 60, 1100
#: Distances of the marks of the axis in months, and how many there may be.
_STEPS, _MOST_MARKS = (1, 2, 3, 6, 12), 5
#: Longer names would reach beyond the edge of a phone.
_LONGEST_NAME = 40

#: Patterns that tell the states apart without colour: plain, dots, stripes.
_PATTERNS = """<defs>
<pattern id="fill-ok" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#cfe3d4"/></pattern>
<pattern id="fill-warning" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#ffe9b0"/>
<circle cx="4" cy="4" r="1.7" fill="#5c4300"/></pattern>
<pattern id="fill-critical" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="8" height="8" fill="#ffd9d6"/><rect width="4" height="8" fill="#8c0f0a"/></pattern>
</defs>
"""


@dataclass(frozen=True)
class _Axis:
    """The days that the picture shows."""

    first: date
    last: date

    def place(self, day: date) -> float:
        """Where a day is, in percent; what lies outside is at the edge."""
        share = (day - self.first).days / (self.last - self.first).days * 100
        return round(min(max(share, 0.0), 100.0), 2)


def timeline(report: Mapping[str, Any]) -> Iterator[str]:
    """The picture: for each pool and usage a bar up to the end of each certificate."""
    axis = _axis(report)
    height = _AXIS + sum(needed for _part, needed in _rows(report, axis))
    today = axis.place(_day(report["day"]))
    marks = "".join(_mark(day, axis, height) for day in _marks(axis))
    marks += _line("today", today, _AXIS - 8, height)
    yield (
        f'<svg role="img" aria-labelledby="timeline-title timeline-description" width="100%" height="{height + 8}">\n'
        '<title id="timeline-title">Ends of validity by pool and usage</title>\n'
        f'<desc id="timeline-description">One bar for each certificate, from its begin to its end, on an axis from '
        f"{axis.first} to {axis.last}; a line marks {escape(report['day'])}. Striped bars are critical, dotted ones are "
        "warnings, plain ones are in order. The tables of the pools say the same in words.</desc>\n"
        f"{_PATTERNS}{marks}\n"
    )
    top = _AXIS
    for part, needed in _rows(report, axis):
        yield f'<g transform="translate(0 {top})">{part}</g>\n'
        top += needed
    yield f'<text x="{today}%" y="12" class="mark">today</text>\n</svg>'


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _axis(report: Mapping[str, Any]) -> _Axis:
    today = _day(report["day"])
    ends = [_day(row["not_after"]) for _pool, _use, row in _bars(report) if row["not_after"]]
    reach = max((min((end - today).days, _LONGEST) for end in ends), default=_SHORTEST)
    reach = max(reach, _SHORTEST)
    # a little of the past, where the ends of expired certificates are
    return _Axis(today - timedelta(days=max(reach // 12, 5)), today + timedelta(days=reach))


def _bars(report: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]]:
    for pool in report["pools"]:
        for use in pool["usages"]:
            for row in use["certificates"]:
                yield pool, use, row


def _rows(report: Mapping[str, Any], axis: _Axis) -> Iterator[tuple[str, int]]:
    """The parts of the picture from the top on, with their heights in pixels."""
    today = axis.place(_day(report["day"]))
    for pool in report["pools"]:
        yield f'<text class="pool" y="20">{_short(pool["pool"] or "Pool not known")}</text>', _HEAD
        for use in pool["usages"]:
            for row in use["certificates"]:
                yield _bar(use, row, axis, len(pool["servers"]), today)
            if not use["certificates"]:
                yield _empty(use)
        if not pool["usages"]:
            yield '<text y="16">No usage is known</text>', _HEAD


def _bar(use: Mapping[str, Any], row: Mapping[str, Any], axis: _Axis, members: int, today: float) -> tuple[str, int]:
    """A certificate: usage and end in the first line, what is special in a second one, the bar."""
    end = row["not_after"][:10] if row["not_after"] else ""
    notes = [_label(row["status"])] if row["status"] != "ok" else []
    notes += [f"{len(row['servers'])} of {members} servers"] if len(row["servers"]) < members else []
    notes += [f"takes over {row['takes_over'][:10]}"] if row["takes_over"] else []
    told = f"{end}, {row['days_left']} d" if end else "end not known"
    last = axis.place(_day(row["not_after"])) if end else 0.0
    first = min(axis.place(_day(row["not_before"])) if row["not_before"] else 0.0, last)
    width = max(round(last - first, 2), 0.6)
    top = _LINE * (2 if notes else 1) + 4
    lines = _line("today", today, top - 3, top + _BAR + 3)
    if row["takes_over"]:
        lines += _line("takeover", axis.place(_day(row["takes_over"])), top - 3, top + _BAR + 3)
    part = (
        f"<title>{_text(use['type'])} on {_text(', '.join(row['servers']))}: {_text(row['subject'])}, "
        f'{_label(row["status"])}</title><text y="16">{_short(use["type"])}</text>'
        f'<text y="16" x="100%" class="end">{_text(told)}</text>'
        + (f'<text y="{16 + _LINE}" class="note">{_text(", ".join(notes))}</text>' if notes else "")
        + f'<rect class="bar" x="{first}%" y="{top}" width="{width}%" height="{_BAR}" fill="url(#fill-{row["status"]})"/>'
        + lines
    )
    return part, top + _BAR + _GAP


def _empty(use: Mapping[str, Any]) -> tuple[str, int]:
    part = (
        f'<text y="16">{_short(use["type"])}</text><text y="16" x="100%" class="end note">NO CERTIFICATE</text>'
        f'<rect class="none" x="0" y="{_LINE + 4}" width="100%" height="{_BAR}"/>'
    )
    return part, _LINE + 4 + _BAR + _GAP


def _line(kind: str, place: float, top: int, bottom: int) -> str:
    return f'<line class="{kind}" x1="{place}%" x2="{place}%" y1="{top}" y2="{bottom}"/>'


def _label(status: str) -> str:
    return {"critical": "CRITICAL", "warning": "WARNING"}.get(status, "OK")


def _text(value: Any) -> str:
    return escape(visible(value))


def _short(name: str) -> str:
    plain = visible(name)
    return escape(plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "\u2026")


def _marks(axis: _Axis) -> list[date]:
    """First days of months at even distances, as many as have room."""
    for step in _STEPS:
        months = range(axis.first.year * 12 + axis.first.month, axis.last.year * 12 + axis.last.month)
        days = [date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0]
        days = [day for day in days if 8 <= axis.place(day) <= 92]
        if len(days) <= _MOST_MARKS:
            break
    return days


def _mark(day: date, axis: _Axis, height: int) -> str:
    place = axis.place(day)
    return _line("grid", place, _AXIS - 8, height) + f'<text class="mark" x="{place}%" y="24">{day:%Y-%m}</text>'
