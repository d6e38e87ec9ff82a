# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file holds, found out from its content.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._errors import InputError
from . import der
from .pem import Block, bare_base64, find_blocks
from .text import decode_text

CERTIFICATE = "a certificate"
PKCS7 = "a PKCS#7 file"
PKCS12 = "a PKCS#12 (PFX) file"
REQUEST = "a certificate request (PKCS#10)"
CMC_REQUEST = "a CMC or PKCS#7 request"
PRIVATE_KEY = "a private key"
PUBLIC_KEY = "a public key"
CRL = "a certificate revocation list"
INDEFINITE = "a BER structure of indefinite length"
UNKNOWN = "something else"

SIGNED_DATA = "1.2.840.113549.1.7.2"
_PKI_DATA = "1.3.6.1.5.5.7.12.2"
_FILLING = b" \t\r\n\0\x1a"

_HTML = re.compile(r"<\s*(!doctype\s+html|html|head|body|title)\b", re.IGNORECASE)
_TITLE = re.compile(r"<\s*title[^>]*>(.*?)<", re.IGNORECASE | re.DOTALL)
_DISPOSITION = re.compile(r"disposition message is\s*\"([^\"<]{1,200})", re.IGNORECASE)
_INF = re.compile(r"^\s*\[\s*(version|newrequest|requestattributes)\s*\]", re.IGNORECASE | re.MULTILINE)
_MAGIC = (
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\0\0\0\0CERT", "a serialized certificate store (.sst); export the certificates as .p7b"),
    (b"\xfe\xed\xfe\xed", "a Java key store"),
    (b"%PDF", "a PDF document"),
)


class Found(NamedTuple):
    """One object of a file: one of the kinds above, and its bytes."""

    kind: str
    data: bytes


def kind_of(data: bytes) -> str:
    """Kind of an encoded object. Raises `DerError` if it is cut short or no ASN.1 at all."""
    if data[:2] == b"\x30\x80":
        return INDEFINITE
    parts = der.read(data).expect(der.SEQUENCE).children()
    tags = [part.tag for part in parts]
    if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        return _kind_of_signed(parts[0])
    if tags[:1] == [der.OID]:
        return _kind_of_cms(parts)
    if tags == [der.SEQUENCE, der.OCTET_STRING]:
        return PRIVATE_KEY
    if tags == [der.SEQUENCE, der.BIT_STRING]:
        return PUBLIC_KEY
    if tags[:1] == [der.INTEGER]:
        if tags[1:2] == [der.SEQUENCE]:
            return PKCS12 if der.integer(parts[0]) == 3 else PRIVATE_KEY
        if tags[1:2] == [der.OCTET_STRING] or (len(tags) > 5 and set(tags) == {der.INTEGER}):
            return PRIVATE_KEY
    return UNKNOWN


def _kind_of_signed(signed: der.Node) -> str:
    """Certificate, request or list, by the fields of the signed part."""
    tags = [part.tag for part in signed.children()]
    if any(tag in (der.UTC_TIME, der.GENERALIZED_TIME) for tag in tags):
        return CRL
    if tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and len(tags) <= 4 and tags[3:] in ([], [0xA0]):
        return REQUEST
    return CERTIFICATE if len(tags) >= 6 else UNKNOWN


def _kind_of_cms(parts: list[der.Node]) -> str:
    """PKCS#7 with certificates or a request of certreq (CMC, RFC 5272; or a renewal, where PKCS#7 wraps PKCS#10)."""
    if der.oid_text(parts[0].content) != SIGNED_DATA:
        return UNKNOWN
    try:
        inner = parts[1].children()[0].children()[2].children()
        if der.oid_text(inner[0].expect(der.OID).content) == _PKI_DATA:
            return CMC_REQUEST
        if len(inner) > 1 and kind_of(inner[1].children()[0].content) == REQUEST:
            return CMC_REQUEST
    except (der.DerError, IndexError):
        pass
    return PKCS7


def find_objects(data: bytes, name: str) -> list[Found]:
    """The objects of a file, at least one; `name` is how messages call the file.

    Binary: one or more encoded objects, followed by blanks or zeros at most. Text (UTF-8, UTF-16, Latin-1): PEM blocks
    with anything around them, or base64 alone. Raises `InputError` if there is nothing, telling what it is instead.
    """
    if not data.strip(_FILLING):
        raise InputError(f"{name} is empty ({len(data)} bytes)")
    damage: str | None = None
    if data[:1] == b"\x30":
        try:
            found = _binary(data)
        except der.DerError as error:
            damage = str(error)
        else:
            if found[0].kind != UNKNOWN:
                return found
    text = decode_text(data)
    blocks = find_blocks(text)
    if blocks:
        return [_from_block(block, index + 1, name) for index, block in enumerate(blocks)]
    bare = bare_base64(text)
    if bare is not None and bare[:1] == b"\x30":
        try:
            return _binary(bare)
        except der.DerError as error:
            raise InputError(f"{name} is damaged: it is base64 text of data that is not whole ({error})") from error
    if damage is not None and not text.isprintable():
        raise InputError(f"{name} is damaged or cut short: {damage}")
    raise InputError(f"{name} holds no certificate data; it is {_describe(data, text)}")


def _binary(data: bytes) -> list[Found]:
    """Encoded objects one after the other. Raises `DerError`."""
    if data[:2] == b"\x30\x80":
        return [Found(INDEFINITE, data)]
    found: list[Found] = []
    rest = data
    while rest:
        node = der.read(rest)
        found.append(Found(kind_of(node.encoded), node.encoded))
        rest = rest[node.end :].lstrip(_FILLING)
        if rest and rest[0] != der.SEQUENCE:
            raise der.DerError(f"{len(rest)} unknown bytes follow the encoded data")
    return found


def _from_block(block: Block, number: int, name: str) -> Found:
    """The object of a PEM block; the content counts, the label only where there is nothing to look at."""
    if "PRIVATE KEY" in block.label:
        return Found(PRIVATE_KEY, b"")
    where = f"block {number} ({block.label}) of {name}"
    if block.data is None:
        if "CERTIFICATE" in block.label or "PKCS" in block.label or "CMS" in block.label:
            raise InputError(f"{where} is damaged: {block.problem}; get the file again")
        return Found(UNKNOWN, b"")
    try:
        return Found(kind_of(block.data), block.data)
    except der.DerError as error:
        raise InputError(f"{where} is damaged: {error}; get the file again") from error


def _describe(data: bytes, text: str) -> str:
    """What the content looks like. Never quotes it, except for the title and message of a web page."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return what
    if _HTML.search(text[:4096]):
        message = _DISPOSITION.search(text)
        if message is not None:
            return f"an HTML page of a certification authority that says: {message[1].strip()}"
        title = _TITLE.search(text)
        return f"an HTML page titled '{' '.join(title[1].split())[:80]}'" if title else "an HTML page"
    if _INF.search(text):
        return "an INF file for certreq, not what certreq made of it"
    if "\0" in text or "\ufffd" in text:
        return "binary data of no known kind"
    return "text without a certificate"
