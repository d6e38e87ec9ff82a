# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner as it is shipped: powershell/cs_invoke.ps1 without comments, indentation, empty lines and needless blanks.

It travels to the server with every remote call, where a comment is of no use. ``python tests/tools/runner.py`` writes
plugins/modules/cs_invoke.ps1, ``--check`` compares it. Not a token of the code is changed: a unit test compares the syntax
trees, and with PowerShell at hand another one the tokens of its own parser.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(_ROOT / ".cache" / "collections"))

from ansible_collections.sfb.certificates.tests.tools.powershell_source import READABLE, RUNNER, Script  # noqa: E402

_HEAD = """\
#!powershell
#Requires -Version 5.1
# GNU General Public License v3.0+ (see LICENSE)
#AnsibleRequires -PowerShell ..module_utils._none -Optional
"""


#: Words before whose bracket or block no blank is needed, and which need none after a block.
_HEADS = {"if", "elseif", "foreach", "for", "while", "switch"}
_BLOCKS = {"else", "try", "catch", "finally"}
_ASSIGNING = {"assignement_operator", "hash_entry", "script_parameter_default"}


def _leaves(script: Script) -> list[Any]:
    """The tokens of a script, in order, comments among them; a text is one, whatever is in it."""
    return list(_tokens_of(script.root))


def _tokens_of(node: Any) -> Iterator[Any]:
    if node.type == "string_literal" or not node.children:
        yield node
        return
    for child in node.children:
        yield from _tokens_of(child)


def _assigns(leaf: Any) -> bool:
    """True for the sign of an assignment, a default or an entry of a hash table; in arguments of commands an = is text."""
    return leaf.type in ("=", "+=") and leaf.parent.type in _ASSIGNING


def _needless(left: Any, right: Any) -> bool:
    """True if PowerShell needs nothing between two tokens, whatever they stand in: no blank, and no end of a line.

    About operators in words (-eq), members, indexes and arguments of commands nothing is said: there a blank may matter.
    """
    if left.start_point[0] != right.start_point[0]:
        return left.type in ("{", "@{") or right.type == "}"
    return (
        left.type in (",", ";", "{", "@{", "|")
        or right.type in (";", "}", "|")
        or _assigns(left)
        or _assigns(right)
        or (right.type == "{" and left.type in {")", *_BLOCKS})
        or (right.type == "(" and left.type in _HEADS)
        or (left.type == "}" and right.type in _BLOCKS)
    )


def tokens(text: str) -> list[str]:
    """The tokens of a script but its comments.

    :raises ValueError: it cannot be parsed, or a text in it spans lines, so that indentation would matter.
    """
    script = Script(text.encode("ascii"))
    if script.root.has_error:
        raise ValueError("the script cannot be parsed")
    found = [script.text(leaf) for leaf in _leaves(script) if leaf.type != "comment"]
    if any("\n" in token.strip() for token in found):
        raise ValueError("a token spans lines; indentation cannot be taken out")
    return [token.strip() for token in found if token.strip()]


def _cut(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """The data without some parts of it, which are in the order of the text."""
    for begin, end in reversed(list(spans)):
        data = data[:begin] + data[end:]
    return data


def shipped(source: str) -> str:
    """The script as it travels."""
    tokens(source)
    data = source.encode("ascii")
    data = _cut(data, ((leaf.start_byte, leaf.end_byte) for leaf in _leaves(Script(data)) if leaf.type == "comment"))
    leaves = [leaf for leaf in _leaves(Script(data)) if data[leaf.start_byte : leaf.end_byte].strip()]
    pairs = [(left, right) for left, right in pairwise(leaves) if not data[left.end_byte : right.start_byte].strip()]
    data = _cut(data, ((left.end_byte, right.start_byte) for left, right in pairs if _needless(left, right)))
    lines = (line.strip() for line in data.decode("ascii").splitlines())
    return _HEAD + "".join(f"{line}\n" for line in lines if line)


def main(arguments: Sequence[str]) -> int:
    """Writes the shipped script, or compares it; gives the exit status."""
    parser = argparse.ArgumentParser(description="The step runner as it is shipped.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    source = READABLE.read_text(encoding="ascii")
    text = shipped(source)
    if not options.check:
        RUNNER.write_text(text, encoding="ascii")
    elif RUNNER.read_text(encoding="ascii") != text:
        print("plugins/modules/cs_invoke.ps1 is not what powershell/cs_invoke.ps1 says; run make runner")
        return 1
    print(f"{len(source)} bytes with comments, {len(text)} as shipped")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
