# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get-, Stop- and Start-CsWindowsService (reference 1.7, 3.3).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from dataclasses import replace

from .binding import Cmdlet, Parameter
from .call import Call
from .errors import argument_failure
from .values import Row

_SERVICE = "Microsoft.Rtc.Management.Deployment.Core.NTService"


def run_get(call: Call) -> None:
    """List the services, or the one named."""
    _need_this_computer(call)
    name = call.bound.get("Name", "").lower()
    for service in call.state.services:
        if not name or service.name.lower() == name:
            row = {
                "Name": service.name,
                "DisplayName": service.display_name,
                "Status": service.status,
                "RoleName": list(service.roles),
                "ActivityLevel": None,
            }
            call.output.append(Row(_SERVICE, row))


def _need_this_computer(call: Call) -> None:
    """-ComputerName of another server: the lab has no remote service control."""
    name = call.bound.get("ComputerName", "").lower()
    fqdn = call.session.pool.fqdn.lower()
    if name not in ("", fqdn, fqdn.partition(".")[0]):
        raise argument_failure(
            f'Cannot connect to the computer "{name}".', error_id="CsService", category="ConnectionError"
        )


def _set_status(call: Call, status: str) -> None:
    _need_this_computer(call)
    name = call.bound.get("Name", "")
    hit = [s for s in call.state.services if not name or s.name.lower() == name.lower()]
    if name and not hit:
        raise argument_failure(f'Cannot find the service "{name}".', error_id="CsService", category="ObjectNotFound")
    kept = "RTCCLSAGT" if call.bound.get("LeaveClsAgentRunning") else ""
    call.state.services = [replace(s, status=status) if s in hit and s.name != kept else s for s in call.state.services]


def run_stop(call: Call) -> None:
    """Stop services; a graceful stop may last without limit (reference 1.7) and goes on after a time limit."""
    call.need_administrator()
    if call.bound.get("Graceful") and not call.bound.get("NoWait") and call.switch("graceful_stop_seconds"):
        _set_status(call, "StopPending")
        call.session.checkpoint()
        call.take_time(float(call.switch("graceful_stop_seconds")), "Stop-CsWindowsService")
    _set_status(call, "Stopped")


def run_start(call: Call) -> None:
    """Start services; one that runs is no error (reference 1.7)."""
    call.need_administrator()
    _set_status(call, "Running")


_NAMED = (Parameter("Name"), Parameter("ComputerName"), Parameter("Report"))
_INPUT = (Parameter("InputObject", "object"), Parameter("NoWait", "switch"), Parameter("Force", "switch"))

SERVICE_CMDLETS = (
    Cmdlet(name="Get-CsWindowsService", run=run_get, parameters=(*_NAMED, Parameter("ExcludeActivityLevel", "switch"))),
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
