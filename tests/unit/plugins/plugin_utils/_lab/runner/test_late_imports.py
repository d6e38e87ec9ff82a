# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a call loads: Ansible compiles the modules of the lab anew in each worker, and most calls only read."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.cmdlets.binding import bind
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.cmdlets.table import CMDLETS
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.sections import QUERIES, TOPOLOGY_QUERIES
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.files import FileSystem
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.values import Secrets

COLLECTIONS = pathlib.Path(__file__).resolve().parents[6] / ".cache" / "collections"
LAB = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab"
CALL = f"""
import json, sys
from {LAB}.server.folder import LabFolder
from {LAB}.server.pool import PoolDescription
from {LAB}.runner.runner import run_contract
folder, steps, read = json.loads(sys.argv[1])
pool = PoolDescription(pool_fqdn="edgepool.example.test", fqdn="edge1.example.test")
result = run_contract({{"contract": 1, "steps": steps, "read": read}}, pool, LabFolder(folder), "edge1")
assert result["failed_step"] is None, result
print(json.dumps([name.removeprefix("{LAB}.") for name in sys.modules if name.startswith("{LAB}.")]))
"""
#: Modules for what writes, for parameters, and for what internal servers have.
FOR_MORE = {
    "ca.adcs",
    "cmdlets.binding",
    "cmdlets.csr",
    "cmdlets.loading",
    "runner.cert_steps",
    *(f"server.{name}" for name in ("chain", "content", "deployment", "keys", "saving")),
    *(f"cmdlets.{name}" for name in ("certificate", "request", "service", "topology")),
}


def loaded(folder: pathlib.Path, *steps: Any, read: list[str]) -> set[str]:
    """The modules of the lab that a call loads."""
    run = subprocess.run(
        [sys.executable, "-c", CALL, json.dumps([str(folder), steps, read])],
        env=os.environ | {"PYTHONPATH": str(COLLECTIONS)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(json.loads(run.stdout))


def test_a_call_that_reads_loads_nothing_for_others(lab: Any, ca: Any, forms: Any) -> None:
    lab.done(ca.chain_step, ca.leaf_step)
    lab.done(forms.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=forms.thumb(ca.leaf)))
    sections = [name for name in forms.ALL if name != "requests"]
    found = loaded(lab.folder.path, forms.read("C:\\ProgramData\\x.req"), read=sections)
    assert found
    assert not found & FOR_MORE
    # so that nothing is missing above
    assert loaded(lab.folder.path, forms.cmdlet("Get-CsTopology"), read=[]) & FOR_MORE == {
        "cmdlets.binding",
        "cmdlets.topology",
    }


@pytest.mark.parametrize("query", [*QUERIES.values(), *TOPOLOGY_QUERIES.values()], ids=lambda query: query[0])
def test_queries_are_bound_as_any_call(lab: Any, forms: Any, query: tuple[str, str, str]) -> None:
    name, parameter_set, switch = query
    files = FileSystem(lab.folder.server("edge1"))
    bound = bind(CMDLETS[name], {switch: forms.SWITCH} if switch else {}, files=files, secrets=Secrets())
    assert (bound.parameter_set, bound.values) == (parameter_set, {switch: True} if switch else {})
