# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report comes to: in a diff, and as a failure. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .problem import CRITICAL, WARNING


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a diff shows of a file: not its text, which is long and has a picture in it."""
    return {"status": report["status"]} | {
        name: report["summary"][name] for name in ("servers", "read", "certificates", "critical", "warning", "info")
    }


def verdict_of(report: Mapping[str, Any], fail_on: str) -> dict[str, Any]:
    """The failure that O(fail_on) asks for, with the worst problems by name."""
    severities = {"critical": (CRITICAL,), "warning": (CRITICAL, WARNING)}.get(fail_on, ())
    found = [item for item in report["problems"] if item["severity"] in severities]
    if not found:
        return {}
    shown = [
        " ".join(part for part in (item["host"] or item["pool"], item["type"]) if part) + f": {item['text']}"
        for item in found[:3]
    ]
    more = f"; and {len(found) - 3} more, see the report" if len(found) > 3 else ""
    return {"failed": True, "msg": " ".join(f"{'; '.join(shown)}{more}".split())}
