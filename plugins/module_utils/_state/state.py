# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server has: stores, assignments, requests. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from .._x509.certificate import Certificate
from .claim import Claim
from .pending import PendingRequest
from .request_record import RequestRecord
from .service import Service
from .stored import STORES, StoredCertificate, format_time, parse_time
from .unknown import Unknown, parse_unknown

_PEM = "-----BEGIN "
#: So many certificates of authorities that issued nothing are handed on with their bytes.
_MOST_OTHERS = 8


@dataclass(frozen=True)
class Assignment:
    """Which certificate a usage has (a row of Get-CsCertificate; product.md#get-cscertificate)."""

    use: str
    thumbprint: str
    previous_thumbprint: str | None = None
    effective_date: datetime | None = None
    scope: str = "Local"

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Assignment:
        """Reads a row of L{to_dict}."""
        return cls(
            use=row["use"],
            thumbprint=parse_unknown(row["thumbprint"]),
            previous_thumbprint=row.get("previous_thumbprint"),
            effective_date=parse_time(row.get("effective_date")),
            scope=row.get("scope", "Local"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the assignment as plain data."""
        row = {name: value for name, value in vars(self).items() if name != "effective_date"}
        return row | {"thumbprint": str(self.thumbprint), "effective_date": format_time(self.effective_date)}


@dataclass(frozen=True)
class RequestFile:
    """The record and the CSR that an offline request leaves on its server.

    :ivar name: name of the request, made of its usages.
    :ivar record: what was asked for, when and how; None if the file is missing or unreadable.
    :ivar csr: the certificate signing request as it lies there, None if the file is missing.
    """

    name: str
    record: RequestRecord | None = None
    csr: bytes | None = None

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> RequestFile:
        """Reads a row of L{to_dict}."""
        csr = row.get("csr")
        if csr:
            csr = csr.encode("ascii") if csr.startswith(_PEM) else base64.b64decode(csr, validate=True)
        record = row.get("record")
        record = RequestRecord.from_dict(record) if isinstance(record, Mapping) else None
        return cls(name=row["name"], record=record, csr=csr or None)

    def to_dict(self) -> dict[str, Any]:
        """Gives the files as plain data; a CSR that is text already as it is."""
        csr = None
        if self.csr is not None:
            as_text = self.csr.isascii() and self.csr.startswith(_PEM.encode("ascii"))
            csr = (self.csr if as_text else base64.b64encode(self.csr)).decode("ascii")
        return {"name": self.name, "record": None if self.record is None else self.record.to_dict(), "csr": csr}


@dataclass(frozen=True)
class Topology:
    """What the server's replica, or the inventory, says of its pool.

    :ivar pool_fqdn: internal FQDN of the pool, empty if not known.
    :ivar sip_domains: the primary one first.
    :ivar problem: why the replica could not be read, empty if it could.
    """

    pool_fqdn: str = ""
    access_edge_fqdn: str = ""
    data_edge_fqdn: str = ""
    av_edge_fqdn: str = ""
    sip_domains: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Topology:
        """Reads a row of L{to_dict}."""
        return cls(**{**row, "sip_domains": tuple(row.get("sip_domains", ()))})

    def to_dict(self) -> dict[str, Any]:
        """Gives the topology as plain data."""
        return {**vars(self), "sip_domains": list(self.sip_domains)}

    def differences(self, given: Topology) -> list[str]:
        """In what the inventory contradicts the replica, one text each."""
        return [
            f"{name} is {_told(getattr(self, name))} according to the server's replica of the topology, "
            f"{_told(value)} according to the inventory; the replica is believed"
            for name, value in vars(given).items()
            if value and getattr(self, name) and _told(value).lower() != _told(getattr(self, name)).lower()
        ]

    @property
    def is_edge(self) -> bool:
        """True if the server is known to be an Edge Server."""
        return bool(self.access_edge_fqdn)

    def merged(self, given: Topology) -> Topology:
        """Completes what the replica says with what the inventory says; the inventory does not overrule it."""
        return replace(
            self, **{name: value for name, value in vars(given).items() if value and not getattr(self, name)}
        )


def _told(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


@dataclass(frozen=True)
class State:
    """All that the core knows of one server at one moment.

    :ivar computer: facts of the section C(computer) of the contract.
    :ivar now: the server's clock when it was read, UTC.
    :ivar pending: requests that the product lists as pending; None if they were not read.
    :ivar services: services of the product; None if they were not read.
    :ivar claim: the claim of a run on the server; None if there is none, or it was not read.
    """

    computer: Mapping[str, Any]
    certificates: tuple[StoredCertificate, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    requests: tuple[RequestFile, ...] = ()
    topology: Topology = field(default_factory=Topology)
    pending: tuple[PendingRequest, ...] | None = None
    services: tuple[Service, ...] | None = None
    claim: Claim | None = None

    @cached_property
    def now(self) -> datetime:
        """The server's own clock, UTC."""
        value = parse_time(self.computer["time"])
        if value is None:
            raise ValueError("a state without time")
        return value

    def store(self, name: str) -> tuple[StoredCertificate, ...]:
        """The certificates of one store."""
        return self._by_store.get(name, ())

    def find(self, store: str, thumbprint: str) -> StoredCertificate | None:
        """The certificate of a store that has a thumbprint."""
        return self._by_place.get((store, thumbprint))

    @cached_property
    def _by_store(self) -> Mapping[str, tuple[StoredCertificate, ...]]:
        found: dict[str, list[StoredCertificate]] = {}
        for row in self.certificates:
            found.setdefault(row.store, []).append(row)
        return {store: tuple(rows) for store, rows in found.items()}

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], StoredCertificate]:
        """The first of those that have a store and a thumbprint in common."""
        return {(row.store, row.thumbprint): row for row in reversed(self.certificates)}

    def assignment(self, use: str) -> Assignment | None:
        """What is assigned to a usage on this computer."""
        return next((row for row in self.assignments if row.use == use), None)

    def request_file(self, name: str) -> RequestFile | None:
        """The record and CSR of a named request, None if none was read."""
        return next((row for row in self.requests if row.name == name), None)

    def known_certificates(self) -> Iterable[Certificate]:
        """All certificates whose bytes are known, of all stores but REQUEST."""
        return (row.certificate for row in self.certificates if row.certificate and row.store != "REQUEST")

    def trusted(self) -> list[Certificate]:
        """The certificates of Root whose bytes are known."""
        return [row.certificate for row in self.store("Root") if row.certificate]

    def with_certificates(self, *added: StoredCertificate) -> State:
        """The state after certificates were put into their stores; an equal one is replaced."""
        gone = {(row.store, row.thumbprint) for row in added}
        kept = tuple(row for row in self.certificates if (row.store, row.thumbprint) not in gone)
        return replace(self, certificates=kept + added)

    def knowing(self, certificates: Iterable[Certificate]) -> State:
        """The same state, with the bytes of certificates that are in its stores and were read in brief."""
        known = {item.thumbprint: item.der for item in certificates}
        rows = tuple(
            replace(row, der=known[row.thumbprint]) if row.der is None and row.thumbprint in known else row
            for row in self.certificates
        )
        return replace(self, certificates=rows)

    def without(self, store: str, thumbprint: str) -> State:
        """The state after a certificate was taken out of a store."""
        return replace(
            self,
            certificates=tuple(row for row in self.certificates if (row.store, row.thumbprint) != (store, thumbprint)),
        )

    def with_assignments(self, *changed: Assignment) -> State:
        """The state after usages were assigned."""
        uses = {row.use for row in changed}
        return replace(self, assignments=tuple(row for row in self.assignments if row.use not in uses) + changed)

    def without_assignments(self, *uses: str) -> State:
        """The state after assignments were taken back."""
        return replace(self, assignments=tuple(row for row in self.assignments if row.use not in uses))

    def with_request(self, request: RequestFile) -> State:
        """The state after a request's record and CSR were written."""
        return replace(self, requests=tuple(row for row in self.requests if row.name != request.name) + (request,))

    def with_status(self, status: str, names: Iterable[str]) -> State:
        """The state after services came to a status."""
        changed = set(names)
        rows = self.services or ()
        return replace(
            self, services=tuple(replace(row, status=status) if row.name in changed else row for row in rows)
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> State:
        """Reads what L{to_dict} gave, also after it went through Ansible.

        :raises KeyError, TypeError, ValueError: it is no such thing.
        """
        return cls(
            computer=dict(data["computer"]),
            certificates=tuple(
                StoredCertificate.from_data(store, row) for store in STORES for row in data["stores"][store]
            ),
            assignments=tuple(Assignment.from_dict(row) for row in data["assignments"]),
            requests=tuple(RequestFile.from_dict(row) for row in data["requests"]),
            topology=Topology.from_dict(data["topology"]),
            pending=_pending(data.get("pending")),
            services=tuple(map(Service.from_dict, data["services"])) if "services" in data else None,
            claim=Claim.from_dict(data["claim"]) if data.get("claim") else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the state as plain data, to be handed from task to task."""
        # what was not read is left out, so that other tasks hand on no more than they need
        services = {} if self.services is None else {"services": [row.to_dict() for row in self.services]}
        claim = {} if self.claim is None else {"claim": self.claim.to_dict()}
        return {
            "computer": dict(self.computer),
            "stores": self._stores(),
            "assignments": [row.to_dict() for row in sorted(self.assignments, key=lambda row: row.use)],
            "requests": [row.to_dict() for row in self.requests],
            "topology": self.topology.to_dict(),
            "pending": None if self.pending is None else [row.to_dict() for row in self.pending],
            **services,
            **claim,
        }

    def _stores(self) -> dict[str, list[Any]]:
        """The stores as plain data: own certificates whole, of the authorities only those whose bytes matter.

        These have issued another certificate of the server, or are not what their names say. Others whose bytes are known
        keep them as long as they are few: it is the chain of a certificate that is to come. If they are many, a whole
        store was read, for mending.
        """
        issuers = {row.issuer.lower() for row in self.certificates if not row.self_issued}
        others = [row for row in self.certificates if row.store in ("Root", "CA") and row.der is not None]
        others = [row for row in others if row.subject.lower() not in issuers]
        dropped = {id(row) for row in others if _told_by_names(row)} if len(others) > _MOST_OTHERS else set()
        stores: dict[str, list[Any]] = {store: [] for store in STORES}
        for row in self.certificates:
            whole = row.store in ("My", "REQUEST") or (row.der is not None and id(row) not in dropped)
            whole = whole or isinstance(row.thumbprint, Unknown)
            stores[row.store].append(row.to_dict() if whole else row.brief())
        return stores


def _told_by_names(row: StoredCertificate) -> bool:
    """True if the names of a certificate alone tell whether it is a root."""
    return not row.self_issued or (row.certificate is not None and row.certificate.self_signed)


def _pending(rows: Iterable[Mapping[str, Any]] | None) -> tuple[PendingRequest, ...] | None:
    return None if rows is None else tuple(PendingRequest.from_dict(row) for row in rows)
