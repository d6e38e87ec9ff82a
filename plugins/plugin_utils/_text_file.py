# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text files on the controller, written whole or not at all. **PRIVATE** to the collection."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from ..module_utils._errors import InputError

#: Characters that are read at once.
_PIECE = 1 << 16


def mode_of(value: Any) -> int:
    """The bits of a file's mode: a number, or a text of octal digits such as C(0644).

    :raises InputError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0o7777:
        return value
    if isinstance(value, str) and re.fullmatch(r"(0o?)?[0-7]{3,4}", value.strip()):
        return int(value.strip().replace("o", ""), 8)
    raise InputError(f"mode: '{value}' is no mode of a file; write it in quotes as '0644'")


def read_text(path: str) -> Iterator[str]:
    """The text of a file in pieces, with its own line ends.

    :raises OSError: it cannot be read, or there is none; when the first piece is asked for.
    """
    with open(path, encoding="utf-8", errors="replace", newline="") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def has_mode(path: str, mode: int) -> bool:
    """Whether a file has just these bits."""
    return stat.S_IMODE(os.stat(path).st_mode) == mode


def write_text(path: str, text: Iterable[str], mode: int) -> None:
    """Writes a file in UTF-8 beside its place and moves it there, so that nobody reads half of it.

    Missing folders are made.

    :param text: a text, or its pieces.
    :raises OSError: it cannot be written; then the file is as before.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    # in the same folder, since a move between file systems is a copy; hidden, so that no collector takes it
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".new", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:
            stream.writelines([text] if isinstance(text, str) else text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
