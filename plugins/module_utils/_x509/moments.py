# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments as users write them. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone

from .._errors import InputError

#: What all supported versions of Python read alike.
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{6})?)?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII)


def parse_moment(value: object, name: str) -> datetime:
    """An aware time in UTC from a date or time of Python, or from its text in ISO 8601.

    A date means its begin. What names no time zone is UTC, as everywhere in this collection.

    :param name: what to call the value in the message.
    :raises InputError: it is no date or time.
    """
    moment = _read(value)
    if moment is None:
        raise InputError(f"{name}: '{value}' is no date or time; write it as 2026-12-01 or 2026-12-01T10:00:00Z")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    try:
        return aware.astimezone(timezone.utc)
    except OverflowError as error:
        raise InputError(f"{name}: '{value}' lies outside of the years 1 to 9999") from error


def _read(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        # Python 3.10 does not read the Z
        return datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "Zz" else text)
    except ValueError:
        return None
