# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planner: a PFX is imported by the product itself, for a server or for the whole deployment.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

from .._assignment.assign import AssignSpec, assigned, left_to_date, open_usages, scope_warnings, shown_for
from .._assignment.staging import check_staging, staging_warnings
from .._certificate.checks import length_check
from .._errors import InputError
from .._state.state import State
from .._state.stored import Key, StoredCertificate
from .._state.unknown import Unknown
from .._steps.plan import Plan
from .._steps.steps import TMP, Step, cmdlet, write_file
from .chain import plan_placement
from .import_parts import ImportSpec, check_certificate, missing_authorities, others, plan_of

#: A PFX lies here while Import-CsCertificate reads it.
PFX = TMP + "certificate.pfx"


def product_steps(spec: ImportSpec, usages: Sequence[str] = ()) -> tuple[Step, ...]:
    """The steps that hand a PFX to Import-CsCertificate; its two parameter sets (product.md#import-cscertificate).

    :param usages: with C(for_all), those that get the certificate.
    """
    content = str(Unknown("export")).encode("ascii") if spec.file is None else base64.b64decode(spec.content)
    if spec.for_all:
        step = cmdlet(
            "Import-CsCertificate",
            Identity="Global",
            Type=usages,
            Path=PFX,
            Password=spec.passphrase or None,
            Roll=spec.effective_date is not None,
            EffectiveDate=spec.effective_date,
        )
    else:
        step = cmdlet(
            "Import-CsCertificate",
            Path=PFX,
            Password=spec.passphrase or None,
            PrivateKeyExportable=spec.exportable,
        )
    return (write_file(PFX, content), step)


def plan_for_all(spec: ImportSpec, state: State) -> Plan:
    """Plans to store a PFX in the Central Management Store and to assign it for the whole deployment.

    Source: product.md#import-cscertificate, product.md#oauth-certificate.

    :raises InputError: the file is no PFX, or its certificate cannot be used so; one line.
    """
    row, predicted, steps, reasons = _row(spec, state)
    target = AssignSpec(
        usages=spec.usages,
        thumbprint=row.thumbprint,
        for_all=True,
        effective_date=spec.effective_date,
        at_once=spec.at_once,
    )
    found = open_usages(target, state)
    open_ones = tuple(found)
    warnings = [*scope_warnings(target), *left_to_date(target, open_ones, state)]
    if open_ones:
        if spec.effective_date:
            check_staging(open_ones, row, spec.effective_date, state)
            warnings += staging_warnings(open_ones, spec.effective_date, state)
        steps += product_steps(spec, open_ones)
        predicted = predicted.with_certificates(row).with_assignments(*assigned(target, open_ones, state))
    else:
        predicted, steps, reasons = state, [], []
    return replace(
        plan_of(state, predicted, steps, [*reasons, *found.values()], row.thumbprint, warnings),
        before={use: shown_for(target, use, state) for use in spec.usages},
        after={use: shown_for(target, use, predicted) for use in spec.usages},
        facts={"thumbprint": str(row.thumbprint), "certificate": row.certificate.facts() if row.certificate else None},
    )


def _row(spec: ImportSpec, state: State) -> tuple[StoredCertificate, State, list[Step], list[str]]:
    """The certificate of the file, and what brings its authorities into their stores."""
    if not spec.usages:
        raise InputError("type: is needed with identity: global; name the usages, for example OAuthTokenIssuer")
    if spec.file is None:
        thumbprint = spec.thumbprint or Unknown("export")
        coming = StoredCertificate("My", thumbprint, "", "", has_key=True, key=Key())
        return state.find("My", thumbprint) or coming, state, [], []
    if spec.file.kind != "pkcs12":
        raise InputError(
            f"{spec.name}: is no PFX; with identity: global the certificate comes with its key. Import the answer of an "
            "authority on the server that made the request, then assign it with cs_certificate_assign and identity: global"
        )
    own = spec.file.key_certificate
    if own is None:
        raise InputError(f"{spec.name}: holds no private key; export it again with its key")
    check_certificate(spec, own, state.now)
    length = length_check(own)
    if "OAuthTokenIssuer" in spec.usages and length.ok is False:
        raise InputError(f"{spec.name}: {own.subject} ({own.thumbprint}): {length.detail}; nothing is imported")
    predicted, steps, reasons = plan_placement(state, missing_authorities(others(spec.file, own), state))
    made = StoredCertificate.of(own, "My", friendly_name=spec.file.friendly_name or "", has_key=True, key=Key())
    return state.find("My", own.thumbprint) or made, predicted, steps, reasons
