# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a certificate leaves its server with key and chain. **PRIVATE** to the collection."""

from __future__ import annotations

from .._errors import InputError
from .._state.state import State
from .._state.stored import StoredCertificate
from .._steps.plan import Plan
from .._steps.steps import cert_export
from .._x509.certificate import Certificate
from .._x509.chain import build_chain


def plan_export(thumbprint: str, passphrase: str, state: State, *, with_chain: bool = True) -> Plan:
    """Plans the export of a certificate of My as a PFX; the key stays where it is.

    Source: product.md#edge-internal-interface; rules.md#one-key-for-a-pool.

    :param thumbprint: 40 upper-case hex digits, or Unknown in check mode.
    :param passphrase: that protects the PFX.
    :param with_chain: the PFX holds the whole path, as far as it builds here.
    :raises InputError: the certificate, or its key, is not here, or the key may not leave the server.
    """
    row = state.find("My", thumbprint)
    if row is None:
        raise InputError(
            f"no certificate {thumbprint} is in My on this server; name one that cs_certificate_info lists"
        )
    if not row.usable_key:
        raise InputError(
            f"the private key of {thumbprint} is not on this server; export the certificate where it was requested"
        )
    if row.key is not None and row.key.exportable is False:
        raise InputError(
            f"the private key of {thumbprint} is not exportable; request again with private_key_exportable: true, "
            "there is no other cure"
        )
    chain: list[bytes] | None = [] if with_chain else None
    if row.certificate and with_chain:
        built = build_chain(
            row.certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now
        )
        chain = [item.der for item in built.certificates[1:]]
    step = cert_export(thumbprint, password=passphrase, chain=chain)
    return Plan(predicted=state, steps=(step,), facts={"thumbprint": str(thumbprint)})


def has_whole_chain(thumbprint: str, state: State) -> bool:
    """True if the bytes of all authorities above a certificate are known, so that its PFX can hold the whole path."""
    row = state.find("My", thumbprint)
    if row is None or row.certificate is None:
        return False
    return build_chain(
        row.certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now
    ).complete


def public_chain(thumbprint: str | None, state: State) -> tuple[Certificate, ...]:
    """The authorities above a certificate of a server, issuer first (product.md#edge-internal-interface, by MMC).

    :param thumbprint: of the certificate; None for the one that serves the most usages of this server.
    :raises InputError: there is none, or its chain does not reach a root.
    """
    row = state.find("My", thumbprint) if thumbprint else _most_used(state)
    if row is None or row.certificate is None:
        told = f"no certificate {thumbprint} is in My" if thumbprint else "no certificate is assigned"
        raise InputError(f"{told} on this server, so that there is no chain to export")
    chain = build_chain(row.certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now)
    if not chain.good:
        raise InputError(
            f"the chain of {row.subject} ({row.thumbprint}) does not build here: {'; '.join(chain.problems)}"
        )
    return chain.certificates[1:]


def _most_used(state: State) -> StoredCertificate | None:
    used = [row.thumbprint for row in state.assignments]
    thumbprint = max(sorted(set(used)), key=used.count, default=None)
    return state.find("My", thumbprint) if thumbprint else None
