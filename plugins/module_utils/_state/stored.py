# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as they lie in the stores of a server. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from .._errors import InputError
from .._x509 import der as asn1
from .._x509.certificate import Certificate
from .unknown import parse_unknown

#: The stores of LocalMachine that the product uses (product.md#stores).
STORES = ("My", "Root", "CA", "REQUEST")


def parse_time(text: str | None) -> datetime | None:
    """Reads a time of the contract (C(2026-12-01T10:00:00Z)); None stays None.

    :raises ValueError: it is written in another way.
    """
    if text is None:
        return None
    if len(text) != 20 or text[10] != "T" or text[19] != "Z":
        raise ValueError(f"'{text}' is not written as 2026-12-01T10:00:00Z")
    # strptime takes ten times as long, and workers of Ansible import its module anew
    return datetime.fromisoformat(f"{text[:19]}+00:00")


def format_time(value: datetime | None) -> str | None:
    """Writes a time as the contract does; None stays None."""
    return None if value is None else value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


_YEAR_ONE = datetime(1, 1, 1, tzinfo=timezone.utc)


#: Seconds since the year 1 in a brief row: enough for the years 1 to 9999. What is not known is the last one.
_MOMENT_BYTES = 5
_NO_MOMENT = b"\xff" * _MOMENT_BYTES
_HASH_BYTES = 20


def _seconds(value: datetime | None) -> bytes:
    if value is None:
        return _NO_MOMENT
    return ((value - _YEAR_ONE) // timedelta(seconds=1)).to_bytes(_MOMENT_BYTES, "big")


def _moment(data: bytes) -> datetime | None:
    return None if data == _NO_MOMENT else _YEAR_ONE + timedelta(seconds=int.from_bytes(data, "big"))


def _packed(thumbprint: str, key_id: str, *moments: datetime | None) -> str:
    data = bytes.fromhex(thumbprint) + base64.b64decode(key_id) + b"".join(map(_seconds, moments))
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _unpacked(text: str) -> tuple[str, str, datetime | None, datetime | None]:
    data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if len(data) not in (_HASH_BYTES + 2 * _MOMENT_BYTES, 2 * (_HASH_BYTES + _MOMENT_BYTES)):
        raise ValueError(f"it has {len(data)} bytes")
    thumbprint, key_id, begin, end = (
        data[:_HASH_BYTES],
        data[_HASH_BYTES : -2 * _MOMENT_BYTES],
        data[-2 * _MOMENT_BYTES : -_MOMENT_BYTES],
        data[-_MOMENT_BYTES:],
    )
    return thumbprint.hex().upper(), base64.b64encode(key_id).decode("ascii"), _moment(begin), _moment(end)


def key_identifier(certificate: Certificate) -> str:
    """The key identifier of a certificate's key as the contract has it: RFC 7093, section 2, method 1, in base64."""
    bits = asn1.bits(asn1.read(certificate.public_key_der).fields(2)[1])
    return base64.b64encode(hashlib.sha256(bits).digest()[:20]).decode("ascii")


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
    :ivar expected_public_key: what L{public_key} gives if C(der) is None.
    :ivar key_id: identifier of its public key, see L{key_identifier}; empty if not known.
    """

    store: str
    thumbprint: str
    subject: str
    issuer: str
    not_after: datetime | None = None
    friendly_name: str = ""
    has_key: bool = False
    key: Key | None = None
    der: bytes | None = None
    expected_public_key: str = ""
    not_before: datetime | None = None
    key_id: str = ""

    @cached_property
    def certificate(self) -> Certificate | None:
        """The facts of the certificate, None without C(der)."""
        return None if self.der is None else Certificate.from_der(self.der)

    @property
    def self_issued(self) -> bool:
        """True if subject and issuer are the same, as the server shows them."""
        return self.subject.lower() == self.issuer.lower()

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
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            key_id=key_identifier(certificate),
            friendly_name=friendly_name,
            has_key=has_key,
            key=key,
            der=certificate.der,
        )

    # ---- the contract ----

    @classmethod
    def from_row(cls, store: str, row: Mapping[str, Any]) -> StoredCertificate:
        """Reads a row of a store section of the contract ("Sections", "Certificates")."""
        return cls(
            store=store,
            thumbprint=row["thumbprint"],
            subject=row["subject"],
            issuer=row.get("issuer", row["subject"]),
            key_id=row["key_id"],
            not_before=parse_time(row["not_before"]),
            not_after=parse_time(row["not_after"]),
            friendly_name=row.get("friendly_name") or "",
            has_key=bool(row.get("has_key")),
            key=Key.from_dict(row["key"]) if row.get("key") else None,
            der=base64.b64decode(row["der"]) if row.get("der") else None,
        )

    # ---- from task to task ----

    def brief(self) -> str | list[str]:
        """Gives an authority whose bytes do not matter as plain data: a line, and its issuer if that is another one.

        The line has two parts with a blank between them: thumbprint, C(key_id), begin and end of the validity as bytes in
        base64 without padding, and the subject. Servers may have hundreds of authorities.

        :raises ValueError: its thumbprint is not known.
        """
        line = f"{_packed(self.thumbprint, self.key_id, self.not_before, self.not_after)} {self.subject}"
        return line if self.issuer == self.subject else [line, self.issuer]

    def to_dict(self) -> dict[str, Any]:
        """Gives the row as plain data; what C(der) tells is left out."""
        row: dict[str, Any] = {"thumbprint": str(self.thumbprint)}
        if self.der is None:
            row |= {
                "subject": self.subject,
                "issuer": self.issuer,
                "key_id": self.key_id,
                "not_before": format_time(self.not_before),
                "not_after": format_time(self.not_after),
            }
        if self.store in ("My", "REQUEST"):
            row |= {
                "friendly_name": self.friendly_name,
                "has_key": self.has_key,
                "key": self.key.to_dict() if self.key else None,
                "public_key": str(self.public_key),
            }
        if self.der is not None:
            row["der"] = base64.b64encode(self.der).decode("ascii")
        return row

    @classmethod
    def from_data(cls, store: str, data: Any) -> StoredCertificate:
        """Reads what L{brief} or L{to_dict} gave, also after it went through Ansible.

        :raises ValueError: it is malformed; what is wrong with it.
        """
        if isinstance(data, Mapping):
            return cls._from_dict(store, data)
        line, *issuer = data if isinstance(data, (list, tuple)) and data else [data]
        if len(issuer) > 1 or not all(isinstance(value, str) for value in (line, *issuer)) or " " not in line:
            raise ValueError(f"a certificate of {store} is malformed: {str(data):.80}")
        packed, subject = line.split(" ", 1)
        try:
            thumbprint, key_id, begin, end = _unpacked(packed)
            return cls(
                store=store,
                thumbprint=thumbprint,
                subject=subject,
                issuer=issuer[0] if issuer else subject,
                key_id=key_id,
                not_before=begin,
                not_after=end,
            )
        except (ValueError, OverflowError) as error:
            raise ValueError(f"a certificate of {store} is malformed ({error}): {line:.80}") from error

    @classmethod
    def _from_dict(cls, store: str, row: Mapping[str, Any]) -> StoredCertificate:
        own: dict[str, Any] = {
            "friendly_name": row.get("friendly_name") or "",
            "has_key": bool(row.get("has_key")),
            "key": Key.from_dict(row["key"]) if row.get("key") else None,
        }
        try:
            thumbprint = parse_unknown(row["thumbprint"])
            if row.get("der"):
                found = cls.of(Certificate.from_der(base64.b64decode(row["der"], validate=True)), store, **own)
                if found.thumbprint != thumbprint:
                    raise ValueError(f"the thumbprint of its bytes is {found.thumbprint}")
                return found
            return cls(
                store=store,
                thumbprint=thumbprint,
                subject=row["subject"],
                issuer=row["issuer"],
                key_id=row.get("key_id") or "",
                not_before=parse_time(row.get("not_before")),
                not_after=parse_time(row.get("not_after")),
                expected_public_key=parse_unknown(row.get("public_key") or ""),
                **own,
            )
        except KeyError as error:
            raise ValueError(f"a certificate of {store} lacks {error.args[0]}") from error
        except (InputError, binascii.Error, ValueError, TypeError) as error:
            raise ValueError(f"certificate {row['thumbprint']} of {store}: {error}") from error
