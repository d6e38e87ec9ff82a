# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of README, guides and roles run as they stand, on emulated servers.

Each test names the examples that it runs; an example that none runs is a failure. What is replaced in them is told in
L{World}. Commands that concern a checkout, an installation or a vault are only parsed (tests/unit/docs/test_pages.py).
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.certsrv_desk import Policy
from ansible_collections.sfb.certificates.tests.documented import (
    BLOCKS,
    REPOSITORY,
    TESTED,
    Block,
    Examples,
    runs,
)
from cryptography.hazmat.primitives import serialization

from .conftest import COMMAND
from .world import World

GUIDES = "docs/guides"
START = f"{GUIDES}/getting_started.md"
EDGES = ("edge1.contoso.net", "edge2.contoso.net")
ROLES = sorted(path.parent.name for path in (REPOSITORY / "roles").glob("*/README.md"))


@pytest.fixture
def world(pool) -> World:
    """The world of the examples, without an inventory."""
    return World(pool)


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> Examples:
    """The examples that the test has declared."""
    return Examples(request.function.examples)


def must_run(block: Block) -> bool:
    """Whether reading an example is not enough; the others are parsed by the unit tests, and C(none) is a drawing."""
    if block.kind == "console":
        return any(words[:1] in (["ansible"], ["ansible-playbook"]) for words in block.commands)
    return block.kind not in ("json", "powershell", "none")


def test_every_example_is_run() -> None:
    assert [key for key, block in BLOCKS.items() if must_run(block) and key not in TESTED] == []


# ---- the roles ----


#: An example of a role that is no play but variables of the inventory.
FURTHER = "roles/edge/README.md#Example 2"
#: The order in which the examples of roles follow from each other; those that it does not name come last.
ORDER = (
    *("edge_chain_fetch", "edge_plan", "edge_chain", "edge_request", "edge_sign", "clerk"),
    *("edge_import", "edge_sign 2", "thumbprint", "edge_export", "edge_copy", "edge_assign", "edge_verify"),
)


def role_examples() -> dict[str, str]:
    """The keys of the plays of all roles, by the name of the role and the number of the example."""
    keys = [key for key, block in BLOCKS.items() if key.startswith("roles/") and block.kind == "plays"]
    return {key.split("/")[1] + key.partition("#Example")[2]: key for key in keys}


def prepare(world: World) -> None:
    """Two servers of a set that are called as in the examples of the roles, and a Front End Server."""
    hosts = {f"edge{number}": {"sfb_lab_fqdn": f"edge{number}.contoso.net"} for number in (1, 2)}
    world.pool.describe(
        {"edge_site1": list(hosts)}, hosts, internal={"fe1": {"front_end_chain_file": str(world.pool.chain)}}
    )


def clerk(world: World) -> list[dict[str, Any]]:
    """A play in which the authority answers."""
    signed = {"ansible.builtin.command": {"argv": world.clerk()}}
    renamed = {"ansible.builtin.shell": "mv requests/*.cer requests/answer.cer"}
    return [{"name": "Clerk", "hosts": "localhost", "gather_facts": False, "tasks": [signed, renamed]}]


def told_thumbprint() -> list[dict[str, Any]]:
    """A play that sets the variable C(thumbprint) of the examples to that of the certificate of edge1."""
    read = {"sfb.certificates.cs_certificate_info": {"query": "certificates[0].thumbprint"}, "register": "found"}
    keep = {"ansible.builtin.set_fact": {"thumbprint": "{{ found.query_result }}"}}
    tasks = [read | {"delegate_to": "edge1"}, keep]
    return [{"name": "Thumbprint", "hosts": "edge_site1", "gather_facts": False, "tasks": tasks}]


@runs(*role_examples().values())
def test_roles(emulate, world: World, examples: Examples) -> None:
    world.replaced["https://ca01.contoso.net/certsrv"] = emulate().url
    world.replaced["fail_on: critical"] = "fail_on: never"  # the external usages have no certificates
    prepare(world)
    plays = {name: world.data(examples[key]) for name, key in role_examples().items()}
    assert {name.split(" ")[0] for name in plays} == set(ROLES)
    plays |= {"clerk": clerk(world), "thumbprint": told_thumbprint()}
    names = [*ORDER, *sorted(set(plays) - set(ORDER))]
    world.plays(*(play for name in names for play in plays[name]))
    assert world.assigned("edge1") == world.assigned("edge2")
    own = ["Default", "OAuthTokenIssuer", "WebServicesExternal", "WebServicesInternal"]
    assert sorted(world.pool.server("fe1")["assignments"]) == own
    assert (world.folder / "www" / "report.html").is_file()
    assert (world.folder / "textfile" / "sfb_certificates.prom").is_file()


@pytest.mark.slow
@runs(FURTHER)
def test_chain_and_pfx_from_elsewhere(emulate, world: World, examples: Examples) -> None:
    world.replaced["https://ca01.contoso.net/certsrv"] = emulate().url
    prepare(world)
    world.variables("edge", examples[FURTHER])
    bundle = {"edge_chain_ca_bundle": str(world.pool.chain), "edge_folder": str(world.requests)}
    pfx = world.pool.pfx(world.secret("vault_pfx_passphrase"), "edgepool1.contoso.net")
    world.requests.mkdir()
    shutil.copy(pfx, world.requests / "from the authority.pfx")
    run = world.run(["ansible-playbook", "sfb.certificates.edge_internal"], "-e", json.dumps(bundle))
    assert run.rc == 0, run.output
    assert world.assigned("edge1") == world.assigned("edge2")
    assert world.pool.server("edge1")["stores"]["REQUEST"] == []


# ---- the way through a guide ----


@runs(
    f"{START}#Describe your servers",
    f"{START}#Describe your servers 3",
    f"{START}#Look, without changing anything",
    f"{START}#Do it",
)
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


# ---- whole procedures ----

README = "README.md#On real servers"


@pytest.mark.slow
@runs(*(f"{README} {number}" for number in range(2, 6)))
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
    (internal,) = world.console(examples[f"{README} 5"])
    assert internal.recap["fe1.contoso.net"]["changed"] > 0


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
    prepare(world)
    world.variables("edge", examples[f"{INTERNAL}#Make the request in advance"])
    inventory = world.pool.inventory.read_text().replace("fe1:", "fe1.contoso.net:")
    world.pool.inventory.write_text(inventory)
    run = world.run(["ansible-playbook", "sfb.certificates.edge_internal"])
    assert run.rc == 0, run.output
    assert len(world.pool.server("fe1.contoso.net")["stores"]["REQUEST"]) == 1


SERVERS = f"{GUIDES}/preparing_a_server.md"


@pytest.mark.slow
@runs(
    f"{SERVERS}#The second hop",
    f"{SERVERS}#Inventories",
    *(f"{SERVERS}#Inventories {number}" for number in range(2, 6)),
)
def test_inventories(world: World, examples: Examples) -> None:
    world.inventory(examples[f"{SERVERS}#Inventories"])
    world.variables("edge", examples[f"{SERVERS}#The second hop"])
    (read,) = world.console(examples[f"{SERVERS}#Inventories 5"])
    assert read.output.count("SUCCESS") == 2
    assert re.search(r"elevated\"?: true", read.output)
    assert {call["become_user"] for call in world.pool.journal()} == {"Administrator"}
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


# ---- signers ----

SIGNERS = f"{GUIDES}/signers.md"
#: The role in a playbook of one's own, beside which files with tasks are looked for.
EDGE = {
    "name": "Edge",
    "hosts": "edge",
    "gather_facts": False,
    "roles": [{"role": "sfb.certificates.edge", "edge_type": ["Internal"]}],
}


def office(world: World) -> None:
    """A program that takes a request from its input and writes the certificate of the authority to its output."""
    folder = world.folder / "office"
    folder.mkdir()
    sign = [sys.executable, "-m", COMMAND, "--lab", str(world.pool.lab), "sign", str(folder)]
    path = world.folder / "ask-office"
    path.write_text(f"#!/bin/sh\ncat > {folder}/$1.req\n{shlex.join(sign)} >&2\ncat {folder}/$1.cer\n")
    path.chmod(0o755)


def use_certsrv(world: World, emulate: Any) -> None:
    world.replaced["https://ca01.contoso.net/certsrv"] = emulate(policy=Policy(templates=("SfBEdge",))).url


def use_online(world: World, emulate: Any) -> None:
    inventory = yaml.safe_load(world.pool.inventory.read_text())
    inventory["edge"]["vars"]["sfb_lab_ca"] = {"config": "ca01.contoso.net\\Contoso Issuing CA"}
    world.pool.inventory.write_text(yaml.safe_dump(inventory))


def use_local_ca(world: World, emulate: Any) -> None:
    authority = world.pool.lab / "adcs"
    key = serialization.load_pem_private_key((authority / "keys" / "Lab Issuing CA.pem").read_bytes(), None)
    locked = serialization.BestAvailableEncryption(world.secret("vault_ca_passphrase").encode())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    (world.folder / "pki" / "ca.key").write_bytes(key.private_bytes(*form))
    shutil.copy(authority / "Lab Issuing CA.cer", world.folder / "pki" / "ca.pem")


def use_acme(world: World, emulate: Any) -> None:
    """The stand-in for the module takes the certificate from the file that the directory names; the tasks put it there."""
    office(world)
    directory = world.folder / "directory.pem"
    world.replaced["https://acme.example.net/directory"] = str(directory)
    ask = {"argv": [str(world.folder / "ask-office"), "acme"], "stdin": "{{ edge_sign_csr }}"}
    tasks = [
        {"name": "Ask", "ansible.builtin.command": ask, "delegate_to": "localhost", "register": "office"},
        {
            "name": "Keep",
            "ansible.builtin.copy": {"content": "{{ office.stdout }}", "dest": str(directory)},
            "delegate_to": "localhost",
        },
    ]
    (world.folder / "tasks").mkdir()
    (world.folder / "tasks" / "challenges.yml").write_text(json.dumps(tasks))
    path = world.pool.environment["ANSIBLE_COLLECTIONS_PATH"]
    world.pool.environment["ANSIBLE_COLLECTIONS_PATH"] = f"{path}:{pathlib.Path(__file__).parent / 'stubs'}"


def use_custom(world: World, emulate: Any) -> None:
    office(world)


@pytest.mark.slow
@pytest.mark.parametrize("signer", ["certsrv", "online", "local_ca", "acme", "custom"])
@runs(*(f"{SIGNERS}#{signer}" for signer in ("certsrv", "online", "local_ca", "acme", "custom")))
def test_signers(emulate, world: World, signer: str) -> None:
    world.inventory(BLOCKS[f"{START}#Describe your servers"])
    globals()[f"use_{signer}"](world, emulate)
    block = BLOCKS[f"{SIGNERS}#{signer}"]
    if block.kind == "tasks":
        (world.folder / "office.yml").write_text(world.text(block))
        chosen = {"edge_signer": signer, "edge_signer_tasks": "office.yml"}
        (world.folder / "group_vars" / "edge.yml").write_text(yaml.safe_dump(chosen))
    else:
        world.variables("edge", block)
        # a file of group variables counts more than the inventory, the variables of the child group as well
    world.plays(EDGE)
    assert world.assigned(EDGES[0]) == world.assigned(EDGES[1])
    assert world.plays(EDGE).total("changed") == 0
