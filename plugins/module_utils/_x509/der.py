# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small reader of DER, for what the X.509 facts need.

**PRIVATE** to the collection.

Facts are read from the bytes themselves and not through a library, since Windows accepts certificates that libraries
refuse: serial numbers of zero or below, GOST keys, one broken extension, non-minimal lengths. ITU-T X.690.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, PRINTABLE_STRING, T61_STRING, IA5_STRING = 0x0C, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, UNIVERSAL_STRING, BMP_STRING = 0x17, 0x18, 0x1C, 0x1E
SEQUENCE, SET = 0x30, 0x31

_TIME = re.compile(r"(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d))")


class DerError(ValueError):
    """The bytes are not the DER structure that was expected."""


class CutShortError(DerError):
    """The data ends before the element does."""


class Node(NamedTuple):
    """One element: `data[begin:end]`, its content `data[start:end]`."""

    data: bytes
    tag: int
    begin: int
    start: int
    end: int

    @property
    def content(self) -> bytes:
        """The bytes without tag and length."""
        return self.data[self.start : self.end]

    @property
    def encoded(self) -> bytes:
        """The bytes with tag and length."""
        return self.data[self.begin : self.end]

    def children(self) -> list[Node]:
        """The elements inside. Raises `DerError` if the content is no row of elements."""
        nodes = []
        position = self.start
        while position < self.end:
            node = read(self.data, position, self.end)
            nodes.append(node)
            position = node.end
        return nodes

    def fields(self, least: int, most: int | None = None) -> list[Node]:
        """The elements inside, from `least` to `most` (without: exactly `least`). Raises `DerError`."""
        nodes = self.children()
        if not least <= len(nodes) <= (most or least):
            raise DerError(f"{len(nodes)} fields where {least} are expected")
        return nodes

    def expect(self, tag: int) -> Node:
        """The node itself. Raises `DerError` if it has another tag."""
        if self.tag != tag:
            raise DerError(f"tag 0x{self.tag:02X} where 0x{tag:02X} is expected")
        return self


def read(data: bytes, position: int = 0, end: int | None = None) -> Node:
    """The element at `position`. Raises `DerError`; `CutShortError` if it reaches beyond `end`."""
    limit = len(data) if end is None else end
    if position + 2 > limit:
        raise CutShortError(f"the data ends at byte {limit}")
    tag, length = data[position], data[position + 1]
    if tag & 0x1F == 0x1F:
        raise DerError("multi-byte tag")
    start = position + 2
    if length >= 0x80:
        count = length & 0x7F
        if count == 0 or count > 4:
            raise DerError("indefinite or absurd length")
        if start + count > limit:
            raise CutShortError(f"the data ends at byte {limit}")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > limit:
        raise CutShortError(f"{start + length - position} bytes are announced, {limit - position} are there")
    return Node(data, tag, position, start, start + length)


@lru_cache(maxsize=1024)
def oid_text(content: bytes) -> str:
    """Dotted text of the content of an OBJECT IDENTIFIER. Raises `DerError`."""
    if not content or content[-1] & 0x80:
        raise DerError("bad object identifier")
    numbers: list[int] = []
    value = 0
    for byte in content:
        value = (value << 7) | (byte & 0x7F)
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def integer(node: Node) -> int:
    """Value of an INTEGER. Raises `DerError`."""
    if node.expect(INTEGER).start == node.end:
        raise DerError("integer without content")
    return int.from_bytes(node.content, "big", signed=True)


def bits(node: Node) -> bytes:
    """Content of a BIT STRING without the octet of unused bits. Raises `DerError`."""
    if node.expect(BIT_STRING).start == node.end:
        raise DerError("bit string without content")
    return node.data[node.start + 1 : node.end]


def text(node: Node) -> str:
    """Text of any of the string types. Bytes that the type does not allow become replacement characters."""
    encoding = {UTF8_STRING: "utf-8", BMP_STRING: "utf-16-be", UNIVERSAL_STRING: "utf-32-be"}.get(node.tag, "latin-1")
    return node.content.decode(encoding, "replace")


def time(node: Node) -> datetime:
    """Value of a UTCTime or GeneralizedTime, in UTC; offsets as in BER. Raises `DerError`.

    Source: RFC 5280, section 4.1.2.5.
    """
    if node.tag not in (UTC_TIME, GENERALIZED_TIME):
        raise DerError(f"tag 0x{node.tag:02X} where a time is expected")
    match = _TIME.fullmatch(node.content.decode("latin-1"))
    if match is None or (len(match[1]) == 2) != (node.tag == UTC_TIME):
        raise DerError("bad time")
    year = int(match[1])
    if node.tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000
    try:
        value = datetime(year, *(int(match[i] or 0) for i in range(2, 7)), tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
        if match[7]:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
            value += -offset if match[7] == "+" else offset
    except (ValueError, OverflowError) as error:
        raise DerError(f"bad time: {error}") from error
    return value
