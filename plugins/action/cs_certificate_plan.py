# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_plan: the steps of a set of servers, planned on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._pool.cutover_date import LEAD, Roll
from ..module_utils._pool.draft import Answer, HostStep, SetPlan, SetSpec
from ..module_utils._pool.pool_plan import plan_set
from ..module_utils._product.public_ca import certificate_warnings, request_warnings
from ..module_utils._state.stored import format_time
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.request import SigningRequest
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._chain import chain_spec
from ..plugin_utils._content import decode_content, read_content
from ..plugin_utils._options import REQUEST, duration_of, moment_of, request_spec_of, state_of
from ..plugin_utils._pool import MEMBERS, MEMBERS_CONSTRAINTS, states_of_members
from ..plugin_utils._request_options import authority_of

#: Steps by which the leader comes to the certificate, and hands it on.
_LEADING = ("request", "import", "export")


class ActionModule(CertificatesAction):
    """Plans for a set of servers; talks to none of them."""

    ARGUMENT_SPEC = {
        **REQUEST,
        "ca": {"type": "str"},
        **MEMBERS,
        "host": {"type": "str"},
        "predict": {"type": "bool", "default": True},
        "public_ca": {"type": "bool", "default": False},
        "leader": {"type": "str"},
        "limit": {"type": "list", "elements": "str"},
        "requester": {"type": "str"},
        "requester_server": {"type": "dict"},
        "answers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "content": {"type": "str", "required": True, "no_log": True},
                "pfx": {"type": "bool", "default": False},
            },
        },
        "answer_passphrase": {"type": "str", "no_log": True},
        "csrs": {"type": "list", "elements": "str", "default": []},
        "chain_path": {"type": "path"},
        "chain_content": {"type": "str"},
        "allow_expired": {"type": "bool", "default": False},
        "roll": {"type": "bool", "default": True},
        "effective_date": {"type": "str"},
        "roll_lead": {"type": "str", "default": "4h"},
    }
    CONSTRAINTS = {"mutually_exclusive": [["chain_path", "chain_content"]], **MEMBERS_CONSTRAINTS}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans for all members, and shows the part of this host."""
        host = params["host"] or self.task_vars["inventory_hostname"]
        spec, warnings = self._spec(params)
        members = states_of_members(params, self.task_vars)
        if host not in members:
            raise InputError(f"host: '{host}' is not one of the servers {', '.join(sorted(members))}")
        known = params["requester_server"]
        requester = state_of(known) if spec.requester and known else None
        plan = plan_set(spec, members, requester)
        if params["public_ca"]:
            warnings += _public_warnings(spec, plan, params["client_eku"])
        result = _describe(plan, host)
        result |= self._parts(plan, host)
        if params["predict"]:
            predicted = plan.predicted.get(host)
            result["predicted"] = predicted.to_dict() if predicted else None
        for_all = not params["host"] and bool(params["members"])
        mine = [text for text in plan.warnings if for_all or text.startswith(f"{host}: ")]
        if mine or warnings:
            result["warnings"] = [*mine, *warnings]
        return result

    def _parts(self, plan: SetPlan, host: str) -> dict[str, Any]:
        """What each server has to do; the same for all that have nothing to do. And what all of them have to know of the leader."""
        executor = plan.leader if plan.leader in self.task_vars.get("ansible_play_hosts_all", [plan.leader]) else host
        common = {"thumbprint": str(plan.thumbprint), "effective_date": format_time(plan.effective_date) or ""}
        parts: dict[str, dict[str, Any]] = {}
        for step in plan.steps:
            part = parts.setdefault(step.host, _nothing(common, busy=True))
            part["steps"].append(step.name)
            part["reasons"] += step.plan.reasons
            part["commands"] += step.plan.commands
            if step.usages:
                part["types"][step.name] = list(step.usages)
            part["at_once"] = part["at_once"] or step.at_once
        for name in plan.held:
            parts.setdefault(name, _nothing(common, busy=True))["held"] = True
        if plan.waiting_for or plan.leader in parts:
            parts.setdefault(executor, _nothing(common, busy=True))
        leading = plan.of(plan.leader)
        return {
            "executor": executor,
            "leader_steps": [step.name for step in leading],
            "leader_works": any(step.name in _LEADING for step in leading),
            "request_reasons": [text for step in leading if step.name == "request" for text in step.plan.reasons],
            "copies": [step.host for step in plan.steps if step.name == "copy"],
            "parts": parts,
            "part": _nothing(common),
        }

    def _spec(self, params: dict[str, Any]) -> tuple[SetSpec, list[str]]:
        request, warnings = request_spec_of(params)
        request = replace(request, ca=authority_of(params["ca"]))
        chain = None
        if params["chain_path"] or params["chain_content"]:
            data, name = read_content(
                {"path": params["chain_path"], "content": params["chain_content"]}, self.find_file
            )
            chain = chain_spec(data, name, params["allow_expired"])
        csrs = [SigningRequest.from_bytes(text.encode("utf-8"), name="csrs") for text in params["csrs"]]
        spec = SetSpec(
            request=request,
            chain=chain,
            leader=params["leader"] or "",
            requester=params["requester"] or "",
            acting=None if params["limit"] is None else frozenset(params["limit"]),
            answers=tuple(_answer(row, params["answer_passphrase"]) for row in params["answers"]),
            elsewhere={csr.public_key_sha256: csr for csr in csrs},
            roll=_roll(params),
        )
        return spec, warnings


def _roll(params: Mapping[str, Any]) -> Roll | None:
    """How usages turn over that can be staged, None if they are not to be."""
    date = moment_of(params["effective_date"])
    if not params["roll"] and date:
        raise InputError("effective_date: plays a part with roll: true only; without it the assignment counts at once")
    lead = duration_of(params["roll_lead"], "roll_lead")
    return Roll(date, lead or LEAD) if params["roll"] else None


def _answer(row: Mapping[str, Any], passphrase: str | None) -> Answer:
    """Reads an answer; the passphrase is for a PFX."""
    data = decode_content(row["content"])
    passphrase = passphrase if row["pfx"] else None
    return Answer(read_certificates(data, passphrase=passphrase, name=row["name"]), data, row["name"], passphrase)


def _public_warnings(spec: SetSpec, plan: SetPlan, client_eku: bool | None) -> list[str]:
    """What a public authority will not do of what is asked for, and what speaks against the certificate that is shared."""
    state = plan.predicted[plan.leader]
    row = state.find("My", plan.thumbprint)
    renew_before = spec.request.need.renew_before
    found = request_warnings(client_eku=bool(client_eku), renew_before=renew_before, now=state.now)
    return found + (certificate_warnings(row.certificate) if row and row.certificate else [])


def _nothing(common: Mapping[str, Any], *, busy: bool = False) -> dict[str, Any]:
    """The part of a server that has no steps."""
    lists: dict[str, Any] = {"steps": [], "reasons": [], "commands": [], "types": {}}
    return {"busy": busy, "at_once": False, "held": False, **lists, **common}


def _step(step: HostStep) -> dict[str, Any]:
    return {
        "host": step.host,
        "name": step.name,
        "commands": step.plan.commands,
        "reasons": list(step.plan.reasons),
        "waits_for": step.waits_for,
        "type": list(step.usages),
    }


def _describe(plan: SetPlan, host: str) -> dict[str, Any]:
    mine = plan.of(host)
    return {
        "changed": False,
        "leader": plan.leader,
        "is_leader": host == plan.leader,
        "names": list(plan.names),
        "thumbprint": str(plan.thumbprint),
        "public_key_sha256": str(plan.public_key),
        "csr": plan.csr,
        "subject": plan.subject,
        "dns_names": list(plan.dns_names),
        "computer_fqdn": plan.computer_fqdn,
        "waiting_for": plan.waiting_for,
        "effective_date": format_time(plan.effective_date) or "",
        "held": list(plan.held),
        "answer": plan.answer.name if plan.answer else "",
        "unreachable_members": list(plan.unreachable),
        "steps": [step.name for step in mine],
        "step_types": {step.name: list(step.usages) for step in mine if step.usages},
        "reasons": [f"{step.name}: {reason}" for step in mine for reason in step.plan.reasons],
        "commands": [command for step in mine for command in step.plan.commands],
        "set_steps": [_step(step) for step in plan.steps],
    }
