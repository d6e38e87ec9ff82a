# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of an emulated server as its file has it.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import serialization

from . import facts
from .folder import ServerFolder
from .state import STORES, Entry, ServerState, Service


def _store_rows(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    rows = []
    for entry in entries:
        pem = entry.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii").splitlines()
        names = facts.dns_names(entry.certificate)
        row = {**entry.brief(), "dns_names": names, "friendly_name": entry.friendly_name, "container": entry.container}
        rows.append({**row, "pem": pem})
    return rows


def _service_row(service: Service) -> dict[str, Any]:
    return {**service._asdict(), "loaded": dict(service.loaded), "upcoming": dict(service.upcoming)}


def save(folder: ServerFolder, old: ServerState, new: ServerState, *, fqdn: str) -> None:
    """Save a state: new keys first, then the state that names them, then the keys that are gone."""
    keys = dict(new.new_keys)
    gone = set(old.containers) - set(new.containers)
    new.new_keys.clear()
    for name, pem in keys.items():
        folder.write_key(name, pem)
    containers = {n: {k: v for k, v in c._asdict().items() if k != "name"} for n, c in new.containers.items()}
    folder.save(
        {
            "host": new.host,
            "fqdn": fqdn,
            "assignments": {u: a._asdict() for u, a in sorted(new.assignments.items())},
            "services": [_service_row(s) for s in new.services],
            "requests": [r._asdict() for r in new.requests],
            "last_request_id": new.last_request_id,
            "containers": containers,
            "stores": {name: _store_rows(new.stores[name]) for name in STORES},
        }
    )
    for name in gone:
        folder.delete_key(name)
