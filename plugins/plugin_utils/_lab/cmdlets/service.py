# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop- and Start-CsWindowsService (product.md#service-cmdlets).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from ..server.errors import argument_failure, failure
from ..server.state import Service
from . import loading
from .call import Call
from .parameters import Cmdlet, Parameter
from .queries import need_this_computer


def _named(call: Call) -> list[Service]:
    """The services that -Name means, all without it."""
    need_this_computer(call)
    name = call.bound.get("Name", "")
    hit = [s for s in call.state.services if not name or s.name.lower() == name.lower()]
    if name and not hit:
        raise argument_failure(f'Cannot find the service "{name}".', error_id="CsService", category="ObjectNotFound")
    return hit


def _put(call: Call, changed: list[Service]) -> None:
    by_name = {service.name: service for service in changed}
    call.state.services = [by_name.get(service.name, service) for service in call.state.services]


def _dependents(call: Call) -> list[Service]:
    """What depends on RTCSRV; that anything does is [U], that a stop takes dependents along is not.

    Source: product.md#service-cmdlets.
    """
    depend = call.switch("services_depend_on_rtcsrv")
    return [s for s in call.state.services if depend and s.roles and s.name != "RTCSRV"]


def _to_stop(call: Call) -> list[Service]:
    """The services to be stopped, with their dependents; the switches leave one running.

    Source: product.md#service-cmdlets.
    """
    hit = _named(call)
    if any(service.name == "RTCSRV" for service in hit):
        hit += [service for service in _dependents(call) if service not in hit]
    kept = "RTCCLSAGT" if call.bound.get("LeaveClsAgentRunning") else ""
    return [s for s in hit if s.name != kept and s.status != "Stopped"]


def run_stop(call: Call) -> None:
    """Stop services; a graceful stop may last without limit and goes on after a time limit.

    Source: product.md#service-cmdlets.
    """
    call.need_administrator()
    hit = _to_stop(call)
    if hit and call.bound.get("Graceful") and not call.bound.get("NoWait") and call.switch("graceful_stop_seconds"):
        _put(call, [service._replace(status="StopPending") for service in hit])
        call.session.checkpoint()
        call.take_time(float(call.switch("graceful_stop_seconds")), "Stop-CsWindowsService")
    _put(call, [s._replace(status="Stopped", running_at=None, loaded={}, upcoming={}) for s in hit])


def run_start(call: Call) -> None:
    """Start services and their prerequisites, not their dependents; one that runs is no error.

    Source: product.md#service-cmdlets.
    """
    call.need_administrator()
    hit = _named(call)
    if any(service in _dependents(call) for service in hit):
        hit = [*(s for s in call.state.services if s.name == "RTCSRV" and s not in hit), *hit]
    for service in hit:
        if service.status == "StopPending":
            if not call.switch("start_ends_draining"):
                text = f'Cannot start the service "{service.name}": it is stopping.'
                raise failure("System.InvalidOperationException", text, error_id="CsService")
            _put(call, [service._replace(status="Running")])
        elif service.status == "Stopped":
            _put(call, [loading.start(call, service)])
        call.session.checkpoint()  # what has started runs, even if a later one does not start


_NAMED = (Parameter("Name"), Parameter("ComputerName"), Parameter("Report"))
_INPUT = (Parameter("InputObject", "object"), Parameter("NoWait", "switch"), Parameter("Force", "switch"))

CMDLETS = (
    Cmdlet(
        name="Stop-CsWindowsService",
        run=run_stop,
        should_process=True,
        parameters=(
            *_NAMED,
            *_INPUT,
            Parameter("Graceful", "switch"),
            Parameter("LeaveClsAgentRunning", "switch"),
            Parameter("LeaveWebServerRunning", "switch"),
        ),
    ),
    Cmdlet(name="Start-CsWindowsService", run=run_start, should_process=True, parameters=(*_NAMED, *_INPUT)),
)
