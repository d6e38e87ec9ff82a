# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation as web pages, in ``.cache/docsite``: guides from the Markdown of the repository, reference from the plugins.

Markdown files keep their places relative to each other, so that their links lead to the same pages here and there. Any
warning of antsibull-docs or Sphinx is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SITE = _ROOT / ".cache" / "docsite"
_SOURCE, _PAGES = _SITE / "source", _SITE / "html"
#: Texts that are pages, and what they show. Folders of roles are named, for tests/output may hold a copy of everything.
_TEXTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.rst",
    "docs/*.md",
    "docs/guides/*.md",
    "docs/reference/*.md",
    "docs/images/*",
    "roles/*/README.md",
)


def gather() -> None:
    """Copies settings and texts to where Sphinx reads them."""
    shutil.rmtree(_SOURCE, ignore_errors=True)
    reference = _SOURCE / "reference"
    reference.mkdir(parents=True)
    reference.chmod(0o755)  # antsibull-docs writes into no folder that others may write into
    for name in ("conf.py", "index.md"):
        shutil.copy(_ROOT / "docs" / "docsite" / name, _SOURCE)
    for pattern in _TEXTS:
        for path in sorted(_ROOT.glob(pattern)):
            target = _SOURCE / path.relative_to(_ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def call(*words: str) -> None:
    """Runs a tool of the environment; what it says is shown if it fails or warns."""
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(_ROOT / ".cache" / "collections")}
    command = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    run = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{run.stdout}{run.stderr}\n{words[0]} failed with {run.returncode}")


def main() -> None:
    """Builds the pages and says where they begin."""
    gather()
    reference = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(_SOURCE / "reference"))
    call("antsibull-docs", "collection", *reference, "sfb.certificates")
    call(
        "sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "-d", str(_SITE / "trees"), str(_SOURCE), str(_PAGES)
    )
    print(f"The pages begin at {_PAGES / 'index.html'}")


if __name__ == "__main__":
    main()
