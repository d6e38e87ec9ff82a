# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text as it is pasted: hidden characters, thumbprints, encodings of text files.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from .._errors import InputError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_HEX_40 = re.compile(r"[0-9A-Fa-f]{40}")


def strip_invisible(text: str) -> str:
    """The text without blanks, line breaks, control and format characters (byte order marks, U+200E, ...)."""
    plain = "".join(text.split())
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(character for character in plain if unicodedata.category(character) not in _INVISIBLE)


def normalize_thumbprint(text: str) -> str:
    """A thumbprint as 40 upper-case hexadecimal digits (product.md#thumbprints).

    Blanks, colons and the hidden characters that the certificate dialog of Windows puts into the clipboard are taken
    out. Raises `InputError` for anything else.
    """
    plain = strip_invisible(text).replace(":", "")
    if _HEX_40.fullmatch(plain):
        return plain.upper()
    strange = sorted({character for character in plain if character not in "0123456789abcdefABCDEF"})
    if strange:
        shown = ", ".join(f"U+{ord(character):04X}" for character in strange[:3])
        raise InputError(
            f"bad thumbprint: it holds characters that are no hexadecimal digits ({shown}); "
            "a thumbprint is 40 hexadecimal digits (SHA-1)"
        )
    hint = " this length is that of SHA-256, Windows uses SHA-1;" if len(plain) == 64 else ""
    raise InputError(f"bad thumbprint: it has {len(plain)} hexadecimal digits,{hint} it must have 40 (SHA-1)")


def decode_text(data: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16 (with or without byte order mark) or, failing that, in Latin-1."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    head = data[:256]
    if len(head) >= 4:
        # ASCII in UTF-16 has a zero in every other byte: behind each character (little-endian) or before it.
        even, odd = head[0::2], head[1::2]
        if odd.count(0) > 0.9 * len(odd) and 0 not in even[:2]:
            return data.decode("utf-16-le", "replace")
        if even.count(0) > 0.9 * len(even) and 0 not in odd[:2]:
            return data.decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
