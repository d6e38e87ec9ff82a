# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures of a work tree that show how far the code has grown beyond what one takes in at a look.

C(python tests/tools/house.py [tree] [--list])
"""

from __future__ import annotations

import argparse
import ast
import io
import pathlib
import re
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

#: A line of YAML whose whole value is one variable, or an item of one: it only hands on.
_HANDED_ON = re.compile(r"\s*(?:- )*[\w.]+:\s*(['\"]?)\{\{\s*[A-Za-z_][\w.]*(?:\[[^\]]*\])*\s*\}\}\1\s*")
#: Documents that are not in the repository, as comments and texts have named them.
_ABSENT = re.compile(r"\breference(?: sections?)? \d|\bDESIGN\b|\bpowershell-facts\b")
_BLOCKS = ("block", "rescue", "always")
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
_TEXT = {".py", ".ps1", ".yml", ".yaml", ".md", ".rst", ".j2", ".toml", ".sh", ".cfg"}
#: Most code lines of a file, and of an action.
MOST_OF_FILE, MOST_OF_ACTION = 300, 60


def code_lines(source: str) -> int:
    """The lines of Python that hold code: neither docstrings nor comments nor blank lines.

    :raises SyntaxError: it is no Python.
    """
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*_NO_CODE, tokenize.ENDMARKER):
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.difference_update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def count_tasks(content: object) -> int:
    """The tasks of a parsed file of tasks, those of blocks included; a block itself is none."""
    if not isinstance(content, list):
        return 0
    found = 0
    for task in content:
        blocks = [task[name] for name in _BLOCKS if name in task] if isinstance(task, Mapping) else []
        found += sum(map(count_tasks, blocks)) if blocks else 1
    return found


def hands_on(line: str) -> bool:
    """True for a line of YAML whose whole value is one variable."""
    return _HANDED_ON.fullmatch(line) is not None


def cites_absent(line: str) -> bool:
    """True for a line that cites a document which a reader does not have."""
    return _ABSENT.search(line) is not None


def is_documentation(path: pathlib.PurePath) -> bool:
    """True for a file that holds the documentation of a module, and hardly any code."""
    return path.parts[:2] in (("plugins", "modules"), ("plugins", "doc_fragments"))


@dataclass(frozen=True)
class Figure:
    """One figure.

    :ivar goal: the most that it should be.
    :ivar places: what was counted, each as it is listed; the figure is their weight in all.
    """

    title: str
    goal: int
    places: Mapping[str, int]

    @property
    def value(self) -> int:
        """The figure itself."""
        return sum(self.places.values())


class House:
    """A work tree."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root

    def _files(self, *patterns: str) -> Iterator[pathlib.Path]:
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                hidden = any(part.startswith(".") for part in path.relative_to(self.root).parts)
                if path.is_file() and not hidden and "__pycache__" not in path.parts:
                    yield path

    def _name(self, path: pathlib.Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _weighed(self, weigh: Callable[[str], int], *patterns: str) -> dict[str, int]:
        found = {self._name(path): weigh(path.read_text(encoding="utf-8")) for path in self._files(*patterns)}
        return {name: weight for name, weight in found.items() if weight}

    def _lines(self, matches: Callable[[str], bool], *patterns: str) -> dict[str, int]:
        return self._weighed(lambda text: sum(map(matches, text.splitlines())), *patterns)

    def _long(self, most: int, *patterns: str) -> dict[str, int]:
        """The Python files with more code lines than that, each counted once."""
        found = {}
        for path in self._files(*patterns):
            lines = code_lines(path.read_text(encoding="utf-8"))
            if lines > most and not is_documentation(path.relative_to(self.root)):
                found[f"{self._name(path)} ({lines})"] = 1
        return found

    def _citing(self) -> dict[str, int]:
        texts = [path for path in self._files("*", "*/**/*") if path.suffix in _TEXT or path.name == "Makefile"]
        # the list of what counts as such a citation names them, and so do its tests
        texts = [path for path in texts if path.stem not in ("house", "test_house")]
        found = {}
        for path in texts:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found[self._name(path)] = sum(map(cites_absent, lines))
        return {name: count for name, count in found.items() if count}

    def figures(self) -> list[Figure]:
        """All figures, in the order of their table."""
        tasks = ("roles/*/tasks/**/*.yml", "roles/*/handlers/*.yml")
        roles = "roles/**/*.yml"
        naming = self._weighed(lambda text: int("organizational_unit" in text), roles)
        return [
            Figure("lines of roles whose whole value is one variable", 79, self._lines(hands_on, roles)),
            Figure("tasks of roles", 140, self._weighed(lambda text: count_tasks(yaml.safe_load(text)), *tasks)),
            Figure(
                "lines of YAML in roles, blank ones aside", 2900, self._lines(lambda line: bool(line.strip()), roles)
            ),
            Figure("YAML files of roles that name organizational_unit", 4, naming),
            Figure("lines that cite a document which is not here", 0, self._citing()),
            Figure(
                f"files over {MOST_OF_FILE} code lines", 0, self._long(MOST_OF_FILE, "plugins/**/*.py", "tests/**/*.py")
            ),
            Figure(f"actions over {MOST_OF_ACTION} code lines", 0, self._long(MOST_OF_ACTION, "plugins/action/*.py")),
        ]


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; gives the exit status: 1 if a figure is above its goal and C(--check) is given."""
    parser = argparse.ArgumentParser(description="Figures of a work tree, with their goals.")
    parser.add_argument("tree", nargs="?", default=".", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="list what was counted")
    parser.add_argument("--check", action="store_true", help="fail if a figure is above its goal")
    options = parser.parse_args(arguments)
    figures = House(options.tree.resolve()).figures()
    for figure in figures:
        mark = "" if figure.value <= figure.goal else "  above"
        print(f"{figure.value:6}  at most {figure.goal:5}  {figure.title}{mark}")
        for name, weight in figure.places.items() if options.list else ():
            print(f"{weight:14}  {name}")
    return int(options.check and any(figure.value > figure.goal for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
