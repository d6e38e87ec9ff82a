# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file on the controller that has the certificate of a local CA. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
import os
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._state.unknown import Unknown
from ..module_utils._x509 import pem
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.issuing import Issuer

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "ca_certificate": {"type": "path", "required": True},
    "ca_private_key": {"type": "path", "required": True, "no_log": False},
    "ca_private_key_passphrase": {"type": "str", "no_log": True},
    "csr": {"type": "str", "required": True},
    "answer": {"type": "path", "required": True},
    "valid_for": {"type": "int", "default": 365},
    "client_auth": {"type": "bool", "default": False},
    "crl_urls": {"type": "list", "elements": "str", "default": []},
    "issuer_urls": {"type": "list", "elements": "str", "default": []},
}


def certificate_file(certificate: Certificate, issuer: Issuer) -> bytes:
    """The certificate with its chain, as PEM."""
    chain = (certificate, issuer.certificate, *issuer.chain)
    return "".join(pem.encode(item.der, "CERTIFICATE") for item in chain).encode("ascii")


def read_issued(path: str) -> tuple[Certificate, ...]:
    """What lies at the place of the answer, empty if nothing does.

    :raises InputError: something else lies there, which is not to be replaced.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"answer: {path} cannot be read on the controller: {error.strerror or error}") from error
    return read_certificates(data, name=f"answer: {path}").certificates


def write_issued(path: str, data: bytes) -> None:
    """Replaces the answer in one move.

    :raises InputError: it cannot be written.
    """
    draft = f"{path}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o750, exist_ok=True)
        with open(draft, "wb") as stream:
            stream.write(data)
        os.replace(draft, path)
    except OSError as error:
        raise InputError(f"answer: {path} cannot be written on the controller: {error.strerror or error}") from error


def describe(path: str, before: Certificate | None, after: Certificate | None, issuer: Issuer) -> dict[str, Any]:
    """The result of the task; without a certificate it is known after the issue only."""
    content = base64.b64encode(certificate_file(after, issuer)).decode("ascii") if after else Unknown("issue")
    thumbprint = after.thumbprint if after else Unknown("issue")
    return {
        "changed": after is None or after != before,
        "content": content,
        "certificate": after.facts() if after else None,
        "issuer": issuer.certificate.facts(),
        "diff": {
            "before": {path: before.thumbprint if before else None},
            "after": {path: thumbprint},
        },
    }
