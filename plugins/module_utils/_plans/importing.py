# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a certificate and its key are in the store My. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._core.plan import Plan
from .._core.state import State
from .._core.steps import TMP, Step, cert_import, cmdlet, write_file
from .._core.stored import Key, StoredCertificate, format_time
from .._core.unknown import Unknown, is_unknown
from .._errors import InputError
from .._product.names import missing_names
from .._x509.certificate import Certificate
from .._x509.chain import store_for
from .._x509.files import CertificateFile
from .._x509.pem import encode
from .chain import plan_placement
from .checks import serves

#: The answer of an authority lies here while Import-CsCertificate reads it.
ANSWER = TMP + "answer.cer"


@dataclass(frozen=True)
class ImportSpec:
    """What cs_certificate_import is asked for.

    :ivar file: what the content holds; None if it is known only after an earlier step (check mode).
    :ivar content: the content itself, as base64, for a PFX.
    :ivar passphrase: of a PFX; None says that the content is the answer of an authority.
    :ivar public_key: SHA-256 of the key that the certificate must have, None for any.
    :ivar thumbprint: that the certificate must have, None for any.
    :ivar names: FQDNs that it must carry, for these usages.
    """

    file: CertificateFile | None
    content: str = ""
    name: str = "certificate file"
    passphrase: str | None = None
    exportable: bool = True
    public_key: str | None = None
    thumbprint: str | None = None
    usages: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def plan_import(spec: ImportSpec, state: State) -> Plan:
    """Plans the import of an authority's answer, or of a PFX, on one server.

    Source: reference sections 2.1 (steps 5 and 7), 1.2 and 4; DESIGN, "Rules", 1, 3 and 5.

    :raises InputError: the file does not fit the server, or what was asked; one line.
    """
    if spec.file is None:
        return _plan_unknown_pfx(spec, state) if spec.passphrase is not None else _plan_unknown_answer(spec, state)
    if spec.file.kind == "pkcs12":
        return _plan_pfx(spec, spec.file, state)
    return _plan_answer(spec, spec.file, state)


def _shown(state: State, thumbprint: str) -> dict[str, str | None]:
    row = state.find("My", thumbprint)
    if row is None:
        return {"My": None}
    told = f"{row.subject} ({row.thumbprint})" if row.subject else str(row.thumbprint)
    return {"My": f"{told}, {'with' if row.has_key else 'without'} private key"}


def _plan(
    state: State,
    predicted: State,
    steps: Sequence[Step],
    reasons: Sequence[str],
    thumbprint: str,
    warnings: Sequence[str] = (),
) -> Plan:
    row = predicted.find("My", thumbprint)
    certificate = row.certificate if row else None
    return Plan(
        predicted=predicted,
        steps=tuple(steps),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
        before=_shown(state, thumbprint),
        after=_shown(predicted, thumbprint),
        facts={"thumbprint": str(thumbprint), "certificate": certificate.facts() if certificate else None},
    )


def _row(certificate: Certificate, *, friendly_name: str, key: Key | None) -> StoredCertificate:
    return StoredCertificate(
        store="My",
        thumbprint=certificate.thumbprint,
        subject=certificate.subject,
        issuer=certificate.issuer,
        not_after=certificate.not_after,
        self_issued=certificate.self_issued,
        friendly_name=friendly_name,
        has_key=True,
        key=key,
        der=certificate.der,
    )


def _missing_authorities(file: CertificateFile, state: State, own: Certificate) -> list[tuple[Certificate, str]]:
    """The authorities of a file that the server does not have yet, the root first."""
    placed = [(item, store_for(item)) for item in file.certificates if item.thumbprint != own.thumbprint]
    missing = [(item, store) for item, store in placed if store and state.find(store, item.thumbprint) is None]
    return sorted(missing, key=lambda pair: pair[1] != "Root")


def _check(spec: ImportSpec, certificate: Certificate, state: State) -> None:
    """Refuses a certificate that is not the one awaited, has expired, or lacks a name that is needed."""
    told = f"{spec.name}: {certificate.subject} ({certificate.thumbprint})"
    if spec.thumbprint and not is_unknown(spec.thumbprint) and spec.thumbprint != certificate.thumbprint:
        raise InputError(f"{told} is not the certificate {spec.thumbprint} that is to be imported")
    if spec.public_key and not is_unknown(spec.public_key) and spec.public_key != certificate.public_key_sha256:
        raise InputError(
            f"{told} has the public key {certificate.public_key_sha256}, the request has {spec.public_key}; it answers another request"
        )
    if certificate.not_after <= state.now:
        raise InputError(f"{told} expired on {format_time(certificate.not_after)}; nothing is imported")
    if not serves(certificate):
        raise InputError(
            f"{told} is not meant for server authentication; nothing is imported. Ask for another template"
        )
    missing = missing_names(certificate, spec.names, spec.usages)
    if missing:
        raise InputError(
            f"{told} lacks the name {', '.join(missing)}; nothing is imported. "
            "Have the authority issue it with all names of the request, and put the new answer in its place"
        )


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
            _check(spec, leaf, state)
            return _plan(state, state, (), (), leaf.thumbprint)
    waiting = {row.public_key: row for row in state.store("REQUEST") if row.usable_key and row.public_key}
    leaf = next((item for item in leaves if item.public_key_sha256 in waiting), leaves[0])
    _check(spec, leaf, state)
    request = waiting.get(leaf.public_key_sha256)
    if request is None:
        raise InputError(
            f"{spec.name}: {leaf.subject} ({leaf.thumbprint}) fits no request that waits on this server; "
            "import it on the server that made the request, or a PFX that holds its private key"
        )
    predicted, steps, reasons = plan_placement(state, _missing_authorities(file, state, leaf))
    steps += [
        write_file(ANSWER, encode(leaf.der, "CERTIFICATE").replace("\n", "\r\n").encode("ascii")),
        cmdlet("Import-CsCertificate", Path=ANSWER),
    ]
    reasons.append(f"{leaf.subject} ({leaf.thumbprint}) answers the request that waits here")
    predicted = predicted.without("REQUEST", request.thumbprint).with_certificates(
        _row(leaf, friendly_name=request.friendly_name, key=request.key)
    )
    return _plan(state, predicted, steps, reasons, leaf.thumbprint)


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
    steps = (write_file(ANSWER, str(thumbprint).encode("ascii")), cmdlet("Import-CsCertificate", Path=ANSWER))
    return _plan(state, predicted, steps, ("the authority will have answered the request that waits here",), thumbprint)


# ---- a PFX ----


def _plan_pfx(spec: ImportSpec, file: CertificateFile, state: State) -> Plan:
    own = file.key_certificate
    if own is None:
        raise InputError(f"{spec.name}: holds no private key; export it again with its key")
    _check(spec, own, state)
    predicted, steps, reasons = state, [], []
    warnings = []
    row = state.find("My", own.thumbprint)
    if row is None or not row.usable_key:
        places = {own.thumbprint: "My"} | {
            item.thumbprint: store for item, store in _missing_authorities(file, state, own)
        }
        steps = [cert_import(spec.content, places, password=spec.passphrase or "", exportable=spec.exportable)]
        lacking = "is not on this server" if row is None else "is on this server without its private key"
        reasons = [f"{own.subject} ({own.thumbprint}) {lacking}"]
        key = Key(exportable=spec.exportable)
        predicted, _steps, _reasons = plan_placement(state, _missing_authorities(file, state, own))
        predicted = predicted.with_certificates(_row(own, friendly_name=file.friendly_name or "", key=key))
    elif spec.exportable and not row.exportable:
        warnings.append(
            f"{own.subject} ({own.thumbprint}) is here already, with a private key that is not exportable; it stays as it is. "
            "Remove the certificate with its key first if the key has to be exportable"
        )
    return _plan(state, predicted, steps, reasons, own.thumbprint, warnings)


def _plan_unknown_pfx(spec: ImportSpec, state: State) -> Plan:
    """Check mode, before the PFX exists: the same step, its content unknown."""
    thumbprint = spec.thumbprint or Unknown("export")
    row = state.find("My", thumbprint)
    if row and row.usable_key:
        return _plan(state, state, (), (), thumbprint)
    step = cert_import(
        str(Unknown("export")), {str(thumbprint): "My"}, password=spec.passphrase or "", exportable=spec.exportable
    )
    row = StoredCertificate(
        store="My", thumbprint=thumbprint, subject="", issuer="", has_key=True, key=Key(exportable=spec.exportable)
    )
    reason = f"the certificate {thumbprint} is not on this server"
    return _plan(state, state.with_certificates(row), (step,), (reason,), thumbprint)
