# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of an emulated server: drive C: below the folder `files`, names in any case.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from .errors import PowerShellError, method_error, stop_step
from .folder import ServerFolder, is_name, write_atomically
from .values import get_text

TEMP = "C:\\Windows\\Temp"
MAXIMUM = 8 * 1024 * 1024
_PRESENT = (
    "",
    "Program Files",
    "ProgramData",
    "Users",
    "Users\\Administrator",
    "Users\\Public",
    "Windows",
    "Windows\\Temp",
)
_ILLEGAL = frozenset('<>:"|?*').union(map(chr, range(32)))
_EPOCH = 116444736000000000  # 1970-01-01 as a Windows file time (100 ns since 1601)


def _start_of(pid: int) -> int | None:
    """Start of a process as a Windows file time, None if it does not run."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:
        pass
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        lines = Path("/proc/stat").read_text().splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
    except (OSError, ValueError, StopIteration):
        return 0
    return _EPOCH + int((boot + ticks / os.sysconf("SC_CLK_TCK")) * 10**7)


def _owner_runs(pid: int, started: int) -> bool:
    """Whether the process that made a private folder still runs; the start time tells a reused id."""
    start = _start_of(pid)
    return start is not None and (start == 0 or abs(start - started) < 20_000_000)


class FileSystem:
    """Drive C: of a server and the private folder of one call (contract: Steps, `path`)."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder
        self._root = folder.files / "C"
        self._private: str | None = None

    def resolve(self, tagged: object) -> str:
        """The Windows path of a step's path field; `<tmp>/name` is in the private folder of this call."""
        path = get_text(tagged)
        if path.startswith("<tmp>/") and is_name(path[6:]):
            return f"{self._private_folder()}\\{path[6:]}"
        on_drive = path[1:2] == ":" and path[0].isascii() and path[0].isalpha()
        if not on_drive and not path.startswith(("\\", "/")):
            raise stop_step("Path", f"neither an absolute path nor a temporary file name: '{path}'")
        return path

    def _private_folder(self) -> str:
        if self._private is None:
            started = _start_of(os.getpid()) or int(time.time() * 10**7) + _EPOCH
            self._private = f"{TEMP}\\sfbcert-{os.getpid()}-{started}-{secrets.token_hex(16)}"
        return self._private

    def remove_private_folder(self) -> None:
        """Delete the private folder of this call."""
        if self._private is not None:
            self._folder.delete_tree(self._disk(self._private, "Delete", 2))
            self._private = None

    def clear_leftovers(self) -> None:
        """Remove the private folders of calls that were killed (contract: Steps)."""
        temp = self._disk(TEMP, "GetDirectories", 2)
        for path in temp.iterdir() if temp.is_dir() else ():
            found = re.fullmatch(r"sfbcert-(\d+)-(\d+)-[0-9a-f]{32}", path.name)
            if found and not _owner_runs(int(found[1]), int(found[2])):
                self._folder.delete_tree(path)

    def _disk(self, path: str, method: str, count: int) -> Path:
        """Where a Windows path lies on this disk; names are found in any case."""
        text = path.replace("/", "\\")
        drive, rest = (text[:2], text[2:]) if text[1:2] == ":" else ("C:", text)
        if text.startswith("\\\\"):
            raise method_error(method, count, "System.IO.IOException", "The network path was not found.\r\n")
        if drive.upper() != "C:":
            message = f"Could not find a part of the path '{path}'."
            raise method_error(method, count, "System.IO.DirectoryNotFoundException", message)
        if not _ILLEGAL.isdisjoint(rest):
            raise method_error(method, count, "System.ArgumentException", "Illegal characters in path.")
        if not rest.startswith("\\"):
            rest = f"\\Users\\Administrator\\{rest}"  # where a process of the lab starts
        found = self._root
        for part in rest.split("\\"):
            name = part.rstrip(". ") if part not in (".", "..") else part
            if name == "..":
                found = found.parent if found != self._root else found
            elif name not in ("", "."):
                found = _child(found, name)
        return found

    def _is_folder(self, path: Path) -> bool:
        if path.is_dir():
            return True
        inside = "\\".join(path.relative_to(self._root).parts).lower()
        if self._private and inside == self._private[3:].lower():
            return True
        return inside in [p.lower() for p in _PRESENT]

    def _need_folder(self, target: Path, path: str, method: str, count: int) -> None:
        if not self._is_folder(target.parent):
            message = f"Could not find a part of the path '{path}'."
            raise method_error(method, count, "System.IO.DirectoryNotFoundException", message)

    def write(self, path: str, data: bytes, *, replace: bool = False, make_folder: bool = False) -> None:
        """Write a file as the step `write_file` does."""
        target = self._disk(path, ".ctor", 4)
        if make_folder and not self._is_folder(target.parent):
            target.parent.mkdir(parents=True, mode=0o700)
            target.parent.chmod(0o700)
        self._need_folder(target, path, ".ctor", 4)
        if self._is_folder(target):
            message = f"Access to the path '{path}' is denied."
            raise method_error(".ctor", 4, "System.UnauthorizedAccessException", message)
        if target.exists() and not replace:
            message = f"The file '{path}' already exists."
            raise method_error(".ctor", 4, "System.IO.IOException", message, hresult="0x80070050")
        self._put(target, data)

    def _put(self, target: Path, data: bytes) -> None:
        self._folder.create()
        private = self._private and target.parent.name == self._private.rpartition("\\")[2]
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)
        write_atomically(target, data, mode=0o600 if private else 0o644)

    def overwrite(self, path: str, data: bytes, *, put: Callable[[Callable[[], None]], None]) -> None:
        """Write a file as a cmdlet does that overwrites without asking; `put` takes the writing for later."""
        target = self._disk(path, "WriteAllText", 3)
        self._need_folder(target, path, "WriteAllText", 3)
        put(functools.partial(self._put, target, data))

    def read(self, path: str, *, method: str = "ReadAllBytes") -> bytes | None:
        """The content of a file, None if there is none."""
        target = self._disk(path, method, 1)
        return target.read_bytes() if target.is_file() else None

    def exists(self, path: str) -> bool:
        """Whether there is such a file; a path that no file can have is no error, as with File.Exists."""
        try:
            return self._disk(path, "Exists", 1).is_file()
        except PowerShellError:
            return False

    def size(self, path: str) -> int:
        """Size of a file in bytes."""
        return self._disk(path, ".ctor", 1).stat().st_size

    def delete(self, path: str) -> None:
        """Delete a file; a missing one is no error, a missing folder is (powershell.md#files)."""
        target = self._disk(path, "Delete", 1)
        self._need_folder(target, path, "Delete", 1)
        if target.is_dir():
            message = f"Access to the path '{path}' is denied."
            raise method_error("Delete", 1, "System.UnauthorizedAccessException", message)
        target.unlink(missing_ok=True)


def _child(folder: Path, name: str) -> Path:
    """The entry of a folder with this name in any case; a new one is spelled as given."""
    exact = folder / name
    if exact.exists() or not folder.is_dir():
        return exact
    return next((p for p in folder.iterdir() if p.name.lower() == name.lower()), exact)
