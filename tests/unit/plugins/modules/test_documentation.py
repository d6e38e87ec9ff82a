# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the modules says what the action plugins take and return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
import pytest
import yaml

from .documentation import COLLECTION, MODULES, ORDINARY, ROOT, RUNNER, TYPES, action_of, module_of, return_keys

CONTROLLER_ONLY = {
    "certsrv_certificate",
    "certsrv_chain",
    "cs_certificate_answer",
    "cs_certificate_folder",
    "cs_certificate_plan",
    "cs_certificate_report",
    "cs_rollover_plan",
    "lab_authority",
    "local_ca_certificate",
    "tls_endpoint_info",
}
#: Names that Jinja takes for methods, or that belong to Ansible's own results.
TAKEN_KEYS = {"items", "keys", "values", "get", "pop", "update", "copy", "results", "started", "finished", "stdout"}
TASK_KEYWORDS = {
    "name",
    "register",
    "when",
    "loop",
    "loop_control",
    "no_log",
    "delegate_to",
    "retries",
    "delay",
    "until",
    "ignore_unreachable",
    "run_once",
    "vars",
}


def shape_of(options: Mapping[str, Any], nested: str) -> dict[str, Any]:
    """Options as documentation and argument spec both can tell them."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": option.get("aliases", []),
            "suboptions": shape_of(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
    }


def texts_of(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_of(item)


def dict_pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """All keys in plain data, with what they stand for."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from dict_pairs(item)
        if isinstance(value, dict):
            yield from value.items()


def test_each_action_has_its_documentation_and_nothing_else_has() -> None:
    documented = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(MODULES) <= documented
    assert ORDINARY == ["haproxy_server"]
    assert (ROOT / "plugins" / "modules" / f"{RUNNER}.yml").is_file()


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY])
def test_options_are_those_of_the_code(name: str, docs: dict[str, dict[str, Any]]) -> None:
    spec = module_of(name).ARGUMENT_SPEC if name in ORDINARY else action_of(name).ARGUMENT_SPEC
    assert shape_of(docs[name]["doc"]["options"], "suboptions") == shape_of(spec, "options")


@pytest.mark.parametrize("name", MODULES)
def test_options_that_exclude_each_other_say_so(name: str, docs: dict[str, dict[str, Any]]) -> None:
    options = docs[name]["doc"]["options"]
    for group in action_of(name).CONSTRAINTS.get("mutually_exclusive", []):
        for option in group:
            told = " ".join(options[option]["description"])
            assert all(f"O({other})" in told for other in group if other != option), option


@pytest.mark.parametrize("name", MODULES)
def test_options_that_need_each_other_say_so(name: str, docs: dict[str, dict[str, Any]]) -> None:
    constraints = action_of(name).CONSTRAINTS
    told = {option: " ".join(row["description"]) for option, row in docs[name]["doc"]["options"].items()}
    for option, others in constraints.get("required_by", {}).items():
        assert all(f"O({other})" in told[option] for other in others), option
    for option, value, others, *_any_of_them in constraints.get("required_if", []):
        assert all(f"O({option}={value})" in told[other] for other in others), option


@pytest.mark.parametrize("name", MODULES)
def test_attributes_tell_how_the_action_behaves(name: str, docs: dict[str, dict[str, Any]]) -> None:
    attributes = docs[name]["doc"]["attributes"]
    assert {key: row["support"] for key, row in attributes.items() if key not in ("diff_mode", "idempotent")} == {
        "action": "full",
        "action_group": "full",
        "async": "none",
        "bypass_host_loop": "none",
        "check_mode": "full",
        "platform": "full",
    }
    assert attributes["platform"]["platforms"] == ("posix" if name in CONTROLLER_ONLY else "windows")
    assert attributes["action_group"]["membership"] == [f"{COLLECTION}.certificates"]


@pytest.mark.parametrize("name", ORDINARY)
def test_attributes_of_an_ordinary_module(name: str, docs: dict[str, dict[str, Any]]) -> None:
    attributes = docs[name]["doc"]["attributes"]
    assert {key: row["support"] for key, row in attributes.items()} == {
        "check_mode": "full",
        "diff_mode": "full",
        "platform": "full",
    }
    assert attributes["platform"]["platforms"] == "posix"


def test_action_group_has_all_modules_with_an_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["certificates"]) == MODULES


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_examples_are_named_tasks_with_documented_options(name: str, docs: dict[str, dict[str, Any]]) -> None:
    tasks = yaml.safe_load(docs[name]["examples"])
    assert isinstance(tasks, list)
    used = set()
    for task in tasks:
        assert re.match(r"[A-Z]", task["name"])
        (module,) = set(task) - TASK_KEYWORDS
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", module), task["name"]
        if not module.startswith(f"{COLLECTION}."):
            continue
        short = module.rsplit(".", 1)[1]
        used.add(short)
        options = docs[short]["doc"]["options"]
        given = task[module] or {}
        assert set(given) <= set(options), task["name"]
        assert {key for key, option in options.items() if option.get("required")} <= set(given), task["name"]
        operations = list(dict_pairs(given.get("operations", [])))
        exported = short == "cs_certificate_export" and given.get("format", "pfx") == "pfx"
        exported = exported or any(key == "export" for key, _item in operations)
        pairs = [*given.items(), *operations]
        secret = exported or any(
            item for key, item in pairs if key in ("passphrase", "answer_passphrase", "ca_password")
        )
        assert task.get("no_log", False) is bool(secret), task["name"]
    assert name in used


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_examples_hold_templates_that_parse(name: str, docs: dict[str, dict[str, Any]]) -> None:
    engine = jinja2.Environment()  # only parsed, never rendered
    for task in yaml.safe_load(docs[name]["examples"]):
        for condition in texts_of(task.get("when", "true")):
            engine.parse("{{ " + condition + " }}")
        for text in texts_of(task):
            engine.parse(text)


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_each_key_of_the_result_is_described(name: str, docs: dict[str, dict[str, Any]]) -> None:
    for path, row in return_keys(docs[name]["return"]):
        assert row.get("description"), path
        assert row.get("returned"), path
        assert row.get("type") in TYPES, path
        assert ("elements" in row) == (row["type"] == "list"), path
        assert ("sample" in row) != ("contains" in row), path
        assert path not in TAKEN_KEYS, path
        sample = row.get("sample")
        assert sample is None or isinstance(sample, TYPES[row["type"]]), path
        if path.endswith("thumbprint") and sample:
            assert re.fullmatch(r"[0-9A-F]{40}", sample), path
        if path.endswith("sha256") and sample:
            assert re.fullmatch(r"[0-9A-F]{64}", sample), path


# ---- the step runner ----


def test_runner_takes_the_documented_options(docs: dict[str, dict[str, Any]]) -> None:
    script = (ROOT / "powershell" / f"{RUNNER}.ps1").read_text(encoding="ascii")
    options = docs[RUNNER]["doc"]["options"]
    taken = set(re.findall(r"Get-Field \$Call '([a-z]\w*)'", script))
    assert taken == set(options)
    defaults = dict(re.findall(r"Get-Field \$Call '([a-z]\w*)' '([^']*)'\)", script))
    assert defaults == {key: options[key]["default"] for key in ("lock", "store_location")}
    fields = set(re.findall(r"Get-Field \$Step '(\w+)'", script))
    assert fields == set(options["steps"]["suboptions"])
    operations = re.search(r"switch -CaseSensitive \(\$op\) \{(.*?)\n    \}", script, re.DOTALL)
    assert operations is not None
    assert re.findall(r"^\s+'(\w+)' \{", operations[1], re.MULTILINE) == options["steps"]["suboptions"]["op"]["choices"]
