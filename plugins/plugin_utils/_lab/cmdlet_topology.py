# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get-CsComputer, -Pool, -Service, -Topology, -SipDomain and the replication cmdlets (reference 1.7).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from .binding import Cmdlet, Parameter
from .call import Call
from .errors import argument_failure
from .values import Row

_CUSTOM_OBJECT = "System.Management.Automation.PSCustomObject"


def _not_found(kind: str, name: str) -> Exception:
    return argument_failure(f'Cannot find {kind} "{name}".', error_id="CsTopology", category="ObjectNotFound")


def run_computer(call: Call) -> None:
    """This computer and its pool; -Local works on an Edge, everything else needs the topology."""
    pool = call.session.pool
    if not call.bound.get("Local"):
        call.need_topology()
    name = call.bound.get("Identity", pool.fqdn)
    if name.lower() != pool.fqdn.lower():
        raise _not_found("computer", name)
    row = {"Identity": pool.fqdn, "Pool": pool.pool_fqdn, "Fqdn": pool.fqdn}
    if call.bound.get("Pool", pool.pool_fqdn).lower() == pool.pool_fqdn.lower():
        call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayComputer", row))


def run_pool(call: Call) -> None:
    """The pool of this computer."""
    call.need_topology()
    pool = call.session.pool
    name = call.bound.get("Identity", pool.pool_fqdn)
    if name.lower() != pool.pool_fqdn.lower():
        raise _not_found("pool", name)
    row = {
        "Identity": pool.pool_fqdn,
        "Services": [f"EdgeServer:{pool.pool_fqdn}"],
        "Computers": [pool.fqdn],
        "Fqdn": pool.pool_fqdn,
        "Site": "Site:1",
    }
    call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayPool", row))


def run_service(call: Call) -> None:
    """The Edge role with the names of its interfaces."""
    call.need_topology()
    pool = call.session.pool
    others = any(call.bound.get(p) for p in ("Registrar", "MediationServer", "WebServer", "CentralManagement"))
    if others or call.bound.get("PoolFqdn", pool.pool_fqdn).lower() != pool.pool_fqdn.lower():
        return
    row = {
        "Identity": f"EdgeServer:{pool.pool_fqdn}",
        "PoolFqdn": pool.pool_fqdn,
        "AccessEdgeExternalFqdn": pool.access_edge_fqdn,
        "DataEdgeExternalFqdn": pool.data_edge_fqdn,
        "AVEdgeExternalFqdn": pool.av_edge_fqdn,
        "InternalInterfaceFqdn": pool.pool_fqdn,
        "ExternalMrasFqdn": pool.pool_fqdn,
        "AccessEdgeInternalSipPort": 5061,
        "AccessEdgeExternalSipPort": 5061,
        "InternalMrasPort": 5062,
        "InternalDataPsomPort": 8057,
    }
    call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayEdgeServer", row))


def run_sip_domain(call: Call) -> None:
    """All SIP domains; the first one is the default."""
    call.need_topology()
    for index, domain in enumerate(call.session.pool.sip_domains):
        if call.bound.get("Identity", domain).lower() == domain.lower():
            call.output.append(Row(_CUSTOM_OBJECT, {"Identity": domain, "Name": domain, "IsDefault": index == 0}))


def run_topology(call: Call) -> None:
    """The topology; -LocalStore reads the local replica, which always works (reference 1.7)."""
    if not call.bound.get("LocalStore"):
        call.need_topology()
    if call.bound.get("AsXml"):
        text = '<Topology><Site Name="1" /></Topology>'
        call.output.append(Row("System.Xml.XmlDocument", {"text": text}))
    else:
        call.output.append(Row(_CUSTOM_OBJECT, {"Sites": ["Site:1"]}))


def run_replica(call: Call) -> None:
    """Test-CsReplica: a healthy replica gives nothing."""


def run_status(call: Call) -> None:
    """State of replication; it is asked on an internal server (reference 1.7)."""
    call.need_cms()
    name = call.bound.get("ReplicaFqdn", call.session.pool.fqdn)
    row = {"ReplicaFqdn": name, "UpToDate": True, "LastUpdateCreation": call.session.now()}
    call.output.append(Row(_CUSTOM_OBJECT, row))


def run_replicate(call: Call) -> None:
    """Ask for a full push; done on an internal server (reference 1.7)."""
    call.need_cms()


_REPLICA = Parameter("ReplicaFqdn")
_ROLES = ("EdgeServer", "Registrar", "MediationServer", "WebServer", "CentralManagement")

TOPOLOGY_CMDLETS = (
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
    Cmdlet(name="Get-CsPool", run=run_pool, parameters=(Parameter("Identity"), Parameter("Site"))),
    Cmdlet(
        name="Get-CsService",
        run=run_service,
        parameters=(*(Parameter(r, "switch") for r in _ROLES), Parameter("PoolFqdn")),
    ),
    Cmdlet(name="Get-CsSipDomain", run=run_sip_domain, parameters=(Parameter("Identity"),)),
    Cmdlet(
        name="Get-CsTopology",
        run=run_topology,
        parameters=(Parameter("AsXml", "switch"), Parameter("LocalStore", "switch")),
    ),
    Cmdlet(name="Test-CsReplica", run=run_replica, parameters=(Parameter("Report"),)),
    Cmdlet(
        name="Get-CsManagementStoreReplicationStatus",
        run=run_status,
        parameters=(_REPLICA, Parameter("CentralManagementStoreStatus", "switch")),
    ),
    Cmdlet(
        name="Invoke-CsManagementStoreReplication",
        run=run_replicate,
        should_process=True,
        parameters=(_REPLICA, Parameter("Force", "switch")),
    ),
)
