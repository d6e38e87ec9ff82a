# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab on disk: servers, keys, locks, atomic writes.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import string
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import LabError

KEY_POOL_VARIABLE = "SFB_LAB_KEY_POOL"
_NAME = frozenset(string.ascii_letters + string.digits + "._-")


def is_name(text: str) -> bool:
    """Whether a text can name a file of a lab: letters, digits, `_`, `-` and `.`, which is not the first."""
    return _NAME.issuperset(text) and text[:1] not in ("", ".")


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a kill, meets either the old or the new one."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def hold(path: Path, timeout: float | None = None) -> Iterator[bool]:
    """Hold the lock of an existing file or folder while the block runs; it ends with the process.

    Gives False if it was not free within `timeout` seconds (None: wait as long as it takes).
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if end is not None and time.monotonic() >= end:
                    yield False
                    return
                time.sleep(0.02)
        yield True
    finally:
        os.close(descriptor)


class ServerFolder:
    """The folder of one server: state, key containers, files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / "server.json"
        self.keys = path / "keys"
        self.files = path / "files"

    def create(self) -> None:
        """Make the folder; only a call that may write does so."""
        self.path.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict[str, Any] | None:
        """The saved state, None for a server that nothing was written to."""
        try:
            return dict(json.loads(self.state.read_bytes()))
        except FileNotFoundError:
            return None
        except ValueError:
            raise LabError(f"{self.state} is no JSON; repair it or delete the folder of this server") from None

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the saved state in one move."""
        self.create()
        write_atomically(self.state, (json.dumps(state, indent=2) + "\n").encode("utf-8"))

    def key_path(self, container: str) -> Path:
        """The file of a key container."""
        return self.keys / f"{container}.pem"

    def write_key(self, container: str, pem: bytes) -> None:
        """Write a key container."""
        self.create()
        self.keys.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self.key_path(container), pem, mode=0o600)

    def read_key(self, container: str) -> bytes | None:
        """The key of a container as PEM, None if its file is gone."""
        try:
            return self.key_path(container).read_bytes()
        except FileNotFoundError:
            return None

    def delete_key(self, container: str) -> None:
        """Delete a key container."""
        self.key_path(container).unlink(missing_ok=True)

    def delete_tree(self, path: Path) -> None:
        """Delete a folder with all that is in it."""
        shutil.rmtree(path, ignore_errors=True)


class LabFolder:
    """The folder of a whole lab."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser().absolute()
        self.journal = self.path / "journal.jsonl"
        self.adcs = self.path / "adcs"
        self.deployment = self.path / "deployment"

    def create(self) -> None:
        """Make the folder; raises LabError if it cannot be made."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LabError(f"the lab folder {self.path} cannot be made: {error.strerror}") from None

    def server(self, host: str) -> ServerFolder:
        """The folder of a server; raises LabError for a name that no folder can have."""
        if not is_name(host) or host.startswith("-"):
            raise LabError(f"the lab cannot make a folder for the host name '{host}'")
        return ServerFolder(self.path / "servers" / host)

    def servers(self) -> list[tuple[str, ServerFolder]]:
        """All servers that something was written to, by name."""
        root = self.path / "servers"
        return [(p.name, ServerFolder(p)) for p in sorted(root.iterdir())] if root.is_dir() else []

    def next_pool_key(self, size: int) -> bytes | None:
        """The next ready-made RSA key (PEM) of the folder named by SFB_LAB_KEY_POOL.

        The n-th key made in a lab is the n-th of the pool. None without a pool, when it is used up, or if
        the next key has another size (bits).
        """
        pool = os.environ.get(KEY_POOL_VARIABLE)
        if not pool:
            return None
        ready = sorted(Path(pool).glob("*.pem"))
        self.create()
        counter = self.path / "keys-taken"
        with hold(self.path):
            taken = int(counter.read_text()) if counter.exists() else 0
            if taken >= len(ready) or not _is_rsa_of(ready[taken].read_bytes(), size):
                return None
            write_atomically(counter, f"{taken + 1}\n".encode("ascii"))
        return ready[taken].read_bytes()


def _is_rsa_of(pem: bytes, size: int) -> bool:
    from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import rsa, serialization

    key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    return isinstance(key, rsa.RSAPrivateKey) and key.key_size == size
