# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which calls need the full logon session of C(become), and which a network logon is enough for.

**PRIVATE** to the collection.

WinRM gives a network logon: it has the rights of the account on the server itself, but neither its credentials for another
one nor the keys of its user profile. C(become) with C(runas) logs the account on anew, at the price of 130 to 165 KB of
code and the account's password with each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .._steps.steps import Step

#: Inventory variable that has all calls use C(become) if the host has it.
BECOME_ALWAYS = "sfb_become_always"
Kind = Literal["reading", "local change", "private key", "certification authority", "central management store"]


@dataclass(frozen=True, kw_only=True)
class Logon:
    """The logon that steps of a kind get.

    :ivar full: a full logon session, if the host has C(become).
    :ivar why: in one sentence.
    :ivar mark: C(verified): documented, or seen by others, for this very case. C(inferred): follows from what is
        documented. C(unverified): neither; the full session is the careful choice.
    :ivar source: documents and reports.
    """

    full: bool
    why: str
    mark: Literal["verified", "inferred", "unverified"]
    source: str


_WINRM = "Ansible documentation, os_guide/windows_winrm, WinRM limitations"
#: By what a step does.
LOGONS: Mapping[Kind, Logon] = {
    "reading": Logon(
        full=False,
        why="stores, assignments, services and files are on the server; what cannot be read is read again in a full session",
        mark="inferred",
        source=f"product.md#get-cscertificate, product.md#stores; {_WINRM}",
    ),
    "local change": Logon(
        full=False,
        why="files, services, and certificates without keys are changed with the rights of an administrator on the server",
        mark="inferred",
        source=f"product.md#service-cmdlets, product.md#stores; {_WINRM}",
    ),
    "private key": Logon(
        full=True,
        why="keys of the computer do not need a user profile, but there are reports of PFX files that were refused",
        mark="unverified",
        source=(
            "for a network logon: Microsoft, CryptAcquireContext, CRYPT_MACHINE_KEYSET; Import-PfxCertificate (delegation is for"
            " user configuration); chef-boneyard/windows#227 and #229 (refused in the user's keys, taken in the computer's)."
            f" Against it: {_WINRM} (DPAPI); ansible.windows, win_certificate_store, notes on PKCS12"
        ),
    ),
    "certification authority": Logon(
        full=True,
        why="the authority is another server, and a network logon has no credentials for it",
        mark="verified",
        source=f"product.md#double-hop; {_WINRM}; ansible/ansible#68086",
    ),
    "central management store": Logon(
        full=True,
        why="the database may be on another server, and a network logon has no credentials for it",
        mark="inferred",
        source=f"product.md#replication-cmdlets, product.md#edge-server-in-a-workgroup; {_WINRM}",
    ),
}
#: Cmdlets that use the certificate's key: they bind it, or give and take rights on it (product.md#import-cscertificate,
#: product.md#set-cscertificate, product.md#remove-cscertificate).
_KEY_CMDLETS = ("Import-CsCertificate", "Set-CsCertificate", "Remove-CsCertificate")
_STORE_CMDLETS = ("Get-CsManagementStoreReplicationStatus", "Invoke-CsManagementStoreReplication")
#: What a network logon is refused with: E_ACCESSDENIED, NTE_PERM, NTE_BAD_KEYSET, SEC_E_NO_CREDENTIALS,
#: SEC_E_DELEGATION_REQUIRED, ERROR_LOGON_FAILURE, ERROR_NO_SUCH_LOGON_SESSION ([MS-ERREF]).
_REFUSALS = {
    *("0x80070005", "0x80090010", "0x80090016", "0x8009030E", "0x80090345", "0x8007052E", "0x80070520"),
}


def kind_of(step: Step) -> Kind:
    """What a step does, as far as the logon is concerned."""
    wire = step.wire
    operation = wire["op"]
    if operation == "cmdlet":
        return _kind_of_cmdlet(str(wire["name"]), wire["parameters"])
    if operation == "read_file":
        return "reading"
    with_key = (
        operation == "cert_export"
        or (operation == "cert_import" and ("password" in wire or "My" in wire["stores"].values()))
        or (operation == "cert_remove" and bool(wire.get("delete_key")))
    )
    return "private key" if with_key else "local change"


def _kind_of_cmdlet(name: str, parameters: Mapping[str, Any]) -> Kind:
    if name == "Request-CsCertificate":
        if "List" in parameters:
            return "reading"
        # without a file for the request it goes to the authority; what was issued is fetched there
        # (product.md#parameters-of-a-request)
        online = "Retrieve" in parameters or ("New" in parameters and "Output" not in parameters)
        return "certification authority" if online else "private key"
    if name in _KEY_CMDLETS:
        return "central management store" if "Identity" in parameters else "private key"
    if name in _STORE_CMDLETS:
        return "central management store"
    return "reading" if name.startswith(("Get-", "Test-")) else "local change"


def needs_full_logon(steps: Iterable[Step]) -> bool:
    """True if a call with these steps is sent with C(become), if the host has it."""
    return any(LOGONS[kind_of(step)].full for step in steps)


def is_incomplete(result: Mapping[str, Any]) -> bool:
    """True if a full logon session may read what a call without it could not.

    These are sections that failed, and private keys that could not be opened. What the step runner itself refuses stays
    refused, and a server in a workgroup has no account for the topology's database
    (product.md#edge-server-in-a-workgroup).

    :param result: what the step runner returned.
    """
    read = result.get("read") or {}
    in_workgroup = (read.get("computer") or {}).get("joined") is False
    for name, section in read.items():
        if name == "topology":
            parts = [part for part in section.values() if isinstance(part, Mapping)] or [section]
            if not in_workgroup and any(map(_failed, parts)):
                return True
        elif _failed(section) or any((row.get("key") or {}).get("error") for row in section.get("certificates", ())):
            return True
    return False


def _failed(section: Mapping[str, Any]) -> bool:
    errors = section.get("errors") or [{}]
    return not section.get("ok") and not str(errors[0].get("id") or "").startswith("CsInvoke.")


def is_refusal(error: Mapping[str, Any] | None) -> bool:
    """True for an error with which a network logon may be refused what a full session is allowed.

    :param error: an error row of the contract.
    """
    return any(str(link.get("hresult")) in _REFUSALS for link in (error or {}).get("chain") or ())
