# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is noted of a request beside its CSR: the one reader and the one writer. **PRIVATE** to the collection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from .stored import format_time, parse_time

_LISTS = ("usages", "names", "known_certificates", "known_requests")
_TEXTS = ("friendly_name", "ca", "public_key_sha256", "made_by")


@dataclass(frozen=True)
class RequestRecord:
    """What was asked for, when and how; or that another server has made the request. It holds no secret.

    It is written before the key exists. A field is None if the record does not have it, or in a form that is none of ours.

    :ivar usages: usages of the product that the certificate is for.
    :ivar names: FQDNs that it has to carry.
    :ivar asked: options of the request, to find out whether they have changed since.
    :ivar requested: the server's clock then.
    :ivar friendly_name: that was asked for; empty if none was.
    :ivar ca: the CA of an online request.
    :ivar known_certificates: thumbprints that were in My before an online request.
    :ivar known_requests: numbers that were pending before an online request.
    :ivar public_key_sha256: of the request, if that is known: in the record of an earlier one, and in a note.
    :ivar made_by: the server that has made the request; the record is a note then and says nothing else of it.
    :ivar previous: the record of the request that this one replaced.
    """

    usages: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    asked: Mapping[str, Any] | None = None
    requested: datetime | None = None
    friendly_name: str | None = None
    ca: str | None = None
    known_certificates: tuple[str, ...] | None = None
    known_requests: tuple[int, ...] | None = None
    public_key_sha256: str | None = None
    made_by: str | None = None
    previous: RequestRecord | None = None

    @property
    def is_note(self) -> bool:
        """True if another server has made the request."""
        return self.made_by is not None

    @classmethod
    def from_bytes(cls, data: bytes) -> RequestRecord | None:
        """Reads the file of a server, also as earlier builds wrote it; None if it is damaged."""
        try:
            content = json.loads(data)
        except ValueError:
            return None
        return cls.from_dict(content) if isinstance(content, dict) else None

    def to_bytes(self) -> bytes:
        """Gives the record as it lies on the server: readable JSON, keys in order."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True).encode("ascii") + b"\n"

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> RequestRecord:
        """Reads what L{to_dict} gave, also after it went through Ansible."""
        own: dict[str, Any] = {name: row[name] for name in _TEXTS if isinstance(row.get(name), str)}
        own |= {name: tuple(row[name]) for name in _LISTS if isinstance(row.get(name), (list, tuple))}
        asked, previous = row.get("asked"), row.get("previous")
        return cls(
            asked=dict(asked) if isinstance(asked, Mapping) else None,
            requested=_time(row.get("requested")),
            previous=cls.from_dict(previous) if isinstance(previous, Mapping) and previous else None,
            **own,
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the record as plain data, without what it does not have."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        row |= {name: list(row[name]) for name in _LISTS if row[name] is not None}
        row |= {
            "asked": None if self.asked is None else dict(self.asked),
            "requested": format_time(self.requested),
            "previous": None if self.previous is None else self.previous.to_dict(),
        }
        return {name: value for name, value in row.items() if value is not None}


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value)
    except (TypeError, ValueError):
        return None
