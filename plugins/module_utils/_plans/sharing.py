# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one certificate gets onto all servers of a set. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .._core.plan import Plan
from .._core.state import RequestFile, State
from .._core.stored import Key, StoredCertificate, format_time
from .._core.unknown import Unknown, is_unknown
from .._errors import CertificatesError, InputError
from .._product.names import missing_names
from .._x509.certificate import Certificate
from .assignment import AssignSpec, plan_assign
from .checks import serves
from .exporting import plan_export
from .fitness import curable_problems, fit_problems, use_problems
from .importing import ImportSpec, plan_import
from .request import RequestSpec, fitting_certificates, plan_note, plan_request, unfit_reasons
from .set_plan import Answer, Draft, SetPlan, SetSpec
from .waiting import Waiting, find_pending


def planned_on(host: str, planner: Callable[..., Plan], *arguments: Any) -> Plan:
    """Runs a planner; its error names the host.

    :raises InputError: the planner's.
    """
    try:
        return planner(*arguments)
    except CertificatesError as error:
        raise InputError(f"{host}: {error}") from error


@dataclass(frozen=True)
class _Shared:
    """A certificate that is there, and the server that gives it to the others."""

    leader: str
    thumbprint: str
    since: datetime


@dataclass(frozen=True)
class _Answered:
    """An answer that can be imported, and the server that it is for."""

    leader: str
    answer: Answer
    certificate: Certificate


class Sharing:
    """Gets one certificate onto all servers of a set: one that is there, one just issued, or a new one.

    :ivar hosts: members that can be reached, in natural order.
    :ivar providers: who may give the certificate: the requester, then the members.
    """

    def __init__(self, spec: SetSpec, draft: Draft, hosts: list[str], unreachable: tuple[str, ...]) -> None:
        self.spec = spec
        self.need = spec.request.need
        self.draft = draft
        self.hosts = hosts
        self.providers = [spec.requester, *hosts] if spec.requester else hosts
        self.unreachable = unreachable
        self.held: list[str] = []
        self.requests: tuple[RequestFile, ...] = tuple(
            entry for host in self.providers for entry in draft.states[host].requests
        )

    def plan(self) -> SetPlan:
        """The whole plan."""
        if self.spec.request.force:
            return self._request()
        shared = self._shared()
        answered = self._answered()
        if answered and (shared is None or answered.certificate.not_before > shared.since):
            return self._take(answered)
        if shared:
            self._distribute(shared.leader, shared.thumbprint, "")
            return self._result(shared.leader, shared.thumbprint)
        return self._request()

    # ---- a certificate that is there ----

    def _shared(self) -> _Shared | None:
        """The certificate that the set can share.

        One that can be used now comes first, then the one that already serves most servers, then the one that lasts
        longest.
        """
        holders: dict[str, dict[str, StoredCertificate]] = {}
        for host in self.providers:
            state = self.draft.states[host]
            for row in state.store("My"):
                if row.certificate and not fit_problems(row, self.need, state, self.requests):
                    holders.setdefault(row.thumbprint, {})[host] = row
        ranked = []
        for thumbprint, rows in holders.items():
            givers = [host for host, row in rows.items() if row.exportable]
            if not givers and not set(self.hosts) <= set(rows):
                continue
            usable = not any(curable_problems(row, self.draft.states[host]) for host, row in rows.items())
            serving = sum(self._serves(host, thumbprint) for host in self.hosts)
            until = format_time(next(iter(rows.values())).not_after) or ""
            ranked.append((usable, serving, until, thumbprint, (givers or list(rows))[0]))
        if not ranked:
            return None
        *_rank, thumbprint, leader = max(ranked)
        certificate = holders[thumbprint][leader].certificate
        return _Shared(leader, thumbprint, certificate.not_before) if certificate else None

    def _row(self, host: str, thumbprint: str) -> StoredCertificate | None:
        return self.draft.states[host].find("My", thumbprint)

    def _serves(self, host: str, thumbprint: str) -> bool:
        state = self.draft.states[host]
        assigned = [state.assignment(use) for use in self.need.usages]
        return all(row is not None and row.thumbprint == thumbprint for row in assigned)

    # ---- a certificate that was issued ----

    def _answered(self) -> _Answered | None:
        """The newest answer that can be used, to whichever request of a reachable server (DESIGN, "Rules", 5)."""
        found = [
            _Answered(host, answer, certificate)
            for host in self.providers
            for answer in self.spec.answers
            for certificate in _answers(answer, self.draft.states[host])
            if self._would_do(certificate, self.draft.states[host])
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
        )

    def _take(self, answered: _Answered) -> SetPlan:
        """Imports an answer and shares what it brought."""
        leader, thumbprint = answered.leader, answered.certificate.thumbprint
        if not self.spec.may_change(leader):
            waiting_for = f"a run that includes {leader}, which holds the key of the certificate {thumbprint}"
            return replace(self._result(leader, thumbprint), waiting_for=waiting_for)
        spec = self._import_spec(answered.answer, thumbprint)
        self.draft.add(leader, "import", planned_on(leader, plan_import, spec, self.draft.states[leader]))
        self._distribute(leader, thumbprint, "")
        return replace(self._result(leader, thumbprint), answer=answered.answer)

    def _import_spec(self, answer: Answer, thumbprint: str | None) -> ImportSpec:
        return ImportSpec(
            file=answer.file,
            content=answer.content,
            name=answer.name,
            passphrase=answer.passphrase,
            thumbprint=thumbprint,
            usages=self.need.usages,
            names=self.need.names,
        )

    # ---- a certificate that is yet to come ----

    def _request(self) -> SetPlan:
        """Makes a request, or goes on with the one that waits; all that follows waits for the answer."""
        leader, pending = self._leader()
        if pending and not self.spec.may_change(leader):
            waiting_for = f"a run that includes {leader}, which holds the request (public key {pending.public_key})"
            return replace(self._result(leader, Unknown("issue")), waiting_for=waiting_for)
        if pending is None:
            self._refuse_if_another_has_it()
        self._refuse_useless_answer(leader, pending)
        why = () if pending else self._why()
        state = self.draft.states[leader]
        request = self._request_of(leader)
        plan = planned_on(leader, plan_request, request, state, self.requests, why, self.spec.elsewhere)
        self._warn_if_closed(leader, plan)
        self.draft.add(leader, "request", plan)
        public_key = plan.facts["public_key_sha256"]
        for host in self.hosts:
            if host != leader and self.spec.may_change(host):
                note = (self.spec.request, self.draft.states[host], leader, public_key)
                self.draft.add(host, "note", planned_on(host, plan_note, *note))
        waiting_for = f"the answer to the request of {leader} (public key {public_key})"
        spec = ImportSpec(
            file=None, name="answer", public_key=public_key, usages=self.need.usages, names=self.need.names
        )
        self.draft.add(leader, "import", planned_on(leader, plan_import, spec, self.draft.states[leader]), waiting_for)
        thumbprint = Unknown("issue")
        self._distribute(leader, thumbprint, waiting_for)
        csr = "" if is_unknown(plan.facts["csr"]) else plan.facts["csr"]
        return replace(
            self._result(leader, thumbprint),
            public_key=public_key,
            csr=csr,
            waiting_for=waiting_for,
            computer_fqdn=request.parameters.get("ComputerFqdn", ""),
        )

    def _request_of(self, leader: str) -> RequestSpec:
        """What is asked for; a server outside of the set is told for which computer (reference section 1.1, ComputerFqdn)."""
        request = self.spec.request
        if leader != self.spec.requester or request.parameters.get("ComputerFqdn"):
            return request
        acting = [host for host in self.hosts if self.spec.may_change(host)] or self.hosts
        fqdn = self.draft.states[acting[0]].computer.get("fqdn") or acting[0]
        return replace(request, parameters={**request.parameters, "ComputerFqdn": fqdn})

    def _leader(self) -> tuple[str, Waiting | None]:
        """The server that has a request pending, else the one named, else the requester, else the first."""
        if not self.spec.request.force:
            name = self.spec.request.files.name
            for host in sorted(self.providers, key=lambda host: not self.spec.may_change(host)):
                pending = find_pending(self.need, name, self.draft.states[host], self.spec.elsewhere)
                if pending:
                    return host, pending
        if self.spec.leader in self.unreachable:
            raise InputError(f"leader: {self.spec.leader} cannot be reached; name another server or none")
        acting = [host for host in self.hosts if self.spec.may_change(host)]
        return self.spec.leader or self.spec.requester or acting[0], None

    def _refuse_if_another_has_it(self) -> None:
        """Stops before a second request while the server that made the first one is away (DESIGN, "Rules", 6)."""
        if self.spec.request.force:
            return
        held = {row.public_key for host in self.providers for row in self.draft.states[host].store("My")}
        for entry in self.requests:
            record = entry.record or {}
            maker, key = record.get("made_by"), record.get("public_key_sha256")
            if maker in self.unreachable and key not in held:
                raise InputError(
                    f"{maker}, which cannot be reached, made the request that waits (public key {key}); "
                    "bring it back and run again, or request anew with force: true (edge_force in the role)"
                )

    def _refuse_useless_answer(self, leader: str, pending: Waiting | None) -> None:
        """Tells what is wrong with the answer to the request that waits; the same words at each run, no new request."""
        for answer in self.spec.answers if pending else ():
            if pending and any(item.public_key_sha256 == pending.public_key for item in answer.file.certificates):
                planned_on(leader, plan_import, self._import_spec(answer, None), self.draft.states[leader])

    def _warn_if_closed(self, leader: str, plan: Plan) -> None:
        exportable = self.spec.request.parameters.get("PrivateKeyExportable")
        if plan.steps and len(self.hosts) > 1 and not exportable:
            self.draft.warnings.append(
                f"{leader}: private_key_exportable is not true, so that the other servers cannot get the private key"
            )

    def _why(self) -> tuple[str, ...]:
        """Why a new request is made, told for each server."""
        if self.spec.request.force:
            return ("a new request is forced",)
        reasons = []
        for host in self.hosts:
            state = self.draft.states[host]
            fitting = fitting_certificates(self.need, state, self.requests)
            reasons += [
                f"{host}: {item.thumbprint} fits, but its private key is not exportable, so that the others cannot have it"
                for item in fitting
            ]
            reasons += [] if fitting else [f"{host}: {text}" for text in unfit_reasons(self.need, state, self.requests)]
        return tuple(reasons)

    # ---- from one server to all ----

    def _distribute(self, leader: str, thumbprint: str, waits_for: str) -> None:
        """Exports the certificate once, imports it where it is missing, assigns it everywhere."""
        given = self._row(leader, thumbprint)
        lacking = [host for host in self.hosts if not self._has(host, thumbprint)]
        missing = [host for host in lacking if self.spec.may_change(host)]
        if missing:
            plan = planned_on(leader, plan_export, thumbprint, "", self.draft.states[leader])
            self.draft.add(leader, "export", plan, waits_for)
        for host in missing:
            copy = ImportSpec(
                file=None,
                name="PFX",
                passphrase="",
                thumbprint=thumbprint,
                usages=self.need.usages,
                names=self.need.names,
            )
            plan = planned_on(host, plan_import, copy, self.draft.states[host])
            if given:
                known = replace(given, key=Key(exportable=copy.exportable))
                plan = replace(plan, predicted=plan.predicted.with_certificates(known))
            self.draft.add(host, "copy", plan, waits_for)
        everywhere = not self.unreachable and len(missing) == len(lacking)
        for host in self.hosts:
            if self.spec.may_change(host) and host != self.spec.requester:
                self._assign(host, thumbprint, waits_for, everywhere)

    def _has(self, host: str, thumbprint: str) -> bool:
        row = self._row(host, thumbprint)
        return row is not None and row.usable_key

    def _assign(self, host: str, thumbprint: str, waits_for: str, everywhere: bool) -> None:
        """Assigns, unless some server will not have the certificate and the one in use still works."""
        state = self.draft.states[host]
        if not everywhere and not self._serves(host, thumbprint) and self._works(state):
            self.held.append(host)
            return
        spec = AssignSpec(usages=self.need.usages, thumbprint=thumbprint, names=self.need.names)
        self.draft.add(host, "assign", planned_on(host, plan_assign, spec, state), waits_for)

    def _works(self, state: State) -> bool:
        """True if every usage has a certificate against which nothing speaks."""
        assigned = [state.assignment(use) for use in self.need.usages]
        rows = [state.find("My", row.thumbprint) if row else None for row in assigned]
        return all(row is not None and not use_problems(row, state) for row in rows)

    def _result(self, leader: str, thumbprint: str) -> SetPlan:
        return SetPlan(
            leader=leader,
            thumbprint=thumbprint,
            steps=tuple(self.draft.steps),
            predicted=self.draft.states,
            names=self.need.names,
            held=tuple(self.held),
            unreachable=self.unreachable,
            warnings=tuple(self.draft.warnings),
        )


def _answers(answer: Answer, state: State) -> list[Certificate]:
    """The certificates of a file that a server can take: those whose key waits there, or comes along."""
    if answer.file.key_certificate:
        return [answer.file.key_certificate]
    waiting = {row.public_key for row in state.store("REQUEST") if row.usable_key}
    return [item for item in answer.file.certificates if item.public_key_sha256 in waiting]
