# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PowerShell that a step stands for. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._state.unknown import is_unknown

#: What stands in place of a secret, here and in what the step runner returns (contract, "Steps").
MASK = "********"
_WINDOWS_TMP = "<tmp>\\"


def quote(text: str) -> str:
    """A text as a PowerShell argument: bare if that is safe, else in single quotes.

    Placeholders and the name of the private folder stay as they are, to be read, not to be run.
    """
    if is_unknown(text) or text.startswith("<tmp>") or (re.fullmatch(r"[A-Za-z0-9_.:\\/][A-Za-z0-9_.:\\/-]*", text)):
        return text.replace("<tmp>/", _WINDOWS_TMP)
    return "'" + text.replace("'", "''") + "'"


def _argument(name: str, value: Mapping[str, Any] | str) -> str:
    if isinstance(value, str):  # the journal of the lab masks a password whatever its kind
        return f"-{name} {MASK}"
    kind, given = value["t"], value["v"]
    if kind == "switch":
        return f"-{name}"
    if kind == "secret":
        return f"-{name} {MASK}"
    if kind == "bool":
        return f"-{name} ${str(given).lower()}"
    if kind == "list":
        return f"-{name} " + ",".join(quote(item[1:]) for item in given)
    if kind == "date":
        return f"-{name} ([datetime]::ParseExact('{given}', 'yyyyMMddTHHmmssZ', $null))"
    return f"-{name} {quote(given[1:]) if isinstance(given, str) else given}"


def _render_cmdlet(step: Mapping[str, Any]) -> list[str]:
    return [" ".join([step["name"], *(_argument(*pair) for pair in step["parameters"].items())])]


def _render_import(step: Mapping[str, Any]) -> list[str]:
    """One command for each certificate; the file is named after it (the runner reads it from memory)."""
    commands = []
    for thumbprint, store in step["stores"].items():
        location = f"-CertStoreLocation Cert:\\LocalMachine\\{store}"
        if "password" in step:
            exportable = " -Exportable" if step.get("exportable") else ""
            commands.append(
                f"Import-PfxCertificate -FilePath {_WINDOWS_TMP}{quote(thumbprint)}.pfx {location} -Password {MASK}{exportable}"
            )
        else:
            commands.append(f"Import-Certificate -FilePath {_WINDOWS_TMP}{quote(thumbprint)}.cer {location}")
    return commands


def _render_file(step: Mapping[str, Any]) -> list[str]:
    path = step["path"][1:]
    if path.startswith("<tmp>/"):
        return []
    verb = "Set-Content" if step["op"] == "write_file" else "Remove-Item"
    return [f"{verb} -LiteralPath {quote(path)}"]


def render_step(step: Mapping[str, Any]) -> list[str]:
    """The PowerShell commands that a step of the contract stands for, secrets masked.

    Cmdlets of the product are what is really run; the others tell in the words of the PKI module what the
    runner does through .NET (product.md#pki-module). Steps that only read, and files of the private folder of a
    call, have none.

    :param step: a step as the contract has it, also one of the lab's journal, in which secrets are masked.
    """
    op = step["op"]
    if op == "cmdlet":
        return _render_cmdlet(step)
    if op == "cert_import":
        return _render_import(step)
    if op in ("write_file", "delete_file"):
        return _render_file(step)
    thumbprint = quote(step["thumbprint"]) if "thumbprint" in step else ""
    location = f"Cert:\\LocalMachine\\{step.get('store', 'My')}\\{thumbprint}"
    if op == "cert_export":
        option = "BuildChain" if "chain" in step else "EndEntityCertOnly"
        return [
            f"Export-PfxCertificate -Cert {location} -FilePath {_WINDOWS_TMP}{thumbprint}.pfx -ChainOption {option} -Password {MASK}"
        ]
    if op == "cert_remove":
        return [f"Remove-Item -LiteralPath {location}" + (" -DeleteKey" if step.get("delete_key") else "")]
    if op == "cert_set":
        return [f"(Get-Item -LiteralPath {location}).FriendlyName = {quote(step['friendly_name'][1:])}"]
    return []
