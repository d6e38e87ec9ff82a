# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_server_claim: a server is claimed by this run, or free."""

from __future__ import annotations

import time
from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.wire import Call
from ..module_utils._server.claiming import ClaimSpec, plan_claim, plan_release, refusal
from ..module_utils._state.claim import claim_path
from ..module_utils._state.request_paths import request_files
from ..module_utils._state.state import State
from ..module_utils._steps.plan import Plan
from ..plugin_utils._action import CertificatesAction, RemoteError
from ..plugin_utils._claiming import ARGUMENT_SPEC, MARGIN, lasting
from ..plugin_utils._options import state_of
from ..plugin_utils._owner import alive, this_run


class ActionModule(CertificatesAction):
    """Takes, renews, or gives up the claim on one server."""

    ARGUMENT_SPEC = ARGUMENT_SPEC

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans for the claim as it was read, and carries that out."""
        self._folder = params["work_folder"]
        self._path = claim_path(self._folder)
        lasts = lasting(params)
        state = self._read(params)
        if params["state"] == "absent":
            return self._carry_out(plan_release(self._path, this_run(), state), state)
        spec = ClaimSpec(self._path, this_run(), params["purpose"], lasts, params["turn"], params["take_over"])
        return self._carry_out(plan_claim(spec, state, self._host, alive), state)

    @property
    def _host(self) -> str:
        """The server that the task is about, which may be another one than its host."""
        return str(self._task.delegate_to or self.task_vars["inventory_hostname"])

    def _read(self, params: dict[str, Any]) -> State:
        """The state as an earlier task returned it, unless the claim in it may have gone to another run since."""
        given = None if params["server"] is None else state_of(params["server"])
        claim = given.claim if given else None
        if given and not (claim and claim.until.timestamp() < time.time() + MARGIN):
            return given
        return self.call(Call(topology=given is None, services=True, claim=self._path), given).state

    def _carry_out(self, plan: Plan, state: State) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": plan.changed,
            "reasons": list(plan.reasons),
            "diff": {"before": dict(plan.before), "after": dict(plan.after)},
            "interrupted": bool(state.claim and state.claim.turn and state.claim.owner != this_run()),
            "server": plan.predicted.to_dict(),
            **plan.facts,
        }
        if self.check_mode or not plan.steps:
            return result
        # what was read before it was claimed may be old: a call of an earlier run, or another run, may have made a request since
        files = [request_files([entry.name], self._folder) for entry in state.requests]
        reply = self.exchange(Call(steps=plan.steps, files=files, services=True, claim=self._path), state)
        if reply.error:
            # another run may have been faster; the call that failed did not read the claim
            found = self.call(Call(claim=self._path), state).state.claim
            if found and found.owner != this_run():
                raise CertificatesError(refusal(found, self._host))
            raise RemoteError(reply.error, reply.record)
        return result | {"server": reply.state.to_dict()}
