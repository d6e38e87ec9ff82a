# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of Ansible on emulated servers, with what they cost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import pools
from .figures import EMPTY, NOTHING, OURS, Results, Spent

REPOSITORY = Path(__file__).resolve().parents[2]
_ANSIBLE = REPOSITORY / "tests" / "scale" / "ansible"
_BIN = Path(sys.executable).parent
_COLLECTION = Path("ansible_collections") / "sfb" / "certificates"
_LAB = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command"
#: What makes the certificates of the first servers.
_SEEDING = ("edge_internal", "edge_external")
#: A report that is written has a new date each time.
_OPTIONS: Mapping[str, Sequence[str]] = {"report": ("--extra-vars", '{"estate_report_formats": []}')}
_RECAP = re.compile(r"(?m)^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class ScaleError(Exception):
    """Nothing can be measured; the text says why."""


@dataclass(frozen=True)
class Version:
    """The collection as it is, or was.

    :ivar collections: the folder that Ansible looks for collections in.
    """

    name: str
    collections: Path

    @classmethod
    def ours(cls) -> Version:
        """What is in the checkout."""
        return cls(OURS, REPOSITORY / ".cache" / "collections")

    @classmethod
    def of_commit(cls, commit: str) -> Version:
        """What was committed, in a folder of its own, which is kept.

        :raises ScaleError: there is no such commit.
        """
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
        if found.returncode:
            raise ScaleError(f"there is no commit '{commit}' here; a shallow clone needs git fetch --unshallow first")
        digest = found.stdout.decode("ascii").strip()
        short = _git("rev-parse", "--short", digest).stdout.decode("ascii").strip()
        work = REPOSITORY / ".cache" / "scale"
        target = work / digest
        if not target.exists():
            work.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=work) as name:
                archive, new = Path(name) / "archive.zip", Path(name) / "collections"
                made = _git("archive", "--format=zip", f"--output={archive}", digest)
                if made.returncode:
                    raise ScaleError(f"git archive {commit}: {made.stderr.decode(errors='replace').strip()}")
                with zipfile.ZipFile(archive) as content:
                    content.extractall(new / _COLLECTION)
                # last: what is there is complete
                new.rename(target)
        return cls(short, target)


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=False)


class Estate:
    """Emulated servers of a version in a folder of their own.

    :ivar servers: how many there are.
    """

    def __init__(self, version: Version, folder: Path, servers: int, pool_size: int = 0) -> None:
        self.version, self.folder, self.servers = version, folder, servers
        self.lab = folder / "lab"
        self.inventory = folder / "inventory.yml"
        folder.mkdir(mode=0o700)
        self.inventory.write_text(pools.inventory(self.lab, servers, pool_size), encoding="utf-8")

    @classmethod
    def seed(cls, version: Version, folder: Path) -> Estate:
        """A pool of two servers, whose certificates the playbooks of that version make.

        :raises ScaleError: they cannot.
        """
        estate = cls(version, folder, pools.SEED_SERVERS)
        run = subprocess.run(
            [sys.executable, "-m", _LAB, "--lab", str(estate.lab), "init"],
            env={**_environment(version), "PYTHONPATH": str(version.collections)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise ScaleError(f"{version.name}: the emulated CA cannot be made: {' '.join(run.stderr.split())}")
        for playbook in _SEEDING:
            estate.play(playbook, changes=True)
        return estate

    def grow(self, folder: Path, servers: int, pool_size: int = 0) -> Estate:
        """Servers in that state, more of them or fewer."""
        grown = Estate(self.version, folder, servers, pool_size)
        pools.clone_lab(self.lab, grown.lab, servers, pool_size)
        return grown

    def play(self, playbook: str, *, changes: bool = False, **settings: str) -> Spent:
        """Runs a playbook of the collection, an empty play or the yardstick.

        :param changes: it may change something.
        :param settings: further environment variables.
        :raises ScaleError: it failed, a server is missing in its recap, or it changed something.
        """
        ours = playbook in (EMPTY, NOTHING)
        name = str(_ANSIBLE / f"{playbook}.yml") if ours else f"sfb.certificates.{playbook}"
        words = [str(_BIN / "ansible-playbook"), name, "-i", str(self.inventory), *_OPTIONS.get(playbook, ())]
        log = self.folder / "output.txt"
        status, spent = spend(words, {**_environment(self.version), **settings}, self.folder, log)
        output = log.read_text(encoding="utf-8", errors="replace")
        problem = f"exit status {status}" if status else recap_problem(output, 0 if playbook == EMPTY else self.servers)
        if problem.startswith("changed") and changes:
            problem = ""
        if problem:
            last = "\n".join(output.strip().splitlines()[-25:])
            raise ScaleError(f"{playbook} of {self.version.name} on {self.servers} servers: {problem}\n{last}")
        return spent

    def results(self, playbook: str) -> Results:
        """Runs a playbook once more to count tasks and bytes of results.

        :raises ScaleError: as for `play`.
        """
        file = self.folder / "results.json"
        self.play(playbook, ANSIBLE_CALLBACKS_ENABLED="scale_results", SFB_SCALE_RESULTS=str(file))
        counted = json.loads(file.read_bytes())
        return Results(counted["tasks"] / self.servers, counted["bytes"] / self.servers)


def _environment(version: Version) -> dict[str, str]:
    """An environment without settings of the caller's Ansible and lab."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "SFB_")) and name not in ("PYTHONPATH", "FORCE_COLOR")
    }
    return kept | {
        "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(version.collections),
        "ANSIBLE_ACTION_PLUGINS": str(_ANSIBLE / "action_plugins"),
        "ANSIBLE_CALLBACK_PLUGINS": str(_ANSIBLE / "callback_plugins"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def spend(words: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> tuple[int, Spent]:
    """Runs a command to its end.

    :param log: file for its output.
    :returns: its exit status, and what it and all its children took.
    """
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        _pid, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        # not kill: Ansible ends its workers, which write into the folder that is about to be removed
        process.terminate()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def recap_problem(output: str, servers: int) -> str:
    """What the recap of a run says that it must not, empty if there is no such thing.

    :param servers: how many must be in it.
    """
    rows = _RECAP.findall(output.rpartition("\nPLAY RECAP ")[2])
    if len(rows) != servers:
        return f"{len(rows)} servers in the recap instead of {servers}"
    failed = [host for host, _changed, unreachable, failures in rows if (unreachable, failures) != ("0", "0")]
    if failed:
        return f"failed on {', '.join(failed[:5])}"
    changed = [host for host, changes, *_more in rows if changes != "0"]
    return f"changed something on {', '.join(changed[:5])}" if changed else ""
