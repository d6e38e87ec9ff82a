# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role says of its variables is what it takes: argument specs, defaults, READMEs and tasks agree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

COLLECTION = "sfb.certificates"
FOLDER = Path(__file__).resolve().parents[3] / "roles"
ROLES = sorted(path.name for path in FOLDER.iterdir())
#: Keywords of tasks whose values are expressions without braces.
EXPRESSIONS = {"when", "that", "failed_when", "changed_when", "until"}
INCLUDES = ("ansible.builtin.include_role", "ansible.builtin.import_role")
#: Variables of the inventory that tell all roles what a server is; options of the role edge.
INVENTORY = {"edge_set", "edge_fqdns", "edge_sip_domains"}
SECRET = re.compile(r"passphrase|password|(import|copy)_content$")
ENGINE = jinja2.Environment()  # only parses, never renders


def load(role: str, part: str) -> Any:
    """A file of a role as plain data, None if it is missing."""
    path = FOLDER / role / part
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None


def specs_of(role: str) -> dict[str, Any]:
    """The argument specs of a role by entry point."""
    specs: dict[str, Any] = load(role, "meta/argument_specs.yml")["argument_specs"]
    return specs


def options_of(role: str) -> dict[str, Any]:
    """The options of all entry points of a role."""
    return {name: option for spec in specs_of(role).values() for name, option in spec["options"].items()}


def tasks_of(role: str) -> Iterator[dict[str, Any]]:
    """All tasks of a role, those in blocks too."""
    for path in sorted((FOLDER / role / "tasks").glob("*.yml")):
        yield from _flat(yaml.safe_load(path.read_text(encoding="utf-8")))


def _flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _flat(task.get(part, []))


def sources_of(value: Any, keyword: str = "") -> Iterator[str]:
    """All templates in plain data; what stands for an expression becomes one."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from sources_of(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from sources_of(item, keyword)
    elif isinstance(value, str):
        yield "{{ " + value + " }}" if keyword in EXPRESSIONS and "{{" not in value else value


def variables_in(value: Any) -> set[str]:
    """Names that templates use: as variables, of other hosts (C(hostvars[x].name)), and in C(attribute='name.key')."""
    found = set()
    for source in sources_of(value):
        tree = ENGINE.parse(source)
        found |= {node.name for node in tree.find_all(jinja2.nodes.Name)}
        found |= {node.attr for node in tree.find_all(jinja2.nodes.Getattr)}
        texts = (str(node.value) for node in tree.find_all(jinja2.nodes.Const))
        found |= {text.partition(".")[0] for text in texts if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+(\.\w+)*", text)}
    return found


def set_by(role: str) -> set[str]:
    """Names that a role gives values to: registered, set as facts, for a loop or a task, or in its vars."""
    names = set(load(role, "vars/main.yml") or ())
    for task in tasks_of(role):
        control = task.get("loop_control", {})
        names |= {control[name] for name in ("loop_var", "index_var") if name in control}
        names |= set(task.get("vars", ())) if not any(keyword in task for keyword in INCLUDES) else set()
        names |= {task["register"]} if "register" in task else set()
        names |= set(task.get("ansible.builtin.set_fact", ()))
    return names


def includes_of(role: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The roles of the collection that a role includes: role, entry point, variables."""
    for task in tasks_of(role):
        for keyword in INCLUDES:
            if keyword in task:
                namespace, _dot, name = task[keyword]["name"].rpartition(".")
                assert namespace == COLLECTION
                yield name, task[keyword].get("tasks_from", "main"), task.get("vars", {})


def known_to(role: str) -> set[str]:
    """All names of a role's interface and inner life, with those of the roles that it includes."""
    inner = {name for included, _entry, _variables in includes_of(role) for name in known_to(included)}
    return set(options_of(role)) | set_by(role) | inner


def plain(text: str) -> str:
    """A description as a README says it: semantic markup becomes code."""
    text = re.sub(r"\b[COV]\(([^)#]+)(#[a-z]+:(\w+:)?(?P<option>\w+))?\)", lambda m: f"`{m['option'] or m[1]}`", text)
    return re.sub(r"\b[MP]\(([^)#]+)(#[a-z]+)?\)", r"`\1`", text)


def shown(option: Mapping[str, Any]) -> str:
    """The default of an option as a README shows it; empty for one that is a template."""
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if text else "empty"


# ---- the specs ----


@pytest.mark.parametrize("role", ROLES)
def test_each_tasks_file_with_a_spec_is_there(role: str) -> None:
    files = {path.stem for path in (FOLDER / role / "tasks").glob("*.yml")}
    assert "main" in specs_of(role)
    assert set(specs_of(role)) <= files


@pytest.mark.parametrize("role", ROLES)
def test_galaxy_tells_the_same(role: str) -> None:
    info = load(role, "meta/main.yml")["galaxy_info"]
    assert info["description"] == specs_of(role)["main"]["short_description"]
    assert (info["license"], info["standalone"]) == ("GPL-3.0-or-later", False)


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_described(role: str) -> None:
    for entry, spec in specs_of(role).items():
        assert spec["short_description"], entry
        assert spec["description"], entry
        for name, option in spec["options"].items():
            assert name.startswith(f"{role}_"), name
            assert isinstance(option["description"], str), name
            assert option["description"].endswith("."), name
            assert ("elements" in option) == (option["type"] == "list"), name
            assert all(inner["description"] for inner in option.get("options", {}).values()), name


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_optional_options(role: str) -> None:
    defaults = load(role, "defaults/main.yml") or {}
    optional = {name: option for name, option in options_of(role).items() if not option.get("required")}
    assert sorted(defaults) == sorted(optional)
    for name, value in defaults.items():
        if isinstance(value, str) and "{{" in value:
            assert "default" not in optional[name], name
        else:
            assert (type(value), value) == (type(optional[name]["default"]), optional[name]["default"]), name


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_among_the_choices(role: str) -> None:
    for name, option in options_of(role).items():
        if "choices" in option and "default" in option:
            chosen = option["default"] if option["type"] == "list" else [option["default"]]
            assert set(chosen) <= set(option["choices"]), name


@pytest.mark.parametrize("role", ROLES)
def test_an_option_of_several_entry_points_is_the_same_in_all(role: str) -> None:
    for spec in specs_of(role).values():
        for name, option in spec["options"].items():
            other = options_of(role)[name]
            assert {**option, "description": ""} == {**other, "description": ""}, name


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_marked(role: str) -> None:
    options = options_of(role)
    assert {name for name, option in options.items() if option.get("no_log")} == set(filter(SECRET.search, options))


# ---- the README ----


@pytest.mark.parametrize("role", ROLES)
def test_readme_has_a_row_for_each_option(role: str) -> None:
    text = (FOLDER / role / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| (.+) \|$", text, re.MULTILINE)
    options = [pair for spec in specs_of(role).values() for pair in spec["options"].items()]
    assert [row[0] for row in rows] == [name for name, _option in options]
    for (name, kind, default, meaning), (_name, option) in zip(rows, options, strict=True):
        assert kind == " of ".join(filter(None, (option["type"], option.get("elements")))), name
        assert default == (shown(option) or default), name
        assert meaning.startswith(plain(option["description"])), name
        assert all(str(choice) in meaning for choice in option.get("choices", ())), name


@pytest.mark.parametrize("role", ROLES)
def test_readme_says_what_the_spec_says(role: str) -> None:
    text = (FOLDER / role / "README.md").read_text(encoding="utf-8")
    for spec in specs_of(role).values():
        for paragraph in (spec["short_description"] + ".", *spec["description"]):
            assert f"\n\n{plain(paragraph)}\n\n" in text


# ---- the tasks ----


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_that_is_used_is_known(role: str) -> None:
    files = [*tasks_of(role), load(role, "vars/main.yml"), load(role, "defaults/main.yml")]
    prefixes = tuple(f"{name}_" for name in ROLES)
    used = {name for name in variables_in(files) if name.startswith(prefixes)}
    assert used
    assert used <= known_to(role) | INVENTORY


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_used(role: str) -> None:
    used = variables_in([*tasks_of(role), load(role, "vars/main.yml")])
    assert set(options_of(role)) <= used


@pytest.mark.parametrize("role", ROLES)
def test_included_roles_get_options_of_the_entry_point(role: str) -> None:
    for included, entry, variables in includes_of(role):
        # ansible-core looks the spec up by this very name, and checks nothing if there is none
        assert entry in specs_of(included), f"{included}: tasks_from: {entry} is no entry point of its argument specs"
        options = specs_of(included)[entry]["options"]
        assert set(variables) <= set(options), included
        assert {name for name, option in options.items() if option.get("required")} <= set(variables), included


# ---- roles that hand options on ----


def test_a_certificate_of_a_rollover_takes_the_options_of_the_role_edge() -> None:
    own = {"edge_set", "edge_type", "edge_until", "edge_known_servers", "edge_work_folder"}
    options = {name: option for name, option in options_of("edge").items() if name not in own}
    defaults = load("rollover", "vars/main.yml")["rollover_edge_defaults"]
    assert defaults == {name.removeprefix("edge_"): option.get("default", "") for name, option in options.items()}
    (handed_on,) = (variables for name, _entry, variables in includes_of("rollover") if name == "edge")
    assert set(handed_on) == set(options_of("edge"))
    for name in set(options) - {"edge_friendly_name"}:
        assert handed_on[name] == f"{{{{ rollover_edge.{name.removeprefix('edge_')} }}}}"
