# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role says of its variables is what it takes: argument specs, defaults, READMEs and tasks agree."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pytest
import yaml

COLLECTION = "sfb.certificates"
FOLDER = Path(__file__).resolve().parents[3] / "roles"
ROLES = sorted(path.name for path in FOLDER.iterdir())
#: Keywords of tasks whose values are expressions without braces.
EXPRESSIONS = {"when", "that", "failed_when", "changed_when", "until"}
TASK_INCLUDES = ("ansible.builtin.include_tasks", "ansible.builtin.import_tasks")
INCLUDES = ("ansible.builtin.include_role", "ansible.builtin.import_role")
#: Variables of the inventory that tell all roles what a server is; options of the role edge.
INVENTORY = {"edge_set", "edge_fqdns", "edge_sip_domains"}
#: Where all roles keep what is known of the servers, so that one goes on from where another ended.
SHARED = {"edge_state", "edge_outside"}
SECRET = re.compile(r"passphrase|password|(import|copy)_content$")
ENGINE = jinja2.Environment()  # only parses, never renders


def load(role: str, part: str) -> Any:
    """A file of a role as plain data, None if it is missing."""
    path = FOLDER / role / part
    return read(path) if path.is_file() else None


@functools.cache
def read(path: Path) -> Any:
    """A file as plain data, which nobody changes."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def specs_of(role: str) -> dict[str, Any]:
    """The argument specs of a role by entry point."""
    specs: dict[str, Any] = load(role, "meta/argument_specs.yml")["argument_specs"]
    return specs


def options_of(role: str) -> dict[str, Any]:
    """The options of all entry points of a role."""
    return {name: option for spec in specs_of(role).values() for name, option in spec["options"].items()}


def tasks_of(role: str, *files: str) -> Iterator[dict[str, Any]]:
    """The tasks of a role, those in blocks too; of all its files unless some are named."""
    for path in sorted((FOLDER / role / "tasks").glob("*.yml")):
        if not files or path.name in files:
            yield from _flat(read(path))


def files_from(role: str, entry: str) -> set[str]:
    """The files of tasks that an entry point leads to."""
    found: set[str] = set()
    ahead = {f"{entry}.yml"}
    while ahead:
        found |= ahead
        included = {task[word] for task in tasks_of(role, *ahead) for word in TASK_INCLUDES if word in task}
        if any("{{" in name for name in included):
            return {path.name for path in (FOLDER / role / "tasks").glob("*.yml")}
        ahead = included - found
    return found


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


class Include(NamedTuple):
    """A role of the collection that another one includes.

    C(validated) is false for tasks that only roles of the collection use; nothing looks at their variables when they run.
    """

    role: str
    entry: str
    variables: dict[str, Any]
    validated: bool


def includes_of(role: str) -> Iterator[Include]:
    """The roles of the collection that a role includes; one whose entry point is a variable once for each of its values."""
    for task in tasks_of(role):
        for keyword in INCLUDES:
            if keyword in task:
                namespace, _dot, name = task[keyword]["name"].rpartition(".")
                assert namespace == COLLECTION
                validated = task[keyword].get("rolespec_validate", True)
                for entry in entries_of(role, task[keyword].get("tasks_from", "main")):
                    yield Include(name, entry, task.get("vars", {}), validated)


def entries_of(role: str, told: str) -> list[str]:
    """The entry points that C(tasks_from) stands for."""
    variable = re.fullmatch(r"\{\{ (\w+) \}\}", told)
    if not variable:
        return [told]
    found = sorted({task["vars"][variable[1]] for task in tasks_of(role) if variable[1] in task.get("vars", {})})
    assert found, f"{role}: nothing gives {told} a value"
    return found


def given_in_vars(role: str, included: str) -> dict[str, Any]:
    """What the vars of a role say of the options of one that it includes; the role with the longest name that fits has them."""
    names = {include.role for include in includes_of(role)}
    found = {}
    for name, value in (load(role, "vars/main.yml") or {}).items():
        owners = [other for other in names if name.startswith(f"{other}_")]
        if included == max(owners, key=len, default=""):
            found[name] = value
    return found


def used_from(role: str, entry: str, given: set[str]) -> set[str]:
    """The variables that an entry point looks at, also by way of vars of its role and of those that it includes.

    :param given: those that the caller sets, whatever vars say.
    """
    definitions: dict[str, Any] = {}
    ahead = [role]
    while ahead:
        name = ahead.pop()
        definitions = (load(name, "vars/main.yml") or {}) | definitions
        ahead += [include.role for include in includes_of(name)]
    found = variables_in(list(tasks_of(role, *files_from(role, entry))))
    new = found
    while new:
        new = variables_in([definitions[name] for name in new - given if name in definitions]) - found
        found |= new
    return found


def known_to(role: str) -> set[str]:
    """All names of a role's interface and inner life, with those of the roles that it includes."""
    inner = {name for included in {include.role for include in includes_of(role)} for name in known_to(included)}
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
    assert used <= known_to(role) | INVENTORY | SHARED


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_used(role: str) -> None:
    used = variables_in([*tasks_of(role), load(role, "vars/main.yml")])
    assert set(options_of(role)) <= used


def test_what_roles_share_is_set_by_one_of_them() -> None:
    assert set().union(*(set_by(role) for role in ROLES)) >= SHARED


@pytest.mark.parametrize("role", ROLES)
def test_included_roles_get_options_of_the_entry_point(role: str) -> None:
    for included, entry, variables, validated in includes_of(role):
        specs = specs_of(included)
        # ansible-core looks the spec up by this very name, and checks nothing if there is none
        told = f"{included}: tasks_from: {entry}"
        assert entry in specs or not validated, (
            f"{told} is no entry point of its argument specs, and not marked as internal"
        )
        assert (FOLDER / included / "tasks" / f"{entry}.yml").is_file(), told
        in_vars = given_in_vars(role, included)
        assert set(in_vars) <= set(options_of(included)), told
        given = set(variables) | set(in_vars)
        options = specs[entry if entry in specs else "main"]["options"]
        required = {name for name, option in options.items() if option.get("required")}
        if validated:
            assert set(variables) <= set(options), told
        else:
            # what its tasks, or roles that it includes, look at; a role hands on an option of its own lest that be looked up in itself
            inner = {name for include in includes_of(included) for name in options_of(include.role)}
            assert set(variables) <= set(options) | inner | set(options_of(role)), told
            required &= used_from(included, entry, given)
        assert required <= given, told


# ---- roles that hand options on ----


def test_a_certificate_of_a_rollover_takes_the_options_of_the_role_edge() -> None:
    own = {"edge_set", "edge_type", "edge_until", "edge_known", "edge_read_types", "edge_work_folder"}
    options = {name: option for name, option in options_of("edge").items() if name not in own}
    defaults = load("rollover", "vars/main.yml")["rollover_edge_defaults"]
    assert defaults == {name.removeprefix("edge_"): option.get("default", "") for name, option in options.items()}
    for_each = {"planned", "obtain", "operations"}
    handed_on = {include.entry: include.variables for include in includes_of("rollover") if include.role == "edge"}
    assert for_each <= set(handed_on)
    for entry in for_each:
        # what is read is the same for all certificates, and is read before
        assert set(handed_on[entry]) == set(options_of("edge")) - {"edge_read_types"} | {"rollover_set"}
        assert handed_on[entry]["edge_known"] is True
        for name in set(options) - {"edge_friendly_name"}:
            assert handed_on[entry][name] == f"{{{{ rollover_edge.{name.removeprefix('edge_')} }}}}"
    read = [include.variables for include in includes_of("rollover") if include.role == "edge_read"]
    assert read
    assert all("edge_read_types" in variables for variables in read)
