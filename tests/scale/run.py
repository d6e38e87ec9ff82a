# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind `make scale`: what it costs to run a playbook again on many servers that have nothing to do.

The servers are emulated, and two of them are made ready by the playbooks; the others are copies. In each round, for each number
of servers, an empty play is run (the start of Ansible, which is subtracted), three tasks that do nothing (the yardstick), and the
playbooks, those of another version too if there is one. What counts is the median of the rounds. A run that fails or changes
something is an error.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.metadata
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from . import figures, pools
from .figures import EMPTY, NOTHING, OURS, Key, Measured
from .runs import Estate, ScaleError, Version

#: On how many servers a playbook is run unless others are asked for.
SIZES: Mapping[str, tuple[int, ...]] = {
    "edge_internal": (4, 20, 100, 400),
    "edge_external": (4, 20, 100),
    "rollover": (4, 20, 100),
    "report": (4, 20, 100),
}
#: What is run unless something else is asked for.
PLAYBOOKS = ("edge_internal", "rollover")
#: The other version, which takes minutes where ours takes seconds, is run on so many servers at most unless they are asked for,
_OTHER_SERVERS = 100
#: and its results are counted on so many at most.
_OTHER_COUNTED = 20
#: With further root certificates ours are counted on so many servers at most.
_ROOTED_SERVERS = 100


def main(words: Sequence[str] | None = None) -> int:
    """Measures and prints.

    :returns: the exit status: 1 if a limit is exceeded, 2 if a run failed or changed something, 130 if it was interrupted.
    """
    options = _parser().parse_args(words)
    try:
        other = Version.of_commit(options.against) if options.against else None
        keys = chosen(options.playbooks, options.sizes, other.name if other else "")
        measured = measure(keys, options.rounds, options.pool_size, options.roots, other)
    except ScaleError as error:
        print(f"scale: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(_heading(options.rounds, options.pool_size), figures.describe(measured), sep="\n\n")
    if not options.check:
        return 0
    verdicts = figures.judge(measured)
    print("", figures.describe_limits(verdicts), sep="\n")
    return 0 if figures.passed(verdicts) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what a rerun costs on many servers.")
    defaults = "; ".join(f"{name}: {','.join(map(str, sizes))}" for name, sizes in SIZES.items())
    parser.add_argument("--sizes", type=_numbers, metavar="N,N", help=f"numbers of servers ({defaults})")
    parser.add_argument(
        "--playbooks",
        type=_playbooks,
        default=PLAYBOOKS,
        metavar="NAME,NAME",
        help=f"what is run: of {', '.join(SIZES)} ({','.join(PLAYBOOKS)})",
    )
    parser.add_argument("--rounds", type=_number, default=3, metavar="N", help="how often (%(default)s)")
    parser.add_argument("--pool-size", type=_number, default=0, metavar="N", help="servers of a pool (one pool of all)")
    parser.add_argument(
        "--roots",
        type=functools.partial(_number, least=0),
        default=figures.ROOTS,
        metavar="N",
        help="results are also counted with so many further root certificates on each server (%(default)s)",
    )
    parser.add_argument(
        "--against", default="", metavar="COMMIT", help="a version that is run alternately with this one"
    )
    parser.add_argument("--check", action="store_true", help="exit status 1 if a limit is exceeded")
    return parser


def _number(text: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} on")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({_number(word) for word in text.split(",")}))


def _playbooks(text: str) -> list[str]:
    names = list(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in SIZES:
            raise argparse.ArgumentTypeError(f"'{name}' is not one of {', '.join(SIZES)}")
    return names


def chosen(playbooks: Iterable[str], sizes: Sequence[int] | None, other: str) -> list[Key]:
    """What is run in each round, in order.

    :param sizes: numbers of servers for all playbooks and versions; None for those of `SIZES`.
    :param other: the version to compare with, empty if there is none.
    """
    keys = []
    for playbook in playbooks:
        for servers in sizes or SIZES[playbook]:
            keys.append(Key(OURS, playbook, servers))
            if other and (sizes or servers <= _OTHER_SERVERS):
                keys.append(Key(other, playbook, servers))
    return keys


def schedule(keys: Iterable[Key], rounds: int) -> Iterator[tuple[int, Key]]:
    """All runs in their order: close together what is compared with each other, and the other way round in the next round.

    :returns: number of the round, and what is run in it.
    """
    by_size: dict[int, list[Key]] = {}
    for key in keys:
        by_size.setdefault(key.servers, []).append(key)
    for number in range(1, rounds + 1):
        for size, mine in sorted(by_size.items()):
            yield number, Key(OURS, EMPTY, size)
            yield number, Key(OURS, NOTHING, size)
            for key in mine if number % 2 else reversed(mine):
                yield number, key


def measure(keys: Sequence[Key], rounds: int, pool_size: int, roots: int, other: Version | None) -> Measured:
    """Runs everything; says on standard error how far it is.

    :param keys: what is run in each round.
    :param pool_size: servers of a pool; 0 for one pool of all.
    :param roots: how many further root certificates there are where results are counted a second time.
    :param other: the version that some of the keys are of.
    :raises ScaleError: a run failed or changed something.
    """
    measured = Measured(roots=roots, other=other.name if other else "")
    # private keys are in there: nobody else may look into it, and nothing is left of it, whatever happens
    with tempfile.TemporaryDirectory(prefix="sfb-scale-") as name:
        folder = Path(name)
        seeds, estates = {}, {}
        for version in filter(None, (Version.ours(), other)):
            with _progress(f"{pools.SEED_SERVERS} servers get their certificates, {version.name}"):
                seeds[version.name] = Estate.seed(version, folder / f"{version.name}-seed")
        for version_name, servers in sorted({(key.version, key.servers) for key in keys}):
            place = folder / f"{version_name}-{servers}"
            estates[version_name, servers] = seeds[version_name].grow(place, servers, pool_size)
        for key in keys:
            if key.version == OURS or key.servers <= _OTHER_COUNTED:
                with _progress(f"results of {_title(key)}"):
                    measured.results[key] = estates[key.version, key.servers].results(key.playbook)
        if roots:
            _count_with_roots(measured, keys, seeds[OURS], folder, pool_size)
        work = list(schedule(keys, rounds))
        for done, (number, key) in enumerate(work, 1):
            with _progress(f"round {number} of {rounds}, run {done} of {len(work)}: {_title(key)}"):
                measured.runs.setdefault(key, []).append(estates[key.version, key.servers].play(key.playbook))
    return measured


def _count_with_roots(measured: Measured, keys: Iterable[Key], seed: Estate, folder: Path, pool_size: int) -> None:
    """Counts the results of our version on servers of which each has further root certificates."""
    certificates = pools.root_certificates(measured.roots)
    estates: dict[int, Estate] = {}
    for key in keys:
        if key.version != OURS or key.servers > _ROOTED_SERVERS:
            continue
        if key.servers not in estates:
            estate = estates[key.servers] = seed.grow(folder / f"rooted-{key.servers}", key.servers, pool_size)
            pools.add_roots((estate.lab / "servers").iterdir(), certificates)
        with _progress(f"results of {_title(key)}, {measured.roots} further root certificates"):
            measured.rooted[key] = estates[key.servers].results(key.playbook)


@contextlib.contextmanager
def _progress(text: str) -> Iterator[None]:
    """Says what is being done, and in the end how long it took."""
    begun = time.monotonic()
    print(text, end=" ... ", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        print("failed", file=sys.stderr)
        raise
    print(f"{time.monotonic() - begun:.1f} s", file=sys.stderr)


def _title(key: Key) -> str:
    what = {EMPTY: "an empty play", NOTHING: "three do-nothing tasks"}.get(
        key.playbook, f"{key.playbook}, {key.version}"
    )
    return f"{what}, {key.servers} servers"


def _heading(rounds: int, pool_size: int) -> str:
    """What the figures hold for."""
    core, python = importlib.metadata.version("ansible-core"), platform.python_version()
    pool = f"pools of {pool_size}" if pool_size else "one pool of all servers"
    often = "one round" if rounds == 1 else f"median of {rounds} rounds"
    return (
        f"ansible-core {core}, Python {python}, {pool}, {often}.\n"
        "Costs are processor time; 1 x is what three do-nothing tasks cost on as many servers."
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # keys are removed then, too
    sys.exit(main())
