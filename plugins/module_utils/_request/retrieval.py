# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: what is done with the requests that the product lists as pending. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._failures.failures import explain
from .._state.pending import PendingRequest
from .._state.state import State
from .._state.stored import StoredCertificate
from .._state.unknown import Unknown
from .._steps.plan import Plan
from .._steps.steps import Step, cmdlet

_CMDLET = "Request-CsCertificate"
#: CERTSRV_E_UNSUPPORTED_CERT_TYPE and CERTSRV_E_ADMIN_DENIED_REQUEST (product.md#errors-of-a-request,
#: product.md#dispositions).
_DENIED = ("0x80094800", "0x80094014")
#: The only command that lists; it changes nothing.
LIST = cmdlet(_CMDLET, List=True).commands


def selected(state: State, request_id: int | None) -> tuple[PendingRequest, ...]:
    """The pending requests that are meant: the one with a number, else all (product.md#parameters-of-a-request)."""
    return tuple(row for row in state.pending or () if request_id is None or row.request_id == request_id)


def describe(
    row: PendingRequest, request_state: str = "pending", issued: StoredCertificate | None = None
) -> dict[str, Any]:
    """What is told of a request.

    :param issued: the certificate that it became.
    """
    return {
        "request_id": row.request_id,
        "request_state": request_state,
        "ca": row.ca,
        "friendly_name": row.friendly_name,
        "type": list(row.usages),
        "thumbprint": str(issued.thumbprint) if issued else None,
        "certificate": issued.certificate.facts() if issued and issued.certificate else None,
    }


def retrieve_step(request_id: int | None) -> Step:
    """The step that fetches a request; all of them without a number."""
    return cmdlet(_CMDLET, Retrieve=True, RequestId=request_id)


def plan_retrieve(wanted: Sequence[PendingRequest], state: State) -> Plan:
    """Foretells the retrieval of requests: each by itself, lest one that was revoked keeps the others waiting.

    The prediction is that the authority has issued them all. The requests of the plan's facts have no certificate then, but
    a thumbprint that is known after the issue.
    """
    rows = [
        StoredCertificate("My", Unknown("issue"), "", "", friendly_name=item.friendly_name, has_key=True)
        for item in wanted
    ]
    return Plan(
        predicted=replace(
            state, pending=tuple(item for item in state.pending or () if item not in wanted)
        ).with_certificates(*rows),
        steps=tuple(retrieve_step(item.request_id) for item in wanted),
        reasons=tuple(f"{name_of(item)} waits for the authority" for item in wanted),
        before={"pending": told(state.pending)},
        after={"pending": told(item for item in state.pending or () if item not in wanted)},
        facts={"requests": [describe(item, "issued", row) for item, row in zip(wanted, rows, strict=True)]},
    )


def plan_clear(request_id: int | None, state: State) -> Plan:
    """Plans that requests are no longer pending.

    Source: product.md#request-cscertificate.

    :param request_id: None for all.
    """
    wanted = selected(state, request_id)
    left = tuple(item for item in state.pending or () if item not in wanted)
    return Plan(
        predicted=replace(state, pending=left),
        steps=(cmdlet(_CMDLET, Clear=True, RequestId=request_id),) if wanted else (),
        reasons=tuple(f"{name_of(item)} is pending" for item in wanted),
        before={"pending": told(state.pending)},
        after={"pending": told(left)},
        facts={"requests": [describe(item, "cleared") for item in wanted]},
    )


def told(rows: Any) -> list[str]:
    """Pending requests, one line each."""
    return [" ".join(filter(None, (name_of(row), row.friendly_name))) for row in rows or ()]


def name_of(row: PendingRequest) -> str:
    """How a message calls a request."""
    return "a request without a number" if row.request_id is None else f"request {row.request_id}"


def explain_retrieval(row: PendingRequest, error: Mapping[str, Any]) -> str:
    """One line: why a request could not be fetched, and what to do next.

    The product knows the states issued, denied and pending only, and stumbles over a revoked one
    (product.md#states-of-a-request).
    """
    chain = error.get("chain") or []
    words = " ".join([str(error.get("message") or ""), *(str(link.get("message")) for link in chain)]).lower()
    said = " ".join(str(error.get("message") or "no message").split()).rstrip(".")
    clear = "state: absent" + ("" if row.request_id is None else f", request_id: {row.request_id}")
    if "revoked" in words:
        return f"{name_of(row)} was revoked, a state that the product does not support: {said} (clear it with {clear})"
    if "denied" in words or any(link.get("hresult") in _DENIED for link in chain):
        return (
            f"{name_of(row)} was denied: {said} (clear it with {clear}, and ask the authority before you request anew)"
        )
    hint = explain(error, retrieve_step(row.request_id))
    return f"{name_of(row)} cannot be retrieved: {hint}; if it was revoked at the authority, clear it with {clear}"
