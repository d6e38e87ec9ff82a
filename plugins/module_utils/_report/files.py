# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report, and whether they say anything new. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .formats import to_csv, to_json, to_prometheus
from .page import to_html

#: How each format is made, by the name that the options have.
FORMATS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
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


def same_but_time(kind: str, one: str, other: str) -> bool:
    """Whether two files of a format are the same, apart from the time at which they were made."""
    stamp = _STAMPS.get(kind)
    if stamp is None:
        return one == other
    return stamp.sub("", one, count=1) == stamp.sub("", other, count=1)
