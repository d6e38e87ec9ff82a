# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of signers run as they stand, on emulated servers and authorities."""

from __future__ import annotations

import json
import pathlib
import shlex
import shutil
import sys
from typing import Any

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import Policy
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from ansible_collections.sfb.certificates.tests.documented import (
    BLOCKS,
    runs,
)
from cryptography.hazmat.primitives import serialization

from .conftest import COMMAND
from .world import World

START = "docs/guides/getting_started.md"
EDGES = ("edge1.contoso.net", "edge2.contoso.net")
SIGNERS = "docs/guides/signers.md"
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
    key = load_key((authority / "keys" / "Lab Issuing CA.pem").read_bytes())
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
