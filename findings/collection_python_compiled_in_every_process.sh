#!/usr/bin/env bash
# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-core 2.19.11. The Python of a collection is compiled from its source in every process that imports it: Ansible's loader of
# collections neither reads nor writes bytecode, so that no __pycache__ ever helps. As each task forks a worker for each host, a
# module_utils file that an action imports only when it runs is compiled once for each host and task, and in each run again. A module
# that lies on Python's own path is compiled once for all.
#
# Printed: how often each of two files is compiled in two runs of a playbook with one task on four hosts.
#   in the collection: 4, then 4
#   on Python's path:  1, then 0
# What helps: to import at the head of an action plugin, which the strategy loads before it forks.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ansible-core==2.19.11

collection=$work/collections/ansible_collections/example/late
mkdir -p "$collection/plugins/action" "$collection/plugins/modules" "$collection/plugins/module_utils" "$work/path"
echo 'VALUE = 1' >"$collection/plugins/module_utils/collected.py"
echo 'VALUE = 1' >"$work/path/plain.py"
cat >"$collection/plugins/action/use.py" <<'PYTHON'
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        from ansible_collections.example.late.plugins.module_utils import collected
        import plain
        return {"changed": False, "sum": collected.VALUE + plain.VALUE}
PYTHON
touch "$collection/plugins/modules/use.py"
# Python tells each compilation of a source to an audit hook
cat >"$work/path/sitecustomize.py" <<'PYTHON'
import os
import sys


def note(event, arguments):
    if event == "compile":
        name = os.path.basename(str(arguments[1]))
        if name in ("collected.py", "plain.py"):
            with open(os.environ["COMPILED"], "a") as file:
                file.write(name + "\n")


sys.addaudithook(note)
PYTHON
cat >"$work/play.yml" <<'YAML'
- hosts: all
  gather_facts: false
  tasks:
    - example.late.use:
YAML

export ANSIBLE_COLLECTIONS_PATH=$work/collections PYTHONPATH=$work/path ANSIBLE_FORKS=1 ANSIBLE_HOME=$work/home LC_ALL=C.UTF-8
unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX
counted() { grep -c "^$1$" "$work/run$2" || true; }
for run in 1 2; do
    touch "$work/run$run"
    COMPILED=$work/run$run "$work/venv/bin/ansible-playbook" -i a,b,c,d, -c local "$work/play.yml" >"$work/log" || { cat "$work/log"; exit 1; }
done
collected="$(counted collected.py 1), then $(counted collected.py 2)"
plain="$(counted plain.py 1), then $(counted plain.py 2)"
echo "in the collection: $collected"
echo "on Python's path:  $plain"
[[ $collected == "4, then 4" && $plain == "1, then 0" ]]
