# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a submission to the web enrolment of a CA asks for, and the result of a task that makes one. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...module_utils._certificate.differences import differences
from ...module_utils._errors import InputError
from ...module_utils._state.unknown import Unknown
from ...module_utils._x509.files import read_certificates
from ...module_utils._x509.request import SigningRequest
from .client import Certsrv
from .enrolment import TEMPLATE, Outcome
from .failures import CertsrvError
from .options import SITE

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
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
CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [["record", "request_id"]],
    "mutually_exclusive": [["request_id", "resubmit"]],
}


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


def check_waiting(params: Mapping[str, Any]) -> None:
    """Refuses times that are none.

    :raises InputError: one line.
    """
    for name, least in (("wait_timeout", 0), ("wait_sleep", 1)):
        if params[name] < least:
            raise InputError(f"{name}: {params[name]} is too short; give a number of seconds from {least}")


def chain_of(client: Certsrv, outcome: Outcome) -> str | None:
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


def describe(
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
