# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service hands command line and input to a program as they came.

The program is a stand-in for PowerShell here, which keeps both and has the emulator answer; tests/powershell has the real one.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import sys

from ..integration.conftest import REPOSITORY, Pool
from .pool import wired
from .tls import Identity

_STAND_IN = """\
#!{python}
import json, pathlib, sys
sys.path.insert(0, {collections!r})
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.payload import decode_payload
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
data = sys.stdin.buffer.read()
kept = pathlib.Path({kept!r})
(kept / "input").write_bytes(data)
(kept / "words").write_text(json.dumps(sys.argv[1:]))
pool = PoolDescription(pool_fqdn="edge-site1.example.com", fqdn="edge1.example.com")
result = run_contract(decode_payload(data).module_args, pool, LabFolder({lab!r}), "edge1")
print(json.dumps(result))
"""


def test_command_line_and_input_reach_a_program(pool: Pool, identity: Identity, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    text = _STAND_IN.format(
        python=sys.executable,
        collections=str(REPOSITORY / ".cache" / "collections"),
        kept=str(tmp_path),
        lab=str(pool.lab),
    )
    (folder / "PowerShell").write_text(text)
    (folder / "PowerShell").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "SFB_LAB_KEY_POOL": str(pool.key_pool)}
    with wired(pool, {"edge1": "https+basic"}, identity, environments={"edge1": environment}) as servers:
        run = pool.tasks(
            {"cs_certificate_chain": {"path": str(pool.chain)}, "register": "chain"},
            {"cs_certificate_info": {"type": ["Internal"]}},
        )
        sent, line = servers["edge1"].calls.payloads[-1], servers["edge1"].calls.lines[-1]
    assert run.rc == 0, run.output
    assert (run.result("task 1")["changed"], run.result("task 2")["computer"]["fqdn"]) == (True, "edge1.example.com")
    assert (tmp_path / "input").read_bytes() == sent
    words = json.loads((tmp_path / "words").read_text())
    assert ["PowerShell", *words] == line.split()
    assert "$input" in base64.b64decode(words[-1]).decode("utf-16-le") or len(words[-1]) > 1000


def test_a_program_that_is_not_there_is_told(pool: Pool, identity: Identity, tmp_path: pathlib.Path) -> None:
    with wired(pool, {"edge1": "https+basic"}, identity, environments={"edge1": {"PATH": str(tmp_path)}}):
        run = pool.tasks({"cs_certificate_info": {}})
    assert run.rc != 0
    assert "\n" not in run.message("edge1").strip()
