# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_folder: a request goes into a folder, its answer is found there."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from typing import Any

from ..module_utils._core.unknown import is_unknown
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction

#: Larger files are no answers of an authority.
_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class _Answer:
    """A certificate that has the key of the request, and the file that holds it."""

    certificate: Certificate
    file: str
    data: bytes


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = {
        "folder": {"type": "path", "required": True},
        "csr": {"type": "str", "required": True},
        "name": {"type": "str", "default": "request"},
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Puts the request there, looks for its answer by public key."""
        folder = params["folder"]
        if not params["csr"].strip() or is_unknown(params["csr"]):
            if not self.check_mode:
                raise InputError("csr: is empty; give the request that cs_certificate_request returned")
            return {
                "changed": True,
                "found": False,
                "request_file": None,
                "waiting_for": "the answer to a request that is not made yet",
            }
        request = SigningRequest.from_bytes(params["csr"].encode("utf-8"), name="csr")
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", params["name"]).strip("-.") or "request"
        path = os.path.join(folder, f"{stem}-{request.public_key_sha256[:8]}.req")
        try:
            changed = self._put(path, request.pem.encode("ascii"))
            answer = _find(folder, request.public_key_sha256)
        except OSError as error:
            raise InputError(f"folder: {folder} cannot be used on the controller: {error.strerror or error}") from error
        result: dict[str, Any] = {
            "changed": changed,
            "found": answer is not None,
            "request_file": path,
            "waiting_for": "",
        }
        result["diff"] = {"before": {"request_file": None if changed else path}, "after": {"request_file": path}}
        if answer is None:
            result["waiting_for"] = f"a certificate in {folder} that answers {path}"
            return result
        return result | {
            "file": answer.file,
            "content": base64.b64encode(answer.data).decode("ascii"),
            "certificate": answer.certificate.facts(),
        }

    def _put(self, path: str, data: bytes) -> bool:
        """Writes the request unless it lies there already; tells whether it did (or would)."""
        if os.path.exists(path):
            with open(path, "rb") as stream:
                if stream.read() == data:
                    return False
        if not self.check_mode:
            os.makedirs(os.path.dirname(path), mode=0o750, exist_ok=True)
            with open(path + ".new", "wb") as stream:
                stream.write(data)
            os.replace(path + ".new", path)
        return True


def _find(folder: str, public_key: str) -> _Answer | None:
    """The answer in a folder, whatever its name; of several the one issued last."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if not os.path.isfile(path) or os.path.getsize(path) > _LIMIT:
            continue
        with open(path, "rb") as stream:
            data = stream.read()
        try:
            certificates = read_certificates(data, name=name).certificates
        except CertificatesError:
            continue
        found += [_Answer(item, path, data) for item in certificates if item.public_key_sha256 == public_key]
    return max(found, key=lambda answer: (answer.certificate.not_before, answer.file), default=None)
