# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of HAProxy is taken out of rotation, or put back. **PRIVATE** to the collection.

Runs where HAProxy runs, with the Python of that host: 3.8 or later, and nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .._errors import CertificatesError, InputError
from .servers import READY, SHOW_STAT, SHOW_STATES, Server, not_understood, parse, select

#: Seconds between two looks while something is waited for.
_PAUSE = 0.25


@dataclass(frozen=True)
class ServerSpec:
    """What haproxy_server is asked for.

    :ivar state: C(ready), C(drain) or C(maint).
    :ivar backends: none for all that have the server.
    :ivar wait: for the end of all sessions, or for C(ready) until it is UP.
    :ivar wait_timeout: seconds.
    :ivar force: goes on when that has passed; else it fails, and what was changed is put back. C(ready) stays, for
        HAProxy sends nothing to a server that is not UP, and takes it back by itself when it is.
    """

    server: str
    state: str
    backends: tuple[str, ...] = ()
    wait: bool = False
    wait_timeout: float = 300
    force: bool = False


@dataclass
class Outcome:
    """What came of it.

    :ivar before: the rows of the server as they were, C(after) as they are, or would be in check mode.
    :ivar commands: of the runtime API, in order.
    """

    before: tuple[Server, ...]
    after: tuple[Server, ...]
    commands: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, object]:
        """As the module returns it."""
        return {
            "changed": bool(self.commands),
            "commands": self.commands,
            "diff": {name: {str(row): row.state for row in rows} for name, rows in self._sides()},
            "servers": [row.to_dict() for row in self.after],
        }

    def _sides(self) -> tuple[tuple[str, tuple[Server, ...]], ...]:
        return (("before", self.before), ("after", self.after))


class Change:
    """Asks HAProxy, and sets what differs."""

    def __init__(
        self,
        spec: ServerSpec,
        ask: Callable[[str], str],
        pause: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        """Prepares it.

        :param ask: sends a command to the runtime API and gives the answer.
        :param pause: waits some seconds, by C(clock).
        """
        self._spec, self._ask, self._pause, self._clock = spec, ask, pause, clock

    def run(self, check_mode: bool = False) -> Outcome:
        """Sets the state in all backends, or in none.

        :raises InputError: there is no such server or backend; nothing was changed.
        :raises CertificatesError: HAProxy refuses, or the time has passed (see L{ServerSpec.force}).
        """
        before = self._look()
        spec = self._spec
        wrong = [row for row in before if row.state != spec.state]
        outcome = Outcome(before, tuple(replace(row, state=spec.state) for row in before))
        outcome.commands = [_command(row, spec.state) for row in wrong]
        if check_mode:
            return outcome
        for number, row in enumerate(wrong):
            answer = self._ask(_command(row, spec.state))
            if answer.strip():
                self._put_back(wrong[:number])
                raise not_understood(_command(row, spec.state), answer)
        outcome.after = self._look()
        if spec.wait:
            self._wait(outcome, wrong)
        return outcome

    def _look(self) -> tuple[Server, ...]:
        rows = parse(self._ask(SHOW_STATES), self._ask(SHOW_STAT))
        return select(rows, self._spec.server, self._spec.backends)

    def _put_back(self, rows: list[Server]) -> None:
        for row in rows:
            self._ask(_command(row, row.state))

    def _wait(self, outcome: Outcome, changed: list[Server]) -> None:
        """Waits until sessions have ended, or the server is UP; see L{ServerSpec.wait}."""
        end = self._clock() + self._spec.wait_timeout
        while rest := [row for row in outcome.after if not self._settled(row)]:
            left = end - self._clock()
            if left <= 0:
                told = self._explain(rest)
                if not self._spec.force:
                    raise CertificatesError(f"{told}{self._give_up(changed)}")
                outcome.warnings.append(f"{told}; went on, as on_timeout says")
                return
            self._pause(min(_PAUSE, left))
            outcome.after = self._look()

    def _settled(self, row: Server) -> bool:
        return row.in_rotation if self._spec.state == READY else row.sessions == 0

    def _explain(self, rest: list[Server]) -> str:
        spec = self._spec
        if spec.state == READY:
            told = (f"{row} is {row.status}{f' ({row.check})' if row.check else ''}" for row in rest)
            return f"{', '.join(told)} after {spec.wait_timeout:g} s"
        told = (f"{row.sessions} in {row.backend}" for row in rest)
        return f"{spec.server} still has sessions after {spec.wait_timeout:g} s, {', '.join(told)}"

    def _give_up(self, changed: list[Server]) -> str:
        if self._spec.state == READY:
            return (
                "; it stays ready, and HAProxy sends nothing to it until it is up: see that its services run and what "
                "HAProxy checks, then run again"
            )
        self._put_back(changed)
        return (
            f", so it was {_left(changed)}; run again later, with a longer wait_timeout, or with on_timeout: force to go "
            "on with open sessions"
        )


def _command(row: Server, state: str) -> str:
    return f"set server {row} state {state}"


def _left(changed: list[Server]) -> str:
    states = sorted({row.state for row in changed})
    return f"put back to {' and '.join(states)}" if states else "left as it was"


def validate(spec: ServerSpec) -> None:
    """Refuses values that cannot be.

    :raises InputError: names the option.
    """
    if not spec.server.strip():
        raise InputError("server: is empty; give the name of the server in HAProxy's configuration")
    if spec.wait_timeout < 1:
        raise InputError(f"wait_timeout: {spec.wait_timeout:g} is no number of seconds; give at least 1")
