# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible this is, and whether another one goes on. **PRIVATE** to the collection."""

from __future__ import annotations

import hashlib
import os
import pathlib
import platform

from ..module_utils._state.claim import Owner

#: States of a process in C(/proc) that does nothing any more: zombie, dead.
_ENDED = ("Z", "X", "x")


def this_run() -> Owner:
    """The run that this process works for: actions run in children of the process that the user has started."""
    process = os.getppid()
    return Owner(platform.node(), _scope(), process, _started(process))


def alive(owner: Owner) -> bool | None:
    """Whether a run goes on; None if it is, or was, on another controller."""
    if owner.scope != _scope():
        return None
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(owner.process) == owner.started


def _scope() -> str:
    """Within which process numbers mean the same: the machine since its start, and the container."""
    parts = [platform.node(), _read("/proc/sys/kernel/random/boot_id")]
    try:
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _started(process: int) -> str:
    """When a process began; empty where the system does not tell, which is taken as the same process.

    Empty, too, if it has ended and only its parent has not taken notice of that.
    """
    # the name of the program stands in parentheses and may hold anything
    fields = _read(f"/proc/{process}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in _ENDED else ""


def _read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
