# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one certificate gets onto all servers of a set. **PRIVATE** to the collection."""

from __future__ import annotations

from dataclasses import replace

from .._errors import InputError
from .._request.offline import Waiting
from .._request.online import pending_request, plan_online
from .._request.request import RequestSpec, fitting_certificates, fulfilling, plan_note, plan_request, unfit_reasons
from .._request.retrieval import plan_retrieve
from .._state.stored import Key, StoredCertificate
from .._state.unknown import Unknown, is_unknown
from .._steps.plan import Plan
from .._store.exporting import plan_export
from .._store.importing import ImportSpec, plan_import
from .._x509.certificate import Certificate
from .._x509.chain import build_chain
from .cutover import Turning
from .draft import Answer, Draft, SetPlan, SetSpec, planned_on
from .source import Answered, Source


class Sharing:
    """Gets one certificate onto all servers of a set: one that is there, one just issued, or a new one.

    :ivar hosts: members that can be reached, in natural order.
    """

    def __init__(self, spec: SetSpec, draft: Draft, hosts: list[str], unreachable: tuple[str, ...]) -> None:
        self.spec = spec
        self.need = spec.request.need
        self.draft = draft
        self.hosts = hosts
        self.unreachable = unreachable
        self.source = Source(spec, draft.states, hosts, unreachable)
        self.turning = Turning(spec, draft, hosts, self.source)

    def plan(self) -> SetPlan:
        """The whole plan."""
        if self.spec.request.force:
            return self._request()
        shared = self.source.shared()
        answered = self.source.answered()
        if answered and (shared is None or answered.certificate.not_before > shared.since):
            return self._take(answered)
        if shared:
            self._distribute(shared.leader, shared.thumbprint, "")
            return self._result(shared.leader, shared.thumbprint)
        return self._request()

    # ---- a certificate that was issued ----

    def _take(self, answered: Answered) -> SetPlan:
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
        leader, pending = self.source.leader()
        if self.spec.request.ca and pending is None:
            return self._ask(leader)
        if pending and not self.spec.may_change(leader):
            waiting_for = f"a run that includes {leader}, which holds the request (public key {pending.public_key})"
            return replace(self._result(leader, Unknown("issue")), waiting_for=waiting_for)
        if pending is None:
            self._refuse_if_another_has_it()
        self._refuse_useless_answer(leader, pending)
        why = () if pending else self._why()
        state = self.draft.states[leader]
        request = self._request_of(leader)
        plan = planned_on(leader, plan_request, request, state, self.source.requests, why, self.spec.elsewhere)
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
            subject=plan.facts["subject"],
            dns_names=tuple(plan.facts["dns_names"]),
            computer_fqdn=request.parameters.get("ComputerFqdn", ""),
        )

    def _ask(self, leader: str) -> SetPlan:
        """Has the leader send a request to the authority itself, or fetch the certificate of one that waits there.

        No answer has to be imported then (product.md#front-end-server). The servers are told of no public key, for it
        is not known before the issue.
        """
        leader = self.source.asker(leader)
        state = self.draft.states[leader]
        request = self._request_of(leader)
        waiting = None if request.force else pending_request(request, state)
        if waiting and not self.spec.may_change(leader):
            waiting_for = (
                f"a run that includes {leader}, which has asked for the certificate (request {waiting.request_id})"
            )
            return replace(self._result(leader, Unknown("issue")), waiting_for=waiting_for)
        waiting_for = ""
        if waiting:
            waiting_for = f"the approval of request {waiting.request_id} at {request.ca}"
            plan = planned_on(leader, plan_retrieve, [waiting], state)
        else:
            closed = fulfilling(request, state, self.source.requests) is not None
            plan = planned_on(leader, plan_online, request, state, self._why() if closed else ())
            if not closed and not request.force:
                plan = replace(plan, reasons=self._why())
        self._warn_if_closed(leader, plan)
        self.draft.add(leader, "request", plan)
        self._distribute(leader, Unknown("issue"), waiting_for)
        return replace(self._result(leader, Unknown("issue")), waiting_for=waiting_for)

    def _request_of(self, leader: str) -> RequestSpec:
        """What is asked for; a server outside of the set is told for which computer.

        Source: product.md#parameters-of-a-request.
        """
        request = self.spec.request
        if leader != self.spec.requester or request.parameters.get("ComputerFqdn"):
            return request
        acting = [host for host in self.hosts if self.spec.may_change(host)] or self.hosts
        fqdn = self.draft.states[acting[0]].computer.get("fqdn") or acting[0]
        return replace(request, parameters={**request.parameters, "ComputerFqdn": fqdn})

    def _refuse_if_another_has_it(self) -> None:
        """Stops before a second request while the server that made the first one is away.

        Source: rules.md#leader-of-a-pool.
        """
        if self.spec.request.force:
            return
        held = {row.public_key for host in self.source.providers for row in self.draft.states[host].store("My")}
        for entry in self.source.requests:
            if entry.record is None:
                continue
            maker, key = entry.record.made_by, entry.record.public_key_sha256
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
            fitting = fitting_certificates(self.need, state, self.source.requests)
            reasons += [
                f"{host}: {item.thumbprint} fits, but its private key is not exportable, so that the others cannot have it"
                for item in fitting
            ]
            reasons += (
                [] if fitting else [f"{host}: {text}" for text in unfit_reasons(self.need, state, self.source.requests)]
            )
        return tuple(reasons)

    # ---- from one server to all ----

    def _distribute(self, leader: str, thumbprint: str, waits_for: str) -> None:
        """Exports the certificate once, imports it where it is missing, assigns it everywhere."""
        given = self.draft.states[leader].find("My", thumbprint)
        lacking = [host for host in self.hosts if not self._has(host, thumbprint)]
        missing = [host for host in lacking if self.spec.may_change(host)]
        if missing:
            plan = planned_on(leader, plan_export, thumbprint, "", self.draft.states[leader])
            self.draft.add(leader, "export", plan, waits_for)
        authorities = self._authorities(leader, given)
        for host in missing:
            copy = ImportSpec(
                file=None,
                name="PFX",
                passphrase="",
                thumbprint=thumbprint,
                usages=self.need.usages,
                names=self.need.names,
                authorities=authorities,
            )
            plan = planned_on(host, plan_import, copy, self.draft.states[host])
            if given:
                known = replace(given, key=Key(exportable=copy.exportable))
                plan = replace(plan, predicted=plan.predicted.with_certificates(known))
            self.draft.add(host, "copy", plan, waits_for)
        self.turning.plan(thumbprint, waits_for, everywhere=not self.unreachable and len(missing) == len(lacking))

    def _authorities(self, leader: str, given: StoredCertificate | None) -> tuple[Certificate, ...]:
        """The authorities that the PFX of the leader brings along: the whole path.

        Source: product.md#edge-internal-interface.
        """
        if given is None or given.certificate is None:
            return ()
        state = self.draft.states[leader]
        chain = build_chain(
            given.certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now
        )
        return chain.certificates[1:]

    def _has(self, host: str, thumbprint: str) -> bool:
        row = self.draft.states[host].find("My", thumbprint)
        return row is not None and row.usable_key

    def _result(self, leader: str, thumbprint: str) -> SetPlan:
        return SetPlan(
            leader=leader,
            thumbprint=thumbprint,
            steps=tuple(self.draft.steps),
            predicted=self.draft.states,
            names=self.need.names,
            effective_date=self.turning.date,
            held=tuple(self.turning.held),
            unreachable=self.unreachable,
            warnings=tuple(self.draft.warnings),
        )
