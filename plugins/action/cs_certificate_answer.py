# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_answer: what came back for a request is proved on the controller."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any

from ..module_utils._certificate.differences import differences
from ..module_utils._product.usages import resolve_usages
from ..module_utils._request.response import prove_answer
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._content import decode_content


class ActionModule(CertificatesAction):
    """Works on the controller alone, and changes nothing."""

    ARGUMENT_SPEC = {
        "csr": {"type": "str", "required": True},
        "content": {"type": "str", "required": True},
        "signer": {"type": "str", "default": "authority"},
        "type": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "list", "elements": "str", "default": []},
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Proves the answer, and tells in what it differs from the request."""
        usages, _warnings = resolve_usages(params["type"], "Request-CsCertificate") if params["type"] else ((), [])
        request = SigningRequest.from_bytes(params["csr"].encode("utf-8"), name="csr")
        data = decode_content(params["content"])
        now = datetime.now(timezone.utc)
        certificate = prove_answer(
            data, request, signer=params["signer"], now=now, names=params["names"], usages=usages
        )
        return {
            "changed": False,
            "content": base64.b64encode(data).decode("ascii"),
            "certificate": certificate.facts(),
            "differs": differences(request, certificate),
        }
