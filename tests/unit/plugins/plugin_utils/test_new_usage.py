# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new usage needs one row of the table of usages: all modules and the filter take it then."""

from __future__ import annotations

import base64
import importlib
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.filter.usage_names import usage_names
from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES, Usage
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import RequestFile, State
from ansible_collections.sfb.certificates.plugins.plugin_utils import _action

NEW = Usage("PagerService", "RSGDI", "a usage of a version to come")
PLUGINS = "ansible_collections.sfb.certificates.plugins"
#: A server that was read at this time and has nothing, no record of a request either.
COMPUTER = {"fqdn": "edge1.example.com", "utc_offset": 0, "time": "2026-06-01T00:00:00Z"}
SERVER = State(computer=COMPUTER, requests=(RequestFile(NEW.name.lower()),)).to_dict()
FILE = base64.b64encode(b"no certificate").decode("ascii")
#: What each module needs besides the usage. What follows may fail; that the usage is unknown comes before it.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "cs_certificate_answer": {"csr": "none", "content": FILE},
    "cs_certificate_assign": {"server": SERVER, "thumbprint": "0" * 40},
    "cs_certificate_import": {"server": SERVER, "content": FILE},
    "cs_certificate_info": {"server": SERVER},
    "cs_certificate_plan": {"servers": {"edge1": SERVER}},
    "cs_certificate_request": {"server": SERVER},
    "cs_certificate_verify": {"server": SERVER, "thumbprint": "0" * 40},
}


def action_of(name: str) -> Any:
    """The class of an action plugin."""
    return importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule


def message(name: str, usage: str) -> str:
    """What a module says of a usage, in check mode; empty if nothing is wrong."""
    task = MagicMock(args={**ARGUMENTS[name], "type": [usage]}, check_mode=True, async_val=0)
    action = action_of(name)(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    result = action.run(task_vars={"inventory_hostname": "edge1"})
    return str(result["msg"]) if result.get("failed") else ""


def test_all_modules_with_usages_are_here() -> None:
    folder = Path(_action.__file__).parents[1] / "action"
    names = sorted(path.stem for path in folder.glob("*.py"))
    assert [name for name in names if "type" in action_of(name).ARGUMENT_SPEC] == sorted(ARGUMENTS)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_modules_take_a_new_usage(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "type: unknown usage 'pagerservice'" in message(name, "pagerservice")
    monkeypatch.setitem(USAGES, NEW.name, NEW)
    assert "usage" not in message(name, "pagerservice")


def test_filter_takes_a_new_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(USAGES, NEW.name, NEW)
    assert usage_names("PAGERSERVICE, internal") == [NEW.name, "Internal"]
