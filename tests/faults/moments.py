# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments of a run: copies of all that it has on its disks, taken right before and right after each of its remote calls.

A run that is killed leaves what is on the disks then, and nothing else: no handler runs, and a claim is that of a process that
is no more. So, once the run has ended, such a copy is what it would have left if it had been killed there.
"""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import stat
import time
from dataclasses import dataclass

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError

#: In the folder of a pool, what tells moments apart for nobody: the tests' own files, which no run reads, and the temporary
#: folders of Ansible, with random names, in which a run finds nothing of an earlier one. Whether keys leak there is judged apart.
_NOBODYS = ("inventory.yml", "rows.jsonl", "lab/journal.jsonl", "ansible-tmp")
#: How often, and after how many seconds, a folder is copied again that was changed meanwhile.
_TRIES, _PAUSE = 100, 0.05


@dataclass(frozen=True)
class Moment:
    """What was on the disks then.

    :ivar number: of the remote call, from 1.
    :ivar kind: C(before) the call reached the server, or C(after) it was answered.
    :ivar folder: with a copy of the folder of the pool (C(pool)), and of what had become of the servers until then.
    """

    number: int
    kind: str
    folder: pathlib.Path

    @property
    def pool(self) -> pathlib.Path:
        """The copy of the folder of the pool."""
        return self.folder / "pool"


def keep(run: pathlib.Path, number: int, kind: str, source: pathlib.Path) -> None:
    """Keeps a moment in the folder of a run; private keys are in it, so that nobody else may read it.

    :param source: the folder of the pool.
    :raises LabError: it was changed again and again meanwhile, or cannot be read.
    """
    folder = run / "moments" / f"{number:04}-{kind}"
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    copy_at_rest(source, folder / "pool")
    events = run.parent / "events.jsonl"
    if events.exists():
        shutil.copy2(events, folder)


def kept(run: pathlib.Path) -> list[Moment]:
    """The moments of a run, in order."""
    found = []
    for folder in (run / "moments").glob("*-*"):
        number, _dash, kind = folder.name.partition("-")
        found.append(Moment(int(number), kind, folder))
    return sorted(found, key=lambda moment: (moment.number, moment.kind == "after"))


def copy_at_rest(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copies a folder in which others make, replace and delete files; the copy is as all of it was at one time.

    If anything vanishes or is written meanwhile, it is copied anew.

    :raises LabError: so it was each time, or it cannot be read.
    """
    why = "it is changed all the time"
    for _try in range(_TRIES):
        try:
            before = _written(source)
            shutil.copytree(source, target, symlinks=True)
            if _written(source) == before:
                return
        except OSError as error:
            why = " ".join(str(error).split())
        shutil.rmtree(target, ignore_errors=True)
        time.sleep(_PAUSE)
    raise LabError(f"{source} cannot be copied: {why}")


def _written(folder: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """Everything in a folder, with what is another one after it was written."""
    return {
        str(path): (found.st_ino, found.st_size, found.st_ctime_ns)
        for path in (folder, *folder.rglob("*"))
        for found in (path.lstat(),)
    }


def disks(pool: pathlib.Path) -> str:
    """A hash over what the next run can find: names, modes and contents of all files but L{_NOBODYS}."""
    total = hashlib.sha256()
    for path in sorted(pool.rglob("*")):
        name = path.relative_to(pool)
        if not any(name.is_relative_to(other) for other in _NOBODYS):
            content = path.read_bytes() if path.is_file() else b""
            total.update(
                repr((str(name), stat.S_IFMT(path.stat().st_mode), stat.S_IMODE(path.stat().st_mode), content)).encode()
            )
    return total.hexdigest()
