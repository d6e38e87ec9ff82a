# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide quotes the messages that the code has, all of them, and its inventories are right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.connection import psrp
from ansible_collections.sfb.certificates.plugins.module_utils._failures.known_failures import FAILURES
from ansible_collections.sfb.certificates.plugins.module_utils._failures.wrapper_failures import WRAPPER_FAILURES

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "preparing_a_server.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```yaml\n(.*?)^```$", TEXT)
INVENTORIES = [block for block in BLOCKS if "hosts:" in block]


def advice(title: str) -> dict[str, str]:
    """What happened and what to do, of the table under a heading."""
    (part,) = re.findall(rf"(?ms)^### {title}\n(.*?)(?=^##|\Z)", TEXT)
    return dict(re.findall(r"(?m)^\| (?!What|-)(.+?) \| `(.+?)` \|$", part))


def test_every_failure_is_there_with_its_cure() -> None:
    titles = ("The call", "Authorities and online requests", "Certificates and keys", "Files and rights")
    told = [pair for title in titles for pair in advice(title).items()]
    assert dict(told) == {failure.meaning: failure.cure for failure in FAILURES}
    assert len(told) == len(FAILURES)
    assert advice("Before the script runs") == {failure.meaning: failure.cure for failure in WRAPPER_FAILURES}


def test_nothing_else_is_quoted_as_advice() -> None:
    quoted = re.findall(r"(?m)^\| [^|]+ \| `([^`|]+)` \|$", TEXT)
    assert set(quoted) == {failure.cure for failure in (*FAILURES, *WRAPPER_FAILURES)}


@pytest.mark.parametrize("block", BLOCKS)
def test_yaml_can_be_parsed(block: str) -> None:
    assert isinstance(yaml.safe_load(block), dict)


def test_inventories_are_for_each_connection() -> None:
    groups: list[dict[str, Any]] = [group for block in INVENTORIES for group in yaml.safe_load(block).values()]
    connections = [group["vars"]["ansible_connection"] for group in groups]
    assert set(connections) == {f"ansible.builtin.{name}" for name in ("winrm", "psrp", "ssh")}
    for group in groups:
        assert group.get("hosts") or all(child["hosts"] for child in group["children"].values())
        assert not any("password" in name and "vault_" not in value for name, value in group["vars"].items())
    marked = [block for block in INVENTORIES if block.splitlines()[0].endswith("not tested")]
    assert [yaml.safe_load(block)["edge"]["vars"]["ansible_connection"] for block in marked] == [
        "ansible.builtin.psrp",
        "ansible.builtin.ssh",
    ]


def test_variables_of_psrp_exist() -> None:
    known = set(re.findall(r"ansible_psrp_\w+", psrp.DOCUMENTATION))
    assert set(re.findall(r"ansible_psrp_\w+", TEXT)) <= known


def test_links_lead_somewhere() -> None:
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"(?m)^#+ (.+)$", TEXT)}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target.startswith("https://") or target.removeprefix("#") in headings
