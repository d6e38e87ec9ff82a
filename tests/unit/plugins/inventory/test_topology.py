# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin, with a file as the emulated cmdlets give it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_powershell
import yaml
from ansible_collections.sfb.certificates.plugins.inventory import topology as plugin
from ansible_collections.sfb.certificates.plugins.module_utils._product import deployment
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.roles import computers_from_variable

COLLECTIONS = Path(plugin.__file__).parents[4]
OTHERS = [
    {"fqdn": "edge1.example.test", "pool_fqdn": "edges.example.test", "access_edge_fqdn": "sip.example.test"},
    {"fqdn": "edge2.example.test", "pool_fqdn": "edges.example.test", "access_edge_fqdn": "sip.example.test"},
    {"fqdn": "edge9.example.test"},
    {"fqdn": "dir.example.test", "role": "director"},
    {"fqdn": "med.example.test", "role": "mediation"},
]


def rows_of(lab: LabFolder) -> dict[str, Any]:
    """The file of the documented command, out of the rows that the cmdlets give on an emulated Front End."""
    pool = PoolDescription(
        pool_fqdn="fe.example.test",
        fqdn="fe1.example.test",
        role="front_end",
        computers=computers_from_variable(OTHERS),
    )
    calls: list[tuple[str, dict[str, Any]]] = [
        ("Get-CsPool", {}),
        ("Get-CsComputer", {}),
        ("Get-CsService", {"EdgeServer": {"t": "switch", "v": True}}),
    ]
    steps = [{"op": "cmdlet", "name": name, "parameters": parameters} for name, parameters in calls]
    result = run_contract({"contract": 1, "steps": steps, "read": []}, pool, lab, "fe1")
    pools, computers, services = (step["output"] for step in result["steps"])
    sites: dict[str, list[str]] = {}
    for row in pools:
        sites.setdefault(row["Site"].partition(":")[2], []).append(row["Identity"])
    return {
        "sites": [{"DisplayName": f"Site {name}", "Pools": members} for name, members in sites.items()],
        "pools": pools,
        "computers": computers,
        "edge_services": services,
    }


def configure(folder: Path, name: str, **options: Any) -> None:
    """Writes a configuration of the plugin."""
    given = {"plugin": "sfb.certificates.topology", "source": "topology.json", **options}
    (folder / f"{name}.sfb_topology.yml").write_text(yaml.safe_dump(given))


def ansible(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of Ansible in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    collections = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "ansible", *words],
        env=environment | collections,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with all options, and a site whose name looks like a template."""
    path = tmp_path_factory.mktemp("inventory")
    content = json.dumps(rows_of(LabFolder(path / "lab"))).replace("Site 1", "{{ 7 * 7 }}")
    (path / "topology.json").write_text(content, encoding="utf-8-sig")
    configure(
        path,
        "example",
        host_suffix="example.test",
        compose={"ansible_winrm_transport": "'ntlm' if sfb_role == 'edge' else 'kerberos'", "told": "sfb_site ~ '!'"},
        groups={"internal": "sfb_role != 'edge'"},
        keyed_groups=[{"key": "sfb_role", "prefix": "role"}],
    )
    return path


@pytest.fixture(scope="module")
def listed(folder: Path) -> dict[str, Any]:
    """What ansible-inventory lists."""
    run = ansible(folder, "inventory", "-i", "example.sfb_topology.yml", "--list")
    assert (run.returncode, run.stderr) == (0, "")
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def plain(value: Any) -> Any:
    """Values without the mark of texts that are no templates, which the versions of ansible-core set differently."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe") or {name: plain(item) for name, item in value.items()}
    return value


def members(listed: dict[str, Any], group: str) -> list[str]:
    """The hosts of a group and of those in it."""
    row = listed.get(group, {})
    inner = (host for child in row.get("children", []) for host in members(listed, child))
    return sorted({*row.get("hosts", []), *inner})


def test_groups_of_an_emulated_deployment(listed: dict[str, Any]) -> None:
    edges = ["edge1", "edge2", "edge9"]
    assert members(listed, "edge") == members(listed, "role_edge") == edges
    assert members(listed, "edge_edges_example_test") == members(listed, "pool_edges_example_test") == edges[:2]
    assert members(listed, "edge_edge9_example_test") == ["edge9"]
    internal = {"front_end": ["fe1"], "director": ["dir"], "mediation": ["med"], "internal": ["dir", "fe1", "med"]}
    assert {group: members(listed, group) for group in internal} == internal
    assert members(listed, "site_7_7") == sorted([*edges, *internal["internal"]]) == members(listed, "all")


def test_variables_of_an_emulated_deployment(listed: dict[str, Any]) -> None:
    variables = plain(listed["_meta"]["hostvars"])
    assert variables["edge2"] == {
        "ansible_host": "edge2.example.test",
        "edge_fqdns": {
            "pool": "edges.example.test",
            "access_edge": "sip.example.test",
            "data_edge": "webconf.example.test",
            "av_edge": "av.example.test",
        },
        "edge_set": "edge_edges_example_test",
        "sfb_pool": "edges.example.test",
        "sfb_role": "edge",
        "sfb_site": "{{ 7 * 7 }}",
        "told": "{{ 7 * 7 }}!",
        "ansible_winrm_transport": "ntlm",
    }
    assert variables["fe1"]["ansible_winrm_transport"] == "kerberos"
    # the roles look their set up as a group
    assert members(listed, variables["edge2"]["edge_set"]) == ["edge1", "edge2"]


def test_a_site_is_no_template(folder: Path) -> None:
    run = ansible(folder, "adhoc", "-i", "example.sfb_topology.yml", "fe1", "-m", "debug", "-a", "var=sfb_site")
    assert run.returncode == 0, run.stderr
    assert "{{ 7 * 7 }}" in run.stdout
    assert "49" not in run.stdout


def test_errors_are_one_line(folder: Path) -> None:
    (folder / "list.json").write_text("[]")
    empty = {part: [] for part in ("sites", "pools", "computers", "edge_services")}
    (folder / "empty.json").write_text(json.dumps(empty))
    wrong = {
        "missing": ({"source": "nowhere.json"}, "nowhere.json cannot be read: No such file or directory"),
        "list": ({"source": "list.json"}, "list.json: holds no object; make it anew with the command"),
        "empty": ({"source": "empty.json"}, "the topology has no computer in a pool of the product's roles"),
        "strict": ({"strict": True, "compose": {"x": "nowhere"}}, "nowhere"),
    }
    words = []
    for name, (options, _message) in wrong.items():
        configure(folder, name, **options)
        words += ["-i", f"{name}.sfb_topology.yml"]
    run = ansible(folder, "inventory", *words, "--list")
    assert "Traceback" not in run.stderr
    told = " ".join(run.stderr.split())
    for name in ("missing", "list", "empty"):
        assert wrong[name][1] in told, name
    assert "sfb.certificates.topology: source: " in told
    assert "nowhere" in told.replace("nowhere.json", "")


@pytest.mark.parametrize(
    ("name", "fits"),
    [("sfb_topology.yml", True), ("a.sfb_topology.yaml", True), ("topology.yml", False), ("sfb_topology.json", False)],
)
def test_names_of_the_configuration(tmp_path: Path, name: str, fits: bool) -> None:
    (tmp_path / name).write_text("plugin: sfb.certificates.topology\n")
    assert plugin.InventoryModule().verify_file(str(tmp_path / name)) is fits


def test_the_documented_command_gives_what_is_read() -> None:
    """Lists and properties of the command are those that the plugin asks for, and it is PowerShell."""
    comment = "\n".join(line for line in plugin.EXAMPLES.splitlines() if line.startswith("#"))
    command = comment[comment.index("@{") :]
    for part, keys in deployment._PARTS.items():
        (body,) = re.findall(rf"\b{part} = @\((.*?)(?=\n#     \w+ = @\(|\n#   \}} \|)", command, re.DOTALL)
        assert [key for key in keys if not re.search(rf"\b{key} = ", body)] == []
    (code,) = re.findall(r"@\{.*topology\.json", command.replace("\n#", "\n"), re.DOTALL)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    tree = parser.parse(code.encode("utf-8"))
    assert not tree.root_node.has_error
    assert parser.parse(code.replace("}", ")", 1).encode("utf-8")).root_node.has_error


def test_the_documented_configuration(folder: Path, tmp_path: Path) -> None:
    topology = (folder / "topology.json").read_text(encoding="utf-8-sig").replace("example.test", "contoso.net")
    (tmp_path / "topology.json").write_text(topology)
    (tmp_path / "contoso.sfb_topology.yml").write_text(plugin.EXAMPLES)
    run = ansible(tmp_path, "inventory", "-i", "contoso.sfb_topology.yml", "--list")
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout)
    assert members(found, "role_edge") == members(found, "edge") == ["edge1", "edge2", "edge9"]
    assert members(found, "internal") == ["dir", "fe1", "med"]
    assert plain(found["_meta"]["hostvars"])["edge1"]["ansible_winrm_transport"] == "ntlm"
