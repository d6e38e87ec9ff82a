# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users: they connect all the time, and whoever does not get through is counted."""

from __future__ import annotations

import pathlib
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

from .handshake import handshake, reason, verifying


@dataclass
class Sighting:
    """A certificate that was served: how often, first and last time (seconds since the epoch)."""

    first: float
    last: float
    count: int = 1


@dataclass
class Tally:
    """What the users of one set got.

    :ivar failed: reason -> number of connections.
    :ivar seen: thumbprint -> when.
    """

    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seen: dict[str, Sighting] = field(default_factory=dict)

    @property
    def connections(self) -> int:
        """All that were tried."""
        return self.ok + self.failed.total()

    def served(self, thumbprint: str, now: float) -> None:
        """A connection got this certificate."""
        self.ok += 1
        sighting = self.seen.setdefault(thumbprint, Sighting(now, now, 0))
        sighting.last, sighting.count = now, sighting.count + 1


class Client:
    """Connects to each set without end while the block runs, one connection after the other.

    Each is a new one with a full handshake, and wants a chain to the root that is valid now.

    :ivar tallies: set -> what came of it.
    """

    def __init__(
        self, targets: Mapping[str, tuple[str, int]], roots: pathlib.Path, *, pause: float = 0.02, timeout: float = 5
    ) -> None:
        """Prepares it.

        :param targets: set -> address and port of its frontend.
        :param roots: PEM file.
        :param pause: seconds between two connections.
        :param timeout: seconds until a connection has failed.
        """
        self.tallies = {name: Tally() for name in targets}
        self._context = verifying(roots)
        self._pause, self._timeout = pause, timeout
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=item, daemon=True) for item in targets.items()]

    def __enter__(self) -> Client:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name: str, place: tuple[str, int]) -> None:
        tally = self.tallies[name]
        while not self._stopped.wait(self._pause):
            try:
                tally.served(handshake(place, self._context, self._timeout), time.time())
            except OSError as error:
                tally.failed[reason(error)] += 1
