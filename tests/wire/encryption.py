# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages encrypted with the session of NTLM ([MS-WSMV], 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Any

TYPE = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
_BOUNDARY = b"--Encrypted Boundary"
_HEAD = re.compile(
    rb"--Encrypted Boundary\r\n"
    rb"\s*Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    rb"\s*OriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(\d+)\r\n"
    rb"--Encrypted Boundary\r\n"
    rb"\s*Content-Type: application/octet-stream\r\n"
)


class NotEncrypted(Exception):
    """A body is not what the session encrypts."""


def decrypt(context: Any, content_type: str, body: bytes) -> bytes:
    """The message in a body.

    :param context: the session, as pyspnego has it after the login.
    :raises NotEncrypted: it is in the clear, was changed, or comes from another session.
    """
    if re.sub(r"\s", "", content_type) != re.sub(r"\s", "", TYPE):
        raise NotEncrypted("the body is not encrypted")
    head, tail = _HEAD.match(body), _BOUNDARY + b"--\r\n"
    if head is None or not body.endswith(tail):
        raise NotEncrypted("the parts of the body are not as they have to be")
    sealed = body[head.end() : -len(tail)]
    try:
        (length,) = struct.unpack_from("<I", sealed)
        if length != 16:
            raise NotEncrypted("a signature of NTLM has 16 bytes")
        message = bytes(context.unwrap(sealed[4:]).data)
    except NotEncrypted:
        raise
    except Exception as error:
        # whatever the library says: the body is none of this session
        raise NotEncrypted(f"the body cannot be decrypted: {error}") from error
    if len(message) != int(head[1]):
        raise NotEncrypted("the body has another length than it says")
    return message


def encrypt(context: Any, message: bytes) -> bytes:
    """The body that carries a message."""
    sealed = bytes(context.wrap(message, encrypt=True).data)
    head = (
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(message)}\r\n"
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/octet-stream\r\n"
    )
    return head.encode("ascii") + struct.pack("<I", 16) + sealed + _BOUNDARY + b"--\r\n"
