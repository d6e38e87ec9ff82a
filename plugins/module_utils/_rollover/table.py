# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a rollover as a table for people. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .._assignment.staging import is_staged
from .._assignment.usage_changes import change_text
from .._state.state import State
from .._state.stored import format_time
from .rollover import PlannedCertificate, PlannedStep, Rollover, RolloverSpec, Turn


@dataclass(frozen=True)
class Row:
    """One usage of one server.

    :ivar old: the certificate that it has, empty if none.
    :ivar new: the one that it will have.
    :ivar until: when that one ends.
    :ivar action: what happens, in a word; C(nothing) if it is as it should be.
    :ivar waits: it happens when the certificate has been issued.
    """

    server: str
    usage: str
    old: str
    new: str
    until: str
    action: str
    why: str
    waits: bool = False

    @property
    def happens(self) -> bool:
        """True if something is done to the usage in this run."""
        return self.action not in ("nothing", "kept", "wait") and not self.waits

    def to_dict(self) -> dict[str, Any]:
        """Gives the row as plain data."""
        return asdict(self)


def rows_of(spec: RolloverSpec, plan: Rollover, states: Mapping[str, State | None]) -> list[Row]:
    """A row for each usage of each server."""
    turns = {turn.host: turn for turn in plan.turns}
    return [
        _row(spec, plan, turns.get(host), states.get(host), host, certificate, use)
        for host in spec.members
        for certificate in spec.certificates
        for use in certificate.usages
    ]


def _row(
    spec: RolloverSpec,
    plan: Rollover,
    turn: Turn | None,
    state: State | None,
    host: str,
    certificate: PlannedCertificate,
    use: str,
) -> Row:
    assignment = state.assignment(use) if state else None
    old = str(assignment.thumbprint) if assignment else ""
    action, why = _action(spec, turn, state, host, certificate, use)
    if action == "nothing" and host in plan.out:
        why = plan.out[host]
    until = certificate.until
    if assignment and state and is_staged(assignment, state) and action == "nothing":
        why = f"staged, takes effect on {format_time(assignment.effective_date)}"
    waits = any(use in step.usages and step.waits_for for step in certificate.of(host))
    return Row(host, use, old, certificate.thumbprint, until, action, why, waits)


def _action(
    spec: RolloverSpec,
    turn: Turn | None,
    state: State | None,
    host: str,
    certificate: PlannedCertificate,
    use: str,
) -> tuple[str, str]:
    """What happens to a usage, and why."""
    if state is None:
        return "nothing", "cannot be reached"
    if host not in spec.acting:
        return "nothing", "not part of this run"
    for step in certificate.of(host, "stage", "assign", "previous"):
        if use in step.usages:
            why = [reason for reason in step.reasons if use in reason] or list(step.reasons)
            return _told(spec, turn, step, certificate, why)
    if certificate.holds(host):
        return "kept", "another server of the set cannot have the new one yet"
    if certificate.waiting_for:
        return "wait", f"waits for {certificate.waiting_for}"
    if turn and turn.interrupted:
        return "return", "an earlier run was cut short"
    return "nothing", ""


def _told(
    spec: RolloverSpec, turn: Turn | None, step: PlannedStep, certificate: PlannedCertificate, why: list[str]
) -> tuple[str, str]:
    """A step in a word, without blanks, since callbacks break lines at them."""
    action = {"stage": "stage", "previous": "drop-previous"}.get(step.name, "assign")
    if action == "stage":
        why = [f"takes effect on {format_time(certificate.effective_date)}", *why]
    # a turn knows nothing yet of a step that waits
    restart = turn.restart if turn and not step.waits_for else spec.restart != "never"
    if action == "assign" and restart:
        action += "+restart"
    if step.waits_for:
        why = ["once it is issued", *why]
    return action, "; ".join(why)


def text_table(rows: Sequence[Row]) -> list[str]:
    """The rows as lines of equal columns, with a head."""
    head = ("server", "usage", "old->new", "until", "what", "why")
    lines = [
        head,
        *(
            (row.server, row.usage, change_text(row.old, row.new), row.until[:10] or "-", row.action, row.why)
            for row in rows
        ),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    padded = [[cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True)] for line in lines]
    return ["  ".join(line).rstrip() for line in padded]
