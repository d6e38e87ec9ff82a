# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of certsrv_certificate: a certificate for a request, from the web enrolment of an authority."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..module_utils._certificate.differences import differences
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._state.unknown import Unknown, is_unknown
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._certsrv.client import Certsrv
from ..plugin_utils._certsrv.enrolment import TEMPLATE, DeniedError, Enrolment, Outcome, enrol
from ..plugin_utils._certsrv.failures import CertsrvError
from ..plugin_utils._certsrv.options import SITE, open_certsrv, site_warnings
from ..plugin_utils._certsrv.record import RecordFile
from ..plugin_utils._patience import patience_of


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = {
        **SITE,
        "csr": {"type": "str", "required": True},
        "template": {"type": "str", "default": "WebServer"},
        "attributes": {"type": "dict", "default": {}},
        "record": {"type": "path"},
        "request_id": {"type": "int"},
        "resubmit": {"type": "bool", "default": False},
        "chain": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
        "wait_sleep": {"type": "int", "default": 30},
    }
    CONSTRAINTS = {
        "required_one_of": [["record", "request_id"]],
        "mutually_exclusive": [["request_id", "resubmit"]],
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gets the answer to a request that was submitted before, else submits it."""
        attributes = attributes_of(params["template"], params["attributes"])
        _check_waiting(params)
        if params["request_id"] is not None and params["request_id"] < 1:
            raise InputError(f"request_id: {params['request_id']} is no number of a request; they begin with 1")
        if not params["csr"].strip() or is_unknown(params["csr"]):
            if not self.check_mode:
                raise InputError("csr: is empty; give the request that cs_certificate_request returned")
            return _describe(Outcome(True), chain=Unknown("issue") if params["chain"] else None)
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
            chain = _chain(client, outcome) if params["chain"] else None
        result = _describe(outcome, chain=chain, place=client.base, request=request)
        warnings = [*site_warnings(params), *outcome.warnings]
        return result | ({"warnings": warnings} if warnings else {})

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """A denial is told in fields, too."""
        if isinstance(error, DeniedError):
            return {"disposition": "denied", "request_id": error.request_id}
        return CertificatesAction.failure_facts(error)


def attributes_of(template: str, others: Mapping[str, Any]) -> dict[str, str]:
    """All request attributes by name.

    :param template: short name of the template; empty for an authority without templates.
    :raises InputError: one of them would become something else on its way.
    """
    if any(str(name).lower() == TEMPLATE.lower() for name in others):
        raise InputError(f"attributes: {TEMPLATE} is what the option template is for")
    found = {TEMPLATE: template} if template.strip() else {}
    for name, value in {**found, **{str(name): str(value) for name, value in others.items()}}.items():
        option = "template" if name == TEMPLATE else "attributes"
        if not name.strip() or ":" in name or any(not character.isprintable() for character in name + value):
            raise InputError(f"{option}: {name!r}: {value!r} cannot be sent; use one line, and no colon in a name")
        found[name] = value.strip()
    return found


def _check_waiting(params: Mapping[str, Any]) -> None:
    """Refuses times that are none.

    :raises InputError: one line.
    """
    for name, least in (("wait_timeout", 0), ("wait_sleep", 1)):
        if params[name] < least:
            raise InputError(f"{name}: {params[name]} is too short; give a number of seconds from {least}")


def _chain(client: Certsrv, outcome: Outcome) -> str | None:
    """The certificate with its chain as base64, None as long as there is none.

    :raises CertsrvError: the chain is that of another certificate.
    """
    if outcome.request_id is None:
        return Unknown("issue")
    if outcome.result is None or outcome.result.certificate is None:
        return None
    data = client.fetch_chain(outcome.request_id)
    if outcome.result.certificate not in read_certificates(data, name="the chain").certificates:
        raise CertsrvError(
            f"{client.base}: the chain of request {outcome.request_id} is without its certificate; run again"
        )
    return base64.b64encode(data).decode("ascii")


def _describe(
    outcome: Outcome, *, chain: str | None, place: str = "", request: SigningRequest | None = None
) -> dict[str, Any]:
    """The result of the task."""
    made = outcome.result
    disposition = made.disposition if made else Unknown("issue")
    after = {"disposition": disposition, "request_id": outcome.request_id}
    result: dict[str, Any] = {
        "changed": outcome.submitted,
        **after,
        "waiting_for": "",
        "content": None if made else Unknown("issue"),
        "certificate": None,
        "chain": chain,
        "differs": [],
        "diff": {"before": dict.fromkeys(after) if outcome.submitted else after, "after": after},
    }
    if made and made.certificate:
        result["content"] = base64.b64encode(made.data).decode("ascii")
        result["certificate"] = made.certificate.facts()
        result["differs"] = differences(request, made.certificate)
    elif made:
        result["waiting_for"] = f"the approval of request {outcome.request_id} at {place}: {made.message}"
    return result
