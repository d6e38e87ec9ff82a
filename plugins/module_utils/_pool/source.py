# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the certificate of a set comes from: one that is there, one just issued, or a request. **PRIVATE** to the collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .._certificate.checks import serves
from .._certificate.requirements import curable_problems, fit_problems, other_purpose
from .._errors import InputError
from .._product.names import missing_names
from .._request.offline import Waiting, find_pending
from .._request.online import pending_request
from .._state.request_records import Requests
from .._state.state import State
from .._state.stored import StoredCertificate, format_time
from .._x509.certificate import Certificate
from .draft import Answer, SetSpec


@dataclass(frozen=True)
class Shared:
    """A certificate that is there, and the server that gives it to the others."""

    leader: str
    thumbprint: str
    since: datetime


@dataclass(frozen=True)
class Answered:
    """An answer that can be imported, and the server that it is for."""

    leader: str
    answer: Answer
    certificate: Certificate


class Source:
    """Searches the servers of a set for what the certificate can come from.

    :ivar states: of all providers; as the plan goes on, it keeps them up to date.
    :ivar hosts: members that can be reached, in natural order.
    :ivar providers: who may give the certificate: the requester, then the members.
    :ivar requests: the records of all providers.
    """

    def __init__(
        self, spec: SetSpec, states: Mapping[str, State], hosts: list[str], unreachable: tuple[str, ...]
    ) -> None:
        self.spec = spec
        self.need = spec.request.need
        self.states = states
        self.hosts = hosts
        self.unreachable = unreachable
        self.providers = [spec.requester, *hosts] if spec.requester else hosts
        self.requests = Requests(entry for host in self.providers for entry in states[host].requests)

    def shared(self) -> Shared | None:
        """The certificate that the set can share.

        One that can be used now comes first, then the one that already serves most servers, then the one that lasts
        longest.
        """
        holders: dict[str, dict[str, StoredCertificate]] = {}
        serving = Counter(thumbprint for host in self.hosts if (thumbprint := self._served(host)))
        for host in self.providers:
            state = self.states[host]
            for row in state.store("My"):
                if row.certificate and not fit_problems(row, self.need, state, self.requests):
                    holders.setdefault(row.thumbprint, {})[host] = row
        ranked, hosts = [], set(self.hosts)
        for thumbprint, rows in holders.items():
            givers = [host for host, row in rows.items() if row.exportable]
            if not givers and not hosts <= rows.keys():
                continue
            usable = not any(curable_problems(row, self.states[host]) for host, row in rows.items())
            until = format_time(next(iter(rows.values())).not_after) or ""
            ranked.append((usable, serving[thumbprint], until, thumbprint, (givers or list(rows))[0]))
        if not ranked:
            return None
        *_rank, thumbprint, leader = max(ranked)
        certificate = holders[thumbprint][leader].certificate
        return Shared(leader, thumbprint, certificate.not_before) if certificate else None

    def serves(self, host: str, thumbprint: str) -> bool:
        """True if a server has a certificate assigned to all usages in question."""
        return self._served(host) == thumbprint

    def _served(self, host: str) -> str | None:
        """The certificate that all usages in question have on a server; None if they differ, or one has none."""
        assigned = [self.states[host].assignment(use) for use in self.need.usages]
        found = {row.thumbprint if row else None for row in assigned}
        return found.pop() if len(found) == 1 else None

    def answered(self) -> Answered | None:
        """The newest answer that can be used, to whichever request of a reachable server.

        Source: rules.md#identity-of-a-request.
        """
        found = [
            Answered(host, answer, certificate)
            for host in self.providers
            for answer in self.spec.answers
            for certificate in _answers(answer, self.states[host])
            if self._would_do(certificate, self.states[host])
        ]
        # of equal ones, as of a PFX that any server can take, the first
        return max(reversed(found), key=lambda item: item.certificate.not_before, default=None)

    def _would_do(self, certificate: Certificate, state: State) -> bool:
        known = state.find("My", certificate.thumbprint)
        return (
            serves(certificate)
            and certificate.not_after > state.now
            and not missing_names(certificate, self.need.names, self.need.usages)
            and not (known and known.usable_key)
            and not other_purpose(certificate.public_key_sha256, self.need, self.requests)
        )

    def leader(self) -> tuple[str, Waiting | None]:
        """The server that has a request pending, else the one named, else the requester, else the first."""
        if not self.spec.request.force:
            name = self.spec.request.files.name
            for host in sorted(self.providers, key=lambda host: not self.spec.may_change(host)):
                pending = find_pending(self.need, name, self.states[host], self.spec.elsewhere)
                if pending:
                    return host, pending
        if self.spec.leader in self.unreachable:
            raise InputError(f"leader: {self.spec.leader} cannot be reached; name another server or none")
        acting = [host for host in self.hosts if self.spec.may_change(host)]
        return self.spec.leader or self.spec.requester or acting[0], None

    def asker(self, leader: str) -> str:
        """The server that has a request waiting at the authority, else the one given (rules.md#leader-of-a-pool)."""
        if self.spec.request.force:
            return leader
        having = [host for host in self.providers if pending_request(self.spec.request, self.states[host])]
        return next(iter(sorted(having, key=lambda host: not self.spec.may_change(host))), leader)


def _answers(answer: Answer, state: State) -> list[Certificate]:
    """The certificates of a file that a server can take: those whose key waits there, or comes along."""
    if answer.file.key_certificate:
        return [answer.file.key_certificate]
    waiting = {row.public_key for row in state.store("REQUEST") if row.usable_key}
    return [item for item in answer.file.certificates if item.public_key_sha256 in waiting]
