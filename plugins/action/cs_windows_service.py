# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_windows_service: services of the product run, stand still, or are restarted."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._remote.wire import Call
from ..module_utils._server.services import ServiceSpec, describe, plan_services
from ..module_utils._state.state import State
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, state_of
from ..plugin_utils._services import ServiceRun

_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["started", "stopped", "restarted"], "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "graceful": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 600},
    "start_timeout": {"type": "int", "default": 600},
    "leave_cls_agent_running": {"type": "bool", "default": False},
    "leave_web_server_running": {"type": "bool", "default": False},
    "leave_stopped": {"type": "bool", "default": False},
}


class ActionModule(CertificatesAction):
    """Stops and starts services of one server."""

    ARGUMENT_SPEC = {
        **_SPEC,
        "on_timeout": {"type": "str", "choices": ["fail", "force"], "default": "fail"},
        **SERVER,
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Plans for the services as they are, carries that out, and sees that they are as asked for."""
        for option in ("timeout", "start_timeout"):
            if params[option] < 1:
                raise InputError(f"{option}: {params[option]} is no number of seconds; give at least 1")
        given = {name: params[name] for name in _SPEC}
        spec = ServiceSpec(**{**given, "names": tuple(params["names"])})
        before = self._read(params)
        plan = plan_services(spec, before)
        result: dict[str, Any] = {
            "changed": plan.changed,
            "commands": plan.commands,
            "reasons": list(plan.reasons),
            "diff": {"before": dict(plan.before), "after": dict(plan.after)},
            "server": plan.predicted.to_dict(),
            **plan.facts,
        }
        if self.check_mode:
            return result
        run = ServiceRun(spec, self.exchange, force=params["on_timeout"] == "force")
        after = run.run(plan, before)
        result.update(commands=run.commands, server=after.to_dict(), services=describe(before, after))
        result["was_running"] = [*result["was_running"], *run.lost]
        warnings = list(run.warnings)
        if run.lost:
            then = "stopped, too" if spec.state == "stopped" else "restarted, too"
            warnings.append(f"{', '.join(run.lost)} depends on what was stopped and was {then}")
        if warnings:
            result["warnings"] = warnings
        return result

    def _read(self, params: dict[str, Any]) -> State:
        """The state of the server with its services: as an earlier task returned it, else read now."""
        given = None if params["server"] is None else state_of(params["server"])
        if given is not None and given.services is not None:
            return given
        return self.call(Call(services=True, topology=given is None), given).state
