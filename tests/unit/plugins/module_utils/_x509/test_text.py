# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pasted text."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.text import decode_text, normalize_thumbprint
from hypothesis import given
from hypothesis import strategies as st

PLAIN = "0123456789ABCDEF0123456789ABCDEF01234567"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.lower(),
        "\u200e" + PLAIN,
        "\u200e01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67\r\n",
        ":".join(PLAIN[index : index + 2] for index in range(0, 40, 2)),
        "\ufeff\u00a0" + PLAIN + "\0",
    ],
)
def test_thumbprints_as_pasted(text: str) -> None:
    """From the certificate dialog, from openssl, from a file."""
    assert normalize_thumbprint(text) == PLAIN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has 0 hexadecimal digits"),
        (PLAIN[:38], "has 38 hexadecimal digits"),
        ("A" * 64, "SHA-256"),
        (PLAIN[:-1] + "G", r"U\+0047"),
        ("?" + PLAIN, r"U\+003F"),
        ("\uff10" + PLAIN[1:], r"U\+FF10"),
    ],
)
def test_bad_thumbprints(text: str, expected: str) -> None:
    """The message tells the length or the characters."""
    with pytest.raises(InputError, match=expected):
        normalize_thumbprint(text)


@given(st.text(max_size=60))
def test_any_text_is_a_thumbprint_or_an_error(text: str) -> None:
    """40 upper-case digits or one line."""
    try:
        result = normalize_thumbprint(text)
    except InputError as error:
        result = error.message
    assert re.fullmatch(r"[0-9A-F]{40}|bad thumbprint: .*", result)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    """Recognised with and without byte order mark."""
    assert decode_text("-----BEGIN X-----\r\nAAAA".encode(encoding)) == "-----BEGIN X-----\r\nAAAA"


def test_latin_1() -> None:
    """What is no UTF-8 is read byte by byte."""
    assert decode_text(b"Gr\xfc\xdfe") == "Gr\u00fc\u00dfe"
