# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a certificate leaves its server with key and chain. **PRIVATE** to the collection."""

from __future__ import annotations

from .._core.plan import Plan
from .._core.state import State
from .._core.steps import cert_export
from .._errors import InputError
from .._x509.chain import build_chain


def plan_export(thumbprint: str, passphrase: str, state: State) -> Plan:
    """Plans the export of a certificate of My as a PFX that holds the whole path; the key stays where it is.

    Source: reference section 2.1 step 6; DESIGN, "Rules", 3.

    :param thumbprint: 40 upper-case hex digits, or Unknown in check mode.
    :param passphrase: that protects the PFX.
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
            f"the private key of {thumbprint} is not exportable; request again with private_key_exportable: true"
        )
    chain: list[bytes] = []
    if row.certificate:
        built = build_chain(
            row.certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now
        )
        chain = [item.der for item in built.certificates[1:]]
    step = cert_export(thumbprint, password=passphrase, chain=chain)
    return Plan(predicted=state, steps=(step,), facts={"thumbprint": str(thumbprint)})
