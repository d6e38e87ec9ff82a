# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of certsrv_chain: the chain of an authority, from its web enrolment."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.chain import check_chain_file, store_for
from ..module_utils._x509.files import read_certificates
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._certsrv.options import SITE, open_certsrv, site_warnings

_KINDS = {"Root": "root", "CA": "intermediate", None: "leaf"}


class ActionModule(CertificatesAction):
    """Works on the controller alone, and only reads."""

    ARGUMENT_SPEC = {**SITE, "renewal": {"type": "int"}}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gets the chain of the newest certificate of the authority, or of the one asked for."""
        with open_certsrv(params, self.find_file) as client:
            newest = client.renewals()
            renewal = newest if params["renewal"] is None else params["renewal"]
            if not 0 <= renewal <= newest:
                raise InputError(f"renewal: there is no {renewal}; the certificates of {client.base} are 0 to {newest}")
            data = client.authority_chain(renewal)
        certificates = read_certificates(data, name="the chain").certificates
        result: dict[str, Any] = {
            "changed": False,
            "content": base64.b64encode(data).decode("ascii"),
            "certificates": [_describe(certificate) for certificate in certificates],
            "renewal": renewal,
            "renewals": newest,
        }
        problems = check_chain_file(certificates, now=datetime.now(timezone.utc)).problems
        warnings = [*site_warnings(params), *(f"the chain: {problem}" for problem in problems)]
        return result | ({"warnings": warnings} if warnings else {})


def _describe(certificate: Certificate) -> dict[str, Any]:
    store = store_for(certificate)
    return {"kind": _KINDS[store], "store": store, **certificate.facts()}
