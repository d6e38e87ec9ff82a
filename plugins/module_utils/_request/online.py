# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: an online request exists, unless a fitting certificate does. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._certificate.checks import serves
from .._certificate.requirements import asked_changes
from .._errors import CertificatesError, InputError
from .._product.names import missing_names
from .._state.pending import PendingRequest
from .._state.request_record import RequestRecord
from .._state.request_records import Requests
from .._state.state import RequestFile, State
from .._state.stored import StoredCertificate
from .._state.unknown import is_unknown
from .._steps.plan import Plan
from .issued import certificate_facts
from .offline import own_record
from .request import RequestSpec, coming_row, free_name, fulfilling, request_reasons, request_record, request_steps


def needs_pending(spec: RequestSpec, state: State, why: tuple[str, ...] = ()) -> bool:
    """True if the product's pending requests have to be read before a plan can be made."""
    return state.pending is None and fulfilling(spec, state, why=why) is None


def plan_online(spec: RequestSpec, state: State, why: tuple[str, ...] = ()) -> Plan:
    """Plans a request that the server sends to an authority itself.

    The record is written before, in the same call. The prediction is that the authority issues at once.
    Source: product.md#request-cscertificate, product.md#front-end-server; rules.md#identity-of-a-request.

    :param why: reasons that a planner of the whole set found; empty to look for them here.
    :raises InputError: the last request has brought a certificate that does not do, and a new one would not either.
    """
    fitting = fulfilling(spec, state, why=why)
    if fitting:
        return Plan(predicted=state, facts=certificate_facts("fulfilled", fitting, spec.need, state))
    foretold = None if spec.force else _foretold(spec, state)
    if foretold:
        return Plan(predicted=state, facts=certificate_facts("issued", foretold, spec.need, state))
    pending = None if spec.force else pending_request(spec, state)
    if pending:
        return Plan(predicted=state, facts=pending_facts(spec, pending.request_id, pending.friendly_name))
    if not spec.force and not why:
        _refuse_repetition(spec, state)
    friendly_name = free_name(spec.friendly_name, state)
    record = replace(
        request_record(spec, friendly_name, state),
        ca=spec.ca,
        known_certificates=tuple(sorted(str(row.thumbprint) for row in state.store("My"))),
        known_requests=tuple(sorted(row.request_id for row in state.pending or () if row.request_id is not None)),
    )
    steps, before = request_steps(spec, state, record, CA=spec.ca)
    row = coming_row(spec, friendly_name, store="My", origin="issue")
    predicted = state.with_certificates(row).with_request(RequestFile(name=spec.files.name, record=record))
    return Plan(
        predicted=predicted,
        steps=steps,
        reasons=request_reasons(spec, state, why=why),
        before=before,
        after={"request": record.to_dict()},
        facts=certificate_facts("issued", row, spec.need, predicted),
    )


def _refuse_repetition(spec: RequestSpec, state: State) -> None:
    """Stops before a request that the authority has answered already, with a certificate that does not do.

    :raises InputError: a new certificate would be just as useless; lest there be one more with each run.
    """
    record = own_record(state.request_file(spec.files.name))
    if record is None or _changed(spec, record):
        return
    requests = Requests.of(state.requests)
    rows = [row for row in state.store("My") if requests.online_record(row, spec.need.usages) is record]
    useless = [(row, problem) for row in rows for problem in _lasting(row, spec, state)]
    if useless and len({row.thumbprint for row, _problem in useless}) == len(rows):
        row, (problem, cure) = useless[0]
        raise InputError(
            f"the last request has brought {row.subject} ({row.thumbprint}), but {problem}, and so would a new one; {cure}"
        )


def _lasting(row: StoredCertificate, spec: RequestSpec, state: State) -> list[tuple[str, str]]:
    """What is wrong with a certificate that a new one for the same request would have, too, and the cure."""
    certificate = row.certificate
    if certificate is None or not row.usable_key or certificate.not_after <= state.now:
        return []
    missing = missing_names(certificate, spec.need.names, spec.need.usages)
    found = []
    if missing:
        cure = "add it to domain_names, or correct the topology and publish it"
        found.append((f"it lacks the name {', '.join(missing)}", cure))
    if not serves(certificate):
        found.append(("it is not meant for server authentication", "name another template"))
    return found


def _foretold(spec: RequestSpec, state: State) -> StoredCertificate | None:
    """The certificate that an earlier task of the same run in check mode has foretold."""
    record = own_record(state.request_file(spec.files.name))
    if record is None or not record.ca:
        return None
    rows = [row for row in state.store("My") if is_unknown(row.thumbprint)]
    return next((row for row in rows if row.friendly_name == record.friendly_name), None)


def pending_request(spec: RequestSpec, state: State) -> PendingRequest | None:
    """The request that waits at the authority and whose certificate would do.

    It is told by the record; if that is lost, by what the product lists. The newest counts.
    """
    record = own_record(state.request_file(spec.files.name))
    name = spec.friendly_name
    if record is not None:
        if (record.ca or "").lower() != spec.ca.lower() or _changed(spec, record):
            return None
        name = record.friendly_name or ""
    known = (record.known_requests if record else None) or ()
    fitting = [row for row in state.pending or () if row.request_id not in known and _is_for(row, spec, name)]
    return max(fitting, key=lambda row: row.request_id or 0, default=None)


def _changed(spec: RequestSpec, record: RequestRecord) -> bool:
    return bool(asked_changes(record, spec.need.asked)) or record.names != spec.need.names


def _is_for(row: PendingRequest, spec: RequestSpec, friendly_name: str) -> bool:
    """Compares a row with what is wanted, as far as the row tells."""
    usages = {usage.lower() for usage in spec.need.usages}
    return (
        (not row.ca or row.ca.lower() == spec.ca.lower())
        and (not row.usages or {usage.lower() for usage in row.usages} == usages)
        and (not row.friendly_name or row.friendly_name.lower().startswith(friendly_name.lower()))
    )


def pending_facts(spec: RequestSpec, request_id: int | None, friendly_name: str) -> dict[str, Any]:
    """What is told of a request that waits at the authority."""
    return {"request_state": "pending", "request_id": request_id, "ca": spec.ca, "friendly_name": friendly_name}


def made_facts(
    spec: RequestSpec, friendly_name: str, before: State, after: State, output: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What became of an online request: a certificate that was not there before, or a new request that waits.

    The cmdlet is documented to return nothing (product.md#output-of-a-request), so that the stores and the product's
    list are looked at; an object that it did return only helps with the number of the request.

    :param output: the rows that the cmdlet returned, if any.
    :raises CertificatesError: there is neither.
    """
    issued = new_certificate(before, after, friendly_name)
    if issued:
        return certificate_facts("issued", issued, spec.need, after)
    listed = [row for row in after.pending or () if row not in (before.pending or ())]
    told = [PendingRequest.from_row(row).request_id for row in output]
    keys = {row.thumbprint for row in after.store("REQUEST")} - {row.thumbprint for row in before.store("REQUEST")}
    if not listed and not keys:
        raise CertificatesError(
            "Request-CsCertificate reported no error, yet there is neither a new certificate in My nor a request that waits; "
            "look at the server, then run again"
        )
    number = max((row.request_id or 0 for row in listed), default=0) or next((item for item in told if item), None)
    return pending_facts(spec, number, friendly_name)


def new_certificate(before: State, after: State, friendly_name: str) -> StoredCertificate | None:
    """The certificate with a key that came into My; of several the one with the friendly name."""
    rows = [row for row in after.store("My") if row.has_key and before.find("My", row.thumbprint) is None]
    return next(iter(sorted(rows, key=lambda row: row.friendly_name != friendly_name)), None)
