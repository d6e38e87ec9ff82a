# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner that is shipped is the one with comments, but for these."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from .powershell_source import Script

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The tool that writes it."""
    spec = importlib.util.spec_from_file_location("runner", ROOT / "tests" / "tools" / "runner.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kinds(script: Script) -> list[str]:
    """The kinds of all nodes of the syntax tree but comments and blanks, in order."""
    named = [node for node in script.nodes if node.type != "comment" and node.is_named]
    return [node.type for node in named if script.text(node).strip()]


def test_it_is_what_the_tool_makes_of_the_source(tool: ModuleType) -> None:
    assert tool.SHIPPED.read_text(encoding="ascii") == tool.shipped(tool.SOURCE.read_text(encoding="ascii"))


def test_no_token_and_no_structure_is_changed(tool: ModuleType) -> None:
    source, shipped = tool.SOURCE.read_bytes(), tool.SHIPPED.read_bytes()
    assert tool.tokens(source.decode("ascii")) == tool.tokens(shipped.decode("ascii"))
    assert kinds(Script(source)) == kinds(Script(shipped))
    assert len(shipped) < len(source)


@pytest.mark.parametrize("text", ["$a = 'x\n  y'\n", "if ("])
def test_what_cannot_be_stripped_is_refused(tool: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match="script cannot be parsed|token spans lines"):
        tool.shipped(text)
