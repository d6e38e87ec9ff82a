# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came back for a request is proved before any server hears of it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .._errors import InputError
from .._store.import_parts import ImportSpec, check_certificate
from .._x509.certificate import Certificate
from .._x509.files import read_certificates
from .._x509.request import SigningRequest


def prove_answer(
    data: bytes,
    request: SigningRequest,
    *,
    signer: str,
    now: datetime,
    names: Sequence[str] = (),
    usages: tuple[str, ...] = (),
) -> Certificate:
    """The certificate of an answer, once nothing speaks against it.

    Source: rules.md#checks-before-assignment, rules.md#identity-of-a-request.

    :param data: the file that the signer gave, of any kind.
    :param signer: as messages name it.
    :param now: the controller's clock; the server's decides once more at the import.
    :param names: FQDNs that it has to carry, for these usages.
    :raises InputError: it cannot be read, answers another request, has expired, is not for servers, or lacks a name.
    """
    told = f"signer {signer}: the answer"
    certificates = read_certificates(data, name=told).certificates
    own = [item for item in certificates if item.public_key_sha256 == request.public_key_sha256]
    if not own:
        found = next((item for item in certificates if not item.may_issue), certificates[0])
        raise InputError(
            f"{told} holds {found}, whose public key is {found.public_key_sha256}; the request has "
            f"{request.public_key_sha256}, so it answers another request, and nothing is imported"
        )
    certificate = max(own, key=lambda item: item.not_before)
    check_certificate(ImportSpec(file=None, name=told, usages=usages, names=tuple(names)), certificate, now)
    return certificate
