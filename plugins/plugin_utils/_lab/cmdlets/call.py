# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of an emulated cmdlet.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..server.errors import PowerShellError, argument_failure, failure, stop_step
from ..server.session import Session
from ..server.state import ServerState
from ..server.values import Row
from .parameters import Bound


@dataclass(eq=False)
class Call:
    """Parameters in, streams out. `limit` is the time limit of the step in seconds."""

    session: Session
    bound: Bound
    limit: int
    output: list[Row | str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    information: list[str] = field(default_factory=list)

    @property
    def state(self) -> ServerState:
        """State of the server, changed in place."""
        return self.session.state

    def switch(self, name: str) -> Any:
        """Undocumented behaviour as the inventory chose it."""
        return self.session.pool.switch(name)

    def need_roll_date(self) -> None:
        """-Roll needs -EffectiveDate.

        Source: product.md#staging, product.md#import-cscertificate, product.md#set-cscertificate.
        """
        if self.bound.get("Roll") and "EffectiveDate" not in self.bound:
            raise argument_failure("Roll needs an effective date.")

    def need_usages(self, usages: list[str], role: str | None = None) -> None:
        """Refuse usages that the role of this computer, or the one given, does not have.

        Source: product.md#errors-of-a-request.
        """
        if any(u not in self.session.pool.accepted_usages(role) for u in usages):
            text = "The computer does not need a certificate of the given type."
            raise failure("System.InvalidOperationException", text)

    def need_cms(self) -> None:
        """Refuse what needs the Central Management Store when it is out of reach (product.md#errors-of-a-request)."""
        if self.switch("cms_inaccessible"):
            raise self.topology_error("The Central Management Store cannot be read from this computer.")

    def need_topology(self) -> None:
        """Refuse to read the topology where the switch says so."""
        if self.switch("topology_inaccessible"):
            raise self.topology_error("The topology cannot be read.")

    @staticmethod
    def topology_error(message: str) -> PowerShellError:
        """The error of a topology out of reach; its id is what field scripts look for.

        Source: product.md#errors-of-a-request.
        """
        return argument_failure(message, error_id="CentralMgmtStoreInaccessible")

    def need_administrator(self) -> None:
        """Certificate cmdlets that write need a local administrator.

        Source: product.md#permissions-for-a-request, product.md#set-cscertificate.
        """
        if not self.session.pool.elevated:
            raise failure(
                "System.UnauthorizedAccessException",
                "Access is denied.",
                error_id="CsAccess",
                category="PermissionDenied",
            )

    def ask(self, question: str) -> None:
        """A question that only -Force avoids; there is nobody to answer (powershell.md#errors-warnings-and-prompts)."""
        if not self.bound.get("Force"):
            raise failure(
                "System.Management.Automation.Host.HostException",
                "A command that prompts the user failed because the host program or the command type does not support "
                "user interaction. The host was attempting to request confirmation with the following message: "
                f"{question}",
                error_id="HostFunctionNotImplemented",
                category="NotImplemented",
            )

    def take_time(self, seconds: float, name: str) -> None:
        """Something that lasts: at the time limit it is given up (contract: Result, after a Timeout)."""
        if seconds >= self.limit:
            raise stop_step("Timeout", f"{name} did not end within {self.limit} s")
