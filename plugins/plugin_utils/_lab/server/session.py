# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One remote call on one server: what all its steps share.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import cryptographic_error
from .files import FileSystem
from .folder import LabFolder, ServerFolder
from .pool import PoolDescription
from .state import Entry, ServerState
from .values import Secrets


@dataclass(eq=False)
class Session:
    """Server, state and secrets of a call. `state` is replaced when a step succeeds."""

    lab: LabFolder
    folder: ServerFolder
    pool: PoolDescription
    state: ServerState
    files: FileSystem
    modules: tuple[str, ...]
    secrets: Secrets = field(default_factory=Secrets)
    partial: ServerState | None = None
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def checkpoint(self) -> None:
        """Keep what the step has done so far even if it fails later."""
        self.partial = self.state.copy()

    def now(self) -> dt.datetime:
        """The clock of the server."""
        return dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=self.pool.clock_offset)

    def key_pem(self, container: str) -> bytes | None:
        """The key in a container, None if it cannot be opened."""
        own = self.state.new_keys.get(container) or self.folder.read_key(container)
        if own:
            return own
        from . import deployment

        return deployment.key_of(self.lab, container)

    def chain_builds(self, entry: Entry) -> bool:
        """Whether the chain of a certificate is valid on this server now."""
        from . import chain

        strict = bool(self.pool.switch("misplaced_root_breaks_chain"))
        return chain.chain_builds(self.state, entry, now=self.now(), misplaced_breaks=strict)

    def need_administrator(self) -> None:
        """Refuse to open a store of LocalMachine for writing without elevation (powershell.md#stores-by-platform)."""
        if not self.pool.elevated:
            raise cryptographic_error("Open", 1, "0x80070005")
