# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of certificates as a module gets them: by path or by content. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._state.unknown import is_unknown

PATH_OR_CONTENT: dict[str, dict[str, Any]] = {"path": {"type": "path"}, "content": {"type": "str", "no_log": True}}
#: Larger files are no certificates.
_LIMIT = 8 * 1024 * 1024


def read_content(params: Mapping[str, Any], find: Callable[[str], str]) -> tuple[bytes | None, str]:
    """The bytes of C(path) on the controller, or of C(content) (text of a PEM file, or base64).

    :param find: finds a relative path as Ansible does.
    :returns: the bytes and a name for messages; None for content that is not known yet.
    :raises InputError: the file cannot be read.
    """
    if params["path"]:
        return _read_file(params["path"], find), params["path"]
    content = params["content"] or ""
    if not content.strip() or is_unknown(content):
        return None, "content"
    return decode_content(content), "content"


def decode_content(content: str) -> bytes:
    """The bytes that a text stands for: PEM as it is, else base64; any other text as it is, to be refused by name."""
    if "-----BEGIN" not in content:
        try:
            return base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    return content.encode("utf-8", "surrogateescape")


def _read_file(path: str, find: Callable[[str], str]) -> bytes:
    try:
        found = find(path)
        if os.path.getsize(found) > _LIMIT:
            raise InputError(f"{path}: is larger than 8 MB and no file of certificates")
        with open(found, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read on the controller: {error.strerror or error}") from error
