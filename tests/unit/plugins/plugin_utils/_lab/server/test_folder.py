# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab on disk: kills, forks, the journal."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import journal
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import write_atomically

_CALL = """
    import json, sys
    from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
    from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
    from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
    steps = json.loads(sys.stdin.read())
    pool = PoolDescription(pool_fqdn="edgepool.example.test", fqdn="edge1.example.test")
    result = run_contract({"contract": 1, "steps": steps}, pool, LabFolder(sys.argv[1]), "edge1")
    sys.exit(0 if result["failed_step"] is None and result["fatal"] is None else 1)
"""


def _start(lab: Any, steps: list[dict[str, Any]]) -> subprocess.Popen[bytes]:
    """Another process that carries out a call."""
    command = [sys.executable, "-c", textwrap.dedent(_CALL), str(lab.folder.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    process.stdin.write(json.dumps(steps).encode())
    process.stdin.close()
    return process


def test_eight_forks_on_one_server(lab: Any, forms: SimpleNamespace) -> None:
    steps = [
        forms.cmdlet(
            "Request-CsCertificate",
            New=forms.SWITCH,
            Type=["Internal"],
            KeyAlg="ECDH_P256",
            FriendlyName=f"request {n}",
            Output=f"C:\\ProgramData\\{n}.req",
        )
        for n in range(8)
    ]
    forks = [_start(lab, [step]) for step in steps]
    assert [fork.wait(60) for fork in forks] == [0] * 8
    waiting = lab.done(read=["REQUEST:full"])["read"]["REQUEST"]["certificates"]
    assert {c["friendly_name"] for c in waiting} == {f"request {n}" for n in range(8)}
    assert all("error" not in c["key"] for c in waiting)
    assert [call["number"] for call in journal.read(lab.folder)] == list(range(1, 10))


def test_a_kill_leaves_finished_steps_and_a_free_lock(lab: Any, forms: SimpleNamespace) -> None:
    steps = [forms.write("<tmp>/secret.pfx", b"x")]
    steps += [
        forms.cmdlet(
            "Request-CsCertificate", New=forms.SWITCH, Type=["Internal"], KeyAlg="ECDH_P256", Output=f"<tmp>/{n}.req"
        )
        for n in range(2000)
    ]
    server = lab.folder.server("edge1")
    with _start(lab, steps) as process:
        end = time.monotonic() + 30
        while not (server.keys.is_dir() and len(list(server.keys.iterdir())) >= 3) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    temp = server.files / "C/Windows/Temp"
    assert len(list(temp.iterdir())) == 1
    waiting = lab.done(forms.read("<tmp>/x"), read=["REQUEST:full"], lock_timeout=0)["read"]["REQUEST"]["certificates"]
    assert len(waiting) >= 2
    assert all("error" not in c["key"] for c in waiting)
    assert list(temp.iterdir()) == []
    lab.done(*forms.request(KeyAlg="ECDH_P256"), lock_timeout=0)


def test_atomic_write_leaves_nothing_on_failure(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(target, b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_keys_of_the_pool_come_in_order(lab: Any, forms: SimpleNamespace, key_pool: Path) -> None:
    lab.done(*forms.request(), *forms.request("b", KeySize=1024), *forms.request("c"), host="edge1")
    lab.done(*forms.request(), host="edge2")
    ready = [p.read_bytes() for p in sorted(key_pool.glob("*.pem"))]
    made = [p.read_bytes() for host in ("edge1", "edge2") for p in lab.folder.server(host).keys.iterdir()]
    assert sorted(ready.index(key) for key in made if key in ready) == [0, 1, 2]
    assert len(made) == 4


def test_journal_line(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    pfx = forms.b64(ca.pfx(ca.leaf, ca.leaf_key))
    arguments = {
        "contract": 1,
        "read": ["My:brief"],
        "steps": [
            ca.chain_step,
            ca.leaf_step,
            forms.write("<tmp>/x.pfx", base64.b64decode(pfx)),
            forms.write("<tmp>/x.json", b'{"a": 1}'),
            forms.write("<tmp>/y.txt", f"say {forms.SECRET}".encode()),
            forms.cmdlet("Import-CsCertificate", Path="<tmp>/none", Password=forms.SECRET),
        ],
    }
    run_contract(arguments, lab.pool("edge1"), lab.folder, "edge1", become_user="EXAMPLE\\admin")
    (call,) = journal.read(lab.folder)
    assert set(call) == {
        *("number", "time", "host", "check_mode", "become_user", "steps", "results", "failed_step", "fatal", "read"),
        "duration_ms",
    }
    assert (call["number"], call["host"], call["become_user"]) == (1, "edge1", "EXAMPLE\\admin")
    assert call["steps"][0] == ca.chain_step
    assert (call["steps"][1]["data"], call["steps"][1]["password"]) == ("********", "********")
    assert [s["data"] for s in call["steps"][2:5]] == ["********", forms.b64(b'{"a": 1}'), "********"]
    assert call["steps"][5]["parameters"]["Password"] == "********"
    assert [r["ok"] for r in call["results"]] == [True] * 5 + [False]
    assert call["results"][5]["id"] == "CsFile,Import-CsCertificate"
    assert call["failed_step"] == 5
    assert forms.SECRET not in lab.folder.journal.read_text()


def test_journal_numbers_go_on_after_long_lines(lab: Any, forms: SimpleNamespace) -> None:
    lab.done()
    lab.done(forms.write("<tmp>/x", b"a" * 300_000))
    lab.done()
    assert [call["number"] for call in journal.read(lab.folder)] == [1, 2, 3]
    assert [call["number"] for call in journal.read(lab.folder, since=2)] == [3]
    assert journal.mark(lab.folder) == 3


def test_a_damaged_journal_is_named(lab: Any) -> None:
    lab.folder.create()
    lab.folder.journal.write_text("{\n")
    with pytest.raises(LabError, match="no JSON"):
        list(journal.read(lab.folder))
