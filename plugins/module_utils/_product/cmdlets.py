# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's cmdlets: their parameters and how each travels. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: How values travel (contract, "Steps"): text, list, int, bool, switch, date, secret, path.
_COMMON = {"Report": "path"}
_SCOPED = {"Type": "list", "Identity": "text"}


@dataclass(frozen=True)
class Cmdlet:
    """One cmdlet of the product.

    :ivar parameters: name of each parameter that the collection sends, with the kind of its value.
    :ivar properties: names of the output properties that the core reads; empty for all.
    :ivar timeout: seconds after which the runner gives the cmdlet up.
    """

    parameters: Mapping[str, str]
    properties: tuple[str, ...] = ()
    timeout: int = 600
    reads_only: bool = field(default=False)


#: Source: product.md#cmdlets.
CMDLETS: Mapping[str, Cmdlet] = {
    "Request-CsCertificate": Cmdlet(
        parameters={
            "New": "switch",
            "List": "switch",
            "Retrieve": "switch",
            "Clear": "switch",
            "RequestId": "int",
            "Type": "list",
            "AllSipDomain": "switch",
            "CA": "text",
            "CaAccount": "text",
            "CaPassword": "secret",
            "City": "text",
            "ClientEKU": "bool",
            "ComputerFqdn": "text",
            "Country": "text",
            "DomainName": "text",
            "FriendlyName": "text",
            "GlobalCatalog": "text",
            "GlobalSettingsDomainController": "text",
            "KeyAlg": "text",
            "KeySize": "int",
            "Organization": "text",
            "OU": "text",
            "Output": "path",
            "PrivateKeyExportable": "bool",
            "State": "text",
            "Template": "text",
            "Force": "switch",
            **_COMMON,
        },
        properties=("RequestId", "RequestStatus", "Thumbprint"),
    ),
    "Import-CsCertificate": Cmdlet(
        parameters={
            "Path": "path",
            "Password": "secret",
            "PrivateKeyExportable": "bool",
            "EffectiveDate": "date",
            "Roll": "switch",
            "Force": "switch",
            **_SCOPED,
            **_COMMON,
        },
    ),
    "Set-CsCertificate": Cmdlet(
        parameters={
            "Thumbprint": "text",
            "EffectiveDate": "date",
            "Roll": "switch",
            "Force": "switch",
            **_SCOPED,
            **_COMMON,
        },
    ),
    "Remove-CsCertificate": Cmdlet(parameters={"Previous": "switch", "Force": "switch", **_SCOPED, **_COMMON}),
    "Get-CsCertificate": Cmdlet(parameters={**_SCOPED, **_COMMON}, reads_only=True),
    "Stop-CsWindowsService": Cmdlet(
        parameters={
            "Name": "text",
            "Graceful": "switch",
            "LeaveClsAgentRunning": "switch",
            "LeaveWebServerRunning": "switch",
            **_COMMON,
        },
    ),
    "Start-CsWindowsService": Cmdlet(parameters={"Name": "text", **_COMMON}),
    "Get-CsManagementStoreReplicationStatus": Cmdlet(
        parameters={"ReplicaFqdn": "text"},
        properties=("ReplicaFqdn", "UpToDate", "LastUpdateCreation"),
        reads_only=True,
    ),
}
