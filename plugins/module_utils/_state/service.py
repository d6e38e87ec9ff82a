# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows services of the product. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

RUNNING = "Running"
STARTING = "StartPending"
STOPPED = "Stopped"


@dataclass(frozen=True)
class Service:
    """A row of Get-CsWindowsService (product.md#service-cmdlets).

    :ivar status: name of a .NET ServiceControllerStatus, such as C(Running), C(StopPending) or C(Stopped).
    """

    name: str
    display_name: str = ""
    status: str = ""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Service:
        """Reads an output row of the cmdlet."""
        return cls(str(row["Name"]), str(row.get("DisplayName") or ""), str(row.get("Status") or ""))

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Service:
        """Reads a row of L{to_dict}."""
        return cls(row["name"], row["display_name"], row["status"])

    def to_dict(self) -> dict[str, Any]:
        """Gives the service as plain data."""
        return asdict(self)

    @property
    def running(self) -> bool:
        """True if it does its work."""
        return self.status == RUNNING

    @property
    def stopped(self) -> bool:
        """True if it does nothing."""
        return self.status == STOPPED

    @property
    def pending(self) -> bool:
        """True while it is on the way to another status."""
        return self.status.endswith("Pending")

    @property
    def was_up(self) -> bool:
        """True unless somebody had stopped it: it runs, or a stop has begun and is not complete."""
        return not self.stopped
