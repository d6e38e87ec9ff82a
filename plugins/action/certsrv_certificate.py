# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of certsrv_certificate: a certificate for a request, from the web enrolment of an authority."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._state.unknown import Unknown, is_unknown
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._certsrv.enrolment import DeniedError, Enrolment, Outcome, enrol
from ..plugin_utils._certsrv.options import open_certsrv, site_warnings
from ..plugin_utils._certsrv.record import RecordFile
from ..plugin_utils._certsrv.submission import (
    ARGUMENT_SPEC,
    CONSTRAINTS,
    attributes_of,
    chain_of,
    check_waiting,
    describe,
)
from ..plugin_utils._patience import patience_of


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gets the answer to a request that was submitted before, else submits it."""
        attributes = attributes_of(params["template"], params["attributes"])
        check_waiting(params)
        if params["request_id"] is not None and params["request_id"] < 1:
            raise InputError(f"request_id: {params['request_id']} is no number of a request; they begin with 1")
        if not params["csr"].strip() or is_unknown(params["csr"]):
            if not self.check_mode:
                raise InputError("csr: is empty; give the request that cs_certificate_request returned")
            return describe(Outcome(True), chain=Unknown("issue") if params["chain"] else None)
        request = SigningRequest.from_bytes(params["csr"].encode("utf-8"), name="csr")
        wanted = Enrolment(
            csr=request,
            attributes=attributes,
            record=RecordFile(params["record"]) if params["record"] else None,
            request_id=params["request_id"],
            resubmit=params["resubmit"],
        )
        with open_certsrv(params, self.find_file) as client:
            outcome = enrol(client, wanted, patience=patience_of(params), check_mode=self.check_mode)
            chain = chain_of(client, outcome) if params["chain"] else None
        result = describe(outcome, chain=chain, place=client.base, request=request)
        warnings = [*site_warnings(params), *outcome.warnings]
        return result | ({"warnings": warnings} if warnings else {})

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """A denial is told in fields, too."""
        if isinstance(error, DeniedError):
            return {"disposition": "denied", "request_id": error.request_id}
        return CertificatesAction.failure_facts(error)
