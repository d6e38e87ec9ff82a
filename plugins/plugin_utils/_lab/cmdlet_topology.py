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
from .roles import ROLES, Computer
from .values import Row

_CUSTOM_OBJECT = "System.Management.Automation.PSCustomObject"
#: The role switches of Get-CsService, and the roles of computers that have such a service (reference 1.7).
_ROLES: dict[str, tuple[str, ...]] = {
    "EdgeServer": ("edge",),
    "Registrar": ("front_end", "director"),
    "MediationServer": ("front_end", "mediation"),
    "WebServer": ("front_end", "director"),
    "CentralManagement": (),
}


def _not_found(kind: str, name: str) -> Exception:
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
            raise _not_found("computer", name)
    for computer in found:
        row = {"Identity": computer.fqdn, "Pool": computer.pool_fqdn, "Fqdn": computer.fqdn}
        if not of_pool or of_pool.lower() == computer.pool_fqdn.lower():
            call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayComputer", row))


def _pools(call: Call) -> dict[str, list[Computer]]:
    """The computers of each pool of the topology, this computer's pool among them."""
    pools: dict[str, list[Computer]] = {}
    for computer in call.session.pool.topology:
        pools.setdefault(computer.pool_fqdn.lower(), []).append(computer)
    return pools


def run_pool(call: Call) -> None:
    """The pools of the topology, or the one named."""
    call.need_topology()
    name = call.bound.get("Identity", "").lower()
    pools = _pools(call)
    if name and name not in pools:
        raise _not_found("pool", name)
    for key, members in sorted(pools.items()):
        if not name or name == key:
            fqdn = members[0].pool_fqdn
            row = {
                "Identity": fqdn,
                "Services": [f"{ROLES[members[0].role].service_role}:{fqdn}"],
                "Computers": [computer.fqdn for computer in members],
                "Fqdn": fqdn,
                "Site": "Site:1",
            }
            call.output.append(Row("Microsoft.Rtc.Management.Xds.DisplayPool", row))


def run_service(call: Call) -> None:
    """The services of the topology of one role with the names of their interfaces, for each pool one."""
    call.need_topology()
    wanted = [name for name in _ROLES if call.bound.get(name)]
    of_pool = call.bound.get("PoolFqdn", "").lower()
    for key, members in sorted(_pools(call).items()):
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
    name = call.bound.get("ReplicaFqdn", "").lower()
    for computer in call.session.pool.topology:
        if not name or computer.fqdn.lower() == name:
            up = bool(call.switch("replicas_up_to_date"))
            row = {"ReplicaFqdn": computer.fqdn, "UpToDate": up, "LastUpdateCreation": call.session.now()}
            call.output.append(Row(_CUSTOM_OBJECT, row))


def run_replicate(call: Call) -> None:
    """Ask for a full push; done on an internal server (reference 1.7)."""
    call.need_cms()


_REPLICA = Parameter("ReplicaFqdn")

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
