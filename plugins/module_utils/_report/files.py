# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report, and whether they say anything new. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import zip_longest
from typing import Any

from .formats import to_csv, to_json, to_prometheus
from .page import to_html

#: How each format is made, by the name that the options have. It comes in pieces, for a large estate has megabytes of it.
FORMATS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "json": to_json,
    "csv": to_csv,
    "html": to_html,
    "prometheus": to_prometheus,
}
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
#: What differs in each format if nothing but the time of the report does.
_STAMPS = {
    "json": re.compile(rf'"generated": "{_TIME}"'),
    "html": re.compile(rf'<time datetime="{_TIME}">{_TIME}</time>'),
    "prometheus": re.compile(r"^sfb_certificate_report_timestamp_seconds \d+$", re.MULTILINE),
}


class Difference(Enum):
    """What is new in a file of the report."""

    NONE = "nothing"
    TIME = "the time at which it was made"
    MORE = "more than that"


def difference(kind: str, old: Iterable[str], new: Iterable[str]) -> Difference:
    """What is new in a file of a format.

    :param old: what is there, in pieces, which may end anywhere.
    :param new: what is to be there, likewise.
    """
    stamp, found = _STAMPS.get(kind), Difference.NONE
    for line, other in zip_longest(_lines(old), _lines(new)):
        if line != other:
            if stamp is None or line is None or other is None or stamp.sub("", line) != stamp.sub("", other):
                return Difference.MORE
            found = Difference.TIME
    return found


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text, without their ends; the last one is empty if the text ends with its end."""
    rest: list[str] = []
    for piece in pieces:
        first, *others = piece.split("\n")
        rest.append(first)
        for other in others:
            yield "".join(rest)
            rest = [other]
    yield "".join(rest)
