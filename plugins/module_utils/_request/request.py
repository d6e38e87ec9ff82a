# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: an offline request exists, unless a fitting certificate does. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._certificate.requirements import Need, fit_problems, former_record
from .._errors import InputError
from .._product.names import foretold_request, names_to_add
from .._state.request_paths import RequestFiles
from .._state.request_record import RequestRecord
from .._state.request_records import Requests, read_request
from .._state.state import RequestFile, State
from .._state.stored import Key, StoredCertificate, format_time
from .._state.unknown import Unknown, is_unknown
from .._steps.plan import Plan
from .._steps.steps import TMP, Step, cmdlet, delete_file, read_file, write_file
from .._x509.request import SigningRequest
from .issued import certificate_facts
from .offline import Waiting, find_pending, lacking_names

#: Where the log of the cmdlet lies while the call lasts.
_REPORT = TMP + "request.html"
#: The order of the parameters in the examples of the help (product.md#examples-of-requests), then that of its table
#: (product.md#parameters-of-a-request).
_ORDER = (
    *("ComputerFqdn", "CA", "CaAccount", "CaPassword", "Output", "FriendlyName", "Template"),
    *("KeyAlg", "KeySize", "PrivateKeyExportable", "ClientEKU", "AllSipDomain", "DomainName"),
    *("Organization", "OU", "City", "State", "Country", "GlobalCatalog", "GlobalSettingsDomainController", "Force"),
)


@dataclass(frozen=True)
class RequestSpec:
    """What cs_certificate_request is asked for.

    :ivar parameters: of Request-CsCertificate as the user set them, by the cmdlet's names; C(DomainName) is a tuple until the step is made.
    :ivar friendly_name: as the user set it, empty if he did not; see L{free_name}.
    :ivar files: where record and CSR lie on the server.
    :ivar report: have the cmdlet write its log, and fetch it.
    :ivar ca: the authority that an online request goes to (C(host\\name)), empty for an offline request.
    """

    need: Need
    files: RequestFiles
    friendly_name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    report: bool = False
    ca: str = ""


def free_name(name: str, state: State) -> str:
    """A friendly name that no certificate of the server has: the one given, else with a date.

    Source: rules.md#unique-friendly-names.

    It must be unique in the computer's stores (product.md#parameters-of-a-request). Empty stays empty.
    """
    taken = {row.friendly_name.lower() for row in state.certificates if row.friendly_name}
    if not name or name.lower() not in taken:
        return name
    dated = f"{name} {state.now:%Y-%m-%d}"
    number, candidate = 1, dated
    while candidate.lower() in taken:
        number += 1
        candidate = f"{dated} ({number})"
    return candidate


def plan_request(
    spec: RequestSpec,
    state: State,
    requests: tuple[RequestFile, ...] = (),
    why: tuple[str, ...] = (),
    elsewhere: Mapping[str, SigningRequest] | None = None,
) -> Plan:
    """Plans a request on one server.

    Source: product.md#edge-internal-interface; rules.md#identity-of-a-request.

    :param requests: records of the other servers of the set.
    :param why: reasons that a planner of the whole set found; empty to look for them here.
    :param elsewhere: CSRs that lie outside of the server, by public key.
    :raises InputError: the request that waits lacks a name that is needed, and a new one would be the same.
    """
    pending = None if spec.force else find_pending(spec.need, spec.files.name, state, elsewhere or {})
    if pending:
        lacking = lacking_names(pending, spec.need)
        if lacking:
            raise InputError(
                f"the request that waits on this server lacks the name {', '.join(lacking)}, and so would a new one; "
                "add it to domain_names, or correct the topology and publish it"
            )
        return Plan(predicted=state, facts=_facts(pending, "pending"))
    fitting = fulfilling(spec, state, requests, why)
    if fitting:
        return Plan(predicted=state, facts=certificate_facts("fulfilled", fitting, spec.need, state))
    return _plan_new(spec, state, request_reasons(spec, state, requests, why))


def fulfilling(
    spec: RequestSpec, state: State, requests: tuple[RequestFile, ...] = (), why: tuple[str, ...] = ()
) -> StoredCertificate | None:
    """The certificate that makes a request needless; None if there is none, or a request is wanted in any case."""
    if spec.force or why:
        return None
    return next(iter(fitting_certificates(spec.need, state, (*state.requests, *requests))), None)


def request_reasons(
    spec: RequestSpec, state: State, requests: tuple[RequestFile, ...] = (), why: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Why a request is made, one line each."""
    if spec.force or why:
        return why or ("a new request is forced",)
    return unfit_reasons(spec.need, state, (*state.requests, *requests))


def plan_note(spec: RequestSpec, state: State, made_by: str, public_key: str) -> Plan:
    """Plans a note on a server of the set that another one has made the request.

    While that one cannot be reached, the note keeps the others from requesting anew (rules.md#leader-of-a-pool).
    """
    old = state.request_file(spec.files.name)
    before = old.record if old else None
    if before and before.made_by == made_by and before.public_key_sha256 == public_key:
        return Plan(predicted=state, facts={"request_state": "noted"})
    record = RequestRecord(made_by=made_by, public_key_sha256=str(public_key), requested=state.now)
    entry = RequestFile(name=spec.files.name, record=record, csr=old.csr if old else None)
    return Plan(
        predicted=state.with_request(entry),
        steps=(write_file(spec.files.record, record.to_bytes(), replace=True, make_folder=True),),
        reasons=(f"{made_by} has made the request of the set",),
        before={"request": before.to_dict() if before else None},
        after={"request": record.to_dict()},
        facts={"request_state": "noted"},
    )


def fitting_certificates(need: Need, state: State, requests: tuple[RequestFile, ...]) -> list[StoredCertificate]:
    """The certificates of My that are what is needed, the one that lasts longest first."""
    known = Requests.of(requests)
    rows = [
        row for row in state.store("My") if not is_unknown(row.thumbprint) and not fit_problems(row, need, state, known)
    ]
    return sorted(rows, key=lambda row: (format_time(row.not_after) or "", row.thumbprint), reverse=True)


def unfit_reasons(need: Need, state: State, requests: tuple[RequestFile, ...]) -> tuple[str, ...]:
    """What is wrong with the certificates that are assigned now, or that there are none."""
    reasons = []
    known = Requests.of(requests)
    for thumbprint in dict.fromkeys(row.thumbprint for row in state.assignments if row.use in need.usages):
        row = state.find("My", thumbprint)
        problems = fit_problems(row, need, state, known) if row else ("it is not in the store My",)
        reasons += [f"assigned certificate {thumbprint}: {problem}" for problem in problems]
    return tuple(reasons) or (f"no certificate for {', '.join(need.usages)} is on this server",)


def request_record(spec: RequestSpec, friendly_name: str, state: State) -> RequestRecord:
    """What is noted beside a request before it is made; it holds no secret."""
    return RequestRecord(
        asked=dict(spec.need.asked),
        friendly_name=friendly_name,
        names=spec.need.names,
        requested=state.now,
        usages=spec.need.usages,
        previous=former_record(state.request_file(spec.files.name)),
    )


def all_parameters(spec: RequestSpec, state: State) -> Mapping[str, Any]:
    """The parameters as the user set them, with the names that are needed and would be missing otherwise."""
    more = names_to_add(spec.need.usages, state.topology, spec.parameters, spec.need.names)
    if not more:
        return spec.parameters
    return {**spec.parameters, "DomainName": (*spec.parameters.get("DomainName", ()), *more)}


def request_steps(
    spec: RequestSpec, state: State, record: RequestRecord, **way: str
) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The steps that note and make a request, and what is noted so far.

    The record comes first and holds that of the earlier request, so that a kill in between loses neither what was asked for
    then nor what is asked for now. The CSR of the earlier request goes then, lest it be taken for that of the new one.

    :param way: parameters that only this kind of request has.
    """
    old = state.request_file(spec.files.name)
    steps = [write_file(spec.files.record, record.to_bytes(), replace=True, make_folder=True)]
    steps += [delete_file(spec.files.csr)] if old and old.csr is not None else []
    given = {**all_parameters(spec, state), **way, "FriendlyName": record.friendly_name or None}
    if "DomainName" in given:
        given["DomainName"] = ",".join(given["DomainName"])
    ordered = {name: given[name] for name in _ORDER if name in given}
    report = _REPORT if spec.report else None
    steps.append(cmdlet("Request-CsCertificate", New=True, Type=spec.need.usages, **ordered, Report=report))
    steps += [read_file(_REPORT)] if spec.report else []
    return tuple(steps), {"request": None if old is None or old.record is None else old.record.to_dict()}


def coming_row(spec: RequestSpec, friendly_name: str, *, store: str, origin: str) -> StoredCertificate:
    """What a new request puts into a store; certificate and key are known only after a step, see L{Unknown}."""
    return StoredCertificate(
        store=store,
        thumbprint=Unknown(origin),
        subject="",
        issuer="",
        friendly_name=friendly_name,
        has_key=True,
        key=Key(exportable=spec.parameters.get("PrivateKeyExportable")),
        expected_public_key=Unknown(origin),
    )


def _plan_new(spec: RequestSpec, state: State, reasons: tuple[str, ...]) -> Plan:
    _refuse_foreign_file(spec, state)
    friendly_name = free_name(spec.friendly_name, state)
    record = request_record(spec, friendly_name, state)
    steps, before = request_steps(spec, state, record, Output=spec.files.csr)
    waiting = coming_row(spec, friendly_name, store="REQUEST", origin="request")
    entry = RequestFile(name=spec.files.name, record=record)
    return Plan(
        predicted=state.with_certificates(waiting).with_request(entry),
        steps=steps,
        reasons=reasons,
        before=before,
        after={"request": record.to_dict()},
        facts=_facts(Waiting(waiting), "pending") | _foretold(spec, state),
    )


def _refuse_foreign_file(spec: RequestSpec, state: State) -> None:
    """The cmdlet overwrites without asking; what is no request is not ours to replace."""
    old = state.request_file(spec.files.name)
    if old and old.csr is not None and not spec.files.is_default and read_request(old) is None:
        raise InputError(
            f"output: {spec.files.csr} is on the server already and is no certificate request; name another file"
        )


def _foretold(spec: RequestSpec, state: State) -> dict[str, Any]:
    """What the product will put into a request, as far as the topology tells."""
    told = foretold_request(spec.need.usages, state.topology, all_parameters(spec, state))
    return {"subject": told[0], "dns_names": list(told[1])} if told else {}


def _facts(waiting: Waiting, request_state: str) -> dict[str, Any]:
    """What is told of a request."""
    asked = waiting.asked
    unknown = str(Unknown("request"))
    return {
        "request_state": request_state,
        "friendly_name": waiting.row.friendly_name,
        "csr": asked.pem if asked else unknown,
        "public_key_sha256": str(waiting.public_key),
        "subject": asked.subject if asked else unknown,
        "dns_names": list(asked.dns_names) if asked else [],
    }
