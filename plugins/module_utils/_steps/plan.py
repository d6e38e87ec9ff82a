# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan: what is to be done on one server, why, and what it will be like then. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._state.state import State
from .steps import Step

#: Steps that hand something out and leave the server as it was.
_HARMLESS = ("read_file", "cert_export")


@dataclass(frozen=True)
class Plan:
    """The outcome of a planner, a pure function of what is asked and what is there.

    :ivar predicted: the state that the steps will lead to.
    :ivar reasons: why there are steps; empty if there are none.
    :ivar before: what the steps change, as it is.
    :ivar after: the same, as it will be.
    :ivar facts: what the module returns besides (JSON).
    """

    predicted: State
    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """True if a step changes the server."""
        return any(step.wire["op"] not in _HARMLESS for step in self.steps if step.writes)

    @property
    def commands(self) -> list[str]:
        """The PowerShell that the steps stand for, secrets masked, in order."""
        return [command for step in self.steps for command in step.commands]
