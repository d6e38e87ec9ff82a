# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_rollover_plan: the turns of the servers of a set, planned on the controller."""

from __future__ import annotations

from typing import Any

from ..module_utils._rollover.outcome import (
    check_leaving,
    rollover_facts,
)
from ..module_utils._rollover.rollover import (
    plan_rollover,
)
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._pool import states_of_members
from ..plugin_utils._rollover_spec import ARGUMENT_SPEC, CONSTRAINTS, rollover_spec


class ActionModule(CertificatesAction):
    """Plans for a set of servers; talks to none of them."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans the turns, or judges whether one server may take its turn now."""
        states = states_of_members(params, self.task_vars)
        spec = rollover_spec(params, states)
        plan = plan_rollover(spec, states)
        if params["leaving"]:
            check_leaving(params["leaving"], spec, plan)
        return {"changed": False, **rollover_facts(spec, plan, states)}
