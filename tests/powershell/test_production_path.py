# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a call in production: pywinrm, WS-Management, Ansible's bootstrap and wrapper, the script, doubles of the cmdlets."""

from __future__ import annotations

import os
import pathlib

from ansible_collections.sfb.certificates.tests.integration.conftest import Pool
from ansible_collections.sfb.certificates.tests.wire.pool import wired
from ansible_collections.sfb.certificates.tests.wire.tls import make_identity

from .servers import Lab


def test_a_call_over_winrm(lab: Lab, tmp_path: pathlib.Path) -> None:
    host = lab.host("edge1-winrm")
    home = lab.homes[host]
    environment = {
        **os.environ,
        "PATH": f"{lab.root / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PSModulePath": str(lab.root / "modules"),
        "LC_ALL": "C.UTF-8",
    }
    for name in ("keys", "pool", "identity"):
        (tmp_path / name).mkdir()
    pool = Pool(tmp_path / "pool", tmp_path / "keys")
    arguments = {"contract": 1, "store_location": "CurrentUser", "read": ["computer", "assignments", "My:full"]}
    play = [{"hosts": "edge1", "gather_facts": False, "tasks": [{"sfb.certificates.cs_invoke": arguments}]}]
    identity = make_identity(tmp_path / "identity")
    with wired(pool, {"edge1": "https+ntlm"}, identity, environments={"edge1": environment}) as servers:
        run = pool.play(play)
        assert len(servers["edge1"].calls.payloads) == 1
    assert run.rc == 0, run.output
    (row,) = run.rows
    result = row["result"]
    assert (result["contract"], result["failed_step"], result["fatal"]) == (1, None, None)
    assert [result["read"][name]["ok"] for name in ("computer", "assignments", "My")] == [True, True, True]
    assert result["read"]["computer"]["module"] == "SkypeForBusiness"
    assert lab.leftovers() == []
