# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the contract: fields, tagged texts, typed parameters, plain output.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import ErrorRecord, PowerShellError, method_error, stop_step

MASK = "********"
_BASE64_MESSAGE = (
    "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, "
    "or an illegal character among the padding characters. "
)


class Row(NamedTuple):
    """An output object of a cmdlet: type name and properties (contract: Result, Output row)."""

    type_name: str
    properties: Mapping[str, Any]


def get_field(source: Any, name: str, default: Any = None) -> Any:
    """A field in any case; null counts as absent (contract: Values)."""
    if source is None:
        return default
    if not isinstance(source, Mapping):
        kind = {str: "System.String", bool: "System.Boolean", int: "System.Int32"}.get(type(source), "System.Object[]")
        message = f"Method invocation failed because [{kind}] does not contain a method named 'get_Keys'."
        raise PowerShellError(ErrorRecord(message, "MethodNotFound", "InvalidOperation"))
    for key, value in source.items():
        if str(key).lower() == name.lower() and value is not None:
            return value
    return default


def get_text(tagged: Any) -> str:
    """A text without its mark (contract: Values)."""
    if not isinstance(tagged, str) or not tagged.startswith("="):
        raise stop_step("Protocol", "a text must start with =")
    return tagged[1:]


def get_list(value: Any) -> list[Any]:
    """What `@(...)` makes of a value."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def get_map(value: Any) -> Mapping[str, Any]:
    """A dictionary; anything else fails as `get_Keys` would."""
    if not isinstance(value, Mapping):
        get_field(value if value is not None else "", "")
    return value  # type: ignore[no-any-return]


def get_int(value: Any) -> int:
    """A whole number as `[int]` makes it of a number or digits."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        kind = "System.Collections.Hashtable" if isinstance(value, Mapping) else "System.String"
        message = f'Cannot convert the "{value}" value of type "{kind}" to type "System.Int32".'
        raise PowerShellError(ErrorRecord(message, "InvalidCast", "InvalidArgument")) from None


def decode_base64(value: str) -> bytes:
    """Base64 as `[Convert]::FromBase64String` reads it: white space is allowed, nothing else."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise method_error("FromBase64String", 1, "System.FormatException", _BASE64_MESSAGE) from None


def get_data(step: Any) -> bytes:
    """The base64 field `data` of a step."""
    data = get_field(step, "data")
    if not isinstance(data, str):
        raise stop_step("Protocol", "the field data is missing")
    return decode_base64(data)


def parse_date(value: Any) -> dt.datetime:
    """`20261201T100000Z` as an aware time (contract: Values)."""
    try:
        return dt.datetime.strptime(str(value), "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.timezone.utc)
    except ValueError:
        message = "String was not recognized as a valid DateTime."
        raise method_error("ParseExact", 4, "System.FormatException", message) from None


def format_date(value: dt.datetime) -> str:
    """A time of the result: `2026-12-01T10:00:00Z` (contract: Values)."""
    return value.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_plain(value: Any) -> Any:
    """What the runner lets through to JSON (contract: Result, Output row)."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, dt.datetime):
        return format_date(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (list, tuple)):
        return [to_plain(v) for v in value]
    return str(value)


def to_row(value: Row | str, properties: list[str]) -> dict[str, Any]:
    """One output object as a row with the properties asked for, all of them without any."""
    if isinstance(value, str):
        return {"_type": "System.String", "text": value}
    wanted = {str(p).lower() for p in properties}
    row: dict[str, Any] = {"_type": value.type_name}
    row.update({k: to_plain(v) for k, v in value.properties.items() if not wanted or k.lower() in wanted})
    return row


class Secrets:
    """The secret texts of one call; those from four characters on are blanked (contract: Steps)."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def take(self, tagged: Any) -> str:
        """A secret text without its mark; it is remembered."""
        text = get_text(tagged)
        if len(text) >= 4:
            self._texts.append(text)
        return text

    def hide(self, value: Any) -> Any:
        """A copy of JSON-able data without the secrets."""
        if isinstance(value, str):
            for text in self._texts:
                value = value.replace(text, MASK)
            return value
        if isinstance(value, Mapping):
            return {k: self.hide(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.hide(v) for v in value]
        return value

    def __contains__(self, data: bytes) -> bool:
        return any(text.encode("utf-8") in data for text in self._texts)
