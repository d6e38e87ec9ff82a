# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong in an estate, as the report tells it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CRITICAL, WARNING, INFO, OK = "critical", "warning", "info", "ok"
#: From the worst on.
SEVERITIES = (CRITICAL, WARNING, INFO)


@dataclass(frozen=True)
class Limits:
    """When an end of validity is worth a word.

    :ivar critical_days: fewer days left than these are critical; for a lifetime below six times as many, a sixth of it.
    :ivar warning_days: fewer days left than these are a warning; for a lifetime below three times as many, a third of it.
        45 is what the vendor's own diagnostics warn at (product.md#diagnostics-of-the-vendor).
    """

    critical_days: int = 14
    warning_days: int = 45

    def severity(self, days_left: int, lifetime_days: int | None) -> str:
        """How bad it is that so many days are left, of a lifetime in days (None: not known)."""
        lifetime = 6 * max(self.critical_days, self.warning_days) if lifetime_days is None else lifetime_days
        if days_left < min(self.critical_days, lifetime / 6):
            return CRITICAL
        return WARNING if days_left < min(self.warning_days, lifetime / 3) else OK


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or worth knowing.

    :ivar severity: C(critical), C(warning) or C(info).
    :ivar kind: what it is about, one word of a fixed list; see docs/guides/report.md.
    :ivar text: one sentence without the names of host and usage.
    """

    severity: str
    kind: str
    text: str
    pool: str = ""
    host: str = ""
    type: str = ""
    thumbprint: str = ""

    def to_dict(self) -> dict[str, str]:
        """Gives the problem as plain data."""
        return dict(vars(self))


def worst(problems: Iterable[Problem]) -> str:
    """C(critical), C(warning), or C(ok) if there is neither."""
    found = {problem.severity for problem in problems}
    return CRITICAL if CRITICAL in found else WARNING if WARNING in found else OK
