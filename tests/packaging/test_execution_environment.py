# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment of the guide can be prepared, and the collection tells what it needs there."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (REPOSITORY / "docs" / "guides" / "awx.md").read_text(encoding="utf-8")
#: Blocks of the guide by their first line, which is a comment.
BLOCKS = dict(re.findall(r"(?ms)^```yaml\n# ([^\n]+)\n(.*?)^```$", GUIDE))


def lines_of(path: pathlib.Path) -> set[str]:
    """The requirements of a file, without comments."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def test_context(run, tmp_path: pathlib.Path) -> None:
    definition = tmp_path / "execution-environment.yml"
    definition.write_text(BLOCKS["execution-environment.yml"])
    run(
        "ansible-builder",
        "create",
        "-f",
        definition,
        "-c",
        "context",
        "--output-filename",
        "Containerfile",
        cwd=tmp_path,
    )
    told: dict[str, Any] = yaml.safe_load(definition.read_text())
    container = (tmp_path / "context" / "Containerfile").read_text()
    assert told["images"]["base_image"]["name"] in container
    assert told["dependencies"]["ansible_core"]["package_pip"] in container
    assert told["additional_build_steps"]["prepend_galaxy"][0] in container
    assert "introspect.py introspect" in container
    asked = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text())
    assert asked == told["dependencies"]["galaxy"]


def test_requirements(home: pathlib.Path, run, tmp_path: pathlib.Path) -> None:
    found = tmp_path / "found.txt"
    told = run("ansible-builder", "introspect", home / ".ansible" / "collections", "--write-pip", found, cwd=tmp_path)
    assert lines_of(found) == lines_of(REPOSITORY / "requirements.txt")
    assert yaml.safe_load(told)["system"] == []


def test_project_and_credentials(home: pathlib.Path, run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "edge_internal.yml").write_text(BLOCKS["edge_internal.yml"])
    told = run("ansible-playbook", "--list-tasks", "edge_internal.yml", cwd=tmp_path, HOME=str(home))
    assert "Certificates of the internal edge interface" in told
    fields = yaml.safe_load(BLOCKS['Credential type "Web enrolment", input configuration'])
    injector = yaml.safe_load(BLOCKS['Credential type "Web enrolment", injector configuration'])
    assert {f"{{{{ {field['id']} }}}}" for field in fields["fields"]} == set(injector["extra_vars"].values())
    inventory = yaml.safe_load(BLOCKS["inventory: variables of the group edge_site1"])
    specs = yaml.safe_load((REPOSITORY / "roles" / "edge" / "meta" / "argument_specs.yml").read_text())
    options = specs["argument_specs"]["main"]["options"]
    assert {*inventory, *injector["extra_vars"]} <= set(options)
    assert set(re.findall(r"`(edge_[a-z_]+)`", GUIDE)) <= {*options, "edge_hosts", "edge_site1"}
