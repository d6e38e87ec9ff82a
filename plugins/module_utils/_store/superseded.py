# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that a rollover has left behind, and their removal. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._assignment.staging import COEXISTING, is_staged
from .._errors import InputError
from .._product.names import missing_names
from .._state.state import State
from .._state.stored import StoredCertificate, format_time
from .._steps.plan import Plan
from .._steps.steps import cert_remove


def used_by(thumbprint: str, state: State) -> list[str]:
    """What uses a certificate on a server: a usage that has it, had it before, or is to have it."""
    found = []
    for row in state.assignments:
        if row.thumbprint == thumbprint:
            found.append(f"{row.use} has it" + (" from a date on" if is_staged(row, state) else ""))
        elif row.previous_thumbprint == thumbprint:
            found.append(f"{row.use} keeps it beside its certificate")
    return found


def replaced_certificates(
    successors: Iterable[tuple[str, Sequence[str], Sequence[str]]], states: Mapping[str, State | None]
) -> dict[str, list[StoredCertificate]]:
    """Certificates with keys that others of the set have replaced, by server.

    None while a server cannot be reached or something is still staged: what is not seen in use may yet be.

    :param successors: thumbprint, usages and needed names of each certificate of the set.
    """
    known = {host: state for host, state in states.items() if state is not None}
    if len(known) < len(states) or any(is_staged(row, state) for state in known.values() for row in state.assignments):
        return {}
    used = _needed(known)
    found: dict[str, list[StoredCertificate]] = {}
    for thumbprint, usages, names in successors:
        for host, state in known.items():
            new = state.find("My", thumbprint)
            if new is None or new.certificate is None or thumbprint not in used:
                continue
            for row in state.store("My"):
                if row.thumbprint not in used and row not in found.get(host, ()) and _replaced(row, new, usages, names):
                    found.setdefault(host, []).append(row)
    return found


def _needed(states: Mapping[str, State]) -> frozenset[str]:
    """The certificates that a usage has anywhere, and those with whose signatures one still has to do."""
    rows = [row for state in states.values() for row in state.assignments]
    before = (row.previous_thumbprint for row in rows if row.use in COEXISTING and row.previous_thumbprint)
    return frozenset((*(row.thumbprint for row in rows), *before))


def kept_by(thumbprint: str, state: State) -> list[str]:
    """The usages that still name a certificate as their previous one, though it is worth nothing to them any more.

    The product keeps two for each usage; only some of them make use of the previous one (product.md#staging,
    product.md#set-cscertificate).
    """
    return [row.use for row in state.assignments if row.previous_thumbprint == thumbprint and row.use not in COEXISTING]


def _replaced(row: StoredCertificate, new: StoredCertificate, usages: Sequence[str], names: Sequence[str]) -> bool:
    """True if the one was made for the same purpose, and before the other."""
    if row.certificate is None or new.certificate is None or not row.has_key:
        return False
    if row.certificate.not_before >= new.certificate.not_before:
        return False
    alike = row.certificate.subject == new.certificate.subject
    return alike and not (names and missing_names(row.certificate, names, usages))


def plan_removal(thumbprints: Sequence[str], state: State, *, delete_key: bool) -> Plan:
    """Plans to take certificates out of My.

    :param delete_key: with their keys, unless another certificate uses the same one.
    :raises InputError: one of them is in use on this server.
    """
    predicted, steps, gone = state, [], []
    for thumbprint in dict.fromkeys(thumbprints):
        row = state.find("My", thumbprint)
        if row is None:
            continue
        uses = used_by(thumbprint, state)
        if uses:
            raise InputError(f"{row.subject} ({thumbprint}) is in use and stays: {'; '.join(uses)}")
        steps.append(cert_remove(thumbprint, store="My", delete_key=delete_key))
        predicted = predicted.without("My", thumbprint)
        gone.append(row)
    told = [f"{row.thumbprint} {row.subject}, until {format_time(row.not_after)}" for row in gone]
    return Plan(
        predicted=predicted,
        steps=tuple(steps),
        reasons=tuple(f"nothing uses {text}" for text in told),
        before={"My": told},
        after={"My": []},
        facts={"removed": [row.thumbprint for row in gone]},
    )
