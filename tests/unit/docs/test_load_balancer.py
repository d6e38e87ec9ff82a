# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to load balancers: its tasks can be read, and it knows the variables of the role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
GUIDE = (REPOSITORY / "docs" / "guides" / "load_balancer.md").read_text(encoding="utf-8")
SPECS = yaml.safe_load((REPOSITORY / "roles" / "load_balancer" / "meta" / "argument_specs.yml").read_text())
OPTIONS: dict[str, Any] = SPECS["argument_specs"]["main"]["options"]
#: Keywords of tasks in the examples.
KEYWORDS = {"name", "loop", "delegate_to", "register", "retries", "delay", "until"}
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
#: Those that are files of the user, by product.
FILES = [block for block in BLOCKS if re.match(r"# (out|back)\.yml\n", block)]


def texts(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def test_each_product_has_both_files() -> None:
    assert [block.split("\n")[0] for block in FILES] == ["# out.yml", "# back.yml"] * 2
    assert {block.count("f5networks.f5_modules.") + block.count("netscaler.adc.") for block in FILES} <= {1, 2}


@pytest.mark.parametrize("block", FILES)
def test_tasks_can_be_read(block: str) -> None:
    tasks = yaml.safe_load(block)
    assert isinstance(tasks, list)
    for task in tasks:
        assert re.match(r"[A-Z]", task["name"])
        (module,) = set(task) - KEYWORDS
        assert re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+", module)
        assert isinstance(task[module], dict)
        # nothing runs on the server itself
        assert task.get("delegate_to") == "localhost" or module == "ansible.builtin.pause"
        for text in (*texts(task), "{{ " + task.get("until", "true") + " }}"):
            jinja2.Environment().parse(text)
    assert set(re.findall(r"load_balancer_\w+", block)) <= set(OPTIONS)


def test_the_guide_knows_the_variables_of_the_role() -> None:
    assert set(re.findall(r"\bload_balancer_[a-z_]+\b", GUIDE)) == set(OPTIONS)
    kinds = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", GUIDE, re.MULTILINE)
    assert kinds[1:] == OPTIONS["load_balancer_kind"]["choices"]
    assert all(f"\n## {kind}" in GUIDE for kind in kinds[1:])


def test_playbook_and_variables_are_yaml() -> None:
    others = [yaml.safe_load(block) for block in BLOCKS if block not in FILES]
    (play,), variables = others
    assert [task["ansible.builtin.include_role"]["tasks_from"] for task in play["tasks"][::2]] == ["drain", "restore"]
    assert (play["serial"], play["any_errors_fatal"]) == (1, True)
    assert set(variables) <= set(OPTIONS)
