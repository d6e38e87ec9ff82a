# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make scale` measures what it says, on few servers; its conclusions are tested in tests/unit/scale."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest
from ansible_collections.sfb.certificates.tests.scale import run

from .conftest import BIN, REPOSITORY

PLAY = """\
- name: Results
  hosts: all
  gather_facts: false
  tasks:
    - name: Result of a thousand bytes that no callback is to see
      ansible.builtin.set_fact:
        text: "{{ 'x' * 1000 }}"
      no_log: true

    - name: One result in all
      ansible.builtin.debug:
        msg: ""
      loop: [1, 2]

    - name: Another one
      ansible.builtin.debug:
        msg: ""
      when: false
"""


def test_results_are_counted_even_if_they_are_hidden(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    environment = os.environ | {
        "ANSIBLE_CALLBACK_PLUGINS": str(REPOSITORY / "tests" / "scale" / "ansible" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "scale_results",
        "SFB_SCALE_RESULTS": str(tmp_path / "results.json"),
    }
    words = [str(BIN / "ansible-playbook"), "play.yml", "-i", "one,two,"]
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL)
    counted = json.loads((tmp_path / "results.json").read_text())
    assert counted["tasks"] == 2 * 3
    assert 2 * 1000 < counted["bytes"] < 2 * 2000


@pytest.mark.slow
def test_a_rerun_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--sizes", "1,3", "--playbooks", "edge_internal", "--rounds", "1", "--roots", "3"]
    assert run.main(words) == 0
    output, progress = capsys.readouterr()
    rows = re.findall(r"(?m)^edge_internal +(\d+) +(-|[\d.]+ x) +(\d+) MB +([\d.]+) +([\d.]+) KB +([\d.]+) KB$", output)
    assert [int(row[0]) for row in rows] == [1, 3]
    # what so few servers cost can be less than the noise
    for _servers, _cost, megabytes, tasks, size, rooted in rows:
        assert 20 < float(megabytes) < 1000
        assert float(tasks) > 3
        assert 0 < float(size) < float(rooted)
    assert "round 1 of 1, run 6 of 6: edge_internal, ours, 3 servers" in progress
