# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names, shown as Windows shows them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from functools import lru_cache

from . import der

COMMON_NAME = "2.5.4.3"

_SHORT_NAMES = {
    COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "S",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.13": "Description",
    "2.5.4.17": "PostalCode",
    "2.5.4.18": "POBox",
    "2.5.4.20": "Phone",
    "2.5.4.42": "G",
    "2.5.4.43": "I",
    "2.5.4.46": "dnQualifier",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "E",
}
_QUOTED_IF_ANY = frozenset(',+="\n\r<>#;')
_STRINGS = frozenset(
    {
        der.UTF8_STRING,
        der.PRINTABLE_STRING,
        der.T61_STRING,
        der.IA5_STRING,
        der.UNIVERSAL_STRING,
        der.BMP_STRING,
        0x12,
        0x1A,
    }
)


def _value(node: der.Node) -> tuple[str, str]:
    """Text of an attribute value, and how CertNameToStr shows it.

    In quotation marks where it would be ambiguous otherwise. A value that is no string is shown as `#` and its encoding
    in hexadecimal digits.
    """
    if node.tag not in _STRINGS:
        value = "#" + node.encoded.hex().upper()
        return value, value
    value = der.text(node)
    if not value or value != value.strip() or not _QUOTED_IF_ANY.isdisjoint(value):
        return value, '"' + value.replace('"', '""') + '"'
    return value, value


@lru_cache(maxsize=1024)
def read_name(name_der: bytes) -> tuple[str, tuple[str, ...]]:
    """Display text and common names of an encoded Name (RFC 5280, section 4.1.2.4).

    The display has the order of .NET's `X509Certificate2.Subject`, the last RDN first, and its short names. So the
    common names begin with the most specific one (`CN=host, CN=Users, ...` gives host first). Raises `DerError`.
    """
    parts: list[str] = []
    common_names: list[str] = []
    for rdn in reversed(der.read(name_der).expect(der.SEQUENCE).children()):
        values: list[str] = []
        for attribute in rdn.expect(der.SET).children():
            pair = attribute.expect(der.SEQUENCE).fields(2)
            oid = der.oid_text(pair[0].expect(der.OID).content)
            value, shown = _value(pair[1])
            if oid == COMMON_NAME:
                common_names.append(value)
            values.append(f"{_SHORT_NAMES.get(oid, 'OID.' + oid)}={shown}")
        parts.append(" + ".join(values))
    return ", ".join(parts), tuple(common_names)
