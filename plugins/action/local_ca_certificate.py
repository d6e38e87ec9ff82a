# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of local_ca_certificate: a request is signed with the key of an authority on the controller."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._state.unknown import is_unknown
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.issuing import Issuer, Terms, answers_request, check_request, find_issuer, issue, load_key
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._content import read_content
from ..plugin_utils._issued_file import ARGUMENT_SPEC, certificate_file, describe, read_issued, write_issued


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = ARGUMENT_SPEC

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gives the answer that is there, else signs the request."""
        now = datetime.now(timezone.utc)
        terms = Terms(**{name: params[name] for name in ("valid_for", "client_auth", "crl_urls", "issuer_urls")})
        issuer = self._issuer(params, now)
        unknown = not params["csr"].strip() or is_unknown(params["csr"])
        if unknown and not self.check_mode:
            raise InputError("csr: is empty; give the request that cs_certificate_request returned")
        request = None if unknown else SigningRequest.from_bytes(params["csr"].encode("utf-8"), name="csr")
        before = read_issued(params["answer"])
        if request and before and answers_request(before[0], request, issuer, now):
            return describe(params["answer"], before[0], before[0], issuer)
        if request:
            check_request(request)
        old = before[0] if before else None
        if request is None or self.check_mode:
            return describe(params["answer"], old, None, issuer)
        made, warnings = issue(request, issuer, terms, now)
        write_issued(params["answer"], certificate_file(made, issuer))
        return describe(params["answer"], old, made, issuer) | ({"warnings": warnings} if warnings else {})

    def _issuer(self, params: dict[str, Any], now: datetime) -> Issuer:
        """The authority that the options name."""
        read = [
            read_content({"path": params[name]}, self.find_file)[0] or b""
            for name in ("ca_private_key", "ca_certificate")
        ]
        key = load_key(read[0], params["ca_private_key_passphrase"], name=params["ca_private_key"])
        certificates = read_certificates(read[1], name=f"ca_certificate: {params['ca_certificate']}").certificates
        return find_issuer(certificates, key, now, name=f"ca_certificate: {params['ca_certificate']}")
