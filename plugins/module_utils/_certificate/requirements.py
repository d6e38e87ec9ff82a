# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a certificate on a server is good for its usages. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .._product.names import missing_names
from .._state.request_record import RequestRecord
from .._state.request_records import Requests, read_request
from .._state.state import RequestFile, State
from .._state.stored import StoredCertificate, format_time
from .._x509.certificate import Certificate
from .checks import chain_check, failed, key_check, provider_check, usage_check, validity_check

__all__ = [
    "Need",
    "asked_changes",
    "curable_problems",
    "fit_problems",
    "former_record",
    "lasting_problems",
    "other_purpose",
    "read_request",
    "renewal_time",
    "use_problems",
]

#: A renewal begins this long before the end, or at the last third of the lifetime if that is shorter.
_RENEW_BEFORE = timedelta(days=45)


@dataclass(frozen=True)
class Need:
    """What a certificate has to be.

    :ivar usages: usages of the product that it is for.
    :ivar names: FQDNs that it has to carry.
    :ivar renew_before: how long before its end it is no longer good enough; None for the default.
    :ivar asked: what a request for it asks, to tell whether that has changed since.
    """

    usages: tuple[str, ...]
    names: tuple[str, ...] = ()
    renew_before: timedelta | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)


def renewal_time(certificate: Certificate, renew_before: timedelta | None) -> datetime:
    """When a certificate is due for renewal: never before half of its lifetime, lest each one be renewed at once."""
    lifetime = certificate.not_after - certificate.not_before
    if renew_before is None:
        renew_before = min(_RENEW_BEFORE, lifetime / 3)
    return certificate.not_after - min(renew_before, lifetime / 2)


def use_problems(row: StoredCertificate, state: State) -> tuple[str, ...]:
    """Why the product would refuse, or fail with, a certificate of My; empty if nothing speaks against it.

    Source: product.md#set-cscertificate, product.md#field-problems, product.md#checks-before-an-assignment;
    rules.md#checks-before-assignment.

    :param row: a certificate of My; one that is not yet issued has no problems that are known.
    """
    return (*lasting_problems(row, state), *curable_problems(row, state))


def lasting_problems(row: StoredCertificate, state: State) -> tuple[str, ...]:
    """What only another certificate can cure."""
    certificate = row.certificate
    if certificate is None:
        return ()
    checks = (key_check(row), validity_check(certificate, state), usage_check(certificate), provider_check(row, state))
    return failed(check for check in checks if check.lasting)


def curable_problems(row: StoredCertificate, state: State) -> tuple[str, ...]:
    """What goes away when the authorities are imported, or with time; no reason for a new request."""
    certificate = row.certificate
    if certificate is None:
        return ()
    checks = (validity_check(certificate, state), chain_check(certificate, state))
    return failed(check for check in checks if not check.lasting)


def fit_problems(row: StoredCertificate, need: Need, state: State, requests: Sequence[RequestFile]) -> tuple[str, ...]:
    """Why a certificate of My is not, or soon not, what is needed, so that a new one is due; empty if it fits.

    Source: rules.md#identity-of-a-request.

    :param requests: records of all servers of the set; one whose CSR has the certificate's key tells what was asked.
    """
    certificate = row.certificate
    if certificate is None:
        return ()
    problems = list(lasting_problems(row, state))
    missing = missing_names(certificate, need.names, need.usages)
    if missing:
        problems.append(f"it lacks the name {', '.join(missing)}")
    if not problems and renewal_time(certificate, need.renew_before) <= state.now:
        problems.append(f"it is due for renewal, valid until {format_time(certificate.not_after)}")
    known = Requests.of(requests)
    others = other_purpose(certificate.public_key_sha256, need, known) or _other_use(row, need, state)
    if others:
        problems.append(others)
    record = known.record_of(certificate.public_key_sha256) or known.online_record(row, need.usages)
    if record and need.asked:
        problems += asked_changes(record, need.asked)
    return tuple(problems)


def other_purpose(public_key: str, need: Need, requests: Sequence[RequestFile]) -> str:
    """That a key was made for usages of another certificate; empty if it was not, or names tell certificates apart.

    The A/V Authentication service looks at no name (product.md#edge-certificates), so that any certificate would do for
    it; where it is to have one of its own, that of other usages is none.
    """
    record = None if need.names else Requests.of(requests).record_of(public_key)
    usages = (record.usages or ()) if record else ()
    return f"it was requested for {', '.join(usages)}" if usages and not set(usages) & set(need.usages) else ""


def _other_use(row: StoredCertificate, need: Need, state: State) -> str:
    """The same of a certificate in use whose request is not known."""
    uses = [item.use for item in state.assignments if item.thumbprint == row.thumbprint]
    if need.names or not uses or set(uses) & set(need.usages):
        return ""
    return f"it is that of {', '.join(sorted(uses))}"


def former_record(entry: RequestFile | None) -> RequestRecord | None:
    """What the record of a new request keeps of the one that it replaces, None if there is nothing to keep.

    That of a request which was never made, so that it has no CSR, keeps what it kept itself.
    """
    record = entry.record if entry else None
    if entry is None or record is None or record.is_note:
        return None
    asked = read_request(entry)
    former = record.previous
    if asked is None and not record.ca:
        return former
    if asked and former and former.public_key_sha256 == asked.public_key_sha256:
        return former  # the new request was not made, the CSR is still that of the one before
    return replace(
        record, previous=None, public_key_sha256=asked.public_key_sha256 if asked else record.public_key_sha256
    )


def asked_changes(record: RequestRecord, asked: Mapping[str, Any]) -> list[str]:
    """What is asked for otherwise than a record says, one text for each option."""
    before = record.asked
    if before is None:
        return []
    return [
        f"{name} was {before.get(name)!r} in its request and is now {value!r}"
        for name, value in asked.items()
        if before.get(name) != value
    ]
