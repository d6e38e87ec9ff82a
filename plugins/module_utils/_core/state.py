# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server has: stores, assignments, requests. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from .._x509.certificate import Certificate
from .unknown import parse_unknown

STORES = ("My", "Root", "CA", "REQUEST")


def parse_time(text: str | None) -> datetime | None:
    """Reads a time of the contract (C(2026-12-01T10:00:00Z)); None stays None."""
    return None if text is None else datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def format_time(value: datetime | None) -> str | None:
    """Writes a time as the contract does; None stays None."""
    return None if value is None else value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Key:
    """The private key of a certificate, as its server describes it.

    :ivar exportable: None if it cannot be told.
    :ivar provider: name of the cryptographic provider, None if it cannot be told.
    :ivar error: why the key cannot be opened, None if it can.
    """

    exportable: bool | None = None
    provider: str | None = None
    container: str | None = None
    error: str | None = None

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Key:
        """Reads a C(key) of the contract."""
        return cls(
            exportable=row.get("exportable"),
            provider=row.get("provider"),
            container=row.get("container"),
            error=row.get("error"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the key as plain data, unset facts left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class StoredCertificate:
    """A certificate in a store of a server.

    :ivar store: C(My), C(Root), C(CA) or C(REQUEST).
    :ivar thumbprint: 40 upper-case hex digits, or Unknown.
    :ivar der: the certificate, None if the server sent it in brief or it is not yet known.
    :ivar public_key: SHA-256 of its SubjectPublicKeyInfo, empty if C(der) is None, or Unknown.
    """

    store: str
    thumbprint: str
    subject: str
    issuer: str
    not_after: datetime | None = None
    self_issued: bool = False
    friendly_name: str = ""
    has_key: bool = False
    key: Key | None = None
    der: bytes | None = None
    expected_public_key: str = ""

    @cached_property
    def certificate(self) -> Certificate | None:
        """The facts of the certificate, None without C(der)."""
        return None if self.der is None else Certificate.from_der(self.der)

    @property
    def public_key(self) -> str:
        """SHA-256 of SubjectPublicKeyInfo, upper-case hex; Unknown or empty if not known."""
        return self.certificate.public_key_sha256 if self.certificate else self.expected_public_key

    @property
    def usable_key(self) -> bool:
        """True if the private key is here and can be opened."""
        return self.has_key and (self.key is None or self.key.error is None)

    @property
    def exportable(self) -> bool:
        """True if the private key is here and may leave the server."""
        return self.usable_key and self.key is not None and self.key.exportable is True

    @classmethod
    def from_dict(cls, store: str, row: Mapping[str, Any]) -> StoredCertificate:
        """Reads a row of a store section of the contract, or of L{to_dict}."""
        return cls(
            store=store,
            thumbprint=parse_unknown(row["thumbprint"]),
            subject=row["subject"],
            issuer=row["issuer"],
            not_after=parse_time(row.get("not_after")),
            self_issued=bool(row.get("self_issued")),
            friendly_name=row.get("friendly_name") or "",
            has_key=bool(row.get("has_key")),
            key=Key.from_dict(row["key"]) if row.get("key") else None,
            der=base64.b64decode(row["der"]) if row.get("der") else None,
            expected_public_key=parse_unknown(row.get("public_key") or ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the row as plain data."""
        row: dict[str, Any] = {
            "thumbprint": str(self.thumbprint),
            "subject": self.subject,
            "issuer": self.issuer,
            "not_after": format_time(self.not_after),
            "self_issued": self.self_issued,
        }
        if self.store in ("My", "REQUEST"):
            row |= {
                "friendly_name": self.friendly_name,
                "has_key": self.has_key,
                "key": self.key.to_dict() if self.key else None,
            }
            row["public_key"] = str(self.public_key)
        if self.der is not None:
            row["der"] = base64.b64encode(self.der).decode("ascii")
        return row


@dataclass(frozen=True)
class Assignment:
    """Which certificate a usage has (a row of Get-CsCertificate; reference section 1.4)."""

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
    record: Mapping[str, Any] | None = None
    csr: bytes | None = None

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> RequestFile:
        """Reads a row of L{to_dict}."""
        return cls(
            name=row["name"], record=row.get("record"), csr=base64.b64decode(row["csr"]) if row.get("csr") else None
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the files as plain data."""
        return {
            "name": self.name,
            "record": None if self.record is None else dict(self.record),
            "csr": None if self.csr is None else base64.b64encode(self.csr).decode("ascii"),
        }


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

    def merged(self, given: Topology) -> Topology:
        """Completes what the replica says with what the inventory says; the inventory does not overrule it."""
        return replace(
            self, **{name: value for name, value in vars(given).items() if value and not getattr(self, name)}
        )


@dataclass(frozen=True)
class State:
    """All that the core knows of one server at one moment.

    :ivar computer: facts of the section C(computer) of the contract.
    :ivar now: the server's clock when it was read, UTC.
    """

    computer: Mapping[str, Any]
    certificates: tuple[StoredCertificate, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    requests: tuple[RequestFile, ...] = ()
    topology: Topology = field(default_factory=Topology)

    @property
    def now(self) -> datetime:
        """The server's own clock, UTC."""
        value = parse_time(self.computer["time"])
        if value is None:
            raise ValueError("a state without time")
        return value

    def store(self, name: str) -> tuple[StoredCertificate, ...]:
        """The certificates of one store."""
        return tuple(row for row in self.certificates if row.store == name)

    def find(self, store: str, thumbprint: str) -> StoredCertificate | None:
        """The certificate of a store that has a thumbprint."""
        return next((row for row in self.store(store) if row.thumbprint == thumbprint), None)

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

    def with_request(self, request: RequestFile) -> State:
        """The state after a request's record and CSR were written."""
        return replace(self, requests=tuple(row for row in self.requests if row.name != request.name) + (request,))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> State:
        """Reads what L{to_dict} gave, also after it went through Ansible.

        :raises KeyError, TypeError, ValueError: it is no such thing.
        """
        return cls(
            computer=dict(data["computer"]),
            certificates=tuple(
                StoredCertificate.from_dict(store, row) for store in STORES for row in data["stores"][store]
            ),
            assignments=tuple(Assignment.from_dict(row) for row in data["assignments"]),
            requests=tuple(RequestFile.from_dict(row) for row in data["requests"]),
            topology=Topology.from_dict(data["topology"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the state as plain data, to be handed from task to task."""
        return {
            "computer": dict(self.computer),
            "stores": {store: [row.to_dict() for row in self.store(store)] for store in STORES},
            "assignments": [row.to_dict() for row in sorted(self.assignments, key=lambda row: row.use)],
            "requests": [row.to_dict() for row in self.requests],
            "topology": self.topology.to_dict(),
        }
