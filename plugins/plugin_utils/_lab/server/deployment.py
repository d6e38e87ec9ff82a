# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is assigned for the whole deployment, and how it comes to all internal servers (product.md#oauth-certificate).

The product stores certificate and key in the Central Management Store; scheduled tasks on each server install them. Here
that takes no time: how long it takes is not documented. Edge Servers do not get it.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from .folder import LabFolder, hold, write_atomically
from .state import CSP_SCHANNEL, Assignment, Entry, KeyContainer, ServerState

_GLOBAL = "Global"


def _read(lab: LabFolder) -> dict[str, Any]:
    path = lab.deployment / "assignments.json"
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def key_of(lab: LabFolder, container: str) -> bytes | None:
    """The key of a container that replication has made, None for another one."""
    path = lab.deployment / "keys" / f"{container}.pem"
    return path.read_bytes() if path.is_file() else None


def receive(lab: LabFolder, state: ServerState) -> None:
    """Bring a server up to date with what is assigned for the deployment."""
    stored = _read(lab)
    kept = {usage: row for usage, row in state.assignments.items() if row.scope != _GLOBAL or usage in stored}
    state.assignments = kept
    for usage, row in stored.items():
        state.assignments[usage] = Assignment(**row["assignment"])
        for certificate in row["certificates"]:
            entry = Entry(base64.b64decode(certificate["der"]), certificate["friendly_name"], certificate["container"])
            present = state.find("My", entry.thumbprint)
            if present is None or present.container is None:
                container = KeyContainer(certificate["container"], "RSACryptoServiceProvider", CSP_SCHANNEL, False)
                state.containers[container.name] = container
                state.add("My", entry)


def publish(lab: LabFolder, state: ServerState, key_pem: Callable[[str], bytes | None]) -> None:
    """Store what a server has assigned for the deployment, the previous certificates too; `key_pem` opens a container."""
    wanted = {usage: row for usage, row in state.assignments.items() if row.scope == _GLOBAL}
    lab.create()
    with hold(lab.path):
        stored = _read(lab)
        rows = {usage: _row(lab, state, row, stored.get(usage), key_pem) for usage, row in wanted.items()}
        if rows != stored:
            lab.deployment.mkdir(exist_ok=True)
            text = json.dumps(rows, indent=2) + "\n"
            write_atomically(lab.deployment / "assignments.json", text.encode("utf-8"))


def _row(
    lab: LabFolder,
    state: ServerState,
    assignment: Assignment,
    old: dict[str, Any] | None,
    key_pem: Callable[[str], bytes | None],
) -> dict[str, Any]:
    known = {row["thumbprint"]: row for row in (old or {}).get("certificates", ())}
    certificates = []
    for thumbprint in filter(None, (assignment.thumbprint, assignment.previous)):
        row = known.get(thumbprint)
        entry = state.find("My", thumbprint)
        pem = key_pem(entry.container) if entry and entry.container else None
        if row is None and entry and pem:
            container = f"{thumbprint.lower()}_deployment"
            keys = lab.deployment / "keys"
            keys.mkdir(parents=True, mode=0o700, exist_ok=True)
            write_atomically(keys / f"{container}.pem", pem, mode=0o600)
            der = base64.b64encode(entry.der).decode("ascii")
            row = {"thumbprint": thumbprint, "der": der, "friendly_name": entry.friendly_name, "container": container}
        certificates += [row] if row else []
    return {"assignment": assignment._asdict(), "certificates": certificates}
