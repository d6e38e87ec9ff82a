# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of cs_certificate_import, what the core makes of them, and what is looked at afterwards. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._assignment.assign import AssignSpec, open_usages
from ..module_utils._certificate.differences import differences
from ..module_utils._certificate.requirements import read_request
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._product.public_ca import certificate_warnings
from ..module_utils._product.usages import resolve_usages
from ..module_utils._state.state import State
from ..module_utils._state.unknown import parse_unknown
from ..module_utils._store.importing import ImportSpec
from ..module_utils._x509.files import read_certificates
from ._content import PATH_OR_CONTENT, read_content
from ._options import COMMON, IDENTITY, NAMES, SERVER, STAGING, WORK, staging_of, thumbprint_of

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **PATH_OR_CONTENT,
    "passphrase": {"type": "str", "no_log": True},
    "private_key_exportable": {"type": "bool", "default": True},
    "public_key_sha256": {"type": "str"},
    "thumbprint": {"type": "str"},
    "type": {"type": "list", "elements": "str", "default": []},
    "public_ca": {"type": "bool", "default": False},
    "method": {"type": "str", "choices": ["store", "product"], "default": "store"},
    **IDENTITY,
    **STAGING,
    **NAMES,
    **WORK,
    **COMMON,
    **SERVER,
}
CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [["path", "content"]], "required_one_of": [["path", "content"]]}


def import_spec_of(
    params: Mapping[str, Any], find: Callable[[str], str], *, check_mode: bool
) -> tuple[ImportSpec, list[str]]:
    """What is to be imported, and warnings.

    :param find: finds a relative path as Ansible does.
    :raises InputError: options that do not go together, or content that is none.
    """
    for_all = params["identity"] == "global"
    date = staging_of(params)
    if params["roll"] is not None and not for_all:
        raise InputError(
            "roll: plays a part with identity: global only, since an import for one server assigns nothing; "
            "stage the certificate with cs_certificate_assign"
        )
    data, name = read_content(params, find)
    if data is None and not check_mode:
        raise InputError("content: is empty; give the answer of the authority, or a PFX, as path or content")
    usages, warnings = resolve_usages(params["type"], "Import-CsCertificate") if params["type"] else ((), [])
    file = read_certificates(data, passphrase=params["passphrase"], name=name) if data is not None else None
    thumbprint = params["thumbprint"]
    public_key = params["public_key_sha256"]
    spec = ImportSpec(
        file=file,
        content=_base64(data) if file and file.kind == "pkcs12" else "",
        name=name,
        passphrase=params["passphrase"],
        exportable=params["private_key_exportable"],
        public_key=parse_unknown(public_key) if public_key else None,
        thumbprint=thumbprint_of(thumbprint, check_mode) if thumbprint else None,
        usages=usages,
        names=tuple(params["names"]),
        by_product=params["method"] == "product",
        for_all=for_all,
        effective_date=date,
        at_once=params["roll"] is False,
    )
    return spec, warnings


def _base64(data: bytes | None) -> str:
    return base64.b64encode(data or b"").decode("ascii")


def public_warnings(predicted: State, thumbprint: str) -> list[str]:
    """What speaks against the certificate if it is a public one; nothing yet if it is not known yet."""
    row = predicted.find("My", thumbprint)
    return certificate_warnings(row.certificate) if row and row.certificate else []


def differs(state: State, predicted: State, thumbprint: str) -> list[str]:
    """What the authority changed, as far as the request is still on the server."""
    row = predicted.find("My", thumbprint)
    if row is None or row.certificate is None:
        return []
    known = (read_request(entry) for entry in state.requests)
    asked = next((item for item in known if item and item.public_key_sha256 == row.public_key), None)
    return differences(asked, row.certificate)


def check_for_all(state: State, spec: ImportSpec, thumbprint: str) -> None:
    """Sees that the deployment has the certificate; other servers get it by replication.

    Source: product.md#oauth-certificate.
    """
    target = AssignSpec(spec.usages, thumbprint, for_all=True, effective_date=spec.effective_date)
    reasons = open_usages(target, state)
    if reasons:
        raise CertificatesError(
            f"Import-CsCertificate reported no error, yet according to Get-CsCertificate {'; '.join(reasons.values())}; "
            "look at the server, then run again"
        )


def bound(state: State, thumbprint: str) -> dict[str, Any]:
    """Sees that the certificate is in My with its key (product.md#edge-internal-interface)."""
    row = state.find("My", thumbprint)
    if row is None:
        raise CertificatesError(
            f"the import reported no error, yet {thumbprint} is not in the store My; look at the server, then run again"
        )
    if not row.usable_key:
        raise CertificatesError(
            f"{thumbprint} is in the store My without a private key that can be used; request it again on this server"
        )
    return {"thumbprint": row.thumbprint, "certificate": row.certificate.facts() if row.certificate else None}
