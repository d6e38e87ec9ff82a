# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of all modules, read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from .documentation import COLLECTION, MODULES, ORDINARY, ROOT, RUNNER


@pytest.fixture(scope="module")
def docs() -> dict[str, dict[str, Any]]:
    """What ansible-doc knows of each module, fragments merged."""
    names = [f"{COLLECTION}.{name}" for name in [*MODULES, *ORDINARY, RUNNER]]
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--json", "--type", "module", *names],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(found) == sorted(names), done.stderr
    return {name.rsplit(".", 1)[1]: entry for name, entry in found.items()}
