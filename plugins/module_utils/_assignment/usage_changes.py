# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of the certificates of usages, for people. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: A row of L{readiness.describe_usages}.
Row = Mapping[str, Any]


def change_text(old: str, new: str) -> str:
    """An old and a new thumbprint in short: C(1A2B3C4D->5E6F7A8B), or one of them if nothing changes.

    :param old: empty if there was none.
    :param new: empty, or in brackets, if it is not known yet.
    """
    before, after = old[:8] or "none", new[:8] if new and not new.startswith("(") else "new"
    return before if old == new else f"{before}->{after}"


def change_lines(now: Sequence[Row], before: Sequence[Row], staged: Row) -> list[str]:
    """A line for each usage: its certificate before and now, until when that one is valid, and from when on it counts.

    :param now: rows of L{readiness.describe_usages}; the lines are in their order.
    :param before: rows of an earlier time.
    :param staged: the C(thumbprint) and C(not_after) of what was staged meanwhile, empty if nothing was. It counts where the
        server goes on showing the certificate in use (product.md#get-cscertificate).
    :returns: empty if all usages have what they had.
    """
    earlier = {row["type"]: row for row in before}
    lines, changed = [], False
    for row in now:
        was = earlier.get(row["type"], {})
        date = (row.get("effective_date") or "") if row.get("staged") else ""
        moved = date not in ("", was.get("effective_date"))
        shown = staged if _is_unseen(row, staged) else row
        # what cannot be seen for the same date has been there before
        shown_before = was if moved or not _is_unseen(was, staged) else staged
        old, new = shown_before.get("thumbprint") or "none", shown.get("thumbprint") or "none"
        changed = changed or moved or old != new
        until = (shown.get("not_after") or "")[:10] or "-"
        lines.append("  ".join([row["type"], change_text(old, new), until, *([f"from {date}"] if date else [])]))
    return lines if changed else []


def _is_unseen(row: Row, staged: Row) -> bool:
    """True if something else is staged than what the server shows; it tells of no previous certificate then."""
    other = staged.get("thumbprint") or row.get("thumbprint")
    return bool(row.get("staged") and not row.get("previous_thumbprint") and other != row.get("thumbprint"))
