# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store sections (contract: Sections).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
from typing import Any

from ..server.errors import CRYPTOGRAPHIC_MESSAGES
from ..server.session import Session
from ..server.state import Entry


def _key_row(session: Session, entry: Entry) -> dict[str, Any] | None:
    if entry.container is None:
        return None
    if session.key_pem(entry.container) is None:
        return {"error": CRYPTOGRAPHIC_MESSAGES["0x80090016"]}
    return session.state.containers[entry.container].row()


def issuers_of(session: Session, stores: list[str]) -> frozenset[str]:
    """Names that issued others among the certificates of some stores, lower case."""
    rows = [e.brief() for s in stores for e in session.state.stores[s]]
    return frozenset(str(row["issuer"]).lower() for row in rows if "issuer" in row)


def read_store(session: Session, store: str, *, full: bool, issuers: frozenset[str]) -> dict[str, Any]:
    """List a store; brief leaves a certificate itself out unless it issued another one (contract: Sections)."""
    rows = []
    for entry in session.state.stores[store]:
        row = entry.brief()
        if full:
            row.update(friendly_name=entry.friendly_name, has_key=entry.container is not None)
            if store in ("My", "REQUEST"):
                row["key"] = _key_row(session, entry)
        if full or str(row["subject"]).lower() in issuers:
            row["der"] = base64.b64encode(entry.der).decode("ascii")
        rows.append(row)
    return {"ok": True, "certificates": rows}
