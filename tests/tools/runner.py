# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner as it is shipped: powershell/cs_invoke.ps1 without comments, indentation, empty lines and blanks after commas.

It travels to the server with every remote call, where a comment is of no use. ``python tests/tools/runner.py`` writes
plugins/modules/cs_invoke.ps1, ``--check`` compares it. Not a token of the code is changed; a unit test proves it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
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


def _leaves(script: Script) -> list[Any]:
    """The tokens of a script, in order, comments among them."""
    return [node for node in script.nodes if not node.children]


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


def shipped(source: str) -> str:
    """The script as it travels."""
    tokens(source)
    data = source.encode("ascii")
    for leaf in reversed(_leaves(Script(data))):
        if leaf.type == "comment":
            data = data[: leaf.start_byte] + data[leaf.end_byte :]
        elif leaf.type == ",":
            data = data[: leaf.end_byte] + data[leaf.end_byte :].removeprefix(b" ")
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
