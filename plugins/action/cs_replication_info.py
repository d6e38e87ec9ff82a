# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_replication_info: whether the replicas of the Central Management Store are up to date."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.wire import Call
from ..module_utils._state.stored import format_time, parse_time
from ..module_utils._steps.steps import cmdlet
from ..plugin_utils._action import CertificatesAction


class ActionModule(CertificatesAction):
    """Asks an internal server; reads only."""

    ARGUMENT_SPEC = {"replica_fqdn": {"type": "str"}}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Reads the state of replication (product.md#replication-cmdlets)."""
        wanted = (params["replica_fqdn"] or "").strip()
        step = cmdlet("Get-CsManagementStoreReplicationStatus", ReplicaFqdn=wanted or None)
        reply = self.call(Call(steps=(step,)))
        replicas = [
            {
                "fqdn": str(row.get("ReplicaFqdn") or ""),
                "up_to_date": row.get("UpToDate") is True,
                "last_update": format_time(parse_time(row.get("LastUpdateCreation"))),
            }
            for row in reply.rows[0].get("output", ())
        ]
        if wanted and not replicas:
            raise CertificatesError(
                f"replica_fqdn: the Central Management Store knows no replica {wanted}; give the FQDN of a computer of the topology"
            )
        return {
            "changed": False,
            "replicas": replicas,
            "up_to_date": all(row["up_to_date"] for row in replicas),
            "commands": step.commands,
        }
