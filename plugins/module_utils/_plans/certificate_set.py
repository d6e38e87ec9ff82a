# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner of a whole set: all servers behind one load balancer share a certificate. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core.plan import Plan
from .._core.state import Key, RequestFile, State, StoredCertificate, format_time
from .._core.unknown import Unknown, is_unknown
from .._errors import CertificatesError, InputError
from .._product.names import needed_names
from .assignment import AssignSpec, plan_assign
from .chain import ChainSpec, plan_chain
from .exporting import plan_export
from .fitness import curable_problems, fit_problems
from .importing import ImportSpec, plan_import
from .request import Pending, RequestSpec, find_pending, fitting_certificates, plan_request, unfit_reasons


@dataclass(frozen=True)
class SetSpec:
    """What the servers of a set have to share.

    :ivar request: the request to make if no fitting certificate is there.
    :ivar chain: the authorities to import everywhere, None to import none.
    :ivar leader: host that makes requests, empty to choose one.
    """

    request: RequestSpec
    chain: ChainSpec | None = None
    leader: str = ""


@dataclass(frozen=True)
class HostStep:
    """One step of one server.

    :ivar waits_for: what has to be there first, empty if it can be done at once.
    """

    host: str
    name: str
    plan: Plan
    waits_for: str = ""


@dataclass(frozen=True)
class SetPlan:
    """The steps of all servers of a set, in the order of the procedure: chain, request, import, export, copy, assign.

    :ivar leader: the server that requests, imports and exports.
    :ivar thumbprint: of the certificate that all will have, possibly Unknown.
    :ivar public_key: SHA-256 of the key of the request that waits for its answer, empty if none does.
    :ivar csr: that request, as PEM.
    :ivar unreachable: members whose state is not known.
    :ivar predicted: what each server will be like.
    """

    leader: str
    thumbprint: str
    steps: tuple[HostStep, ...]
    predicted: Mapping[str, State]
    names: tuple[str, ...]
    public_key: str = ""
    csr: str = ""
    waiting_for: str = ""
    unreachable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, host: str) -> list[HostStep]:
        """The steps of one server."""
        return [step for step in self.steps if step.host == host]


def _natural(host: str) -> list[Any]:
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", host) if part]


class _Draft:
    """The plan while it grows: each step is planned on the state that the earlier ones lead to."""

    def __init__(self, states: Mapping[str, State]) -> None:
        self.states = dict(states)
        self.steps: list[HostStep] = []
        self.warnings: list[str] = []

    def add(self, host: str, name: str, plan: Plan, waits_for: str = "") -> None:
        """Takes a step into the plan if it does anything, and its outcome as the server's new state."""
        self.warnings += [f"{host}: {text}" for text in plan.warnings]
        self.states[host] = plan.predicted
        if plan.steps:
            self.steps.append(HostStep(host, name, plan, waits_for))


def plan_set(spec: SetSpec, members: Mapping[str, State | None]) -> SetPlan:
    """Plans the documented procedure for one set of servers.

    Source: reference sections 2.1 and 2.2; DESIGN, "Rules", 5 and 6. The order of the members does not matter.

    :param members: state of each server of the set, None for one that cannot be reached.
    :raises InputError: nothing can be planned; one line that names the host.
    """
    hosts = sorted((host for host, state in members.items() if state is not None), key=_natural)
    unreachable = tuple(sorted((host for host, state in members.items() if state is None), key=_natural))
    states = {host: state for host, state in members.items() if state is not None}
    if not hosts:
        raise InputError(f"none of the servers {', '.join(unreachable)} can be reached")
    if spec.leader and spec.leader not in members:
        raise InputError(
            f"leader: '{spec.leader}' is not one of the servers {', '.join(sorted(members, key=_natural))}"
        )
    names = spec.request.need.names or _names_of(spec, states, hosts)
    spec = replace(spec, request=replace(spec.request, need=replace(spec.request.need, names=names)))
    draft = _Draft(states)
    if spec.chain:
        for host in hosts:
            draft.add(host, "chain", _on(host, plan_chain, spec.chain, draft.states[host]))
    return _Sharing(spec, draft, hosts, unreachable).plan()


def _on(host: str, planner: Any, *arguments: Any) -> Plan:
    """Runs a planner; its error names the host."""
    try:
        plan: Plan = planner(*arguments)
    except CertificatesError as error:
        raise InputError(f"{host}: {error}") from error
    return plan


def _names_of(spec: SetSpec, states: Mapping[str, State], hosts: list[str]) -> tuple[str, ...]:
    """The names that the set's usages need; all servers must say the same.

    :raises InputError: they differ, or the pool's FQDN is known nowhere.
    """
    usages = spec.request.need.usages
    found = {host: needed_names(usages, states[host].topology) for host in hosts}
    different = sorted(set(found.values()))
    if len(different) > 1:
        told = "; ".join(f"{host}: {', '.join(found[host]) or 'none'}" for host in hosts)
        raise InputError(
            f"the servers of the set do not agree on the names that the certificate needs ({told}); are they of one pool?"
        )
    if not different[0] and usages != ("AudioVideoAuthentication",):
        problem = states[hosts[0]].topology.problem
        raise InputError(
            f"{hosts[0]}: the FQDNs of the pool are not known"
            + (f" ({problem})" if problem else "")
            + "; give them to cs_certificate_info (fqdns; edge_fqdns in the role)"
        )
    return different[0]


class _Sharing:
    """Gets one certificate onto all servers of a set: an own one, an awaited one, or a new one."""

    def __init__(self, spec: SetSpec, draft: _Draft, hosts: list[str], unreachable: tuple[str, ...]) -> None:
        self.spec = spec
        self.draft = draft
        self.hosts = hosts
        self.unreachable = unreachable
        self.requests: tuple[RequestFile, ...] = tuple(entry for host in hosts for entry in draft.states[host].requests)

    def plan(self) -> SetPlan:
        """The whole plan."""
        shared = None if self.spec.request.force else self._shared_certificate()
        if shared:
            leader, thumbprint = shared
            self._distribute(leader, thumbprint, "")
            return self._result(leader, thumbprint)
        return self._request()

    # ---- a certificate that is there ----

    def _shared_certificate(self) -> tuple[str, str] | None:
        """The certificate that the set can share, with the server that gives it to the others.

        One that can be used now comes first, then the one that already serves most servers, then the one that lasts
        longest.
        """
        need = self.spec.request.need
        holders: dict[str, list[str]] = {}
        for host in self.hosts:
            state = self.draft.states[host]
            for row in state.store("My"):
                if row.certificate and not fit_problems(row, need, state, self.requests):
                    holders.setdefault(row.thumbprint, []).append(host)
        ranked = []
        for thumbprint, having in holders.items():
            rows = {host: found for host in having if (found := self._row(host, thumbprint))}
            givers = [host for host, found in rows.items() if found.exportable]
            if givers or len(having) == len(self.hosts):
                serving = sum(self._serves(host, thumbprint) for host in self.hosts)
                until = format_time(rows[having[0]].not_after) or ""
                usable = not any(curable_problems(found, self.draft.states[host]) for host, found in rows.items())
                ranked.append((usable, serving, until, thumbprint, (givers or having)[0]))
        if not ranked:
            return None
        _usable, _serving, _until, thumbprint, leader = max(ranked)
        return leader, thumbprint

    def _row(self, host: str, thumbprint: str) -> StoredCertificate | None:
        return self.draft.states[host].find("My", thumbprint)

    def _serves(self, host: str, thumbprint: str) -> bool:
        state = self.draft.states[host]
        assigned = [state.assignment(use) for use in self.spec.request.need.usages]
        return all(row is not None and row.thumbprint == thumbprint for row in assigned)

    # ---- a certificate that is yet to come ----

    def _request(self) -> SetPlan:
        """Makes a request, or goes on with the one that waits; all that follows waits for the answer."""
        leader, pending = self._leader()
        plan = _on(
            leader,
            plan_request,
            self.spec.request,
            self.draft.states[leader],
            self.requests,
            () if pending else self._why(),
        )
        if plan.steps and len(self.hosts) > 1 and not self.spec.request.parameters.get("PrivateKeyExportable"):
            self.draft.warnings.append(
                f"{leader}: private_key_exportable is not true, so that the other servers cannot get the private key"
            )
        self.draft.add(leader, "request", plan)
        public_key = plan.facts["public_key_sha256"]
        waiting_for = f"the answer to the request of {leader} (public key {public_key})"
        need = self.spec.request.need
        answer = ImportSpec(file=None, name="answer", public_key=public_key, usages=need.usages, names=need.names)
        self.draft.add(leader, "import", _on(leader, plan_import, answer, self.draft.states[leader]), waiting_for)
        thumbprint = Unknown("issue")
        self._distribute(leader, thumbprint, waiting_for)
        result = self._result(leader, thumbprint)
        csr = "" if is_unknown(plan.facts["csr"]) else plan.facts["csr"]
        return replace(result, public_key=public_key, csr=csr, waiting_for=waiting_for)

    def _leader(self) -> tuple[str, Pending | None]:
        """The server that has a request pending, else the one named, else the first."""
        if not self.spec.request.force:
            for host in self.hosts:
                pending = find_pending(self.spec.request, self.draft.states[host])
                if pending:
                    return host, pending
        if self.spec.leader:
            if self.spec.leader in self.unreachable:
                raise InputError(f"leader: {self.spec.leader} cannot be reached; name another server or none")
            return self.spec.leader, None
        return self.hosts[0], None

    def _why(self) -> tuple[str, ...]:
        """Why a new request is made, told for each server."""
        if self.spec.request.force:
            return ("a new request is forced",)
        need = self.spec.request.need
        reasons = []
        for host in self.hosts:
            state = self.draft.states[host]
            fitting = fitting_certificates(need, state, self.requests)
            reasons += [
                f"{host}: {item.thumbprint} fits, but its private key is not exportable, so that the others cannot have it"
                for item in fitting
            ]
            reasons += [] if fitting else [f"{host}: {reason}" for reason in unfit_reasons(need, state, self.requests)]
        return tuple(reasons)

    # ---- from one server to all ----

    def _distribute(self, leader: str, thumbprint: str, waits_for: str) -> None:
        """Exports the certificate once, imports it where it is missing, assigns it everywhere."""
        need = self.spec.request.need
        rows = {host: self._row(host, thumbprint) for host in self.hosts}
        missing = [host for host, row in rows.items() if row is None or not row.usable_key]
        if missing:
            self.draft.add(
                leader, "export", _on(leader, plan_export, thumbprint, "", self.draft.states[leader]), waits_for
            )
        for host in missing:
            copy = ImportSpec(
                file=None, name="PFX", passphrase="", thumbprint=thumbprint, usages=need.usages, names=need.names
            )
            plan = _on(host, plan_import, copy, self.draft.states[host])
            given = rows[leader]
            if given:
                known = replace(given, key=Key(exportable=copy.exportable))
                plan = replace(plan, predicted=plan.predicted.with_certificates(known))
            self.draft.add(host, "copy", plan, waits_for)
        for host in self.hosts:
            spec = AssignSpec(usages=need.usages, thumbprint=thumbprint, names=need.names)
            self.draft.add(host, "assign", _on(host, plan_assign, spec, self.draft.states[host]), waits_for)

    def _result(self, leader: str, thumbprint: str) -> SetPlan:
        return SetPlan(
            leader=leader,
            thumbprint=thumbprint,
            steps=tuple(self.draft.steps),
            predicted=self.draft.states,
            names=self.spec.request.need.names,
            unreachable=self.unreachable,
            warnings=tuple(self.draft.warnings),
        )
