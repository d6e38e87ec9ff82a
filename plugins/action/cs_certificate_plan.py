# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_plan: the steps of a set of servers, planned on the controller."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._pool.parts import host_view, parts_of, public_warnings
from ..module_utils._pool.pool_plan import plan_set
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import state_of
from ..plugin_utils._pool import states_of_members
from ..plugin_utils._pool_spec import ARGUMENT_SPEC, CONSTRAINTS, pool_spec


class ActionModule(CertificatesAction):
    """Plans for a set of servers; talks to none of them."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans for all members, and shows the part of this host."""
        host = params["host"] or self.task_vars["inventory_hostname"]
        spec, warnings = pool_spec(params, self.find_file)
        members = states_of_members(params, self.task_vars)
        if host not in members:
            raise InputError(f"host: '{host}' is not one of the servers {', '.join(sorted(members))}")
        known = params["requester_server"]
        requester = state_of(known) if spec.requester and known else None
        plan = plan_set(spec, members, requester)
        if params["public_ca"]:
            warnings += public_warnings(spec, plan, params["client_eku"])
        playing = self.task_vars.get("ansible_play_hosts_all", [plan.leader])
        result = {"changed": False, **plan.to_dict(), **host_view(plan, host), **parts_of(plan, host, playing)}
        if params["predict"]:
            predicted = plan.predicted.get(host)
            result["predicted"] = predicted.to_dict() if predicted else None
        for_all = not params["host"] and bool(params["members"])
        mine = [text for text in plan.warnings if for_all or text.startswith(f"{host}: ")]
        if mine or warnings:
            result["warnings"] = [*mine, *warnings]
        return result
