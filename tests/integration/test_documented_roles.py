# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the READMEs of roles run as they stand, on emulated servers."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from ansible_collections.sfb.certificates.tests.documented import (
    BLOCKS,
    REPOSITORY,
    Examples,
    runs,
)

from .world import World

ROLES = sorted(path.parent.name for path in (REPOSITORY / "roles").glob("*/README.md"))
#: An example of a role that is no play but variables of the inventory.
FURTHER = "roles/edge/README.md#Example 2"
#: An example of a role that needs a load balancer.
BALANCED = "roles/load_balancer/README.md#Example"
#: The order in which the examples of roles follow from each other; those that it does not name come last.
ORDER = (
    *("edge_chain_fetch", "edge_plan", "edge_chain", "edge_request", "edge_sign", "clerk"),
    *("edge_import", "edge_sign 2", "thumbprint", "edge_export", "edge_copy", "edge_assign", "edge_verify"),
)


def role_examples() -> dict[str, str]:
    """The keys of the plays of all roles, by the name of the role and the number of the example."""
    plays = [key for key, block in BLOCKS.items() if key.startswith("roles/") and block.kind == "plays"]
    keys = [key for key in plays if key != BALANCED]
    return {key.split("/")[1] + key.partition("#Example")[2]: key for key in keys}


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
@pytest.mark.slow
def test_roles(emulate, world: World, examples: Examples) -> None:
    world.replaced["https://ca01.contoso.net/certsrv"] = emulate().url
    world.replaced["fail_on: critical"] = "fail_on: never"  # the external usages have no certificates
    world.of_two_servers()
    plays = {name: world.data(examples[key]) for name, key in role_examples().items()}
    assert {name.split(" ")[0] for name in plays} == set(ROLES) - {"load_balancer"}
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
    world.of_two_servers()
    world.variables("edge", examples[FURTHER])
    bundle = {"edge_chain_ca_bundle": str(world.pool.chain), "edge_folder": str(world.requests)}
    pfx = world.pool.pfx(world.secret("vault_pfx_passphrase"), "edgepool1.contoso.net")
    world.requests.mkdir()
    shutil.copy(pfx, world.requests / "from the authority.pfx")
    run = world.run(["ansible-playbook", "sfb.certificates.edge_internal"], "-e", json.dumps(bundle))
    assert run.rc == 0, run.output
    assert world.assigned("edge1") == world.assigned("edge2")
    assert world.pool.server("edge1")["stores"]["REQUEST"] == []
