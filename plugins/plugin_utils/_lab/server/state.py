# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one emulated server: stores, key containers, assignments, requests, services.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import serialization, x509

from . import facts
from .errors import LabError
from .folder import ServerFolder
from .roles import services_of
from .values import format_date

STORES = ("My", "Root", "CA", "REQUEST")
CSP_SCHANNEL = "Microsoft RSA SChannel Cryptographic Provider"
KSP_SOFTWARE = "Microsoft Software Key Storage Provider"


class KeyContainer(NamedTuple):
    """A key container: unique name, .NET class that opens it, provider, export policy."""

    name: str
    kind: str
    provider: str
    exportable: bool

    def row(self) -> dict[str, Any]:
        """The field `key` of a section (contract: Sections)."""
        return {
            "kind": self.kind,
            "exportable": self.exportable,
            "provider": self.provider,
            "container": self.name,
            "machine": True,
        }


class Entry(NamedTuple):
    """A certificate in a store, with its friendly name and the name of its key container."""

    der: bytes
    friendly_name: str = ""
    container: str | None = None

    @property
    def certificate(self) -> x509.Certificate:
        """The parsed certificate."""
        return facts.parse(self.der)

    @property
    def thumbprint(self) -> str:
        """40 upper-case hexadecimal digits."""
        return facts.thumbprint(self.der)

    @property
    def subject(self) -> str:
        """Subject as Windows shows it."""
        return facts.show_name(self.certificate.subject)

    @property
    def issuer(self) -> str:
        """Issuer as Windows shows it."""
        return facts.show_name(self.certificate.issuer)

    def brief(self) -> dict[str, Any]:
        """What every row of a certificate has (contract: Certificates)."""
        subject, issuer = self.subject, self.issuer
        row = {
            "thumbprint": self.thumbprint,
            "subject": subject,
            "key_id": facts.key_id(self.certificate),
            "not_before": format_date(self.certificate.not_valid_before_utc),
            "not_after": format_date(self.certificate.not_valid_after_utc),
        }
        return row if subject.lower() == issuer.lower() else row | {"issuer": issuer}


class Assignment(NamedTuple):
    """A usage and its certificate; times are `2026-12-01T10:00:00Z`."""

    thumbprint: str
    previous: str | None
    effective: str
    updated: str
    scope: str


class PendingRequest(NamedTuple):
    """A request that the product sent to a CA and that is not complete."""

    request_id: int
    ca: str
    waiting: str
    friendly_name: str
    types: tuple[str, ...]
    decision: str


class Service(NamedTuple):
    """A Windows service of the product.

    `running_at` is the time at which a service that is StartPending will run. `loaded` tells which thumbprint serves a
    usage since the service started; `upcoming` which one will from a time on. Times are `2026-12-01T10:00:00Z` of the
    clock of the controller, so that they mean the same without the inventory.
    """

    name: str
    display_name: str
    status: str
    roles: tuple[str, ...]
    running_at: str | None = None
    loaded: Mapping[str, str] = MappingProxyType({})
    upcoming: Mapping[str, tuple[str, str]] = MappingProxyType({})

    def status_at(self, now: dt.datetime) -> str:
        """The status as it is by now."""
        ready = self.running_at is None or self.running_at <= format_date(now)
        return "Running" if self.status == "StartPending" and ready else self.status


@dataclass
class ServerState:
    """What a server has now. A step works on a copy; `commit` makes the copy the new state on disk."""

    host: str
    stores: dict[str, list[Entry]] = field(default_factory=lambda: {name: [] for name in STORES})
    containers: dict[str, KeyContainer] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    requests: list[PendingRequest] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    last_request_id: int = 0
    new_keys: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> ServerState:
        """A copy for one step."""
        return ServerState(
            self.host,
            {store: list(entries) for store, entries in self.stores.items()},
            dict(self.containers),
            dict(self.assignments),
            list(self.requests),
            list(self.services),
            self.last_request_id,
            dict(self.new_keys),
        )

    def find(self, store: str, thumbprint: str) -> Entry | None:
        """The certificate of a store with this thumbprint."""
        return next((e for e in self.stores[store] if e.thumbprint == thumbprint.upper()), None)

    def add(self, store: str, entry: Entry) -> None:
        """Put a certificate into a store; an equal one is replaced and hands its properties on.

        That is REPLACE_EXISTING_INHERIT_PROPERTIES (powershell.md#adding-and-removing-certificates).
        """
        old = self.find(store, entry.thumbprint)
        if old is None:
            self.stores[store].append(entry)
            return
        merged = Entry(entry.der, entry.friendly_name or old.friendly_name, entry.container or old.container)
        self.stores[store] = [merged if e == old else e for e in self.stores[store]]

    def remove(self, store: str, thumbprint: str) -> None:
        """Take a certificate out of a store; its key container stays.

        Source: powershell.md#adding-and-removing-certificates.
        """
        self.stores[store] = [e for e in self.stores[store] if e.thumbprint != thumbprint.upper()]

    def add_key(self, pem: bytes, *, kind: str, provider: str, exportable: bool) -> str:
        """Make a key container; gives its unique name, which ends with the id of the machine as on Windows."""
        machine = uuid.uuid5(uuid.NAMESPACE_DNS, self.host)
        name = f"{uuid.uuid4().hex}_{machine}"
        self.containers[name] = KeyContainer(name, kind, provider, exportable)
        self.new_keys[name] = pem
        return name

    def users_of(self, container: str) -> list[Entry]:
        """The certificates in My and REQUEST that use a key container."""
        return [e for store in ("My", "REQUEST") for e in self.stores[store] if e.container == container]

    def drop_key(self, container: str | None) -> bool:
        """Delete a key container unless a certificate uses it; tells whether it did (contract: cert_remove)."""
        if container is None or container not in self.containers or self.users_of(container):
            return False
        del self.containers[container]
        self.new_keys.pop(container, None)
        return True


def default_services(role: str, product: str) -> list[Service]:
    """The services of a role, running."""
    return [Service(name, text, "Running", roles) for name, text, roles in services_of(role, product)]


def load_state(folder: ServerFolder, *, host: str, product: str, role: str = "edge") -> ServerState:
    """The saved state of a server, or the one it starts with. Touches nothing.

    Raises LabError if the file is not as `commit` writes it.
    """
    saved = folder.load()
    if saved is None:
        return ServerState(host, services=default_services(role, product))
    try:
        return _read_state(saved, host)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise LabError(f"{folder.state} is damaged ({why}); repair it or delete the folder of this server") from None


def _read_state(saved: dict[str, Any], host: str) -> ServerState:
    state = ServerState(host, last_request_id=int(saved["last_request_id"]))
    for name in STORES:
        for row in saved["stores"][name]:
            certificate = x509.load_pem_x509_certificate("\n".join(row["pem"]).encode("ascii"))
            der = certificate.public_bytes(serialization.Encoding.DER)
            state.stores[name].append(Entry(der, row["friendly_name"], row["container"]))
    state.containers = {n: KeyContainer(n, **c) for n, c in saved["containers"].items()}
    state.assignments = {u: Assignment(**a) for u, a in saved["assignments"].items()}
    state.requests = [PendingRequest(**{**r, "types": tuple(r["types"])}) for r in saved["requests"]]
    state.services = [_read_service(row) for row in saved["services"]]
    return state


def _read_service(row: dict[str, Any]) -> Service:
    upcoming = {usage: (thumbprint, time) for usage, (thumbprint, time) in row.get("upcoming", {}).items()}
    return Service(**{**row, "roles": tuple(row["roles"]), "upcoming": upcoming})


def commit(folder: ServerFolder, old: ServerState, new: ServerState, *, fqdn: str) -> None:
    """Save a state: new keys first, then the state that names them, then the keys that are gone.

    A kill in between leaves at worst a key file without a certificate, as on Windows.
    """
    if new != old or new.new_keys:
        from .saving import save

        save(folder, old, new, fqdn=fqdn)
