# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get-CsPool, Get-CsTopology and the replication cmdlets (product.md#topology-cmdlets, product.md#replication-cmdlets).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from ..server.roles import ROLES
from ..server.values import Row
from .call import Call
from .parameters import Cmdlet, Parameter
from .queries import not_found, pools

_CUSTOM_OBJECT = "System.Management.Automation.PSCustomObject"


def run_pool(call: Call) -> None:
    """The pools of the topology, or the one named."""
    call.need_topology()
    name = call.bound.get("Identity", "").lower()
    found = pools(call)
    if name and name not in found:
        raise not_found("pool", name)
    for key, members in sorted(found.items()):
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


def run_topology(call: Call) -> None:
    """The topology; -LocalStore reads the local replica, which always works (product.md#topology-cmdlets)."""
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
    """State of replication; it is asked on an internal server (product.md#replication-cmdlets)."""
    call.need_cms()
    name = call.bound.get("ReplicaFqdn", "").lower()
    for computer in call.session.pool.topology:
        if not name or computer.fqdn.lower() == name:
            up = bool(call.switch("replicas_up_to_date"))
            row = {"ReplicaFqdn": computer.fqdn, "UpToDate": up, "LastUpdateCreation": call.session.now()}
            call.output.append(Row(_CUSTOM_OBJECT, row))


def run_replicate(call: Call) -> None:
    """Ask for a full push; done on an internal server (product.md#replication-cmdlets)."""
    call.need_cms()


_REPLICA = Parameter("ReplicaFqdn")

CMDLETS = (
    Cmdlet(name="Get-CsPool", run=run_pool, parameters=(Parameter("Identity"), Parameter("Site"))),
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
