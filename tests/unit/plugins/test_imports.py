# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What imports what below plugins/: packages build on each other in one direction, and actions stand side by side."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterable, Iterator, Mapping

import pytest

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
ROOT = "ansible_collections.sfb.certificates.plugins"


def module_of(path: pathlib.Path, plugins: pathlib.Path) -> str:
    """The dotted name of a file below plugins/; that of a package is without C(__init__)."""
    return ".".join(path.relative_to(plugins).with_suffix("").parts).removesuffix(".__init__")


def imported(path: pathlib.Path, plugins: pathlib.Path) -> Iterator[str]:
    """The dotted names of what a file imports of plugins/, wherever in the file that is."""
    here = path.relative_to(plugins).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (item.name.removeprefix(f"{ROOT}.") for item in node.names if item.name.startswith(ROOT))
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = [*here[: len(here) - node.level + 1], *([node.module] if node.module else [])]
        elif f"{node.module}.".startswith(f"{ROOT}."):
            base = [str(node.module)[len(ROOT) + 1 :]]
        else:
            continue
        for item in node.names:
            found = [*filter(None, base), item.name]
            is_module = plugins.joinpath(*".".join(found).split(".")).with_suffix(".py").exists()
            yield ".".join(found if is_module else found[:-1])


def graph(plugins: pathlib.Path) -> dict[str, set[str]]:
    """The modules below plugins/, each with those that it imports."""
    return {module_of(path, plugins): set(imported(path, plugins)) for path in sorted(plugins.rglob("*.py"))}


def package_of(module: str) -> str:
    """The package of a module; one that lies directly in a folder of plugins/ stands for itself."""
    parent = module.rpartition(".")[0]
    return parent if "." in parent else module


def packages(modules: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The packages, each with the others that it imports."""
    found: dict[str, set[str]] = {}
    for module, others in modules.items():
        own = package_of(module)
        found.setdefault(own, set()).update(package_of(other) for other in others if package_of(other) != own)
    return found


def circles(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Those that import themselves by way of others."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        rest = [start]
        while rest:
            new = set(edges.get(rest.pop(), ())) - seen
            seen |= new
            rest += new
        return seen

    return sorted(name for name in edges if name in reachable(name))


def test_packages_do_not_import_in_circles() -> None:
    found = packages(graph(PLUGINS))
    assert {"module_utils._state", "module_utils._pool", "plugin_utils._lab.runner"} <= set(found)
    assert circles(found) == []


def test_modules_of_the_core_do_not_import_in_circles() -> None:
    # those of the lab have circles of late imports, within one package
    found = {name: others for name, others in graph(PLUGINS).items() if not name.startswith("plugin_utils._lab.")}
    assert circles(found) == []


def test_all_that_is_imported_is_there() -> None:
    found = graph(PLUGINS)
    known = set(found) | {"modules", "doc_fragments"}
    assert [(name, other) for name, others in found.items() for other in others if other not in known] == []


def test_no_action_imports_another() -> None:
    found = graph(PLUGINS)
    actions = {name for name in found if name.startswith("action.")}
    assert len(actions) > 20
    assert [(name, other) for name in actions for other in found[name] if other.startswith("action.")] == []


def test_the_core_knows_nothing_of_the_controller() -> None:
    outside = ("plugin_utils.", "action.", "modules.")
    found = graph(PLUGINS)
    core = {name: others for name, others in found.items() if name.startswith("module_utils.")}
    assert [(name, other) for name, others in core.items() for other in others if other.startswith(outside)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from .b import x", ["module_utils._a"]),
        ("from .._b.c import x", ["module_utils._a"]),
        ("def f():\n    from .._b import c\n", ["module_utils._a"]),
        (f"from {ROOT}.module_utils._b.c import x", ["module_utils._a"]),
        (f"import {ROOT}.module_utils._b.c", ["module_utils._a"]),
        ("import os", []),
    ],
)
def test_a_circle_is_found(tmp_path: pathlib.Path, text: str, expected: list[str]) -> None:
    folder = tmp_path / "module_utils"
    for name, content in {"_a/a": text, "_a/b": "", "_b/c": "from .._a.b import x"}.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    found = circles(packages(graph(tmp_path)))
    # an import within a package is no circle of packages
    assert [name for name in found if name == "module_utils._a"] == ([] if text.startswith("from .b") else expected)
