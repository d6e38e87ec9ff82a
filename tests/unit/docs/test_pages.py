# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of the documentation say is there: links, commands, variables, metrics.

That examples work is shown by tests/integration/test_documented_*.py; here all of them are read, which takes no time.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jmespath
import pytest
import tree_sitter_powershell
import winrm
import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.cli.vault import VaultCLI
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.become import runas
from ansible.plugins.connection import psrp, ssh
from ansible.plugins.connection import winrm as winrm_connection
from ansible_collections.sfb.certificates.plugins.connection import lab
from ansible_collections.sfb.certificates.plugins.module_utils._remote.privileges import BECOME_ALWAYS
from ansible_collections.sfb.certificates.plugins.module_utils._report import formats
from ansible_collections.sfb.certificates.tests.documented import BLOCKS, REPOSITORY, Block, pages, text_of
from tree_sitter import Language, Parser

CLIS = {
    "ansible": AdHocCLI,
    "ansible-galaxy": GalaxyCLI,
    "ansible-playbook": PlaybookCLI,
    "ansible-vault": VaultCLI,
}
MAKE_TARGETS = set(re.findall(r"(?m)^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(encoding="utf-8")))
#: What can be in a vault is up to its owner.
OWN = re.compile(r"vault_\w+")
#: What a playbook itself takes, such as edge_hosts.
OF_PLAYBOOKS = {
    name
    for path in (REPOSITORY / "playbooks").glob("*.yml")
    for name in re.findall(r"(\w+) \| default\(", path.read_text(encoding="utf-8"))
}
#: Variables that Ansible knows without a plugin.
ANSIBLE = {"ansible_connection", "ansible_shell_type", "ansible_become", "ansible_become_method"}
#: Variables that all modules of the collection know.
OURS = {BECOME_ALWAYS}


def blocks(*kinds: str) -> list[Any]:
    """The examples of some kinds, as parameters."""
    return [pytest.param(block, id=block.key) for block in BLOCKS.values() if block.kind in kinds]


def specs() -> dict[str, dict[str, Any]]:
    """The options of all roles by name; those with the same prefix belong to the role with the longest name."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((REPOSITORY / "roles").glob("*/meta/argument_specs.yml")):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found.update(spec["options"])
    return found


SPECS = specs()


def known_to_ansible() -> set[str]:
    """Variables of connections and of become, by their documentation; pywinrm takes those of its protocol as well."""
    documentation = "".join(plugin.DOCUMENTATION for plugin in (winrm_connection, psrp, ssh, runas, lab))
    told = set(re.findall(r"\b(?:ansible|sfb_lab)_\w+", documentation))
    arguments = inspect.signature(winrm.protocol.Protocol.__init__).parameters
    return ANSIBLE | told | {f"ansible_winrm_{name}" for name in arguments}


def assert_known(variables: Mapping[str, Any]) -> None:
    """Every variable is one of a role, of Ansible, of the lab or of a vault, and its value is one that it takes."""
    for name, value in variables.items():
        if OWN.fullmatch(name):
            continue
        if name not in SPECS:
            assert name in known_to_ansible() | OF_PLAYBOOKS | OURS, name
            continue
        option = {key: item for key, item in SPECS[name].items() if key in ("type", "elements", "choices", "options")}
        if isinstance(value, str) and "{{" in value:
            continue
        result = ArgumentSpecValidator({name: option}).validate({name: value})
        assert result.error_messages == []


def all_variables(groups: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The variables of an inventory, of groups and of hosts."""
    for group in groups.values():
        yield group.get("vars", {})
        yield from (host for host in (group.get("hosts") or {}).values() if host)
        yield from all_variables(group.get("children", {}))


# ---- pages and links ----


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(REPOSITORY))) for page in pages()])
def test_every_fence_is_an_example_with_a_language(page: Path) -> None:
    found = [block for block in BLOCKS.values() if block.page == str(page.relative_to(REPOSITORY))]
    assert len(re.findall(r"(?m)^\s*(```|~~~)", text_of(page))) == 2 * len(found)


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text_of(page)))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(REPOSITORY))) for page in pages()])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if target.startswith("https://"):
            continue
        path, _mark, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), f"{target}: there is no such file"
        assert not anchor or anchor in anchors(there), f"{target}: there is no such heading"


def test_guides_are_found_from_the_readme() -> None:
    guides = REPOSITORY / "docs" / "guides"
    listed = set(re.findall(r"\]\((\w+\.md)\)", text_of(guides / "README.md")))
    assert listed == {path.name for path in guides.glob("*.md")} - {"README.md"}
    assert "(docs/guides/README.md)" in text_of(REPOSITORY / "README.md")


# ---- commands ----


def test_make_targets_exist() -> None:
    command = re.compile(r"`make((?: [a-z-]+)+)(?: [A-Z_]+=[^`]+)?`")
    named = {word for page in pages() for words in command.findall(text_of(page)) for word in words.split()}
    assert {"lab", "test", "docs"} <= named
    assert named <= MAKE_TARGETS


@pytest.mark.parametrize("block", blocks("console"))
def test_commands_can_be_parsed(block: Block) -> None:
    for words in block.commands:
        if not words:
            continue
        if words[0] in CLIS:
            cli = CLIS[words[0]](words)
            cli.init_parser()
            cli.parser.parse_args(words[1:])  # ends the test with status 2 if it cannot
            extra = [word for flag, word in zip(words, words[1:], strict=False) if flag == "-e" and "=" in word]
            assert_known(dict(word.split("=", 1) for word in extra))
        elif words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= MAKE_TARGETS
        elif words[:3] == ["python3", "-m", "pip"]:
            assert words[3:5] == ["install", "-r"]
            assert (REPOSITORY / words[5].removeprefix("sfb.certificates/")).is_file()
        else:
            assert words[0] in ("git", "cd", "ansible-builder"), words


@pytest.mark.parametrize("block", blocks("console"))
def test_playbooks_exist(block: Block) -> None:
    for words in block.commands:
        if words[:1] == ["ansible-playbook"]:
            name = words[1].removeprefix("sfb.certificates.")
            assert (REPOSITORY / "playbooks" / f"{name}.yml").is_file(), words[1]


@pytest.mark.parametrize("block", blocks("powershell"))
def test_powershell_can_be_parsed(block: Block) -> None:
    tree = Parser(Language(tree_sitter_powershell.language())).parse(block.text.encode())
    assert not tree.root_node.has_error


@pytest.mark.parametrize("block", blocks("json"))
def test_json_can_be_parsed(block: Block) -> None:
    assert isinstance(json.loads(block.text), dict)


# ---- variables ----


def test_yaml_can_be_parsed() -> None:
    assert [block.key for block in BLOCKS.values() if block.kind == "broken"] == []


@pytest.mark.parametrize("block", blocks("variables"))
def test_variables_are_known(block: Block) -> None:
    assert_known(block.data)


@pytest.mark.parametrize("block", blocks("inventory"))
def test_variables_of_inventories_are_known(block: Block) -> None:
    for variables in all_variables(block.data):
        assert_known(variables)


@pytest.mark.parametrize("block", blocks("plays"))
def test_variables_of_plays_are_known(block: Block) -> None:
    for play in block.data:
        for task in [*play.get("roles", []), *play.get("tasks", [])]:
            if "role" in task or "ansible.builtin.include_role" in task:
                assert_known(task.get("vars", {}))


@pytest.mark.parametrize("block", blocks("plays", "tasks"))
def test_plays_and_tasks_have_names(block: Block) -> None:
    for row in block.data:
        assert re.match(r"[A-Z]", row["name"])
        assert all(re.match(r"[A-Z]", task["name"]) for task in row.get("tasks", []))


def test_passwords_come_from_a_vault() -> None:
    secret = re.compile(r"\w*(password|passphrase)")
    for block in BLOCKS.values():
        given = [block.data] if block.kind == "variables" else []
        given += all_variables(block.data) if block.kind == "inventory" else []
        for name, value in (pair for variables in given for pair in variables.items()):
            assert not secret.fullmatch(name) or OWN.match(name) or OWN.search(value), f"{block.key}: {name}"


# ---- other programs ----


def test_alerts_name_metrics_that_are_there() -> None:
    block = BLOCKS["docs/guides/report.md#As a check of monitoring 2"]
    source = inspect.getsource(formats)
    rules = [rule for group in block.data["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert set(rule) == {"alert", "expr"}
        (metric,) = re.findall(r"sfb_\w+", rule["expr"])
        assert metric.removeprefix("sfb_certificate_") in source


def test_query_of_the_report_is_jmespath() -> None:
    query = BLOCKS["docs/guides/report.md#Structure of the JSON file"].data["estate_report_query"]
    assert jmespath.compile(query).parsed["type"] == "filter_projection"
