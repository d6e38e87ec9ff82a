# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extensions of certificates and requests.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import der

_KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


@dataclass(frozen=True)
class Extensions:
    """What the known extensions say. None or empty: the extension is absent or unreadable."""

    is_ca: bool = False
    path_length: int | None = None
    dns_names: tuple[str, ...] = ()
    extended_key_usage: tuple[str, ...] | None = None
    key_usage: tuple[str, ...] | None = None
    subject_key_identifier: str | None = None
    authority_key_identifier: str | None = None
    crl_distribution_points: tuple[str, ...] = ()
    template: str | None = None
    unreadable_extensions: tuple[str, ...] = ()


def _basic_constraints(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.9."""
    parts = node.expect(der.SEQUENCE).children()
    is_ca = bool(parts) and parts[0].tag == der.BOOLEAN and any(parts.pop(0).content)
    return {"is_ca": is_ca, "path_length": der.integer(parts[0]) if parts else None}


def _key_usage(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.3."""
    flags = der.bits(node)
    names = tuple(
        name
        for index, name in enumerate(_KEY_USAGES)
        if index // 8 < len(flags) and flags[index // 8] & (0x80 >> index % 8)
    )
    return {"key_usage": names}


def _extended_key_usage(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.12."""
    oids = (der.oid_text(part.expect(der.OID).content) for part in node.expect(der.SEQUENCE).children())
    return {"extended_key_usage": tuple(oids)}


def _subject_alternative_name(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.6; only dNSName. An empty dNSName, seen in the field, is no name."""
    names = (part.content.decode("latin-1") for part in node.expect(der.SEQUENCE).children() if part.tag == 0x82)
    return {"dns_names": tuple(name for name in names if name.strip())}


def _subject_key_identifier(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.2."""
    return {"subject_key_identifier": node.expect(der.OCTET_STRING).content.hex().upper()}


def _authority_key_identifier(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.1; only keyIdentifier."""
    for part in node.expect(der.SEQUENCE).children():
        if part.tag == 0x80:
            return {"authority_key_identifier": part.content.hex().upper()}
    return {}


def _crl_distribution_points(node: der.Node) -> dict[str, Any]:
    """RFC 5280, section 4.2.1.13; only the URIs of full names."""
    urls: list[str] = []
    for point in node.expect(der.SEQUENCE).children():
        for name in (part for part in point.children() if part.tag == 0xA0):
            for full_name in (part for part in name.children() if part.tag == 0xA0):
                urls += [part.content.decode("latin-1") for part in full_name.children() if part.tag == 0x86]
    return {"crl_distribution_points": tuple(urls)}


def _template_name(node: der.Node) -> dict[str, Any]:
    """Name of a version 1 template (Microsoft, szOID_ENROLL_CERTTYPE_EXTENSION)."""
    return {"template": der.text(node)}


def _template_oid(node: der.Node) -> dict[str, Any]:
    """OID of a version 2 template (Microsoft, szOID_CERTIFICATE_TEMPLATE)."""
    return {"template": der.oid_text(node.expect(der.SEQUENCE).children()[0].expect(der.OID).content)}


_READERS: dict[str, Callable[[der.Node], dict[str, Any]]] = {
    "2.5.29.14": _subject_key_identifier,
    "2.5.29.15": _key_usage,
    "2.5.29.17": _subject_alternative_name,
    "2.5.29.19": _basic_constraints,
    "2.5.29.31": _crl_distribution_points,
    "2.5.29.35": _authority_key_identifier,
    "2.5.29.37": _extended_key_usage,
    "1.3.6.1.4.1.311.20.2": _template_name,
    "1.3.6.1.4.1.311.21.7": _template_oid,
}


def read_extensions(sequence: der.Node) -> Extensions:
    """The facts of a SEQUENCE OF Extension (RFC 5280, section 4.1).

    A malformed or repeated extension is listed in `unreadable_extensions` (OID) and spoils no other. Raises `DerError`
    only if the sequence itself is broken.
    """
    facts: dict[str, Any] = {}
    unreadable: list[str] = []
    seen: set[str] = set()
    for extension in sequence.expect(der.SEQUENCE).children():
        parts = extension.expect(der.SEQUENCE).fields(2, 3)
        oid = der.oid_text(parts[0].expect(der.OID).content)
        reader = _READERS.get(oid)
        if reader is None:
            continue
        try:
            if oid in seen:
                raise der.DerError("repeated extension")
            seen.add(oid)
            content = parts[-1].expect(der.OCTET_STRING)
            facts.update(reader(der.read(content.data, content.start, content.end)))
        except (der.DerError, IndexError):
            unreadable.append(oid)
    return Extensions(**facts, unreadable_extensions=tuple(unreadable))
