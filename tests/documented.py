# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation, cut out of its pages, and the tests that run them.

An example is a fenced block of a page. Its key is the page, the heading above it, and from the second one of a heading on a
number: C(README.md#Run), C(README.md#Run 2). A test says with L{runs} which examples it runs.
"""

from __future__ import annotations

import functools
import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
#: A heading, or a fenced block, which can be part of a list.
_PARTS = r"(?ms)^#+ (?P<heading>[^\n]+)$|^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$"
PATTERNS = ("README.md", "CONTRIBUTING.md", "docs/*.md", "docs/guides/*.md", "docs/reference/*.md", "roles/*/README.md")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    :ivar page: the file, from the root of the repository on.
    :ivar key: how tests name it.
    """

    page: str
    key: str
    language: str
    text: str

    @property
    def data(self) -> Any:
        """The content of a block of YAML."""
        return yaml.safe_load(self.text)

    @property
    def kind(self) -> str:
        """What it is: plays, tasks, inventory, variables, broken; else its language."""
        if self.language != "yaml":
            return self.language
        try:
            found = self.data
        except yaml.YAMLError:
            return "broken"
        if isinstance(found, list):
            started = {"hosts", "ansible.builtin.import_playbook"}
            return "plays" if all(started & set(row) for row in found) else "tasks"
        if all(isinstance(row, dict) and {"hosts", "children"} & set(row) for row in found.values()):
            return "inventory"
        names = re.compile(r"(ansible|vault|sfb_lab|edge|front_end|estate_report|load_balancer|rollover)_\w+")
        return "variables" if all(names.fullmatch(str(name)) for name in found) else "yaml"

    @property
    def commands(self) -> list[list[str]]:
        """The words of the commands of a console, empty for a line that is a remark alone."""
        assert self.language == "console"
        lines = self.text.splitlines()
        assert all(line.startswith("$ ") for line in lines), self.key
        return [shlex.split(line[2:], comments=True) for line in lines]


def pages() -> list[Path]:
    """All pages, in order."""
    return [path for pattern in PATTERNS for path in sorted(REPOSITORY.glob(pattern))]


def text_of(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def _blocks_of(page: Path) -> Iterator[Block]:
    name = str(page.relative_to(REPOSITORY))
    heading, counts = "", dict[str, int]()
    for match in re.finditer(_PARTS, text_of(page)):
        if match["heading"]:
            heading = match["heading"]
            continue
        number = counts[heading] = counts.get(heading, 0) + 1
        key = f"{name}#{heading}" + (f" {number}" if number > 1 else "")
        yield Block(name, key, match["language"], textwrap.dedent(match["text"]))


BLOCKS = {block.key: block for page in pages() for block in _blocks_of(page)}

#: The keys of examples that tests run, with the names of these tests.
TESTED: dict[str, str] = {}


def runs(*keys: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says of a test that it runs these examples; no other test may.

    A test with the fixture C(examples) takes them from there, and fails if it leaves one out.
    """

    def note(test: Callable[..., Any]) -> Callable[..., Any]:
        for key in keys:
            assert key in BLOCKS, f"{test.__name__}: there is no example {key}"
            other = TESTED.setdefault(key, test.__name__)
            assert other == test.__name__, f"{test.__name__}: {key} is run by {other}"

        @functools.wraps(test)
        def run(*arguments: Any, **fixtures: Any) -> None:
            test(*arguments, **fixtures)
            if "examples" in fixtures:
                fixtures["examples"].assert_all_taken()

        run.examples = keys  # type: ignore[attr-defined]
        return run

    return note


class Examples:
    """The examples that a test has declared; it must take all of them, and no others."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._left = dict.fromkeys(keys)
        self._keys = keys

    def __getitem__(self, key: str) -> Block:
        assert key in self._keys, f"{key} is not declared with runs()"
        self._left.pop(key, None)
        return BLOCKS[key]

    def assert_all_taken(self) -> None:
        """Fails if the test has left an example out."""
        assert list(self._left) == []
