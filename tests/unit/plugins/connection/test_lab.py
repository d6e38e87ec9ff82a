# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection plugin in a real run of ansible-playbook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import journal
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import errors
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import SWITCHES

COLLECTIONS = Path(errors.__file__).parents[7]
SECRET = "Become-Secret-4410"
SERVER = """
edge:
  hosts:
    edge1:
    edge2:
      sfb_lab_fqdn: other.example.test
      sfb_lab_sip_domains: [example.test, example.org]
      sfb_lab_product: '2013'
      sfb_lab_domain: example.test
      sfb_lab_elevated: false
      sfb_lab_clock_offset: 315360000
      sfb_lab_access_edge_fqdn: sip.example.test
    gone:
      sfb_lab_unreachable: true
    cut:
      sfb_lab_interrupt_after: 1
    odd:
      sfb_lab_switches: {staged_rows: old}
    poolless:
      sfb_lab_pool_fqdn: edgepool
  vars:
    ansible_connection: sfb.certificates.lab
    sfb_lab_pool_fqdn: edgepool.example.test
"""
TASKS = """
- hosts: edge
  gather_facts: false
  ignore_errors: true
  ignore_unreachable: true
  tasks:
    - sfb.certificates.cs_invoke: {contract: 1, steps: [], read: [computer, topology]}
      register: plain
    - sfb.certificates.cs_invoke:
        contract: 1
        steps:
          - op: cert_import
            data: AAAA
            password: "={{ lookup('ansible.builtin.env', 'LAB_SECRET') }}"
            stores: {}
      register: secret
    - sfb.certificates.cs_invoke:
        contract: 1
        steps: [{op: write_file, path: '=C:\\ProgramData\\a.txt', data: YQ==}]
      register: write
      check_mode: true
    - sfb.certificates.cs_invoke:
        contract: 1
        steps:
          - {op: write_file, path: '=C:\\ProgramData\\a.txt', data: YQ==}
          - {op: delete_file, path: '=C:\\ProgramData\\a.txt'}
      register: cut
- hosts: edge1
  gather_facts: false
  ignore_errors: true
  tasks:
    - sfb.certificates.cs_invoke: {contract: 1, read: [computer]}
      register: become
      become: true
      become_method: ansible.builtin.runas
      become_user: EXAMPLE\\admin
      vars:
        ansible_become_password: "{{ lookup('ansible.builtin.env', 'LAB_SECRET') }}"
    - sfb.certificates.cs_invoke: {contract: 1}
      register: later
      async: 5
      poll: 1
    - sfb.certificates.cs_invoke: {contract: 1, read: [computer]}
      register: delegated
      delegate_to: edge2
    - ansible.builtin.raw: whoami
      register: raw
    - ansible.builtin.ping:
      register: ping
      vars:
        ansible_python_interpreter: python3
    - ansible.builtin.copy: {content: x, dest: 'C:\\x'}
      register: copy
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/results.json"
        mode: '0600'
        content: >-
          {% set found = {} %}{% for host in groups['edge'] %}{{ found.update({host: {}}) }}
          {% for name in ['plain', 'secret', 'write', 'cut', 'become', 'later', 'delegated', 'raw', 'ping', 'copy'] %}
          {{ found[host].update({name: hostvars[host][name] | default({})}) }}{% endfor %}{% endfor %}
          RESULTS{{ found | to_json }}
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One run of all tasks: results by host and task, output, lab folder."""
    folder = tmp_path_factory.mktemp("play")
    (folder / "inventory.yml").write_text(SERVER)
    (folder / "play.yml").write_text(TASKS)
    (folder / "ansible.cfg").write_text("")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "LAB_SECRET": SECRET,
        "SFB_LAB_PATH": str(folder / "lab"),
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.yml", "play.yml", "-vvvv"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    results = folder / "results.json"
    assert results.exists(), done.stdout + done.stderr
    return SimpleNamespace(
        results=json.loads(results.read_text().rpartition("RESULTS")[2]),
        output=done.stdout + done.stderr,
        lab=LabFolder(folder / "lab"),
        folder=folder,
    )


def message(result: dict[str, Any]) -> str:
    text: str = result["msg"]
    assert "\n" not in text
    return text


def test_every_switch_is_documented() -> None:
    text = (Path(errors.__file__).parents[3] / "connection/lab.py").read_text()
    listed = text.partition("  switches:\n")[2].partition("    type: dict")[0]
    documented = set(re.findall(r"C\(([a-z0-9_]+)\)", listed))
    assert documented == set(SWITCHES)


def test_answer(played: SimpleNamespace) -> None:
    read = played.results["edge1"]["plain"]["read"]
    assert (read["computer"]["fqdn"], read["computer"]["module"]) == ("edge1.example.test", "SkypeForBusiness")
    assert played.results["edge1"]["plain"]["changed"] is False


def test_inventory_variables(played: SimpleNamespace) -> None:
    read = played.results["edge2"]["plain"]["read"]
    computer = read["computer"]
    assert (computer["fqdn"], computer["module"], computer["domain"], computer["elevated"]) == (
        "other.example.test", "Lync", "example.test", False,
    )  # fmt: skip
    assert int(computer["time"][:4]) - int(played.results["edge1"]["plain"]["read"]["computer"]["time"][:4]) in (9, 10)
    assert read["topology"]["edge"]["output"][0]["AccessEdgeExternalFqdn"] == "sip.example.test"
    assert [d["Name"] for d in read["topology"]["sip_domains"]["output"]] == ["example.test", "example.org"]


def test_errors_come_as_results(played: SimpleNamespace) -> None:
    assert played.results["edge1"]["secret"]["failed_step"] == 0
    assert played.results["edge1"]["write"]["steps"][0]["errors"][0]["id"] == "CsInvoke.CheckMode"


def test_unreachable(played: SimpleNamespace) -> None:
    result = played.results["gone"]["plain"]
    assert result["unreachable"] is True
    assert "does not answer" in message(result)


def test_interruption(played: SimpleNamespace) -> None:
    result = played.results["cut"]["cut"]
    assert result["unreachable"] is True
    assert "cut after step 1" in message(result)
    assert (played.lab.server("cut").files / "C/ProgramData/a.txt").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("host", "task", "part"),
    [
        ("odd", "plain", "unknown switch 'staged_rows'; did you mean staged_row?"),
        ("poolless", "plain", "'edgepool' is no fully qualified name"),
        ("edge1", "later", "not with async"),
        ("edge1", "raw", "the lab emulates only the module sfb.certificates.cs_invoke"),
        ("edge1", "ping", "the lab emulates only the module sfb.certificates.cs_invoke"),
        ("edge1", "copy", "the lab emulates only the module sfb.certificates.cs_invoke"),
    ],
)
def test_refused(played: SimpleNamespace, host: str, task: str, part: str) -> None:
    assert played.results[host][task]["failed"] is True
    assert part in message(played.results[host][task])
    assert "Traceback" not in played.output


def test_delegation(played: SimpleNamespace) -> None:
    """A task that is delegated reads the other server."""
    assert played.results["edge1"]["delegated"]["read"]["computer"]["fqdn"] == "other.example.test"
    assert [call["host"] for call in journal.read(played.lab)][-1] == "edge2"


def test_become_is_noted(played: SimpleNamespace) -> None:
    assert played.results["edge1"]["become"]["read"]["computer"]["ok"] is True
    users = [call["become_user"] for call in journal.read(played.lab) if call["host"] == "edge1"]
    assert users == [None, None, None, None, "EXAMPLE\\admin"]


def test_secrets_are_nowhere(played: SimpleNamespace) -> None:
    assert SECRET not in played.output
    for path in played.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
