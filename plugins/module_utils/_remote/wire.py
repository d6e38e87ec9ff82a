# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two sides of a remote call: arguments for the step runner, state out of its result. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._errors import CertificatesError
from .._failures.failures import explain, explain_warning
from .._state.claim import Claim
from .._state.pending import PendingRequest
from .._state.request_paths import RequestFiles
from .._state.request_record import RequestRecord
from .._state.service import Service
from .._state.state import Assignment, RequestFile, State, Topology
from .._state.stored import STORES, StoredCertificate, parse_time
from .._steps.steps import Step, read_file

#: The version of the contract that both sides speak.
CONTRACT = 1
#: What a call reads: own certificates whole, authorities in brief (contract, "Sections").
SECTIONS = ("My:full", "REQUEST:full", "Root:brief", "CA:brief", "assignments", "computer")
#: Read once for each server and run; it does not change with our steps.
TOPOLOGY = "topology"
#: The product's pending requests (Request-CsCertificate -List), read only where they matter.
REQUESTS = "requests"
_REQUEST_CMDLET = "Request-CsCertificate"
#: Get-CsWindowsService, read only where services are the subject.
SERVICES = "services"


@dataclass(frozen=True)
class Call:
    """One remote call: the steps, then what is read after them.

    :ivar files: the requests whose record and CSR are read at the end.
    :ivar full: stores that are read whole though brief is the rule.
    :ivar services: the product's services are read, too.
    :ivar claim: path of the claim on the server, to be read along; empty to leave it.
    """

    steps: Sequence[Step] = ()
    files: Sequence[RequestFiles] = ()
    topology: bool = False
    requests: bool = False
    full: Sequence[str] = ()
    services: bool = False
    claim: str = ""

    def arguments(self) -> dict[str, Any]:
        """The arguments of the step runner.

        :raises CertificatesError: a value of a step is not known yet.
        """
        for step in self.steps:
            if step.unknown:
                raise CertificatesError(
                    "a value of a step is known only after an earlier one; run that first: " + "; ".join(step.commands)
                )
        wire = [dict(step.wire) for step in self.steps]
        for entry in self.files:
            wire += [dict(read_file(entry.record).wire), dict(read_file(entry.csr).wire)]
        if self.claim:
            wire.append(dict(read_file(self.claim).wire))
        whole = {f"{store}:brief": f"{store}:full" for store in self.full}
        options = ((TOPOLOGY, self.topology), (REQUESTS, self.requests), (SERVICES, self.services))
        more = [name for name, wanted in options if wanted]
        return {"contract": CONTRACT, "steps": wire, "read": [*(whole.get(name, name) for name in SECTIONS), *more]}

    @property
    def may_change_requests(self) -> bool:
        """True if a step may change what the product lists as pending."""
        return any(step.wire.get("name") == _REQUEST_CMDLET for step in self.steps)


@dataclass(frozen=True)
class Reply:
    """What a remote call brought.

    :ivar rows: one for each step of ours that was begun.
    :ivar state: the server after the call.
    :ivar error: what stopped the steps, in one line; None if all were carried out.
    :ivar record: the runner's own error row of that.
    :ivar failed_step: the step of ours that failed, None if none did.
    """

    rows: Sequence[Mapping[str, Any]]
    state: State
    error: str | None = None
    record: Mapping[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    failed_step: Step | None = None


def decode(result: Mapping[str, Any], call: Call, previous: State | None = None) -> Reply:
    """Reads what the step runner returned.

    :param previous: the state before the call, for what this call did not read.
    :raises CertificatesError: nothing was done, or the server's state cannot be read; one line.
    """
    if result.get("contract") != CONTRACT:
        raise CertificatesError(
            f"the step runner on the server answered in another form than contract {CONTRACT}: {_short(result)}"
        )
    if result.get("fatal"):
        raise CertificatesError(explain(result["fatal"], None))
    rows = list(result["steps"])
    failed = result.get("failed_step")
    error = record = failed_step = None
    if failed is not None:
        errors = rows[failed].get("errors") or [{}]
        record = errors[0]
        failed_step = call.steps[failed] if failed < len(call.steps) else None
        error = explain(record, failed_step)
    state = _state(result["read"], previous, keep_pending=not call.may_change_requests)
    for index, entry in enumerate(call.files):
        pair = rows[len(call.steps) + 2 * index : len(call.steps) + 2 * index + 2]
        if len(pair) == 2:
            state = state.with_request(_request_file(entry.name, pair[0], pair[1]))
    after = rows[len(call.steps) + 2 * len(call.files) :]
    if call.claim and after:
        data = after[0].get("data")
        state = replace(state, claim=None if data is None else Claim.from_bytes(base64.b64decode(data)))
    warnings = [explain_warning(text) for row in rows for text in row.get("warnings", ())]
    warnings += [
        f"temporary files of this call are left on the server: {text}" for text in result.get("cleanup_errors", ())
    ]
    return Reply(
        rows=rows[: len(call.steps)],
        state=state,
        error=error,
        record=record,
        warnings=warnings,
        failed_step=failed_step,
    )


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 200 else text[:200] + " ..."


def _section(read: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = read.get(name)
    if section is None:
        raise CertificatesError(f"the step runner did not return the section {name}")
    if not section.get("ok"):
        errors = section.get("errors") or [{}]
        raise CertificatesError(f"cannot read {name}: {explain(errors[0], None)}")
    return dict(section)


def _state(read: Mapping[str, Any], previous: State | None, *, keep_pending: bool) -> State:
    computer = {name: value for name, value in _section(read, "computer").items() if name not in ("ok", "errors")}
    certificates = tuple(
        StoredCertificate.from_row(store, row) for store in STORES for row in _section(read, store)["certificates"]
    )
    assignments = tuple(_assignment(row) for row in _section(read, "assignments")["output"])
    topology = previous.topology if previous else Topology()
    if TOPOLOGY in read:
        topology = _topology(read[TOPOLOGY])
    pending = previous.pending if previous and keep_pending else None
    if REQUESTS in read:
        pending = tuple(PendingRequest.from_row(row) for row in _section(read, REQUESTS)["output"])
    services = previous.services if previous else None
    if SERVICES in read:
        services = tuple(Service.from_row(row) for row in _section(read, SERVICES)["output"])
    return State(
        computer=computer,
        certificates=certificates,
        assignments=assignments,
        requests=previous.requests if previous else (),
        topology=topology,
        pending=pending,
        services=services,
        claim=previous.claim if previous else None,
    )


def _assignment(row: Mapping[str, Any]) -> Assignment:
    """Reads an output row of Get-CsCertificate (product.md#get-cscertificate)."""
    return Assignment(
        use=row["Use"],
        thumbprint=(row.get("Thumbprint") or "").upper(),
        previous_thumbprint=(row.get("PreviousThumbprint") or "").upper() or None,
        effective_date=parse_time(row.get("EffectiveDate")),
        scope="Global" if str(row.get("SourceScope") or "").lower() == "global" else "Local",
    )


def _topology(section: Mapping[str, Any]) -> Topology:
    """Reads the section C(topology); a replica that cannot be read is told, not an error.

    Source: product.md#edge-server-in-a-workgroup.
    """
    for part in ("computer", "edge", "sip_domains"):
        row = section.get(part) or {}
        if not row.get("ok"):
            errors = row.get("errors") or section.get("errors") or [{}]
            return Topology(problem=explain(errors[0], None))
    computer = (section["computer"]["output"] or [{}])[0]
    edge = _own_service(section["edge"]["output"], computer.get("Pool") or "")
    domains = sorted(section["sip_domains"]["output"], key=lambda row: not row.get("IsDefault"))
    return Topology(
        pool_fqdn=edge.get("InternalInterfaceFqdn") or edge.get("PoolFqdn") or computer.get("Pool") or "",
        access_edge_fqdn=edge.get("AccessEdgeExternalFqdn") or "",
        data_edge_fqdn=edge.get("DataEdgeExternalFqdn") or "",
        av_edge_fqdn=edge.get("AVEdgeExternalFqdn") or "",
        sip_domains=tuple(row.get("Name") or row.get("Identity") or "" for row in domains),
    )


def _own_service(rows: Sequence[Mapping[str, Any]], pool: str) -> Mapping[str, Any]:
    """The service of the computer's own pool: the replica has those of all sites (product.md#topology-cmdlets)."""
    own = [row for row in rows if str(row.get("PoolFqdn") or "").lower() == pool.lower()]
    if not pool and len(rows) == 1:
        own = list(rows)
    return own[0] if own else {}


def _request_file(name: str, record: Mapping[str, Any], csr: Mapping[str, Any]) -> RequestFile:
    """Reads the two files of a request; a record that is damaged counts as missing."""
    return RequestFile(
        name=name,
        record=RequestRecord.from_bytes(base64.b64decode(record["data"])) if record.get("data") else None,
        csr=base64.b64decode(csr["data"]) if csr.get("data") else None,
    )
