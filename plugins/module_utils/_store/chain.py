# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: the certificates of a chain are in the stores where they belong. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .._errors import InputError
from .._state.state import State
from .._state.stored import StoredCertificate
from .._steps.plan import Plan
from .._steps.steps import Step, cert_import, cert_remove
from .._x509.certificate import Certificate
from .._x509.chain import check_chain_file, store_for
from .store_checks import plan_mending, store_hygiene


@dataclass(frozen=True)
class ChainSpec:
    """What cs_certificate_chain is asked for.

    :ivar name: of the file, for messages.
    :ivar allow_expired: take authorities that have expired.
    :ivar mend: what else in the stores is mended, see L{store_checks.MENDS}.
    """

    certificates: tuple[Certificate, ...]
    name: str = "chain file"
    allow_expired: bool = False
    mend: tuple[str, ...] = ()


def _label(certificate: Certificate) -> str:
    return f"{certificate.subject} ({certificate.thumbprint})"


def with_authorities(state: State, certificates: Iterable[Certificate]) -> State:
    """The state after a PFX brought its authorities: each is in its store, none is taken out of another."""
    for certificate in certificates:
        store = store_for(certificate)
        if store and state.find(store, certificate.thumbprint) is None:
            state = state.with_certificates(StoredCertificate.of(certificate, store))
        elif store:
            state = _with_bytes(state, store, certificate)
    return state


def plan_placement(
    state: State, certificates: Sequence[tuple[Certificate, str]]
) -> tuple[State, list[Step], list[str]]:
    """Puts authorities into their stores where they are missing, and out of Root where they do not belong.

    Source: rules.md#ca-certificates-by-kind; product.md#misplaced-ca-certificate: a certificate in Root that is not
    self-signed breaks the product.

    :param certificates: each with its store, C(Root) or C(CA).
    :returns: the state then, the steps and their reasons.
    """
    steps, reasons = [], []
    for certificate, store in certificates:
        if state.find(store, certificate.thumbprint) is None:
            steps.append(cert_import(certificate.der, {certificate.thumbprint: store}))
            reasons.append(f"{_label(certificate)} is missing in {store}")
            state = state.with_certificates(StoredCertificate.of(certificate, store))
        else:
            state = _with_bytes(state, store, certificate)
        if store == "CA" and state.find("Root", certificate.thumbprint) is not None:
            steps.append(cert_remove(certificate.thumbprint, store="Root"))
            reasons.append(f"{_label(certificate)} is in Root, but not self-signed")
            state = state.without("Root", certificate.thumbprint)
    return state, steps, reasons


def _with_bytes(state: State, store: str, certificate: Certificate) -> State:
    """Adds the bytes of a certificate that the server sent in brief, so that chains can be built on it."""
    row = state.find(store, certificate.thumbprint)
    if row is None or row.der is not None:
        return state
    return state.with_certificates(replace(row, der=certificate.der))


def plan_chain(spec: ChainSpec, state: State) -> Plan:
    """Plans the import of a chain on one server, and the mending of its stores.

    :raises InputError: the chain reaches no root, or an authority has expired and that is not allowed; with what to do.
    """
    wanted, leaves = _placements(spec, state)
    predicted, steps, reasons = plan_placement(state, wanted)
    predicted, more, why = plan_mending(predicted, spec.mend)
    labels = {_label(item): item.thumbprint for item, _store in wanted}
    labels |= _touched(state, predicted)

    def shown(of: State) -> dict[str, list[str]]:
        return {
            store: sorted(label for label, thumbprint in labels.items() if of.find(store, thumbprint))
            for store in ("Root", "CA")
        }

    return Plan(
        predicted=predicted,
        steps=(*steps, *more),
        reasons=(*reasons, *why),
        warnings=tuple(f"{spec.name}: {_label(leaf)} is no authority and is not stored" for leaf in leaves),
        before=shown(state),
        after=shown(predicted),
        facts={
            "root": [item.thumbprint for item, store in wanted if store == "Root"],
            "intermediate": [item.thumbprint for item, store in wanted if store == "CA"],
            "leaves": [item.facts() for item in leaves],
            "hygiene": store_hygiene(predicted),
        },
    )


def _placements(spec: ChainSpec, state: State) -> tuple[list[tuple[Certificate, str]], tuple[Certificate, ...]]:
    """The authorities of the file with their stores, roots first, and what is no authority.

    :raises InputError: they must not be stored.
    """
    if not spec.certificates and spec.mend:
        return [], ()
    checked = check_chain_file(
        spec.certificates, now=state.now, allow_expired=spec.allow_expired, known=state.trusted()
    )
    if checked.problems:
        hints = []
        if checked.missing:
            told = " and ".join(f"the certificate of {name}" for name in checked.missing)
            hints.append(f"add {told} to the file, or import it first")
        if checked.expired:
            hints.append("have the authority hand out a new chain, or take it all the same with allow_expired: true")
        text = f"{spec.name}: " + "; ".join(checked.problems)
        raise InputError(text + (f" ({'; '.join(hints)})" if hints else ""))
    wanted: list[tuple[Certificate, str]] = [(item.certificate, item.store) for item in checked.placements]
    wanted.sort(key=lambda pair: pair[1] != "Root")
    return wanted, checked.leaves


def _touched(before: State, after: State) -> dict[str, str]:
    """The authorities that are in other stores after than before, by what they are called."""
    places = [{(row.store, row.thumbprint) for row in of.certificates} for of in (before, after)]
    moved = {thumbprint for _store, thumbprint in places[0] ^ places[1]}
    rows = (row for of in (before, after) for row in of.certificates)
    return {f"{row.subject} ({row.thumbprint})": row.thumbprint for row in rows if row.thumbprint in moved}
