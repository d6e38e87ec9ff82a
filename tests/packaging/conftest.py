# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as it is released: built from a copy of what git would see."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
from ansible_collections.sfb.certificates.tests.tools.sanity import source_files

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
#: Runs a command, which must succeed, in a folder; gives its output.
Run = Callable[..., str]


@pytest.fixture(scope="session")
def clean() -> dict[str, str]:
    """The environment without what the checkout or the caller says of Ansible and Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "SFB_", "PYTHON"))}
    return kept | {"LC_ALL": "C.UTF-8", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}


@pytest.fixture(scope="session")
def run(clean: dict[str, str]) -> Run:
    """Runs a command line tool."""

    def runs(*words: str | pathlib.Path, cwd: pathlib.Path, **environment: str) -> str:
        done = subprocess.run(
            [str(word) for word in words],
            env=clean | environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return runs


@pytest.fixture(scope="session")
def tarball(run: Run, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The collection as Galaxy gets it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in source_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, source / name, follow_symlinks=False)
    run("ansible-galaxy", "collection", "build", "--output-path", target, cwd=source, HOME=str(target))
    (built,) = target.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def home(run: Run, tarball: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A home folder with the collection installed from the tarball."""
    folder = tmp_path_factory.mktemp("home")
    run("ansible-galaxy", "collection", "install", "--offline", tarball, cwd=folder, HOME=str(folder))
    return folder
