# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that are known only after a step. **PRIVATE** to the collection."""

from __future__ import annotations

import re

_FORM = re.compile(r"\(known after ([a-z]+)\)")


class Unknown(str):
    """A value that a later step makes, for example the thumbprint of a certificate not yet issued.

    It is a text, so that it can stand wherever the value will: in states, diffs and commands.
    Source: rules.md#unknown-is-a-value.

    :ivar origin: the step after which it is known: C(request), C(issue) or C(export).
    """

    origin: str

    def __new__(cls, origin: str) -> Unknown:
        """Makes the placeholder for what the step C(origin) brings."""
        value = super().__new__(cls, f"(known after {origin})")
        value.origin = origin
        return value


def parse_unknown(text: str) -> str:
    """Gives the text back, as Unknown if it has the form of one (it came through JSON)."""
    match = _FORM.fullmatch(text)
    return Unknown(match[1]) if match else text


def is_unknown(value: object) -> bool:
    """Tells whether a value is a placeholder."""
    return isinstance(value, Unknown) or (isinstance(value, str) and _FORM.fullmatch(value) is not None)


def holds_unknown(value: object) -> bool:
    """Tells whether a placeholder stands anywhere in a JSON-like value."""
    if isinstance(value, str):
        return _FORM.search(value) is not None
    if isinstance(value, dict):
        return any(holds_unknown(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple)):
        return any(holds_unknown(item) for item in value)
    return False
