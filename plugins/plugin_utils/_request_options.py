# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of cs_certificate_request, and what the core makes of them. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._remote.common_parameters import report_of
from ..module_utils._request.offline import find_pending
from ..module_utils._request.request import RequestSpec, plan_request
from ..module_utils._state.request_paths import request_files
from ..module_utils._state.state import State
from ._options import REQUEST, SERVER, request_spec_of

#: How a request is made, not what for: these tell no certificate from another. Our name, the cmdlet's, the option's type.
_WAY: dict[str, tuple[str, dict[str, Any]]] = {
    "ca_account": ("CaAccount", {"type": "str"}),
    "ca_password": ("CaPassword", {"type": "str", "no_log": True}),
    "cmdlet_force": ("Force", {"type": "bool", "default": False}),
    "global_catalog": ("GlobalCatalog", {"type": "str"}),
    "global_settings_domain_controller": ("GlobalSettingsDomainController", {"type": "str"}),
}
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "default": "present", "choices": ["present", "listed", "retrieved", "absent"]},
    **REQUEST,
    "type": {"type": "list", "elements": "str"},
    "ca": {"type": "str"},
    **{option: spec for option, (_parameter, spec) in _WAY.items()},
    "output": {"type": "str"},
    "assign": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
    "wait_sleep": {"type": "int", "default": 15},
    "request_id": {"type": "int"},
    "all_requests": {"type": "bool", "default": False},
    "reasons": {"type": "list", "elements": "str", "default": []},
    "report": {"type": "bool", "default": False},
    "made_by": {"type": "str"},
    "public_key_sha256": {"type": "str"},
    **SERVER,
}
#: Options that have no place where a request shares its remote call: those of other states, and of one that is waited for.
NOT_IN_A_BATCH = (
    "state",
    "server",
    "work_folder",
    "assign",
    "wait",
    "wait_timeout",
    "wait_sleep",
    "request_id",
    "all_requests",
)
CONSTRAINTS: dict[str, Any] = {
    "required_if": [["state", "present", ["type"]]],
    "required_by": {"made_by": ["public_key_sha256"], "ca_account": ["ca"], "ca_password": ["ca_account"]},
    "mutually_exclusive": [["ca", "output"], ["ca", "made_by"], ["request_id", "all_requests"]],
}


def check_options(params: Mapping[str, Any]) -> None:
    """Refuses options that do not go together with the state that is asked for.

    :raises InputError: one line.
    """
    state = params["state"]
    if state == "present" and params["request_id"] is not None:
        raise InputError("request_id: is not for state present, which finds its request by itself; leave it out")
    if state == "absent" and params["request_id"] is None and not params["all_requests"]:
        raise InputError(
            "state absent: tell which request is to be cleared with request_id (state listed tells the numbers), "
            "or clear all of this server with all_requests: true"
        )
    if params["wait"] and not (state == "retrieved" or (state == "present" and params["ca"])):
        raise InputError("wait: only a request that went to an authority can be waited for; set ca, or leave wait out")
    for option, least in (("wait_timeout", 0), ("wait_sleep", 1)):
        if params[option] < least:
            raise InputError(f"{option}: {params[option]} is too small, it takes a number of seconds from {least} on")
    authority_of(params["ca"])


def authority_of(ca: str | None) -> str:
    """The authority that an online request goes to; empty for none.

    :raises InputError: it has not the form that the cmdlet takes (product.md#parameters-of-a-request).
    """
    if ca and not all(ca.partition("\\")):
        raise InputError(
            f"ca: '{ca}' is not of the form host\\name; certutil tells it as Config, for example "
            "ca1.example.com\\Example Issuing CA"
        )
    return ca or ""


def new_spec_of(params: Mapping[str, Any]) -> tuple[RequestSpec, list[str]]:
    """The request that options ask for, and warnings.

    :raises InputError: an unknown usage, a bad duration or path.
    """
    spec, warnings = request_spec_of(params)
    way = {parameter: params[option] for option, (parameter, _spec) in _WAY.items() if params[option]}
    files = request_files(spec.need.usages, params["work_folder"], params["output"])
    return replace(spec, files=files, parameters={**spec.parameters, **way}, ca=params["ca"] or ""), warnings


def made_request(spec: RequestSpec, state: State, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of an offline request once it is made.

    :param rows: of its steps.
    :raises CertificatesError: it is not there.
    """
    spec = replace(spec, force=False)
    if find_pending(spec.need, spec.files.name, state, {}) is None:
        raise CertificatesError(
            f"Request-CsCertificate reported no error, yet {spec.files.csr} fits no key in the store REQUEST; "
            "look at the server, then run again"
        )
    report = {"report": report_of(rows) or ""} if spec.report else {}
    return {**report, **plan_request(spec, state).facts}
