# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a certificate and its key are in the store My. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable

from .._errors import InputError
from .._state.state import State
from .._state.stored import Key, StoredCertificate
from .._state.unknown import Unknown
from .._steps.plan import Plan
from .._steps.steps import TMP, Step, cert_import, cmdlet, write_file
from .._x509.certificate import Certificate
from .._x509.chain import store_for
from .._x509.files import CertificateFile
from .._x509.pem import encode
from .chain import plan_placement, with_authorities
from .import_parts import ImportSpec, check_certificate, missing_authorities, others, plan_of
from .importing_product import plan_for_all, product_steps

__all__ = ["ANSWER", "ImportSpec", "plan_import"]

#: The answer of an authority lies here while Import-CsCertificate reads it.
ANSWER = TMP + "answer.cer"


def plan_import(spec: ImportSpec, state: State) -> Plan:
    """Plans the import of an authority's answer, or of a PFX, on one server.

    Source: product.md#edge-internal-interface, product.md#import-cscertificate, product.md#file-formats;
    rules.md#ca-certificates-by-kind, rules.md#one-key-for-a-pool, rules.md#identity-of-a-request.

    :raises InputError: the file does not fit the server, or what was asked; one line.
    """
    if spec.for_all:
        return plan_for_all(spec, state)
    if spec.file is None:
        return _plan_unknown_pfx(spec, state) if spec.passphrase is not None else _plan_unknown_answer(spec, state)
    if spec.file.kind == "pkcs12":
        return _plan_pfx(spec, spec.file, state)
    return _plan_answer(spec, spec.file, state)


# ---- the answer of an authority ----


def _plan_answer(spec: ImportSpec, file: CertificateFile, state: State) -> Plan:
    leaves = [item for item in file.certificates if store_for(item) is None]
    if not leaves:
        raise InputError(
            f"{spec.name}: holds authorities only, no answer to a request; import these with cs_certificate_chain"
        )
    for leaf in leaves:
        row = state.find("My", leaf.thumbprint)
        if row and row.usable_key:
            check_certificate(spec, leaf, state.now)
            return plan_of(state, state, (), (), leaf.thumbprint)
    waiting = {row.public_key: row for row in state.store("REQUEST") if row.usable_key and row.public_key}
    leaf = next((item for item in leaves if item.public_key_sha256 in waiting), leaves[0])
    check_certificate(spec, leaf, state.now)
    request = waiting.get(leaf.public_key_sha256)
    if request is None:
        raise InputError(
            f"{spec.name}: {leaf.subject} ({leaf.thumbprint}) fits no request that waits on this server; "
            "import it on the server that made the request, or a PFX that holds its private key"
        )
    predicted, steps, reasons = plan_placement(state, missing_authorities(others(file, leaf), state))
    steps += [
        write_file(ANSWER, encode(leaf.der, "CERTIFICATE").replace("\n", "\r\n").encode("ascii"), replace=True),
        cmdlet("Import-CsCertificate", Path=ANSWER),
    ]
    reasons.append(f"{leaf.subject} ({leaf.thumbprint}) answers the request that waits here")
    predicted = predicted.without("REQUEST", request.thumbprint).with_certificates(
        StoredCertificate.of(leaf, "My", friendly_name=request.friendly_name, has_key=True, key=request.key)
    )
    return plan_of(state, predicted, steps, reasons, leaf.thumbprint)


def _plan_unknown_answer(spec: ImportSpec, state: State) -> Plan:
    """Check mode, before the authority has answered: the same steps, the certificate unknown."""
    request = next((row for row in state.store("REQUEST") if row.public_key == (spec.public_key or "")), None)
    if request is None:
        raise InputError(f"{spec.name}: there is no content, and no request waits here that could be answered")
    thumbprint = Unknown("issue")
    row = StoredCertificate(
        store="My",
        thumbprint=thumbprint,
        subject="",
        issuer="",
        friendly_name=request.friendly_name,
        has_key=True,
        key=request.key,
    )
    predicted = state.without("REQUEST", request.thumbprint).with_certificates(row)
    steps = (
        write_file(ANSWER, str(thumbprint).encode("ascii"), replace=True),
        cmdlet("Import-CsCertificate", Path=ANSWER),
    )
    return plan_of(
        state, predicted, steps, ("the authority will have answered the request that waits here",), thumbprint
    )


# ---- a PFX ----


def _plan_pfx(spec: ImportSpec, file: CertificateFile, state: State) -> Plan:
    own = file.key_certificate
    if own is None:
        raise InputError(f"{spec.name}: holds no private key; export it again with its key")
    check_certificate(spec, own, state.now)
    predicted = state
    steps: list[Step] = []
    reasons: list[str] = []
    warnings = []
    row = state.find("My", own.thumbprint)
    if row is None or not row.usable_key:
        along = others(file, own)
        if spec.by_product:
            predicted, steps, reasons = plan_placement(state, missing_authorities(along, state))
            steps += product_steps(spec)
        else:
            predicted = with_authorities(state, along)
            places = _places(own.thumbprint, along, state)
            steps = [cert_import(spec.content, places, password=spec.passphrase or "", exportable=spec.exportable)]
        lacking = "is not on this server" if row is None else "is on this server without its private key"
        reasons.append(f"{own.subject} ({own.thumbprint}) {lacking}")
        friendly_name, key = file.friendly_name or "", Key(exportable=spec.exportable)
        made = StoredCertificate.of(own, "My", friendly_name=friendly_name, has_key=True, key=key)
        predicted = predicted.with_certificates(made)
    elif spec.exportable and not row.exportable:
        warnings.append(
            f"{own.subject} ({own.thumbprint}) is here already, with a private key that is not exportable; it stays as it is. "
            "Remove the certificate with its key first if the key has to be exportable"
        )
    return plan_of(state, predicted, steps, reasons, own.thumbprint, warnings)


def _places(thumbprint: str, along: Iterable[Certificate], state: State) -> dict[str, str]:
    """The stores of a PFX's certificates, by thumbprint; authorities that are there already stay out."""
    return {str(thumbprint): "My"} | {item.thumbprint: store for item, store in missing_authorities(along, state)}


def _plan_unknown_pfx(spec: ImportSpec, state: State) -> Plan:
    """Check mode, before the PFX exists: the same step, its content unknown."""
    thumbprint = spec.thumbprint or Unknown("export")
    row = state.find("My", thumbprint)
    if row and row.usable_key:
        return plan_of(state, state, (), (), thumbprint)
    if spec.by_product:
        predicted, steps, reasons = plan_placement(state, missing_authorities(spec.authorities, state))
        steps += product_steps(spec)
    else:
        predicted, reasons = with_authorities(state, spec.authorities), []
        places = _places(thumbprint, spec.authorities, state)
        content = str(Unknown("export"))
        steps = [cert_import(content, places, password=spec.passphrase or "", exportable=spec.exportable)]
    row = StoredCertificate(
        store="My", thumbprint=thumbprint, subject="", issuer="", has_key=True, key=Key(exportable=spec.exportable)
    )
    reasons.append(f"the certificate {thumbprint} is not on this server")
    return plan_of(state, predicted.with_certificates(row), steps, reasons, thumbprint)
