# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the external interface and of recovery run as they stand, on emulated servers."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.tests.documented import BLOCKS, Examples, runs

from .world import World

START = "docs/guides/getting_started.md"
EDGES = ("edge1.contoso.net", "edge2.contoso.net")
EXTERNAL = "docs/guides/external_edge.md"
USAGES = ("AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication")
VARIABLES = (
    f"{EXTERNAL}#One certificate or several",
    f"{EXTERNAL}#Names",
    f"{EXTERNAL}#Names 2",
    f"{EXTERNAL}#A public authority",
)


@pytest.mark.slow
@runs(*VARIABLES, f"{EXTERNAL}#Run it", f"{EXTERNAL}#Run it 2")
def test_external_edge(world: World, examples: Examples) -> None:
    world.inventory(BLOCKS[f"{START}#Describe your servers"])
    world.variables("edge", *(examples[key] for key in VARIABLES))
    world.console(examples[f"{EXTERNAL}#Run it"])
    access = world.assigned(EDGES[0], "AccessEdgeExternal")
    for usage in USAGES:
        assert world.assigned(EDGES[0], usage) == world.assigned(EDGES[1], usage)
    names = next(row for row in world.pool.server(EDGES[0])["stores"]["My"] if row["thumbprint"] == access)["dns_names"]
    assert "sip.fabrikam.com" in names
    world.plays(*world.data(examples[f"{EXTERNAL}#Run it 2"]))


RECOVERY = "docs/guides/recovery.md"
BACK = f"{RECOVERY}#Back to the old certificate by hand"


@pytest.mark.slow
@runs(f"{RECOVERY}#Claims", BACK)
def test_recovery(world: World, examples: Examples) -> None:
    host = "edge01.contoso.com"
    world.pool.describe({"edge_site1": [host]})
    pfx = world.pool.pfx("Old-Secret-1", "access.contoso.net", "sip.example.com", "sip.example.net")
    old = {"path": str(pfx), "passphrase": "Old-Secret-1"}
    tasks = [
        {"sfb.certificates.cs_certificate_import": old, "register": "imported"},
        {"ansible.builtin.set_fact": {"old_thumbprint": "{{ imported.thumbprint }}"}},
    ]
    before = {"name": "Old certificate", "hosts": host, "gather_facts": False, "tasks": tasks}
    run = world.plays(*world.data(examples[f"{RECOVERY}#Claims"]), before, *world.data(examples[BACK]))
    assert run.result("Tell", host)["info.query_result"] is None
    (certificate,) = (row["thumbprint"] for row in world.pool.server(host)["stores"]["My"])
    assert world.assigned(host, "AccessEdgeExternal") == certificate
