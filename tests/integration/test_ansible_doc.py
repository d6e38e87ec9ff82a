# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-doc shows all modules, roles and plugins, without a warning, and names every option."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = REPOSITORY / "plugins"
MODULES = sorted({path.stem for path in (PLUGINS / "modules").iterdir() if path.suffix in (".py", ".yml")})
ROLES = sorted(path.parents[1].name for path in (REPOSITORY / "roles").glob("*/meta/argument_specs.yml"))


def ansible_doc(pool: Any, *words: str) -> str:
    """The output of ansible-doc, which says nothing on standard error."""
    run = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "ansible-doc"), *words],
        env=pool.environment | {"COLUMNS": "160"},
        cwd=pool.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    # ansible-core 2.21 warns of a collection of its own, which has no version
    told = [line for line in run.stderr.splitlines() if "ansible/_internal/ansible_collections/" not in line]
    assert (run.returncode, told) == (0, []), run.stderr
    return run.stdout


def plain(text: str) -> str:
    """A text without the marks of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def all_options(options: Mapping[str, Any]) -> Iterable[str]:
    """Names of options and of what is in them."""
    for name, option in options.items():
        yield name
        yield from all_options(option.get("options") or option.get("suboptions") or {})


def assert_named(text: str, options: Iterable[str]) -> None:
    """Every option has its own line, with a mark that tells whether it is required."""
    found = {match[1] for match in re.finditer(r"^\s*[=-] `?(\w+)", plain(text), re.MULTILINE)}
    assert [name for name in options if name not in found] == []


@pytest.fixture(scope="session")
def modules(
    once: Callable[[str, Callable[[pathlib.Path], None]], pathlib.Path], new_pool: Callable[[pathlib.Path], Any]
) -> tuple[dict[str, str], dict[str, Any]]:
    """What ansible-doc shows of each module, as text and as data."""
    names = [f"sfb.certificates.{name}" for name in MODULES]

    def fill(folder: pathlib.Path) -> None:
        (folder / "pool").mkdir()
        pool = new_pool(folder / "pool")
        (folder / "modules.txt").write_text(ansible_doc(pool, "-t", "module", *names))
        (folder / "modules.json").write_text(ansible_doc(pool, "-t", "module", "-j", *names))

    folder = once("ansible-doc", fill)
    # each begins with its name; ansible-core before 2.18 shows that in capitals
    _head, *parts = re.split(
        r"(?im)^> (?:MODULE )?(?=sfb\.certificates\.)", plain((folder / "modules.txt").read_text())
    )
    texts = {re.split(r"\s", part, maxsplit=1)[0].lower(): part for part in parts}
    return texts, json.loads((folder / "modules.json").read_text())


@pytest.mark.parametrize("name", MODULES)
def test_module(modules: tuple[dict[str, str], dict[str, Any]], name: str) -> None:
    texts, documented = modules
    text = texts[f"sfb.certificates.{name}"]
    options = documented[f"sfb.certificates.{name}"]["doc"]["options"]
    assert options
    assert_named(text, all_options(options))
    assert "EXAMPLES:" in text
    assert "RETURN VALUES:" in text


def test_connection(pool) -> None:
    text = ansible_doc(pool, "-t", "connection", "sfb.certificates.lab")
    options = json.loads(ansible_doc(pool, "-t", "connection", "-j", "sfb.certificates.lab"))
    assert_named(text, options["sfb.certificates.lab"]["doc"]["options"])
    assert "EXAMPLES:" in text


def test_filters_and_inventory(pool) -> None:
    for kind in ("filter", "inventory"):
        names = sorted(f"sfb.certificates.{path.stem}" for path in (PLUGINS / kind).glob("*.py"))
        documented = json.loads(ansible_doc(pool, "-t", kind, "-j", *names))
        assert sorted(documented) == names
        text = ansible_doc(pool, "-t", kind, *names)
        for name in names:
            assert_named(text, documented[name]["doc"]["options"])
        assert text.count("EXAMPLES:") == len(names)


def test_roles(pool) -> None:
    assert sorted(path.name for path in (REPOSITORY / "roles").iterdir()) == ROLES
    text = ansible_doc(pool, "-t", "role", *(f"sfb.certificates.{name}" for name in ROLES))
    for name in ROLES:
        specs = yaml.safe_load((REPOSITORY / "roles" / name / "meta" / "argument_specs.yml").read_text())
        options = specs["argument_specs"]["main"]["options"]
        assert_named(text, options)
        assert f"sfb.certificates.{name}" in plain(text).lower()


def test_lists(pool) -> None:
    listed = ansible_doc(pool, "-l", "-t", "module", "sfb.certificates")
    assert [name for name in MODULES if f"sfb.certificates.{name} " not in plain(listed)] == []
    listed = ansible_doc(pool, "-l", "-t", "role", "sfb.certificates")
    assert [name for name in ROLES if f"sfb.certificates.{name}" not in plain(listed)] == []
