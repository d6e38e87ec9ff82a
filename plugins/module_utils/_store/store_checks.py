# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the stores of authorities, and what mends it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .._errors import CertificatesError
from .._state.state import State
from .._state.stored import StoredCertificate, format_time
from .._steps.steps import Step, cert_import, cert_remove

#: With more roots the list that a server sends to its peers may be cut short (product.md#too-many-root-certificates).
MOST_ROOTS = 100
#: What can be mended; nothing that is there only once is ever taken away.
MENDS = ("misplaced", "duplicates")


def is_misplaced(row: StoredCertificate) -> bool:
    """True for a certificate of Root that is not self-signed (product.md#misplaced-ca-certificate).

    Names alone tell what is not self-issued; where the bytes are known the signature is verified as well.
    """
    return row.store == "Root" and (
        not row.self_issued or (row.certificate is not None and not row.certificate.self_signed)
    )


def store_hygiene(state: State) -> dict[str, Any]:
    """What a module returns of the stores Root and CA; nothing is judged that was not read.

    Source: product.md#misplaced-ca-certificate, product.md#too-many-root-certificates,
    product.md#expired-certificate-in-a-chain.
    """
    roots, others = state.store("Root"), state.store("CA")
    both = _in_both(state)
    found = {
        "roots": len(roots),
        "misplaced": [_told(row) for row in roots if is_misplaced(row)],
        "duplicates": [_told(row) for row in both],
        "same_key": [[_told(row) for row in group] for group in _same_key((*roots, *others))],
        "expired": [_told(row) for row in (*roots, *others) if row.not_after and row.not_after <= state.now],
    }
    return found | {"problems": _problems(found)}


def _told(row: StoredCertificate) -> dict[str, Any]:
    return {
        "store": row.store,
        "thumbprint": str(row.thumbprint),
        "subject": row.subject,
        "issuer": row.issuer,
        "not_after": format_time(row.not_after),
    }


def _in_both(state: State) -> list[StoredCertificate]:
    """The certificates of CA that lie in Root as well."""
    roots = {row.thumbprint for row in state.store("Root")}
    return [row for row in state.store("CA") if row.thumbprint in roots]


def _same_key(rows: Iterable[StoredCertificate]) -> list[list[StoredCertificate]]:
    """Different certificates of one subject and key, as far as the bytes of two or more are known."""
    groups: dict[tuple[bytes, str], dict[str, StoredCertificate]] = {}
    for row in rows:
        if row.certificate:
            key = (row.certificate.subject_der, row.certificate.public_key_sha256)
            groups.setdefault(key, {}).setdefault(row.thumbprint, row)
    return [list(group.values()) for group in groups.values() if len(group) > 1]


def _problems(found: dict[str, Any]) -> list[str]:
    texts = []
    for row in found["misplaced"]:
        texts.append(f"{row['subject']} ({row['thumbprint']}) is in Root, but not self-signed; services may not start")
    for row in found["duplicates"]:
        texts.append(f"{row['subject']} ({row['thumbprint']}) is in Root and in CA")
    for group in found["same_key"]:
        told = ", ".join(row["thumbprint"] for row in group)
        texts.append(f"{group[0]['subject']} is there {len(group)} times with the same key ({told})")
    for row in found["expired"]:
        texts.append(f"{row['subject']} ({row['thumbprint']}) in {row['store']} expired on {row['not_after']}")
    if found["roots"] > MOST_ROOTS:
        texts.append(
            f"Root holds {found['roots']} certificates; with more than {MOST_ROOTS} peers may not see all of them and refuse "
            "connections. Take those away that no peer and no federated partner needs"
        )
    return texts


def plan_mending(state: State, what: Sequence[str]) -> tuple[State, list[Step], list[str]]:
    """Moves what is misplaced and takes the second copy of what lies in two stores away.

    Source: product.md#misplaced-ca-certificate, product.md#too-many-root-certificates.

    :param what: of L{MENDS}.
    :returns: the state then, the steps and their reasons.
    :raises CertificatesError: the bytes of a certificate that has to be moved were not read.
    """
    steps: list[Step] = []
    reasons: list[str] = []
    for row in state.store("Root") if "misplaced" in what else ():
        if not is_misplaced(row):
            continue
        label = f"{row.subject} ({row.thumbprint})"
        if state.find("CA", row.thumbprint) is None:
            if row.der is None:
                raise CertificatesError(
                    f"{label} is in Root, but not self-signed, and its bytes were not read; run again"
                )
            steps.append(cert_import(row.der, {row.thumbprint: "CA"}))
            state = state.with_certificates(_moved(row))
        steps.append(cert_remove(row.thumbprint, store="Root"))
        reasons.append(f"{label} is in Root, but not self-signed")
        state = state.without("Root", row.thumbprint)
    for row in _in_both(state) if "duplicates" in what else ():
        root = state.find("Root", row.thumbprint)
        if root is None or is_misplaced(root):
            continue
        steps.append(cert_remove(row.thumbprint, store="CA"))
        reasons.append(f"{row.subject} ({row.thumbprint}) is in Root and in CA")
        state = state.without("CA", row.thumbprint)
    return state, steps, reasons


def _moved(row: StoredCertificate) -> StoredCertificate:
    # what is added from its bytes has neither key nor friendly name
    return replace(row, store="CA", friendly_name="", has_key=False, key=None)


def unread(state: State, what: Sequence[str]) -> bool:
    """True if the bytes of a certificate that is to be moved are not known."""
    return "misplaced" in what and any(
        row.der is None and is_misplaced(row) and state.find("CA", row.thumbprint) is None
        for row in state.store("Root")
    )
