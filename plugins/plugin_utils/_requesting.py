# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does with requests: finds or makes one, retrieves what was issued. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.common_parameters import report_of
from ..module_utils._remote.wire import Call
from ..module_utils._request.issued import certificate_facts, plan_assignment
from ..module_utils._request.online import made_facts, needs_pending, plan_online
from ..module_utils._request.request import RequestSpec, plan_note, plan_request
from ..module_utils._request.retrieval import plan_retrieve, selected
from ..module_utils._state.pending import PendingRequest
from ..module_utils._state.state import State
from ._action import CertificatesAction, add_warnings
from ._patience import patience_of
from ._request_options import made_request, new_spec_of
from ._retrieving import retrieve


class RequestRun:
    """Carries out what cs_certificate_request is asked for on one server."""

    def __init__(self, action: CertificatesAction, params: Mapping[str, Any]) -> None:
        """Prepares a run.

        :param action: makes the remote calls.
        :param params: the options of the module.
        """
        self._action, self._params = action, params

    def present(self) -> dict[str, Any]:
        """Finds the request that waits, or the certificate that fits, or makes a request."""
        spec, warnings = new_spec_of(self._params)
        state = self._read(spec)
        if self._params["made_by"]:
            plan = plan_note(spec, state, self._params["made_by"], self._params["public_key_sha256"])
        elif spec.ca:
            plan = plan_online(spec, state, tuple(self._params["reasons"]))
        else:
            plan = plan_request(spec, state, why=tuple(self._params["reasons"]))
        result, reply = self._action.carry_out(plan, state, [spec.files], requests=bool(spec.ca))
        now = reply.state if reply else plan.predicted
        if reply and spec.ca:
            if spec.report:
                result["report"] = report_of(reply.rows) or ""
            output = [row for step in reply.rows for row in step.get("output", ())]
            for name in plan.facts:  # what was foretold gives way to what happened
                del result[name]
            result.update(made_facts(spec, str(plan.facts["friendly_name"]), state, now, output))
        elif reply and not self._params["made_by"]:
            result.update(made_request(spec, now, reply.rows))
        add_warnings(result, warnings)
        if self._params["wait"] and result["request_state"] == "pending" and not self._action.check_mode:
            now = self._wait(spec, now, result)
        if self._params["assign"] and "thumbprint" in result:
            self._assign(spec, now, result)
        return result

    def _read(self, spec: RequestSpec) -> State:
        """The state of the server, with all that the plan looks at."""
        state = self._action.server(self._params, [spec.files], requests=bool(spec.ca))
        lacking = bool(spec.ca) and needs_pending(spec, state, tuple(self._params["reasons"]))
        if lacking or state.request_file(spec.files.name) is None:
            state = self._action.call(Call(files=[spec.files], requests=bool(spec.ca)), state).state
        return state

    def _wait(self, spec: RequestSpec, state: State, result: dict[str, Any]) -> State:
        """Asks for a pending request again and again, until the authority has decided or the time is over."""
        number = result["request_id"]
        listed = [row for row in state.pending or () if row.request_id == number]
        wanted = listed or [PendingRequest(number, ca=spec.ca, friendly_name=result["friendly_name"])]
        found = retrieve(self._action.exchange, wanted, state, patience_of(self._params), [spec.files])
        for row in found.issued.values():
            del result["request_id"], result["ca"]
            result.update(certificate_facts("issued", row, spec.need, found.state))
        _add(result, found.commands, found.state)
        add_warnings(result, found.warnings)
        result.update(found.failure())
        return found.state

    def _assign(self, spec: RequestSpec, state: State, result: dict[str, Any]) -> None:
        """Assigns the certificate to the usages that were asked for, if nothing speaks against it."""
        row = state.find("My", result["thumbprint"])
        plan = plan_assignment(row, spec.need, state)[0] if row else None
        if row is None or plan is None:
            return
        done, reply = self._action.carry_out(plan, state)
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
        _add(result, done["commands"], now)
        add_warnings(result, done.get("warnings", []))
        result.update(facts)

    def retrieved(self, state: State) -> dict[str, Any]:
        """Fetches what the authority has issued; in check mode it is taken to have issued all."""
        wanted = selected(state, self._params["request_id"])
        plan = plan_retrieve(wanted, state)
        if self._action.check_mode or not wanted:
            return self._action.carry_out(plan, state)[0]
        found = retrieve(self._action.exchange, wanted, state, patience_of(self._params))
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
        add_warnings(result, found.warnings)
        return result | found.failure()


def _add(result: dict[str, Any], commands: list[str], state: State) -> None:
    result["commands"] = [*result["commands"], *commands]
    result["changed"] = result["changed"] or bool(commands)
    result["server"] = state.to_dict()
