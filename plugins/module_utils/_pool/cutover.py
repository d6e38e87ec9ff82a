# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the servers of a set come to use a certificate that they have: at once, or from a date on. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .._assignment.assign import AssignSpec, plan_assign
from .._assignment.unassign import RemoveSpec, plan_remove
from .._certificate.requirements import use_problems
from .._state.state import State
from .cutover_date import done_with_previous, effective_date, rolling_usages, still_counting
from .draft import Draft, SetSpec, planned_on
from .source import Source


class Turning:
    """Adds the steps C(stage), C(assign) and C(previous) to the plan of a set.

    :ivar held: servers that keep their certificate until all others have the new one.
    :ivar date: when staged usages turn to it, None if none is staged.
    """

    def __init__(self, spec: SetSpec, draft: Draft, hosts: list[str], source: Source) -> None:
        self._spec, self._need, self._draft = spec, spec.request.need, draft
        self._hosts, self._source = hosts, source
        self.held: list[str] = []
        self.date: datetime | None = None

    def plan(self, thumbprint: str, waits_for: str, *, everywhere: bool) -> None:
        """Has the servers use the certificate: those first that only turn to it at a date, all at the same one.

        :param everywhere: all servers of the set will have it; else one that works is kept where it is in use.
        """
        usages, draft = self._need.usages, self._draft
        if self._spec.roll:
            states = {host: draft.states[host] for host in self._hosts}
            self.date = effective_date(usages, thumbprint, states, self._spec.roll)
        acting = [host for host in self._hosts if self._spec.may_change(host)]
        later = {host: self._later(host, thumbprint) for host in acting}
        self.held = [host for host in acting if not everywhere and self._keeps(host, thumbprint, later[host])]
        for host in acting if everywhere else ():
            self._assign(host, "stage", later[host], thumbprint, waits_for)
        for host in acting:
            if host not in self.held:
                self._assign(
                    host, "assign", tuple(use for use in usages if use not in later[host]), thumbprint, waits_for
                )
        # a server that is yet to turn still makes tokens with it
        counting = still_counting(usages, [draft.states[host] for host in self._hosts])
        for host in acting if self.date is None else ():
            done = done_with_previous(usages, draft.states[host], counting)
            spec = RemoveSpec(done, previous=True)
            draft.add(host, "previous", planned_on(host, plan_remove, spec, draft.states[host]), usages=done)

    def _later(self, host: str, thumbprint: str) -> tuple[str, ...]:
        """The usages of a server that turn at the date."""
        return rolling_usages(self._need.usages, thumbprint, self._draft.states[host]) if self.date else ()

    def _keeps(self, host: str, thumbprint: str, later: tuple[str, ...]) -> bool:
        """True if a server stays with the certificate that it has while others lack the new one."""
        state = self._draft.states[host]
        others = [use for use in self._need.usages if use not in later]
        return not self._source.serves(host, thumbprint) and self._works(state, others or later)

    def _assign(self, host: str, name: str, usages: tuple[str, ...], thumbprint: str, waits_for: str) -> None:
        if not usages:
            return
        date = self.date if name == "stage" else None
        spec = AssignSpec(usages=usages, thumbprint=thumbprint, names=self._need.names, effective_date=date)
        state = self._draft.states[host]
        plan = planned_on(host, plan_assign, spec, state)
        at_once = name == "assign" and not self._works(state, usages)
        self._draft.add(host, name, plan, waits_for, usages, at_once=at_once)

    @staticmethod
    def _works(state: State, usages: Sequence[str]) -> bool:
        """True if every one of the usages has a certificate against which nothing speaks."""
        assigned = [state.assignment(use) for use in usages]
        rows = [state.find("My", row.thumbprint) if row else None for row in assigned]
        return all(row is not None and not use_problems(row, state) for row in rows)
