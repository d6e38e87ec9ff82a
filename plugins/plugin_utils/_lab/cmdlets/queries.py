# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cmdlets that the sections of the state are read with; all they need is the saved state.

Source: product.md#get-cscertificate, product.md#topology-cmdlets.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from ..server import clock, facts
from ..server.errors import PowerShellError, argument_failure
from ..server.roles import Computer
from ..server.state import Assignment
from ..server.values import Row
from .call import Call
from .parameters import Cmdlet, Parameter

_CUSTOM_OBJECT = "System.Management.Automation.PSCustomObject"
_REFERENCE = "Microsoft.Rtc.Management.Deployment.CertificateReference"
_SERVICE = "Microsoft.Rtc.Management.Deployment.Core.NTService"
#: The role switches of Get-CsService, and the roles of computers that have such a service
#: (product.md#topology-cmdlets).
_ROLES: dict[str, tuple[str, ...]] = {
    "EdgeServer": ("edge",),
    "Registrar": ("front_end", "director"),
    "MediationServer": ("front_end", "mediation"),
    "WebServer": ("front_end", "director"),
    "CentralManagement": (),
}


def run_certificate(call: Call) -> None:
    """List assigned certificates, one row for each usage (product.md#get-cscertificate)."""
    wanted = call.bound.get("Type")
    only_global = call.bound.get("Identity", "").lower() == "global"
    for usage, assignment in sorted(call.state.assignments.items(), key=lambda item: item[0].lower()):
        if (wanted and usage not in wanted) or (only_global and assignment.scope != "Global"):
            continue
        call.output.append(_reference_row(call, usage, assignment))


def _reference_row(call: Call, usage: str, assignment: Assignment) -> Row:
    effective = parse_saved(assignment.effective)
    thumbprint, previous = assignment.thumbprint, assignment.previous
    if effective > call.session.now() and previous and call.switch("staged_row") == "old":
        thumbprint, previous = previous, None
    entry = call.state.find("My", thumbprint)
    certificate = entry.certificate if entry else None
    row: dict[str, Any] = {
        "Issuer": entry.issuer if entry else None,
        "NotAfter": certificate.not_valid_after_utc if certificate else None,
        "NotBefore": certificate.not_valid_before_utc if certificate else None,
        "SerialNumber": f"{certificate.serial_number:X}".zfill(2) if certificate else None,
        "Subject": entry.subject if entry else None,
        "AlternativeNames": facts.dns_names(certificate) if certificate else [],
        "Thumbprint": thumbprint,
        "EffectiveDate": effective,
        "PreviousThumbprint": previous,
        "UpdateTime": parse_saved(assignment.updated),
        "Use": usage,
        "SourceScope": assignment.scope,
    }
    if certificate and len(row["SerialNumber"]) % 2:
        row["SerialNumber"] = "0" + row["SerialNumber"]
    return Row(_REFERENCE, row)


def parse_saved(text: str) -> dt.datetime:
    """A time of the saved state, `2026-12-01T10:00:00Z`."""
    return dt.datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=dt.timezone.utc)


def run_windows_service(call: Call) -> None:
    """List the services, or the one named."""
    need_this_computer(call)
    name = call.bound.get("Name", "").lower()
    for service in call.state.services:
        if not name or service.name.lower() == name:
            row = {
                "Name": service.name,
                "DisplayName": service.display_name,
                "Status": service.status_at(clock.real_time()),
                "RoleName": list(service.roles),
                "ActivityLevel": None,
            }
            call.output.append(Row(_SERVICE, row))


def need_this_computer(call: Call) -> None:
    """-ComputerName of another server: the lab has no remote service control."""
    name = call.bound.get("ComputerName", "").lower()
    fqdn = call.session.pool.fqdn.lower()
    if name not in ("", fqdn, fqdn.partition(".")[0]):
        raise argument_failure(
            f'Cannot connect to the computer "{name}".', error_id="CsService", category="ConnectionError"
        )


def not_found(kind: str, name: str) -> PowerShellError:
    """The error of a look-up in the topology that finds nothing."""
    return argument_failure(f'Cannot find {kind} "{name}".', error_id="CsTopology", category="ObjectNotFound")


def run_computer(call: Call) -> None:
    """This computer and its pool; -Local works on an Edge, everything else needs the topology."""
    pool = call.session.pool
    if call.bound.get("Local"):
        found = [pool.topology[0]]
    else:
        call.need_topology()
        found = list(pool.topology)
    name, of_pool = call.bound.get("Identity"), call.bound.get("Pool")
    if name:
        found = [computer for computer in found if computer.is_called(name)]
        if not found:
            raise not_found("computer", name)
    for computer in found:
        row = {"Identity": computer.fqdn, "Pool": computer.pool_fqdn, "Fqdn": computer.fqdn}
        if not of_pool or of_pool.lower() == computer.pool_fqdn.lower():
            call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayComputer", row))


def pools(call: Call) -> dict[str, list[Computer]]:
    """The computers of each pool of the topology, this computer's pool among them."""
    found: dict[str, list[Computer]] = {}
    for computer in call.session.pool.topology:
        found.setdefault(computer.pool_fqdn.lower(), []).append(computer)
    return found


def run_service(call: Call) -> None:
    """The services of the topology of one role with the names of their interfaces, for each pool one."""
    call.need_topology()
    wanted = [name for name in _ROLES if call.bound.get(name)]
    of_pool = call.bound.get("PoolFqdn", "").lower()
    for key, members in sorted(pools(call).items()):
        computer = members[0]
        for name in wanted or _ROLES:
            if computer.role in _ROLES[name] and (not of_pool or of_pool == key):
                call.output.append(_service_row(name, computer))


def _service_row(kind: str, computer: Computer) -> Row:
    pool = computer.pool_fqdn
    row: dict[str, object] = {"Identity": f"{kind}:{pool}", "PoolFqdn": pool}
    if kind == "EdgeServer":
        row |= {
            "AccessEdgeExternalFqdn": computer.access_edge_fqdn,
            "DataEdgeExternalFqdn": computer.data_edge_fqdn,
            "AVEdgeExternalFqdn": computer.av_edge_fqdn,
            "InternalInterfaceFqdn": pool,
            "ExternalMrasFqdn": pool,
            "AccessEdgeInternalSipPort": 5061,
            "AccessEdgeExternalSipPort": 5061,
            "InternalMrasPort": 5062,
            "InternalDataPsomPort": 8057,
        }
    elif kind == "WebServer":
        row |= {"InternalFqdn": computer.web_internal_fqdn, "ExternalFqdn": computer.web_external_fqdn}
    return Row(f"Microsoft.Rtc.Management.Xds.Display{kind}", row)


def run_sip_domain(call: Call) -> None:
    """All SIP domains; the first one is the default."""
    call.need_topology()
    for index, domain in enumerate(call.session.pool.sip_domains):
        if call.bound.get("Identity", domain).lower() == domain.lower():
            call.output.append(Row(_CUSTOM_OBJECT, {"Identity": domain, "Name": domain, "IsDefault": index == 0}))


CMDLETS = (
    Cmdlet(
        name="Get-CsCertificate",
        run=run_certificate,
        parameters=(
            Parameter("Type", "CertType[]"),
            Parameter("Identity"),
            Parameter("NetportId"),
            Parameter("Report"),
        ),
    ),
    Cmdlet(
        name="Get-CsWindowsService",
        run=run_windows_service,
        parameters=(
            Parameter("Name"),
            Parameter("ComputerName"),
            Parameter("Report"),
            Parameter("ExcludeActivityLevel", "switch"),
        ),
    ),
    Cmdlet(
        name="Get-CsComputer",
        run=run_computer,
        default_set="Identity",
        parameters=(
            Parameter("Identity", "string", ("Identity",)),
            Parameter("Local", "switch", ("Local",), ("Local",)),
            Parameter("Pool", "string", ("Pool",), ("Pool",)),
        ),
    ),
    Cmdlet(
        name="Get-CsService",
        run=run_service,
        parameters=(*(Parameter(r, "switch") for r in _ROLES), Parameter("PoolFqdn")),
    ),
    Cmdlet(name="Get-CsSipDomain", run=run_sip_domain, parameters=(Parameter("Identity"),)),
)
