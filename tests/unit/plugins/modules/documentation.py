# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of the collection and what their documentation says."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils import _action

COLLECTION = "sfb.certificates"


ROOT = Path(_action.__file__).parents[2]


MODULES = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py"))


RUNNER = "cs_invoke"


#: Modules that run where they are sent, as modules usually do; they have no action plugin.
ORDINARY = sorted({path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - set(MODULES))


#: Set by Ansible or documented there for all modules.
COMMON_KEYS = {"changed", "failed", "msg", "warnings", "invocation", "_ansible_no_log"}


def action_of(name: str) -> Any:
    """The class of an action plugin."""
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.action.{name}").ActionModule


def module_of(name: str) -> Any:
    """A module that runs where it is sent."""
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")


def return_keys(rows: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All documented keys of a result with their paths."""
    for name, row in rows.items():
        yield above + name, row
        yield from return_keys(row.get("contains", {}), f"{above}{name}.")


TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "dict": dict,
    "list": list,
    "raw": object,
}


def _keys_of(value: Any, rows: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all keys of a result; each must be documented, and be of the documented type."""
    for name, item in value.items():
        path = above + name
        assert name in rows, path
        row = rows[name]
        assert item is None or isinstance(item, TYPES[row["type"]]), path
        yield path
        if "contains" in row and item is not None:
            for inner in item if isinstance(item, list) else [item]:
                yield from _keys_of(inner, row["contains"], f"{path}.")
