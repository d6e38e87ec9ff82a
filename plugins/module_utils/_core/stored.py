# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as they lie in the stores of a server. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from .._x509.certificate import Certificate
from .unknown import parse_unknown

#: The stores of LocalMachine that the product uses (reference section 4).
STORES = ("My", "Root", "CA", "REQUEST")


def parse_time(text: str | None) -> datetime | None:
    """Reads a time of the contract (C(2026-12-01T10:00:00Z)); None stays None."""
    return None if text is None else datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def format_time(value: datetime | None) -> str | None:
    """Writes a time as the contract does; None stays None."""
    return None if value is None else value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Key:
    """The private key of a certificate, as its server describes it.

    :ivar exportable: None if it cannot be told.
    :ivar provider: name of the cryptographic provider, None if it cannot be told.
    :ivar error: why the key cannot be opened, None if it can.
    """

    exportable: bool | None = None
    provider: str | None = None
    container: str | None = None
    error: str | None = None

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Key:
        """Reads a C(key) of the contract."""
        return cls(
            exportable=row.get("exportable"),
            provider=row.get("provider"),
            container=row.get("container"),
            error=row.get("error"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the key as plain data, unset facts left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class StoredCertificate:
    """A certificate in a store of a server.

    :ivar store: C(My), C(Root), C(CA) or C(REQUEST).
    :ivar thumbprint: 40 upper-case hex digits, or Unknown.
    :ivar der: the certificate, None if the server sent it in brief or it is not yet known.
    :ivar public_key: SHA-256 of its SubjectPublicKeyInfo, empty if C(der) is None, or Unknown.
    """

    store: str
    thumbprint: str
    subject: str
    issuer: str
    not_after: datetime | None = None
    self_issued: bool = False
    friendly_name: str = ""
    has_key: bool = False
    key: Key | None = None
    der: bytes | None = None
    expected_public_key: str = ""

    @cached_property
    def certificate(self) -> Certificate | None:
        """The facts of the certificate, None without C(der)."""
        return None if self.der is None else Certificate.from_der(self.der)

    @property
    def public_key(self) -> str:
        """SHA-256 of SubjectPublicKeyInfo, upper-case hex; Unknown or empty if not known."""
        return self.certificate.public_key_sha256 if self.certificate else self.expected_public_key

    @property
    def usable_key(self) -> bool:
        """True if the private key is here and can be opened."""
        return self.has_key and (self.key is None or self.key.error is None)

    @property
    def exportable(self) -> bool:
        """True if the private key is here and may leave the server."""
        return self.usable_key and self.key is not None and self.key.exportable is True

    @classmethod
    def of(
        cls,
        certificate: Certificate,
        store: str,
        *,
        friendly_name: str = "",
        has_key: bool = False,
        key: Key | None = None,
    ) -> StoredCertificate:
        """A certificate as it will lie in a store."""
        return cls(
            store=store,
            thumbprint=certificate.thumbprint,
            subject=certificate.subject,
            issuer=certificate.issuer,
            not_after=certificate.not_after,
            self_issued=certificate.self_issued,
            friendly_name=friendly_name,
            has_key=has_key,
            key=key,
            der=certificate.der,
        )

    @classmethod
    def from_dict(cls, store: str, row: Mapping[str, Any]) -> StoredCertificate:
        """Reads a row of a store section of the contract, or of L{to_dict}."""
        return cls(
            store=store,
            thumbprint=parse_unknown(row["thumbprint"]),
            subject=row["subject"],
            issuer=row["issuer"],
            not_after=parse_time(row.get("not_after")),
            self_issued=bool(row.get("self_issued")),
            friendly_name=row.get("friendly_name") or "",
            has_key=bool(row.get("has_key")),
            key=Key.from_dict(row["key"]) if row.get("key") else None,
            der=base64.b64decode(row["der"]) if row.get("der") else None,
            expected_public_key=parse_unknown(row.get("public_key") or ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the row as plain data."""
        row: dict[str, Any] = {
            "thumbprint": str(self.thumbprint),
            "subject": self.subject,
            "issuer": self.issuer,
            "not_after": format_time(self.not_after),
            "self_issued": self.self_issued,
        }
        if self.store in ("My", "REQUEST"):
            row |= {
                "friendly_name": self.friendly_name,
                "has_key": self.has_key,
                "key": self.key.to_dict() if self.key else None,
            }
            row["public_key"] = str(self.public_key)
        if self.der is not None:
            row["der"] = base64.b64encode(self.der).decode("ascii")
        return row
