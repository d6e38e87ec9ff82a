# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the emulated server, as PowerShell would describe them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_METHOD_INVOCATION = "System.Management.Automation.MethodInvocationException"
_BINDING = "System.Management.Automation.ParameterBindingException"

HRESULTS = {
    "System.Exception": "0x80131500",
    "System.ArgumentException": "0x80070057",
    "System.FormatException": "0x80131537",
    "System.InvalidOperationException": "0x80131509",
    "System.IO.DirectoryNotFoundException": "0x80070003",
    "System.IO.FileNotFoundException": "0x80070002",
    "System.IO.IOException": "0x80131620",
    "System.Management.Automation.Host.HostException": "0x80131500",
    "System.Management.Automation.RuntimeException": "0x80131501",
    "System.UnauthorizedAccessException": "0x80070005",
    "Microsoft.Rtc.Management.Common.Certificates.CertificateException": "0x80131500",
    _METHOD_INVOCATION: "0x80131501",
    _BINDING: "0x80131501",
}
CERTIFICATE_EXCEPTION = "Microsoft.Rtc.Management.Common.Certificates.CertificateException"
CRYPTOGRAPHIC_EXCEPTION = "System.Security.Cryptography.CryptographicException"

# HRESULT -> text of .NET Framework on an English Windows (powershell.md#import-of-a-pfx).
CRYPTOGRAPHIC_MESSAGES = {
    "0x80070005": "Access is denied.\r\n",
    "0x80070056": "The specified network password is not correct.\r\n",
    "0x8009000B": "Key not valid for use in specified state.\r\n",
    "0x80090016": "Keyset does not exist\r\n",
    "0x80090028": "The buffer supplied to a function was too small.\r\n",
    "0x80092009": "Cannot find the requested object.\r\n",
}


class LabError(Exception):
    """The lab itself is used wrongly (variables, folder, command line); `message` is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LabInterruption(Exception):
    """The inventory asked for a broken connection (`sfb_lab_interrupt_after`)."""


class ChainLink(NamedTuple):
    """One exception of the chain of an error record: .NET type, message, HRESULT as `0x...`."""

    type: str
    message: str
    hresult: str


class ErrorRecord(NamedTuple):
    """A PowerShell error record, as the contract describes it (contract: Result, Error)."""

    message: str
    id: str
    category: str
    command: str = ""
    chain: tuple[ChainLink, ...] = ()

    def row(self) -> dict[str, Any]:
        """The record as the contract's JSON object."""
        return {
            "message": self.message,
            "id": self.id,
            "category": self.category,
            "command": self.command,
            "chain": [{"type": c.type, "message": c.message, "hresult": c.hresult} for c in self.chain],
        }


class PowerShellError(Exception):
    """Ends the current step with an error record."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record

    def in_command(self, name: str) -> PowerShellError:
        """The same error, thrown by a cmdlet: its name joins the id (`CsFailure,Set-CsCertificate`)."""
        if self.record.command:
            return self
        return PowerShellError(self.record._replace(id=f"{self.record.id},{name}", command=name))


def _link(exception: str, message: str, hresult: str | None = None) -> ChainLink:
    return ChainLink(exception, message, hresult or HRESULTS.get(exception, "0x80131500"))


def stop_step(name: str, message: str) -> PowerShellError:
    """An error of the runner itself, id `CsInvoke.<name>` (contract: Result)."""
    link = _link("System.InvalidOperationException", message)
    return PowerShellError(ErrorRecord(message, f"CsInvoke.{name}", "InvalidOperation", chain=(link,)))


def failure(
    exception: str,
    message: str,
    *,
    error_id: str = "CsFailure",
    category: str = "InvalidOperation",
    hresult: str | None = None,
) -> PowerShellError:
    """A terminating error of a vendor cmdlet; `exception` is the .NET type."""
    return PowerShellError(ErrorRecord(message, error_id, category, chain=(_link(exception, message, hresult),)))


def argument_failure(
    message: str, *, error_id: str = "CsArgument", category: str = "InvalidArgument"
) -> PowerShellError:
    """An `ArgumentException` of a vendor cmdlet."""
    return failure("System.ArgumentException", message, error_id=error_id, category=category)


def binding_error(error_id: str, message: str, *, category: str = "InvalidArgument") -> PowerShellError:
    """PowerShell could not bind the parameters of a command (powershell.md#binding-of-parameters)."""
    return PowerShellError(ErrorRecord(message, error_id, category, chain=(_link(_BINDING, message),)))


def cryptographic_failure(hresult: str, *, error_id: str) -> PowerShellError:
    """A `CryptographicException` that a vendor cmdlet throws on."""
    return failure(
        CRYPTOGRAPHIC_EXCEPTION,
        CRYPTOGRAPHIC_MESSAGES[hresult].strip(),
        error_id=error_id,
        category="InvalidData",
        hresult=hresult,
    )


def method_error(
    method: str, count: int, exception: str, message: str, *, hresult: str | None = None
) -> PowerShellError:
    """A .NET method called by the runner threw: PowerShell wraps it (powershell.md#errors-warnings-and-prompts)."""
    outer = f'Exception calling "{method}" with "{count}" argument(s): "{message}"'
    links = (_link(_METHOD_INVOCATION, outer), _link(exception, message, hresult))
    return PowerShellError(ErrorRecord(outer, exception.rpartition(".")[2], "NotSpecified", chain=links))


def cryptographic_error(method: str, count: int, hresult: str) -> PowerShellError:
    """A `CryptographicException` of a .NET method that the runner called."""
    return method_error(method, count, CRYPTOGRAPHIC_EXCEPTION, CRYPTOGRAPHIC_MESSAGES[hresult], hresult=hresult)
