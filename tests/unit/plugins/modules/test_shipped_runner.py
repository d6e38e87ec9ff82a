# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner that is shipped is the one with comments, but for these."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.tests.tools.powershell_source import READABLE, RUNNER, Script
from ansible_collections.sfb.certificates.tests.tools.runner import shipped, tokens


def kinds(script: Script) -> list[str]:
    """The kinds of all nodes of the syntax tree but comments and blanks, in order."""
    named = [node for node in script.nodes if node.type != "comment" and node.is_named]
    return [node.type for node in named if script.text(node).strip()]


def test_it_is_what_the_tool_makes_of_the_source() -> None:
    assert RUNNER.read_text(encoding="ascii") == shipped(READABLE.read_text(encoding="ascii"))


def test_no_token_and_no_structure_is_changed() -> None:
    source, travels = READABLE.read_bytes(), RUNNER.read_bytes()
    assert tokens(source.decode("ascii")) == tokens(travels.decode("ascii"))
    assert kinds(Script(source)) == kinds(Script(travels))
    assert len(travels) < len(source)


@pytest.mark.parametrize("text", ["$a = 'x\n  y'\n", "if ("])
def test_what_cannot_be_stripped_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="script cannot be parsed|token spans lines"):
        shipped(text)
