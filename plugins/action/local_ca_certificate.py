# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of local_ca_certificate: a request is signed with the key of an authority on the controller."""

from __future__ import annotations

import base64
import os
from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._state.unknown import Unknown, is_unknown
from ..module_utils._x509 import pem
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.issuing import Issuer, Terms, answers_request, check_request, find_issuer, issue, load_key
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._content import read_content


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = {
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

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gives the answer that is there, else signs the request."""
        now = datetime.now(timezone.utc)
        terms = Terms(**{name: params[name] for name in ("valid_for", "client_auth", "crl_urls", "issuer_urls")})
        issuer = self._issuer(params, now)
        unknown = not params["csr"].strip() or is_unknown(params["csr"])
        if unknown and not self.check_mode:
            raise InputError("csr: is empty; give the request that cs_certificate_request returned")
        request = None if unknown else SigningRequest.from_bytes(params["csr"].encode("utf-8"), name="csr")
        before = _read(params["answer"])
        if request and before and answers_request(before[0], request, issuer, now):
            return _describe(params["answer"], before[0], before[0], issuer)
        if request:
            check_request(request)
        old = before[0] if before else None
        if request is None or self.check_mode:
            return _describe(params["answer"], old, None, issuer)
        made, warnings = issue(request, issuer, terms, now)
        _write(params["answer"], _file(made, issuer))
        return _describe(params["answer"], old, made, issuer) | ({"warnings": warnings} if warnings else {})

    def _issuer(self, params: dict[str, Any], now: datetime) -> Issuer:
        """The authority that the options name."""
        read = [
            read_content({"path": params[name]}, self.find_file)[0] or b""
            for name in ("ca_private_key", "ca_certificate")
        ]
        key = load_key(read[0], params["ca_private_key_passphrase"], name=params["ca_private_key"])
        certificates = read_certificates(read[1], name=f"ca_certificate: {params['ca_certificate']}").certificates
        return find_issuer(certificates, key, now, name=f"ca_certificate: {params['ca_certificate']}")


def _file(certificate: Certificate, issuer: Issuer) -> bytes:
    """The certificate with its chain, as PEM."""
    chain = (certificate, issuer.certificate, *issuer.chain)
    return "".join(pem.encode(item.der, "CERTIFICATE") for item in chain).encode("ascii")


def _read(path: str) -> tuple[Certificate, ...]:
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


def _write(path: str, data: bytes) -> None:
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


def _describe(path: str, before: Certificate | None, after: Certificate | None, issuer: Issuer) -> dict[str, Any]:
    """The result of the task; without a certificate it is known after the issue only."""
    content = base64.b64encode(_file(after, issuer)).decode("ascii") if after else Unknown("issue")
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
