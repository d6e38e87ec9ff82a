# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The password check of PFX files.

**PRIVATE** to the collection.

The library gives the same error for a wrong passphrase and for a key of an unknown kind. The MAC tells them apart.
"""

from __future__ import annotations

import hashlib
import hmac

from . import der
from .keys import DIGESTS

# Checked only after a failure; more rounds than this are not worth the wait.
_MOST_ITERATIONS = 1_000_000
_MAC_PURPOSE = 3


def mac_key(passphrase: str | None, *, salt: bytes, iterations: int, digest: str) -> bytes:
    """Key of the MAC (RFC 7292, appendix B.2; one block of output is what a MAC needs)."""
    size = hashlib.new(digest).block_size
    secret = b"" if passphrase is None else passphrase.encode("utf-16-be") + b"\0\0"

    def filled(data: bytes) -> bytes:
        length = -(-len(data) // size) * size
        return (data * (length // len(data) + 1))[:length] if data else b""

    key = bytes([_MAC_PURPOSE]) * size + filled(salt) + filled(secret)
    for _round in range(iterations):
        key = hashlib.new(digest, key).digest()
    return key


def passphrase_fits(data: bytes, passphrase: str | None) -> bool | None:
    """Does the MAC of a PFX fit the passphrase? None if there is no MAC or it is of an unknown kind.

    Without passphrase both ways in which programs write that count: none, and an empty one.
    """
    try:
        parts = der.read(data).children()
        if len(parts) < 3:
            return None
        content = parts[1].children()[1].children()[0].expect(der.OCTET_STRING).content
        digest_info, salt, *rest = parts[2].children()
        algorithm, expected = digest_info.children()
        digest = DIGESTS.get(der.oid_text(algorithm.children()[0].content))
        iterations = der.integer(rest[0]) if rest else 1
    except (der.DerError, IndexError, ValueError):
        return None
    if digest is None or not 1 <= iterations <= _MOST_ITERATIONS:
        return None
    return any(
        hmac.compare_digest(
            hmac.new(
                mac_key(candidate, salt=salt.content, iterations=iterations, digest=digest), content, digest
            ).digest(),
            expected.content,
        )
        for candidate in ([passphrase] if passphrase else [None, ""])
    )
