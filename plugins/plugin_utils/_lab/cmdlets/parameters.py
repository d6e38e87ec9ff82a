# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cmdlet takes: its parameters and their sets, as data.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_COMMON = {
    "Verbose": "switch",
    "Debug": "switch",
    "ErrorAction": "string",
    "WarningAction": "string",
    "InformationAction": "string",
    "ErrorVariable": "string",
    "WarningVariable": "string",
    "InformationVariable": "string",
    "OutVariable": "string",
    "OutBuffer": "int",
    "PipelineVariable": "string",
}


class Parameter(NamedTuple):
    """A parameter: .NET type (`[]` for arrays), sets it belongs to (none: all), sets it is mandatory in.

    `mandatory` may name sets, or be `*` for all sets the parameter belongs to.
    """

    name: str
    kind: str = "string"
    sets: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    choices: tuple[int, ...] = ()


class Cmdlet(NamedTuple):
    """A cmdlet: its parameters and what it does."""

    name: str
    run: Callable[[Any], None]
    parameters: tuple[Parameter, ...] = ()
    default_set: str = ""
    should_process: bool = False

    def known(self) -> dict[str, Parameter]:
        """All parameters by lower-case name, the common ones too."""
        found = list(self.parameters) + [Parameter(n, k) for n, k in _COMMON.items()]
        if self.should_process:
            found += [Parameter("WhatIf", "switch"), Parameter("Confirm", "switch")]
        return {p.name.lower(): p for p in found}


class Bound:
    """Parameters after binding: chosen set and values by the parameter's own name."""

    def __init__(self, parameter_set: str, values: Mapping[str, Any]) -> None:
        self.parameter_set = parameter_set
        self.values = values

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a parameter, the default if it was not given."""
        return self.values.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.values
