# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``ansible-test sanity`` on a copy of the collection.

ansible-test works only in a real folder ``.../ansible_collections/<namespace>/<name>``, takes its list of files from
git, and keeps environments in the home folder. So: a copy of what git would see, in a repository of its own, and a
home of its own, all below ``.cache/sanity``.
"""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_WORK = _ROOT / ".cache" / "sanity"
_COPY = _WORK / "ansible_collections" / "sfb" / "certificates"
_HOME = _WORK / "home"

_SKIPPED = {
    "pslint": "needs PowerShell (pwsh) with PSScriptAnalyzer, which no package index has",
}
# Folders never to be copied when there is no git to say so (a released archive).
_NOT_SOURCE = (".*", "__pycache__", "output")


def main(arguments: list[str]) -> int:
    """Copy, prepare the home, run. ``arguments`` are handed to ``ansible-test sanity``; returns its exit status."""
    environment = _environment()
    _copy_collection(environment)
    _prepare_home(environment)
    for name, reason in _SKIPPED.items():
        print(f"skipped: {name}: {reason}", flush=True)
    command = [
        sys.executable,
        str(Path(sys.executable).with_name("ansible-test")),
        "sanity",
        "--color",
        "no",
        "--truncate",
        "0",
        "--python",
        f"{sys.version_info.major}.{sys.version_info.minor}",
        *(argument for name in _SKIPPED for argument in ("--skip-test", name)),
        *arguments,
    ]
    return subprocess.run(command, cwd=_COPY, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def _environment() -> dict[str, str]:
    """Return the environment of the run: own home, no settings of the caller's Ansible, git or Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "GIT_", "XDG_")) and name != "PYTHONPATH"
    }
    return {**kept, "HOME": str(_HOME), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _copy_collection(environment: Mapping[str, str]) -> None:
    """Make ``_COPY`` an exact copy of the collection's source files, with an empty git repository around them."""
    shutil.rmtree(_COPY, ignore_errors=True)
    for name in source_files():
        target = _COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(_ROOT / name, target, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(_COPY)], env=environment, check=True)


def source_files() -> list[str]:
    """Return the files that belong to the collection, relative to its root: tracked ones and new ones not ignored."""
    if (_ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(_ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
        )
        names = sorted(set(os.fsdecode(listed.stdout).split("\0")) - {""})
        return [name for name in names if os.path.lexists(_ROOT / name)]
    found = (path.relative_to(_ROOT) for path in sorted(_ROOT.rglob("*")) if path.is_file())
    return [str(path) for path in found if not any(fnmatch(part, skip) for part in path.parts for skip in _NOT_SOURCE)]


def _prepare_home(environment: Mapping[str, str]) -> None:
    """Put pip's settings and the stand-in for get-pip.py where the processes of ansible-test look for them."""
    cache = _HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _bootstrap_versions():
        shutil.copyfile(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version.replace('.', '_')}.py")
    settings = _HOME / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    with settings.open("w", encoding="utf-8") as stream:
        _pip_settings().write(stream)


def _bootstrap_versions() -> set[str]:
    """Return the versions of pip that the installed ansible-test puts into its environments."""
    package = importlib.util.find_spec("ansible_test")
    if package is None or package.origin is None:
        sys.exit("sanity.py: ansible-core is not installed here: run it by `make sanity`")
    source = Path(package.origin).parent / "_internal" / "python_requirements.py"
    versions = set(re.findall(r"\bpip='([0-9.]+)'", source.read_text(encoding="utf-8")))
    if not versions:
        sys.exit(f"sanity.py: no version of pip found in {source}: adapt _bootstrap_versions to this ansible-core")
    return versions


def _pip_settings() -> configparser.RawConfigParser:
    """Return pip's settings of the caller as one file: ansible-test passes on neither PIP_* nor the proxy."""
    settings = configparser.RawConfigParser()
    settings.add_section("global")
    pip = [sys.executable, "-m", "pip"]
    cache = subprocess.run([*pip, "cache", "dir"], capture_output=True, text=True, check=False)
    if cache.returncode == 0:
        settings.set("global", "cache-dir", cache.stdout.strip())
    if proxy := os.environ.get("HTTPS_PROXY", os.environ.get("https_proxy")):
        settings.set("global", "proxy", proxy)
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True)
    # lines such as global.cert='/etc/ssl/cert.pem' and :env:.index-url='https://...'; the last setting wins
    lines = [re.fullmatch(r"(global|install|:env:)\.([a-z-]+)='(.*)'", line) for line in listed.stdout.splitlines()]
    order = ("global", "install", ":env:")
    for found in sorted((line for line in lines if line), key=lambda line: order.index(line[1])):
        settings.set("global", found[2], found[3])
    settings.set("global", "quiet", "2")
    return settings


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
