# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the load balancer and the rollover run as they stand, on emulated servers behind a real HAProxy."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml
from ansible_collections.sfb.certificates.tests.documented import (
    Examples,
    runs,
)
from ansible_collections.sfb.certificates.tests.lab.balancer import MISSING, Balancer, find_haproxy
from ansible_collections.sfb.certificates.tests.lab.member import Member
from ansible_collections.sfb.certificates.tests.wire.tls import make_identity

from .world import World

BALANCING = "docs/guides/load_balancer.md"
BALANCED = "roles/load_balancer/README.md#Example"
ROLLOVER = "roles/rollover/README.md#Example 2"
NEEDS_HAPROXY = pytest.mark.skipif(
    find_haproxy() is None, reason=f"the examples of the load balancer were not run: {MISSING}"
)


@contextlib.contextmanager
def balanced(world: World, sets: tuple[str, ...], servers: tuple[str, ...], host: str) -> Iterator[Balancer]:
    """A real HAProxy, on a host of the inventory, in front of stand-ins for servers."""
    inventory = yaml.safe_load(world.pool.inventory.read_text())
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory["balancers"] = {"hosts": {host: here}}
    world.pool.inventory.write_text(yaml.safe_dump(inventory))
    identity = make_identity(world.folder)
    with contextlib.ExitStack() as stack:
        members = {name: stack.enter_context(Member(identity.file)).place for name in servers}
        yield stack.enter_context(Balancer(dict.fromkeys(sets, members), world.folder))


#: What a configuration of HAProxy needs besides.
LISTENER = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen x
    bind 127.0.0.1:8443
"""


@pytest.mark.slow
@NEEDS_HAPROXY
@runs(BALANCED, f"{BALANCING}#Load balancers", f"{BALANCING}#haproxy", f"{BALANCING}#haproxy 2")
def test_load_balancer(world: World, examples: Examples) -> None:
    world.of_two_servers()
    servers = ("edge1", "edge2")
    with balanced(world, ("access_edge", "webconf"), servers, "lb1") as balancer:
        world.replaced["/run/haproxy/admin.sock"] = str(balancer.socket)
        world.variables("edge", examples[f"{BALANCING}#haproxy"])
        plays = [world.data(examples[key]) for key in (BALANCED, f"{BALANCING}#Load balancers")]
        run = world.plays(*(play for book in plays for play in book))
        assert balancer.in_rotation() == dict.fromkeys(("access_edge", "webconf"), set(servers))
    assert sorted(run.results("Take the server out of HAProxy's rotation")) == sorted(servers)
    (world.folder / "told.cfg").write_text(world.text(examples[f"{BALANCING}#haproxy 2"]) + LISTENER)
    command = [str(find_haproxy()), "-c", "-f", "told.cfg"]
    check = subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr


@pytest.mark.slow
@NEEDS_HAPROXY
@runs(ROLLOVER)
def test_inventory_of_a_rollover(world: World, examples: Examples) -> None:
    """The plan of a rollover with it; nothing is done."""
    host = "edge01.contoso.com"
    world.inventory(examples[ROLLOVER])
    with balanced(world, ("edge_sip", "edge_webconf"), (host,), "lb01") as balancer:
        own = {"edge_chain_file": "files/certnew.p7b", "edge_folder": "requests", "rollover_allow_outage": True}
        world.host(host, **own, load_balancer_socket=str(balancer.socket))
        run = world.run(["ansible-playbook", "sfb.certificates.rollover", "--check"], "-e", "rollover_hosts=edge_site1")
        assert run.rc == 0, run.output
        assert balancer.in_rotation() == {name: {host} for name in ("edge_sip", "edge_webconf")}
    assert any(host in str(line) for line in run.result("Show the plan of all sets", host)["msg"])
    assert world.pool.writing(0) == []


GUIDE = "docs/guides/rollover.md"
COMMANDS = f"{GUIDE}#Rollover: new certificates while users are connected"
OUTAGE = f"{GUIDE}#How many servers serve meanwhile"


@pytest.mark.slow
@NEEDS_HAPROXY
@runs(COMMANDS, f"{GUIDE}#Inventory", f"{GUIDE}#Inventory 2", f"{GUIDE}#What it does", OUTAGE)
def test_rollover(emulate, world: World, examples: Examples) -> None:
    """The plan, and the run up to where it waits for the answers of the public authority."""
    world.replaced["https://ca01.contoso.net/certsrv"] = emulate().url
    world.inventory(examples[f"{GUIDE}#Inventory"])
    world.variables("edge", examples[f"{GUIDE}#Inventory 2"], examples[OUTAGE])
    sets, servers = ("edge_sip", "edge_webconf"), ("edge01.contoso.com", "edge02.contoso.com")
    with balanced(world, sets, servers, "lb01") as balancer:
        login = {"edge_signer_username": "LAB\\clerk", "edge_signer_password": world.secret("vault_enrol_password")}
        login |= {"edge_signer_ca_bundle": str(world.pool.chain), "load_balancer_socket": str(balancer.socket)}
        for host in servers:
            world.host(host, **login)
        check, run = world.console(examples[COMMANDS])
        assert balancer.in_rotation() == dict.fromkeys(sets, set(servers))
    head = examples[f"{GUIDE}#What it does"].text.splitlines()[0].split()
    for play in (check, run):
        table = play.result("Show the plan of all sets", servers[0])["msg"]
        assert table[0].split() == head
    assert list(world.requests.glob("edge_site1-accessedgeexternal-dataedgeexternal-*.req"))
    assert not any("Set-CsCertificate" in command for host in servers for command in world.pool.commands(host))
