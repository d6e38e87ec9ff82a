# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many members of a set are in service at every moment: looked at directly, and asked of HAProxy."""

from __future__ import annotations

import contextlib
import pathlib
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError

from .balancer import Balancer, Sets
from .handshake import handshake, reason, verifying
from .traffic import Client

_TIMEOUT = 2.0  # seconds until a member does not answer
#: Seconds. Members are looked at one moment after the other; a look that was held up longer compares different times.
_TOO_LONG = 1.0


@dataclass(frozen=True)
class Violation:
    """A moment with too few members in service.

    :ivar moment: seconds since the epoch.
    :ivar missing: host -> what kept it from being in service.
    """

    moment: float
    in_service: int
    missing: Mapping[str, str]

    def __str__(self) -> str:
        why = ", ".join(f"{host}: {text}" for host, text in self.missing.items())
        return f"{self.in_service} in service ({why})"


@dataclass
class Record:
    """What was seen of one set.

    :ivar serving: the fewest members that served a valid certificate, C(in_rotation) that HAProxy sent connections to,
        C(in_service) that did both, in one sample.
    :ivar unjudged: samples that the machine held up too long; they count nowhere else.
    """

    members: int
    min_in_service: int
    samples: int = 0
    unjudged: int = 0
    serving: int = field(init=False)
    in_rotation: int = field(init=False)
    in_service: int = field(init=False)
    violations: list[Violation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serving = self.in_rotation = self.in_service = self.members

    def add(self, moment: float, wrong: Mapping[str, str], out: Mapping[str, str]) -> None:
        """A sample: host -> why it did not serve, host -> why HAProxy sends nothing to it."""
        self.samples += 1
        missing = {**out, **wrong}
        self.serving = min(self.serving, self.members - len(wrong))
        self.in_rotation = min(self.in_rotation, self.members - len(out))
        now = self.members - len(missing)
        self.in_service = min(self.in_service, now)
        if now < self.min_in_service:
            self.violations.append(Violation(moment, now, missing))


class Monitor:
    """Looks at all members again and again while the block runs.

    :ivar records: set -> what was seen.
    """

    def __init__(
        self,
        sets: Sets,
        roots: pathlib.Path,
        balancer: Balancer | None = None,
        *,
        min_in_service: int | None = None,
        interval: float = 0.1,
    ) -> None:
        """Prepares it.

        :param roots: PEM file; a member that serves no chain to them that is valid now is not in service.
        :param balancer: without it, only the members themselves are looked at.
        :param min_in_service: of each set; by default all members but one.
        :param interval: seconds between two samples.
        """
        self._sets, self._balancer, self._interval = sets, balancer, interval
        wanted = {
            name: len(members) - 1 if min_in_service is None else min_in_service for name, members in sets.items()
        }
        self.records = {name: Record(len(members), wanted[name]) for name, members in sets.items()}
        self._context = verifying(roots)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        places = [(name, host, place) for name, members in self._sets.items() for host, place in members.items()]
        with ThreadPoolExecutor(max_workers=max(1, len(places))) as pool:
            while not self._stopped.wait(self._interval):
                moment, begin = time.time(), time.monotonic()
                seen = list(pool.map(lambda row: self._look(row[2]), places))
                out = self._out()
                took = time.monotonic() - begin
                wrong = [(name, host, why) for (name, host, _place), why in zip(places, seen, strict=True) if why]
                held_up = took > _TOO_LONG and not any("no answer" in why for _name, _host, why in wrong)
                for name, record in self.records.items():
                    if held_up:
                        record.unjudged += 1
                    else:
                        record.add(moment, {host: why for other, host, why in wrong if other == name}, out[name])

    def _look(self, place: tuple[str, int]) -> str:
        """Why a member does not serve a valid certificate; empty if it does."""
        try:
            handshake(place, self._context, _TIMEOUT)
        except OSError as error:
            return reason(error)
        return ""

    def _out(self) -> dict[str, dict[str, str]]:
        """Set -> members that HAProxy sends nothing to, with its word for it."""
        if self._balancer is None:
            return {name: {} for name in self._sets}
        found = {name: dict.fromkeys(members, "unknown to HAProxy") for name, members in self._sets.items()}
        with contextlib.suppress(OSError, CertificatesError):
            for server in self._balancer.servers():
                if server.in_rotation:
                    found[server.backend].pop(server.name)
                else:
                    found[server.backend][server.name] = f"{server.status} in HAProxy"
        return found


def summary(client: Client, monitor: Monitor) -> list[str]:
    """Lines with what both have counted."""
    rows: list[tuple[str, ...]] = [
        ("SET", "CONNECTIONS", "FAILED", "SAMPLES", "SERVING", "IN ROTATION", "IN SERVICE", "TOO FEW")
    ]
    for name, record in monitor.records.items():
        tally, of = client.tallies[name], record.members
        rows.append(
            (
                name,
                str(tally.connections),
                _share(tally.failed.total(), tally.connections),
                str(record.samples),
                *(f">= {number} of {of}" for number in (record.serving, record.in_rotation, record.in_service)),
                _share(len(record.violations), record.samples),
            )
        )
    lines = _table(rows)
    for name, tally in client.tallies.items():
        lines += [f"{name}: {number} connections failed: {why}" for why, number in tally.failed.most_common()]
        lines += [f"{name}: {mark} was served {row.count} times" for mark, row in tally.seen.items()]
    for name, record in monitor.records.items():
        lines += [f"{name}: {violation}" for violation in record.violations[:5]]
        lines += [f"{name}: {record.unjudged} samples took too long to tell"] if record.unjudged else []
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.2%})" if whole else "none"


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
