# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_request: requests to authorities are made, listed, completed and cleared."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.common_parameters import report_of
from ..module_utils._remote.wire import Call
from ..module_utils._request.issued import certificate_facts, plan_assignment
from ..module_utils._request.online import made_facts, needs_pending, plan_online
from ..module_utils._request.request import RequestSpec, plan_note, plan_request
from ..module_utils._request.retrieval import LIST, describe, plan_clear, plan_retrieve, selected
from ..module_utils._state.pending import PendingRequest
from ..module_utils._state.state import State
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import state_of
from ..plugin_utils._patience import patience_of
from ..plugin_utils._request_options import ARGUMENT_SPEC, CONSTRAINTS, check_options, made_request, new_spec_of
from ..plugin_utils._retrieving import retrieve


class ActionModule(CertificatesAction):
    """Wraps the four parameter sets of Request-CsCertificate."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Does what the state asks for."""
        check_options(params)
        if params["state"] == "present":
            return self._present(params)
        state = state_of(params["server"]) if params["server"] is not None else None
        if state is None or state.pending is None:
            state = self.call(Call(requests=True, topology=state is None), state).state
        if params["state"] == "retrieved":
            return self._retrieved(params, state)
        if params["state"] == "absent":
            return self.carry_out(plan_clear(params["request_id"], state), state, requests=True)[0]
        rows = [describe(row) for row in selected(state, params["request_id"])]
        return {"changed": False, "commands": LIST, "requests": rows, "server": state.to_dict()}

    # ---- present ----

    def _present(self, params: dict[str, Any]) -> dict[str, Any]:
        """Finds the request that waits, or the certificate that fits, or makes a request."""
        spec, warnings = new_spec_of(params)
        state = self._read(params, spec)
        if params["made_by"]:
            plan = plan_note(spec, state, params["made_by"], params["public_key_sha256"])
        elif spec.ca:
            plan = plan_online(spec, state, tuple(params["reasons"]))
        else:
            plan = plan_request(spec, state, why=tuple(params["reasons"]))
        result, reply = self.carry_out(plan, state, [spec.files], requests=bool(spec.ca))
        now = reply.state if reply else plan.predicted
        if reply and spec.ca:
            if spec.report:
                result["report"] = report_of(reply.rows) or ""
            output = [row for step in reply.rows for row in step.get("output", ())]
            for name in plan.facts:  # what was foretold gives way to what happened
                del result[name]
            result.update(made_facts(spec, str(plan.facts["friendly_name"]), state, now, output))
        elif reply and not params["made_by"]:
            result.update(made_request(spec, now, reply.rows))
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        if params["wait"] and result["request_state"] == "pending" and not self.check_mode:
            now = self._wait(params, spec, now, result)
        if params["assign"] and "thumbprint" in result:
            self._assign(spec, now, result)
        return result

    def _read(self, params: dict[str, Any], spec: RequestSpec) -> State:
        """The state of the server, with all that the plan looks at."""
        state = self.server(params, [spec.files], requests=bool(spec.ca))
        lacking = bool(spec.ca) and needs_pending(spec, state, tuple(params["reasons"]))
        if lacking or state.request_file(spec.files.name) is None:
            state = self.call(Call(files=[spec.files], requests=bool(spec.ca)), state).state
        return state

    def _wait(self, params: dict[str, Any], spec: RequestSpec, state: State, result: dict[str, Any]) -> State:
        """Asks for a pending request again and again, until the authority has decided or the time is over."""
        number = result["request_id"]
        listed = [row for row in state.pending or () if row.request_id == number]
        wanted = listed or [PendingRequest(number, ca=spec.ca, friendly_name=result["friendly_name"])]
        found = retrieve(self.exchange, wanted, state, patience_of(params), [spec.files])
        for row in found.issued.values():
            del result["request_id"], result["ca"]
            result.update(certificate_facts("issued", row, spec.need, found.state))
        self._add(result, found.commands, found.state)
        _warn(result, found.warnings)
        result.update(found.failure())
        return found.state

    def _assign(self, spec: RequestSpec, state: State, result: dict[str, Any]) -> None:
        """Assigns the certificate to the usages that were asked for, if nothing speaks against it."""
        row = state.find("My", result["thumbprint"])
        plan = plan_assignment(row, spec.need, state)[0] if row else None
        if row is None or plan is None:
            return
        done, reply = self.carry_out(plan, state)
        now = reply.state if reply else plan.predicted
        facts = certificate_facts(result["request_state"], row, spec.need, now)
        if not facts["assigned"]:
            raise CertificatesError(
                f"Set-CsCertificate reported no error, yet {row.thumbprint} is not assigned according to Get-CsCertificate; "
                "look at the server, then run again"
            )
        for part in ("before", "after"):
            result["diff"][part] = {**result["diff"][part], **done["diff"][part]}
        result["reasons"] = [*result["reasons"], *done["reasons"]]
        self._add(result, done["commands"], now)
        _warn(result, done.get("warnings", []))
        result.update(facts)

    @staticmethod
    def _add(result: dict[str, Any], commands: list[str], state: State) -> None:
        result["commands"] = [*result["commands"], *commands]
        result["changed"] = result["changed"] or bool(commands)
        result["server"] = state.to_dict()

    # ---- retrieved ----

    def _retrieved(self, params: dict[str, Any], state: State) -> dict[str, Any]:
        """Fetches what the authority has issued; in check mode it is taken to have issued all."""
        wanted = selected(state, params["request_id"])
        plan = plan_retrieve(wanted, state)
        if self.check_mode or not wanted:
            return self.carry_out(plan, state)[0]
        found = retrieve(self.exchange, wanted, state, patience_of(params))
        after = [item for item in wanted if item.request_id in found.issued]
        done = plan_retrieve(after, state)
        result = {
            "changed": bool(found.issued),
            "commands": found.commands,
            "reasons": list(done.reasons),
            "diff": {"before": dict(done.before), "after": dict(done.after)},
            "requests": found.rows(wanted),
            "server": found.state.to_dict(),
        }
        _warn(result, found.warnings)
        return result | found.failure()


def _warn(result: dict[str, Any], warnings: list[str]) -> None:
    if warnings:
        result["warnings"] = [*result.get("warnings", ()), *warnings]
