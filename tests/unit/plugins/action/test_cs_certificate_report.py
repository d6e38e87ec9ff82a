# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How cs_certificate_report comes to the results of the servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action.cs_certificate_report import ActionModule

from ..module_utils._report.conftest import example

NOW = "2026-11-21T08:30:01Z"


class HostVars(Mapping[str, Any]):
    """The variables of hosts, as Ansible has them for templates: worked out anew each time that a host is named."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self.variables = {host: {"edge_set": "x", "info": result} for host, result in results.items()}
        self.variables["edge5"] = {"edge_set": "x"}
        self.named: list[str] = []

    def __getitem__(self, host: str) -> Mapping[str, Any]:
        self.named.append(host)
        return self.variables[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


def run(variables: HostVars | None = None, **arguments: Any) -> dict[str, Any]:
    task = MagicMock(args={"now": NOW, **arguments}, check_mode=False, async_val=0)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    action._load_name = "ansible_collections.sfb.certificates.plugins.action.cs_certificate_report"
    given = {"hostvars": variables, "ansible_play_hosts_all": list(variables)} if variables else {}
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "edge1", **given})
    return result


def test_results_of_the_hosts_are_those_that_are_given() -> None:
    variables = HostVars(example())
    taken = run(variables, servers_from="info")
    assert taken["report"] == run(servers={**example(), "edge5": None})["report"]
    assert taken["report"]["summary"]["servers"] == 7
    first, *named = variables.named
    assert first in variables  # somebody has it
    assert sorted(named) == sorted(variables)  # each once


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of the following is required: servers, servers_from"),
        ({"servers": {"edge1": None}, "servers_from": "info"}, "mutually exclusive: servers|servers_from"),
        ({"servers_from": "inf"}, "servers_from: no host of the play has a variable 'inf'; register it with"),
        ({"servers": {}}, "servers: is empty"),
    ],
)
def test_where_results_come_from_must_be_clear(arguments: dict[str, Any], message: str) -> None:
    result = run(HostVars(example()), **arguments)
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]


def test_a_file_is_written_if_it_is_new(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for now, changed in (
        (NOW, True),
        (NOW, False),
        ("2026-11-21T08:30:59Z", False),  # nothing but its time
        ("2026-11-22T08:30:01Z", True),
    ):
        result = run(HostVars(example()), servers_from="info", json_path=str(path), now=now)
        assert (result["changed"], result["files"][0]["changed"]) == (changed, changed)
        assert f'"generated": "{now}"' in path.read_text()
