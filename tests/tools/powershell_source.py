# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PowerShell as a syntax tree, without PowerShell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_powershell

_ROOT = Path(__file__).resolve().parents[2]
RUNNER = _ROOT / "plugins" / "modules" / "cs_invoke.ps1"
#: The same with comments and indentation.
READABLE = _ROOT / "powershell" / "cs_invoke.ps1"
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


class Script:
    """A PowerShell script and its syntax tree."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        # the grammar knows the multipliers of numbers in lower case only; for PowerShell 8MB and 8mb are the same
        prepared = re.sub(rb"(?<=\d)[KMGTP]B\b", lambda found: found[0].lower(), data)
        self.root = _PARSER.parse(prepared).root_node

    @cached_property
    def nodes(self) -> list[Any]:
        """All nodes, in the order of the text."""
        return list(self._walk(self.root))

    def _walk(self, node: Any) -> Iterator[Any]:
        yield node
        for child in node.children:
            yield from self._walk(child)

    def text(self, node: Any) -> str:
        """The source of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def of(self, *kinds: str) -> list[Any]:
        """The nodes of some kinds."""
        return [node for node in self.nodes if node.type in kinds]

    def texts(self, *kinds: str) -> list[str]:
        """The source of all nodes of some kinds."""
        return [self.text(node) for node in self.of(*kinds)]

    @cached_property
    def commands(self) -> list[tuple[str, list[str], str]]:
        """Each command: name as written, its parameters, its whole text."""
        found = []
        for node in self.of("command"):
            name = next((self.text(child) for child in node.children if child.type.startswith("command_name")), "")
            inside = [child for part in node.children if part.type == "command_elements" for child in part.children]
            parameters = [self.text(child).rstrip(":") for child in inside if child.type == "command_parameter"]
            found.append((name, parameters, self.text(node)))
        return found

    @cached_property
    def functions(self) -> list[str]:
        """Names of the functions that the script defines."""
        return self.texts("function_name")

    @cached_property
    def members(self) -> list[str]:
        """Names of members and methods that are used, lower case."""
        return [text.lower() for text in self.texts("member_name")]

    @cached_property
    def types(self) -> list[str]:
        """Names of types in brackets, lower case, without namespace."""
        return [text.rsplit(".", 1)[-1].lower() for text in self.texts("type_name")]

    @cached_property
    def strings(self) -> list[str]:
        """String literals with their quotes."""
        return self.texts("string_literal")
