# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the integration tests with several ansible-core, each with a Python that it supports.

A selector is a series of ansible-core (``2.16``) or ``newest``, the newest that the package index has; ``2.16/3.12``
asks for a Python as well. Without that a series gets the oldest Python that it supports and that is found, ``newest``
the newest one: together they span what the collection promises. Environments are kept below ``.cache/matrix`` and
made anew only if a file of requirements, the Python or the folder has changed, or on ``--upgrade``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

_ROOT = Path(__file__).resolve().parents[2]
_WORK = _ROOT / ".cache" / "matrix"
_REQUIREMENTS = (_ROOT / "requirements.txt", _ROOT / "tests" / "pytest.txt")
_SELECTOR = re.compile(r"(newest|\d+\.\d+)(?:/(3\.\d+))?")
_PROBE = """
import sys, ensurepip, venv
print(sys.version_info.releaselevel, *sys.version_info[:3], getattr(sys, "_base_executable", sys.executable))
"""
_VERSIONS = """
import json, platform, importlib.metadata as installed
names = ("ansible-core", "jinja2", "cryptography")
print(json.dumps([installed.version(names[0]), platform.python_version(), *map(installed.version, names[1:])]))
"""
_Version = tuple[int, int]
_STALE_DAYS = 14
_OLDEST: _Version = (3, 10)  # that the collection supports


class MatrixError(Exception):
    """What the user must mend first; the text says what and how."""


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine that can make virtual environments."""

    version: tuple[int, int, int]
    path: str

    @property
    def series(self) -> _Version:
        """Major and minor version."""
        return self.version[:2]


@dataclass(frozen=True)
class Release:
    """A release of ansible-core in the package index, and the Pythons that its metadata names."""

    version: str
    pythons: tuple[_Version, ...]


@dataclass(frozen=True)
class Entry:
    """One row of the matrix."""

    selector: str
    release: Release
    python: Interpreter

    @property
    def folder(self) -> Path:
        """Where its environment is."""
        name = self.selector.partition("/")[0]
        return _WORK / f"{name}-py{''.join(map(str, self.python.series))}"

    @property
    def executable(self) -> str:
        """The Python of its environment."""
        return str(self.folder / "bin" / "python")


@dataclass(frozen=True)
class Outcome:
    """What the tests of one entry brought; C(figures) are passed, failed and skipped, or none if pytest did not get that far."""

    versions: tuple[str, ...]
    figures: tuple[int, ...]
    seconds: float
    status: int


def main(arguments: Sequence[str]) -> int:
    """Make the environments, run the tests in each, print the table.

    :returns: 0 if all tests passed in all of them, 1 if some failed, 2 if something is missing.
    """
    parser = argparse.ArgumentParser(description="Run the integration tests with several ansible-core.")
    parser.add_argument("selectors", nargs="+", metavar="SELECTOR", help="2.16, 2.16/3.12, newest, newest/3.13 ...")
    parser.add_argument("--jobs", type=int, default=2, help="tests at a time")
    parser.add_argument("--upgrade", action="store_true", help="ask the package index again and make all anew")
    parser.add_argument("--pytest", nargs=argparse.REMAINDER, default=[], help="all that follows is for pytest")
    options = parser.parse_args(arguments)
    try:
        entries = _select(options.selectors, _interpreters(), upgrade=options.upgrade)
        for entry in entries:
            _prepare(entry, upgrade=options.upgrade)
        outcomes = [_run_tests(entry, options.jobs, options.pytest) for entry in entries]
    except MatrixError as error:
        print(f"matrix.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(_table(outcomes))
    return int(any(outcome.status for outcome in outcomes))


def _select(selectors: Sequence[str], interpreters: Sequence[Interpreter], *, upgrade: bool) -> list[Entry]:
    """Return the entries of the matrix; raises MatrixError with all that is missing."""
    entries, missing = [], []
    for selector in selectors:
        parts = _SELECTOR.fullmatch(selector)
        if parts is None:
            raise MatrixError(f"'{selector}' is no selector: 2.16, newest, or with a Python 2.16/3.12 are")
        release = _release(parts[1], upgrade=upgrade)
        asked = [_version(parts[2])] if parts[2] else list(release.pythons)
        if not set(asked) <= set(release.pythons):
            raise MatrixError(
                f"{selector}: ansible-core {release.version} does not support this Python, but {_listed(release.pythons)}"
            )
        fitting = sorted((found for found in interpreters if found.series in asked), key=lambda found: found.version)
        if fitting:
            entries.append(Entry(selector, release, fitting[-1 if parts[1] == "newest" else 0]))
        else:
            missing.append(f"ansible-core {release.version} needs Python {_listed(asked)}")
    if missing:
        found = _listed([interpreter.series for interpreter in interpreters], "and")
        raise MatrixError(
            f"{'; '.join(missing)}; found on PATH and in pyenv: {found}. "
            "Install one (pyenv install, your system's packages) or choose others with MATRIX='2.16 2.19 newest'"
        )
    return entries


def _version(text: str) -> _Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _listed(versions: Sequence[_Version], conjunction: str = "or") -> str:
    names = [".".join(map(str, version)) for version in sorted(versions)] or ["none"]
    return f" {conjunction} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _interpreters() -> list[Interpreter]:
    """Return the Pythons of this machine, one of each series: the newest with venv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [
        sys.executable,
        *filter(None, (shutil.which(f"python3.{minor}") for minor in range(10, 30))),
        *map(str, pyenv.glob("versions/3.*/bin/python")),
    ]
    found: dict[_Version, Interpreter] = {}
    for candidate in candidates:
        status, told = _run([candidate, "-c", _PROBE])
        level, *words = told.strip().split(" ", 4)
        if status or level != "final":
            continue
        major, minor, micro = map(int, words[:3])
        if (major, minor) < _OLDEST:
            continue
        interpreter = Interpreter((major, minor, micro), words[3])
        if interpreter.version > found.get(interpreter.series, Interpreter((0, 0, 0), "")).version:
            found[interpreter.series] = interpreter
    return list(found.values())


def _release(series: str, *, upgrade: bool) -> Release:
    """Return the newest release of a series; the index is asked once for each state of the requirements, for tests run offline too."""
    kept = _WORK / f"{series}.json"
    digest = _digest()
    if kept.exists() and not upgrade:
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["digest"] == digest:
            days = (time.time() - kept.stat().st_mtime) / 86400
            if days > _STALE_DAYS:
                print(f"{series}: the package index was asked {days:.0f} days ago; UPGRADE=1 asks again")
            return Release(known["version"], tuple(tuple(python) for python in known["pythons"]))
    requirement = "ansible-core" if series == "newest" else f"ansible-core=={series}.*"
    options = ("--dry-run", "--no-deps", "--ignore-installed", "--ignore-requires-python", "--report", "-")
    told = _pip(sys.executable, "install", *options, requirement)
    (metadata,) = (item["metadata"] for item in json.loads(told)["install"])
    pythons = re.findall(r"Python :: (3\.\d+)$", "\n".join(metadata.get("classifier", ())), re.MULTILINE)
    release = Release(metadata["version"], tuple(sorted(_version(python) for python in pythons)))
    _WORK.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"digest": digest, **asdict(release)}), encoding="utf-8")
    return release


def _digest(*more: str) -> str:
    texts = [path.read_text(encoding="utf-8") for path in _REQUIREMENTS]
    return hashlib.sha256("\0".join([*texts, *more]).encode()).hexdigest()


def _prepare(entry: Entry, *, upgrade: bool) -> None:
    """Make the environment of an entry unless it is there and as wanted."""
    stamp = entry.folder / "made"
    wanted = _digest(
        str(entry.folder), entry.release.version, ".".join(map(str, entry.python.version)), entry.python.path
    )
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted and not upgrade:
        return
    print(f"== {entry.folder.name}: ansible-core {entry.release.version}, {entry.python.path}", flush=True)
    shutil.rmtree(entry.folder, ignore_errors=True)
    status, told = _run([entry.python.path, "-m", "venv", str(entry.folder)])
    if status:
        raise MatrixError(f"{entry.python.path} -m venv {entry.folder}: {' '.join(told.split())}")
    files = [word for path in _REQUIREMENTS for word in ("-r", str(path))]
    _pip(entry.executable, "install", f"ansible-core=={entry.release.version}", *files)
    stamp.write_text(wanted, encoding="ascii")  # last: a half-made environment has none


def _pip(python: str, *arguments: str) -> str:
    """Run pip and return its output; raises MatrixError with the first of its errors."""
    status, told = _run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])
    if status:
        lines = told.strip().splitlines() or ["it says nothing"]
        error = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        error = re.sub(r" \(from versions: [^)]*\)", "", error)  # a thousand and one
        raise MatrixError(f"{python} -m pip {arguments[0]} {arguments[-1]}: {error}")
    return told


def _run(command: Sequence[str]) -> tuple[int, str]:
    """Run a command; return its exit status, and its output or what it says when it fails."""
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, env=_environment(), stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        return 127, str(error)
    return run.returncode, run.stderr + run.stdout if run.returncode else run.stdout


def _environment(folder: Path | None = None) -> dict[str, str]:
    """Return an environment without settings of the caller's Ansible and Python, with that of a folder first in PATH."""
    foreign = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_") and name not in foreign
    }
    if folder is None:
        return kept
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "ANSIBLE_CONFIG": str(_ROOT / "ansible.cfg")}


def _run_tests(entry: Entry, jobs: int, arguments: Sequence[str]) -> Outcome:
    """Run the integration tests in the environment of an entry."""
    status, told = _run([entry.executable, "-c", _VERSIONS])
    if status:
        raise MatrixError(f"the environment {entry.folder} is broken: make it anew with UPGRADE=1")
    versions: tuple[str, ...] = tuple(json.loads(told))
    print(f"== ansible-core {versions[0]}, Python {versions[1]}", flush=True)
    results = entry.folder / "results.xml"
    results.unlink(missing_ok=True)
    words = ["-n", str(jobs), f"--junitxml={results}", "-o", f"cache_dir={entry.folder / 'pytest'}"]
    if not any(argument.startswith("tests/") for argument in arguments):
        words.append("tests/integration")
    begun = time.monotonic()
    run = subprocess.run(
        [entry.executable, "-m", "pytest", *words, *arguments],
        cwd=_ROOT,
        env=_environment(entry.folder),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Outcome(versions, _figures(results), time.monotonic() - begun, run.returncode)


def _figures(results: Path) -> tuple[int, ...]:
    """Return passed, failed and skipped of a JUnit file; nothing if there is none."""
    if not results.exists():
        return ()
    suites = list(ElementTree.parse(results).getroot().iter("testsuite"))
    tests, errors, failures, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "errors", "failures", "skipped")
    )
    return tests - errors - failures - skipped, errors + failures, skipped


def _table(outcomes: Sequence[Outcome]) -> str:
    """Return the table of all entries."""
    rows: list[tuple[str, ...]] = [
        ("ansible-core", "Python", "Jinja2", "cryptography", "passed", "failed", "skipped", "seconds", "")
    ]
    for outcome in outcomes:
        figures = [str(figure) for figure in outcome.figures] or ["-"] * 3
        verdict = "ok" if outcome.status == 0 else f"FAILED (pytest: {outcome.status})"
        rows.append((*outcome.versions, *figures, f"{outcome.seconds:.0f}", verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
