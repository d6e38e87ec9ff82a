# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make scale` concludes from its runs: medians, ratios, growth, limits, and the text of all that.

1 KB is 1024 bytes and 1 MB is 1024 KB, as the kernel counts the size of a process.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: The version in the checkout. The other one goes by its commit.
OURS = "ours"
#: A play without any task: the start of Ansible, which is subtracted everywhere.
EMPTY = "empty"
#: Three tasks that do nothing: the yardstick.
NOTHING = "nothing"
#: How many further root certificates the limit is for.
ROOTS = 300
_KB = 1024


class Key(NamedTuple):
    """What was run: a playbook of a version, on a number of servers."""

    version: str
    playbook: str
    servers: int


class Spent(NamedTuple):
    """What a run of Ansible took.

    :ivar seconds: processor seconds of the process and all its children.
    :ivar megabytes: size of the largest of these processes.
    """

    seconds: float
    megabytes: float


class Results(NamedTuple):
    """What came back in a run: means over the servers.

    :ivar tasks: number of results.
    :ivar size: bytes of these results as JSON.
    """

    tasks: float
    size: float


@dataclass
class Measured:
    """All that was measured.

    :ivar runs: the runs of each round; those of an empty play and of the yardstick have the version `OURS`.
    :ivar results: from a further run of each playbook.
    :ivar rooted: the same, on servers with further root certificates.
    :ivar roots: how many these are.
    :ivar other: the version that is compared with, empty if there is none.
    """

    runs: dict[Key, list[Spent]] = field(default_factory=dict)
    results: dict[Key, Results] = field(default_factory=dict)
    rooted: dict[Key, Results] = field(default_factory=dict)
    roots: int = 0
    other: str = ""

    def seconds(self, key: Key) -> float | None:
        """Processor seconds of a run: the median of the rounds; None if there was no such run."""
        runs = self.runs.get(key)
        return statistics.median(run.seconds for run in runs) if runs else None

    def cost(self, key: Key) -> float | None:
        """Processor seconds per server without the start of Ansible; None if not measured."""
        whole, start = self.seconds(key), self.seconds(Key(OURS, EMPTY, key.servers))
        return None if whole is None or start is None else (whole - start) / key.servers

    def relative_cost(self, key: Key) -> float | None:
        """Cost of a server as a multiple of what three tasks cost that do nothing; None if not measured."""
        return _ratio(self.cost(key), self.cost(Key(OURS, NOTHING, key.servers)))

    def compared(self, playbook: str, servers: int) -> float | None:
        """Cost of our version as a multiple of the other's; None if not measured."""
        if not self.other:
            return None
        return _ratio(self.cost(Key(OURS, playbook, servers)), self.cost(Key(self.other, playbook, servers)))

    def growth(self, playbook: str, few: int, many: int) -> float | None:
        """Cost of one of many servers over that of one of few, divided by the same ratio of the yardstick.

        :returns: 1 if the playbook costs as much per server however many there are, None if not measured.
        """
        relative = (self.relative_cost(Key(OURS, playbook, servers)) for servers in (many, few))
        return _ratio(*relative)

    def largest_process(self, key: Key) -> float | None:
        """The largest process of all rounds in MB; None if not measured."""
        return max((run.megabytes for run in self.runs.get(key, ())), default=None)

    def most_bytes(self, playbook: str) -> float | None:
        """Bytes of results per server of our version, in the pool in which they are the most; None if not measured."""
        return _most(self.results, playbook)

    def most_rooted_bytes(self, playbook: str) -> float | None:
        """The same with `ROOTS` further root certificates; None if it was another number of them."""
        return _most(self.rooted, playbook) if self.roots == ROOTS else None

    def sizes(self, playbook: str) -> list[int]:
        """On how many servers our version of a playbook was run."""
        return sorted(key.servers for key in self.runs if key[:2] == (OURS, playbook))

    def playbooks(self) -> list[str]:
        """What was measured, in the order in which it was run."""
        return list(dict.fromkeys(key.playbook for key in self.runs if key.playbook not in (EMPTY, NOTHING)))


def _ratio(one: float | None, other: float | None) -> float | None:
    # what is next to nothing is smaller than its own noise
    return None if one is None or other is None or other <= 0 else one / other


def _most(results: Mapping[Key, Results], playbook: str) -> float | None:
    return max((row.size for key, row in results.items() if key[:2] == (OURS, playbook)), default=None)


# ---- limits ----


@dataclass(frozen=True)
class Limit:
    """What a figure may be at most.

    :ivar below: it has to be less than that.
    :ivar unit: what figure and limit are shown in, with the number that stands for one of it.
    """

    text: str
    figure: Callable[[Measured], float | None]
    most: float
    below: bool = False
    unit: tuple[str, float] = ("", 1)

    def holds(self, figure: float) -> bool:
        """Whether a figure is within the limit."""
        return figure < self.most if self.below else figure <= self.most


@dataclass(frozen=True)
class Verdict:
    """A limit and the figure that was measured, None if it was not."""

    limit: Limit
    figure: float | None

    @property
    def word(self) -> str:
        """PASS, FAIL, or that nothing can be said."""
        if self.figure is None:
            return "not measured"
        return "PASS" if self.limit.holds(self.figure) else "FAIL"

    def row(self) -> tuple[str, ...]:
        """The verdict as a row of a table."""
        name, size = self.limit.unit
        digits = 1 if name else 2
        shown = "-" if self.figure is None else f"{self.figure / size:.{digits}f}"
        most = f"{self.limit.most / size:.{0 if name else 2}f} {name}".rstrip()
        return self.word, self.limit.text, shown, f"{'below' if self.limit.below else 'at most'} {most}"


def _compared(playbook: str, servers: int, most: float) -> Limit:
    text = f"{playbook}, {servers} servers: processor time, ratio to the other version"
    return Limit(text, lambda measured: measured.compared(playbook, servers), most)


def _growth(playbook: str, few: int, many: int, most: float) -> Limit:
    text = f"{playbook}, {few} to {many} servers: growth per server, ratio to doing nothing"
    return Limit(text, lambda measured: measured.growth(playbook, few, many), most)


def _process(playbook: str, servers: int, most: float) -> Limit:
    text = f"{playbook}, {servers} servers: largest process"
    key = Key(OURS, playbook, servers)
    return Limit(text, lambda measured: measured.largest_process(key), most, below=True, unit=("MB", 1))


def _bytes(playbook: str, most: float) -> Limit:
    text = f"{playbook}: results per server"
    return Limit(text, lambda measured: measured.most_bytes(playbook), most * _KB, unit=("KB", _KB))


def _rooted_bytes(playbook: str, most: float) -> Limit:
    text = f"{playbook}: results per server, {ROOTS} further roots"
    return Limit(text, lambda measured: measured.most_rooted_bytes(playbook), most * _KB, unit=("KB", _KB))


#: Over which growth is limited: playbook, few and many servers, limit.
_SPANS = (("edge_internal", 20, 400, 1.0), ("rollover", 4, 100, 1.05))
LIMITS = (
    _compared("edge_internal", 20, 0.25),
    _compared("edge_internal", 100, 0.25),
    _compared("rollover", 20, 0.20),
    _compared("rollover", 100, 0.20),
    *(_growth(*span) for span in _SPANS),
    _process("edge_internal", 400, 120),
    _process("rollover", 100, 150),
    _bytes("edge_internal", 15),
    _bytes("edge_external", 15),
    _bytes("rollover", 15),
    _rooted_bytes("edge_internal", 60),
    _rooted_bytes("edge_external", 60),
    _rooted_bytes("rollover", 60),
)


def judge(measured: Measured, limits: Iterable[Limit] = LIMITS) -> list[Verdict]:
    """Compares what was measured with the limits."""
    return [Verdict(limit, limit.figure(measured)) for limit in limits]


def passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether no limit is exceeded, and at least one could be checked."""
    words = {verdict.word for verdict in verdicts}
    return "PASS" in words and "FAIL" not in words


# ---- text ----


def table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Aligns rows in columns; a cell may have several lines, which end where those of the others do.

    :param left: how many columns are aligned to the left; the others hold figures.
    """
    lines: list[list[str]] = []
    for row in rows:
        cells = [cell.split("\n") for cell in row]
        height = max(map(len, cells))
        lines += map(list, zip(*([""] * (height - len(cell)) + cell for cell in cells), strict=True))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = (
        [(str.ljust if place < left else str.rjust)(cell, widths[place]) for place, cell in enumerate(line)]
        for line in lines
    )
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def describe(measured: Measured) -> str:
    """All figures as text."""
    return "\n\n".join(filter(None, (_yardstick(measured), _costs(measured), _growths(measured))))


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _yardstick(measured: Measured) -> str:
    sizes = measured.sizes(NOTHING)
    rows = [
        ("processor seconds of", *(f"{size} servers" for size in sizes)),
        ("the start of Ansible", *(_figure(measured.seconds(Key(OURS, EMPTY, size)), 2) for size in sizes)),
        (
            "three do-nothing tasks, per server",
            *(_figure(measured.cost(Key(OURS, NOTHING, size)), 3) for size in sizes),
        ),
    ]
    return table(rows)


def _costs(measured: Measured) -> str:
    """A row for each playbook and number of servers: ours, then those of the version that is compared with."""
    head = ["rerun of", "servers", "cost per\nserver", "largest\nprocess", "tasks per\nserver", "results per\nserver"]
    if measured.roots:
        head.append(f"with {measured.roots}\nmore roots")
    if measured.other:
        head.append(f"ratio to\n{measured.other}")
    ours = [_row(measured, Key(OURS, name, size)) for name in measured.playbooks() for size in measured.sizes(name)]
    theirs = [_row(measured, key) for key in sorted(measured.runs) if key.version != OURS]
    return table([head, *ours, *theirs])


def _row(measured: Measured, key: Key) -> list[str]:
    cost, process = measured.relative_cost(key), measured.largest_process(key)
    results, rooted = measured.results.get(key), measured.rooted.get(key)
    row = [
        key.playbook if key.version == OURS else f"{key.playbook}, {key.version}",
        str(key.servers),
        _figure(cost, 2) + " x" * (cost is not None),
        _figure(process, 0) + " MB" * (process is not None),
        _figure(results.tasks if results else None, 1),
        _kilobytes(results),
    ]
    if measured.roots:
        row.append(_kilobytes(rooted))
    if measured.other:
        row.append(_figure(measured.compared(key.playbook, key.servers) if key.version == OURS else None, 2))
    return row


def _kilobytes(results: Results | None) -> str:
    return f"{results.size / _KB:.1f} KB" if results else "-"


def _growths(measured: Measured) -> str:
    rows = []
    for playbook in measured.playbooks():
        sizes = measured.sizes(playbook)
        spans = {(few, many) for name, few, many, _most in _SPANS if name == playbook}
        for few, many in sorted({(sizes[0], sizes[-1]), *spans} if sizes else spans):
            growth = measured.growth(playbook, few, many)
            if few < many and growth is not None:
                rows.append((playbook, f"{few} to {many}", f"{growth:.2f}"))
    return table([("growth of", "servers", "cost per server,\nratio to doing nothing"), *rows]) if rows else ""


def describe_limits(verdicts: Sequence[Verdict]) -> str:
    """The limits with their figures, one a line."""
    return table([verdict.row() for verdict in verdicts], left=2)
