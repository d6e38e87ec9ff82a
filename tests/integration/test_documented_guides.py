# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of README and guides run as they stand, on emulated servers."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from ansible_collections.sfb.certificates.tests.documented import (
    BLOCKS,
    REPOSITORY,
    Examples,
    runs,
)

from .world import World

GUIDES = "docs/guides"
START = f"{GUIDES}/getting_started.md"
EDGES = ("edge1.contoso.net", "edge2.contoso.net")


@runs(
    f"{START}#Describe your servers",
    f"{START}#Describe your servers 3",
    f"{START}#Look, without changing anything",
    f"{START}#Do it",
)
@pytest.mark.slow
def test_getting_started(world: World, examples: Examples) -> None:
    world.inventory(examples[f"{START}#Describe your servers"])
    world.variables("edge", examples[f"{START}#Describe your servers 3"])
    look, _report, check = world.console(examples[f"{START}#Look, without changing anything"])
    assert "no certificate is assigned" in look.output
    assert (world.folder / "estate-report" / "report.html").is_file()
    assert check.total("changed") > 0
    assert world.pool.writing(0) == []
    (first,) = world.console(examples[f"{START}#Do it"])
    assert "Run the playbook again when it is there." in first.output
    world.sign()
    world.console(examples[f"{START}#Do it"])
    assert world.assigned(EDGES[0]) == world.assigned(EDGES[1])
    (again,) = world.console(examples[f"{START}#Do it"])
    assert again.total("changed") == 0


PLAYS = (
    f"{GUIDES}/internal_edge.md#Step by step",
    f"{GUIDES}/internal_edge.md#Restart the services",
    f"{GUIDES}/from_the_wizard.md#Certificate Request (Returned)",
)


@runs(*PLAYS)
def test_plays_of_guides(world: World, stages, examples: Examples) -> None:
    world.take(stages / "finished")
    world.pool.describe({"edge_site1": ["edge1", "edge2", "edge3"]}, internal={"fe1.contoso.net": {}})
    chain, restart, request = (world.data(examples[key])[0] for key in PLAYS)
    trusted = chain | {"hosts": "front_end"}  # else nothing can be assigned there
    wizard = request["tasks"][0]["name"]
    run = world.plays(chain, restart, trusted, request)
    assert run.result(wizard, "fe1.contoso.net")["assigned"] is True
    assert run.recap["edge3"]["changed"] == 1
    assert world.pool.commands("edge2")[-2:] == ["Stop-CsWindowsService -Graceful", "Start-CsWindowsService"]


README = "README.md#On real servers"


@pytest.mark.slow
@runs(*(f"{README} {number}" for number in range(2, 7)))
def test_readme(world: World, examples: Examples) -> None:
    # the front end servers are those of the other inventory that the README points at
    world.inventory(examples[f"{README} 2"], BLOCKS[f"{GUIDES}/preparing_a_server.md#Inventories 2"])
    plan, waits, done = world.console(examples[f"{README} 3"])
    assert plan.total("changed") > 0
    assert "Run the playbook again when it is there." in waits.output
    assert done.rc == 0
    assert world.assigned(EDGES[0]) == world.assigned(EDGES[1]) != world.assigned("edge3.contoso.net")
    world.variables("edge", examples[f"{README} 4"])
    unread = json.dumps({"sfb_lab_switches": {"topology_inaccessible": True}})
    again = world.run(["ansible-playbook", "sfb.certificates.edge_internal", "--limit", "edge_site1"], "-e", unread)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    # the second set of the inventory has one server, whose outage has to be allowed
    (world.folder / "group_vars" / "edge_site2.yml").write_text("rollover_allow_outage: true\n")
    table, rolled = world.console(examples[f"{README} 5"])
    assert table.total("changed") > 0
    assert "no server is taken out of service until then" in rolled.output
    (internal,) = world.console(examples[f"{README} 6"])
    assert internal.recap["fe1.contoso.net"]["changed"] > 0


AWX = ("docs/guides/awx.md#Project", "docs/guides/awx.md#Sets, limits and slices")


@pytest.mark.slow
@runs("README.md#Two commands 4", *AWX)
def test_rehearsal_and_project(world: World, examples: Examples) -> None:
    """The rehearsal of the installed collection; a project of AWX."""
    # it makes a pool of its own, where there is no inventory
    (world.folder / "world.json").write_text("{}")
    world.pool.inventory.write_text("ungrouped: {}\n")
    world.console(examples["README.md#Two commands 4"])
    assert (world.folder / "estate-report" / "report.html").is_file()
    world.of_two_servers()
    world.variables("edge", examples[AWX[1]])
    (world.folder / "edge_internal.yml").write_text(world.text(examples[AWX[0]]))
    run = world.run(["ansible-playbook", "edge_internal.yml", "--check"])
    assert run.rc == 0, run.output


@pytest.mark.slow
@runs("README.md#Two commands 2", "README.md#Two commands 3")
def test_what_the_lab_says(tmp_path: pathlib.Path, key_pool: pathlib.Path, examples: Examples) -> None:
    program = "import runpy, sys, pathlib; runpy.run_path(sys.argv[1])['run'](pathlib.Path(sys.argv[2]), 3, 'folder')"
    folder = tmp_path / ".sfb-lab" / "pool-3"
    run = subprocess.run(
        [sys.executable, "-c", program, str(REPOSITORY / "tests" / "lab" / "lab.py"), str(folder)],
        env=os.environ | {"SFB_LAB_KEY_POOL": str(key_pool), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr

    def shape(text: str) -> str:
        text = re.sub(r"\s+", " ", text.replace(f"{tmp_path}/", ""))
        text = re.sub(r"\b[0-9A-F]{8}\b|\b[0-9A-F]{40}\b", "DIGITS", text)
        return re.sub(r"\d{4}-\d\d-\d\d", "DATE", re.sub(r"\*{3,}", "", text))

    for key in ("README.md#Two commands 2", "README.md#Two commands 3"):
        told = shape(run.stdout)
        for part in examples[key].text.split("\n\n"):
            assert shape(part).strip() in told, f"{key}\n{run.stdout}"


INTERNAL = f"{GUIDES}/internal_edge.md"


@pytest.mark.slow
@runs(f"{INTERNAL}#Variables", f"{INTERNAL}#Variables 2", f"{INTERNAL}#Run it")
def test_internal_edge(world: World, examples: Examples) -> None:
    world.inventory(BLOCKS[f"{START}#Describe your servers"])
    world.variables("edge", examples[f"{INTERNAL}#Variables"], examples[f"{INTERNAL}#Variables 2"])
    world.console(examples[f"{INTERNAL}#Run it"])
    assert world.assigned(EDGES[0]) == world.assigned(EDGES[1])
    asked = [text for text in world.pool.commands(EDGES[0]) if text.startswith("Request-CsCertificate -New")]
    assert len(asked) == 1
    assert "-Organization Contoso -Country US" in asked[0]


@pytest.mark.slow
@runs(f"{INTERNAL}#Make the request in advance")
def test_request_in_advance(world: World, examples: Examples) -> None:
    world.of_two_servers("fe1.contoso.net")
    world.variables("edge", examples[f"{INTERNAL}#Make the request in advance"])
    run = world.run(["ansible-playbook", "sfb.certificates.edge_internal"])
    assert run.rc == 0, run.output
    assert len(world.pool.server("fe1.contoso.net")["stores"]["REQUEST"]) == 1


SERVERS = f"{GUIDES}/preparing_a_server.md"


@pytest.mark.slow
@runs(
    f"{SERVERS}#When become is needed",
    f"{SERVERS}#When become is needed 2",
    f"{SERVERS}#Inventories",
    *(f"{SERVERS}#Inventories {number}" for number in range(2, 6)),
)
def test_inventories(world: World, examples: Examples) -> None:
    world.inventory(examples[f"{SERVERS}#Inventories"])
    become, always = (examples[f"{SERVERS}#When become is needed{number}"] for number in ("", " 2"))
    for variables, account in (((become,), None), ((become, always), "Administrator")):
        mark = len(world.pool.journal())
        world.variables("edge", *variables)
        (read,) = world.console(examples[f"{SERVERS}#Inventories 5"])
        assert read.output.count("SUCCESS") == 2
        assert re.search(r"elevated\"?: true", read.output)
        assert {call["become_user"] for call in world.pool.journal()[mark:]} == {account}
    for number in (2, 3, 4):
        world.inventory(examples[f"{SERVERS}#Inventories {number}"])
        again = world.run(
            ["ansible", "all", "-m", "sfb.certificates.cs_certificate_info", "-a", "query=server.computer"]
        )
        assert again.rc == 0, again.output


REPORT = f"{GUIDES}/report.md"


@pytest.mark.slow
@runs(
    f"{REPORT}#Report of an estate",
    f"{REPORT}#As a check of monitoring",
    f"{REPORT}#As a check of monitoring 2",
    f"{REPORT}#Structure of the JSON file",
)
def test_report(world: World, stages, examples: Examples) -> None:
    world.take(stages / "finished")
    world.variables("edge", examples[f"{REPORT}#Structure of the JSON file"])
    (written,) = world.console(examples[f"{REPORT}#Report of an estate"])
    found = written.result("Write the report", "edge3")["query_result"]
    assert ["edge1", "AccessEdgeExternal", "no certificate is assigned"] in found
    (words,) = examples[f"{REPORT}#As a check of monitoring"].commands
    assert world.run(words).rc == 2
    metrics = (world.folder / "estate-report" / "sfb_certificates.prom").read_text()
    rules = [
        rule for group in examples[f"{REPORT}#As a check of monitoring 2"].data["groups"] for rule in group["rules"]
    ]
    assert rules
    for rule in rules:
        (metric,) = re.findall(r"sfb_\w+", rule["expr"])
        assert f"# TYPE {metric} gauge" in metrics


PIPELINE = f"{GUIDES}/ci.md"


@pytest.mark.slow
@runs(
    f"{PIPELINE}#Exit status",
    f"{PIPELINE}#A pipeline",
    f"{PIPELINE}#Before a change of your playbooks",
    f"{PIPELINE}#Before a change of your playbooks 2",
)
def test_pipeline(world: World, stages, examples: Examples) -> None:
    world.inventory(BLOCKS[f"{START}#Describe your servers"])
    (world.folder / "lab.yml").write_text(examples[f"{PIPELINE}#Before a change of your playbooks"].text)
    (lab,) = world.console(examples[f"{PIPELINE}#Before a change of your playbooks 2"])
    assert lab.total("changed") > 0
    plan = examples[f"{PIPELINE}#Exit status"].text
    assert "changed=" in world.script("plan.sh", plan, status=3)
    jobs = examples[f"{PIPELINE}#A pipeline"].data
    assert jobs["stages"] == [name for name in jobs if name != "stages"]
    apply = "\n".join(jobs["apply"]["script"])
    world.script("apply.sh", apply, status=2)
    world.script("plan.sh", plan, status=3)
    world.sign()
    world.script("apply.sh", apply)
    assert "changed=0" in world.script("plan.sh", plan)
    world.script("report.sh", "\n".join(jobs["report"]["script"]), status=2)  # the external usages have none
    (folder,) = jobs["report"]["artifacts"]["paths"]
    assert (world.folder / folder / "report.html").is_file()
    assert jobs["plan"]["script"] == ["bash plan.sh"]
