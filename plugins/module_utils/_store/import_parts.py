# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all imports have in common. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._certificate.checks import serves
from .._errors import InputError
from .._product.names import missing_names
from .._state.state import State
from .._state.stored import format_time
from .._state.unknown import is_unknown
from .._steps.plan import Plan
from .._steps.steps import Step
from .._x509.certificate import Certificate
from .._x509.chain import store_for
from .._x509.files import CertificateFile


@dataclass(frozen=True)
class ImportSpec:
    """What cs_certificate_import is asked for.

    :ivar file: what the content holds; None if it is known only after an earlier step (check mode).
    :ivar content: the content itself, as base64, for a PFX.
    :ivar passphrase: of a PFX; None says that the content is the answer of an authority.
    :ivar public_key: SHA-256 of the key that the certificate must have, None for any.
    :ivar thumbprint: that the certificate must have, None for any.
    :ivar names: FQDNs that it must carry, for these usages.
    :ivar authorities: that a PFX which is not there yet will bring along.
    :ivar by_product: a PFX is imported with Import-CsCertificate and not straight into the store.
    :ivar for_all: it is stored and assigned for the whole deployment.
    :ivar effective_date: with for_all, stage it for then.
    :ivar at_once: with for_all, one that is staged already takes effect now.
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
    authorities: tuple[Certificate, ...] = ()
    by_product: bool = False
    for_all: bool = False
    effective_date: datetime | None = None
    at_once: bool = False


def shown_in_my(state: State, thumbprint: str) -> dict[str, str | None]:
    """The certificate in My, for a diff."""
    row = state.find("My", thumbprint)
    if row is None:
        return {"My": None}
    told = f"{row.subject} ({row.thumbprint})" if row.subject else str(row.thumbprint)
    return {"My": f"{told}, {'with' if row.has_key else 'without'} private key"}


def plan_of(
    state: State,
    predicted: State,
    steps: Sequence[Step],
    reasons: Sequence[str],
    thumbprint: str,
    warnings: Sequence[str] = (),
) -> Plan:
    """The plan of an import into My."""
    row = predicted.find("My", thumbprint)
    certificate = row.certificate if row else None
    return Plan(
        predicted=predicted,
        steps=tuple(steps),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
        before=shown_in_my(state, thumbprint),
        after=shown_in_my(predicted, thumbprint),
        facts={"thumbprint": str(thumbprint), "certificate": certificate.facts() if certificate else None},
    )


def others(file: CertificateFile, own: Certificate) -> list[Certificate]:
    """The certificates of a file but the one that it is about."""
    return [item for item in file.certificates if item.thumbprint != own.thumbprint]


def missing_authorities(certificates: Iterable[Certificate], state: State) -> list[tuple[Certificate, str]]:
    """The authorities that the server does not have yet, the root first."""
    placed = [(item, store_for(item)) for item in certificates]
    missing = [(item, store) for item, store in placed if store and state.find(store, item.thumbprint) is None]
    return sorted(missing, key=lambda pair: pair[1] != "Root")


def check_certificate(spec: ImportSpec, certificate: Certificate, now: datetime) -> None:
    """Refuses a certificate that is not the one awaited, has expired, or lacks a name that is needed."""
    told = f"{spec.name}: {certificate.subject} ({certificate.thumbprint})"
    if spec.thumbprint and not is_unknown(spec.thumbprint) and spec.thumbprint != certificate.thumbprint:
        raise InputError(f"{told} is not the certificate {spec.thumbprint} that is to be imported")
    if spec.public_key and not is_unknown(spec.public_key) and spec.public_key != certificate.public_key_sha256:
        raise InputError(
            f"{told} has the public key {certificate.public_key_sha256}, the request has {spec.public_key}; it answers another request"
        )
    if certificate.not_after <= now:
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
