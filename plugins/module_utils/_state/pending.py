# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that the product has sent to an authority and that are not complete. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PendingRequest:
    """A row of C(Request-CsCertificate -List).

    What the rows hold is not documented (product.md#output-of-a-request), so that each property may be missing.

    :ivar request_id: number that the authority gave; None if the row does not tell.
    :ivar ca: the authority as C(-CA) names it, empty if the row does not tell.
    :ivar usages: usages of the product, empty if the row does not tell.
    """

    request_id: int | None
    status: str = "Pending"
    ca: str = ""
    friendly_name: str = ""
    usages: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> PendingRequest:
        """Reads an output row of the cmdlet; its properties are found in any case."""
        told = {str(name).lower(): value for name, value in row.items() if value is not None}
        number = str(told.get("requestid", told.get("id", "")))
        usages = told.get("type", ())
        return cls(
            request_id=int(number) if number.isdigit() else None,
            status=str(told.get("requeststatus", told.get("status", "Pending"))),
            ca=str(told.get("ca", "")),
            friendly_name=str(told.get("friendlyname", "")),
            usages=tuple(usages.replace(",", " ").split() if isinstance(usages, str) else map(str, usages)),
        )

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> PendingRequest:
        """Reads a row of L{to_dict}."""
        return cls(**{**row, "usages": tuple(row["usages"])})

    def to_dict(self) -> dict[str, Any]:
        """Gives the request as plain data."""
        return {**vars(self), "usages": list(self.usages)}
