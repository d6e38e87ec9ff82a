# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments as users write them. **PRIVATE** to the collection."""

from __future__ import annotations

from datetime import date, datetime, time, timezone

from .._errors import InputError


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
    # Python 3.10 does not read the Z
    text = text[:-1] + "+00:00" if text[-1:] in ("Z", "z") and len(text) > len("2026-12-01") else text
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
