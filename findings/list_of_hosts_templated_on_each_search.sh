#!/usr/bin/env bash
# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-core 2.19.11. A template that asks whether something is in a list takes all items of the list through the templating
# first, those that are no templates, too, and does so at each question anew, wherever in the list the answer lies; and a filter that
# Jinja evaluates lazily is evaluated to its end. The customary way to take the first server of a group that has not failed,
# groups[name] | select('in', ansible_play_hosts) | first, reads as one search that ends at once, and visits each item for each
# server: 160,000 steps for 400 servers, about half a second in each task on each of them.
#
# Printed: steps of Ansible's templating for a list of 100 and of 400 names.
#   in: 101, 401
#   select: 10202, 160802
#   intersect: 202, 802
# What helps: intersect, or to look at the first items before the list is searched.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ansible-core==2.19.11
cat >"$work/count.py" <<'PYTHON'
import sys

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

EXPRESSIONS = {"in": "'h0' in names", "select": "names | select('in', names) | first", "intersect": "names | intersect(names) | first"}


def steps(expression, size):
    """How often the templating is asked for an item of a list."""
    templar = Templar(DataLoader(), variables={"names": [f"h{number}" for number in range(size)]})
    template = trust_as_template("{{ " + expression + " }}")
    templar.template(template)  # loads what it needs
    count = 0

    def profile(frame, event, _argument):
        nonlocal count
        count += event == "call" and frame.f_code.co_name == "_proxy_or_render_lazy_value"

    sys.setprofile(profile)
    templar.template(template)
    sys.setprofile(None)
    return count


found = {name: [steps(text, size) for size in (100, 400)] for name, text in EXPRESSIONS.items()}
for name, counts in found.items():
    print(f"{name}: {counts[0]}, {counts[1]}")
sys.exit(found != {"in": [101, 401], "select": [10202, 160802], "intersect": [202, 802]})
PYTHON
LC_ALL=C.UTF-8 "$work/venv/bin/python" "$work/count.py"
