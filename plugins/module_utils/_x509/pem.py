# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM blocks and bare base64 in text that people, pages and programs have touched.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from .text import strip_invisible

_BEGIN = re.compile(r"-----BEGIN ([A-Za-z0-9][A-Za-z0-9 #.]{0,60})-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_HEADER = re.compile(r"^[ \t]*[A-Za-z][A-Za-z0-9-]*:.*$", re.MULTILINE)
_SHORTEST_BARE = 32


class Block(NamedTuple):
    """One PEM block: `data` is None if it cannot be decoded, `problem` tells why."""

    label: str
    data: bytes | None
    problem: str | None = None


def _decode(body: str) -> bytes | None:
    """Bytes of base64 text with or without padding, None if it is no base64."""
    if not _BASE64.fullmatch(body):
        return None
    digits = body.rstrip("=")
    if len(digits) % 4 == 1:
        return None
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def find_blocks(text: str) -> list[Block]:
    """All PEM blocks of a text.

    Source: RFC 7468, section 2, more lenient: indents, blank lines, any line length, text around.
    """
    blocks: list[Block] = []
    marks = list(_BEGIN.finditer(text))
    for index, mark in enumerate(marks):
        label = mark[1].strip()
        limit = marks[index + 1].start() if index + 1 < len(marks) else len(text)
        end = text.find(f"-----END {mark[1]}-----", mark.end(), limit)
        if end < 0:
            blocks.append(Block(label, None, f"there is no line END {label}"))
            continue
        data = _decode(strip_invisible(_HEADER.sub("", text[mark.end() : end])))
        blocks.append(Block(label, data, None if data is not None else "the text between the labels is no base64"))
    return blocks


def bare_base64(text: str) -> bytes | None:
    """The bytes of a text that is nothing but base64, None if it is something else."""
    body = strip_invisible(text)
    return _decode(body) if len(body) >= _SHORTEST_BARE else None


def encode(data: bytes, label: str) -> str:
    """A PEM block with lines of 64 characters and LF."""
    digits = base64.b64encode(data).decode("ascii")
    lines = [digits[start : start + 64] for start in range(0, len(digits), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
