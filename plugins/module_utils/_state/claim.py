# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claim of a run on a server, so that two runs do not change the same servers. **PRIVATE** to the collection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from .._errors import InputError
from .request_paths import is_absolute
from .stored import format_time, parse_time

_FILE = "claim.json"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Owner:
    """A run of Ansible: a process of a controller.

    :ivar controller: its name, for people.
    :ivar scope: within which process numbers mean the same processes.
    :ivar started: when the process began, in the clock ticks of its system; empty if not known.
    """

    controller: str
    scope: str
    process: int
    started: str = ""

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Owner:
        """Reads its plain data.

        :raises KeyError, TypeError, ValueError: it is no such thing.
        """
        return cls(str(row["controller"]), str(row["scope"]), int(row["process"]), str(row["started"]))

    def told(self) -> str:
        """Words for people."""
        return f"the run on {self.controller} (process {self.process})"


@dataclass(frozen=True)
class Claim:
    """What lies on a server while a run changes it, and after a run that was killed.

    :ivar purpose: the set of servers that the run is about.
    :ivar until: from then on any other run may take the claim over.
    :ivar turn: the server is being taken out of service, or is out of it.
    :ivar services: those that ran before that, and have to run again.
    :ivar markers: files of claims that this one has taken over, to be deleted with it.
    """

    owner: Owner
    purpose: str
    since: datetime
    until: datetime
    turn: bool = False
    services: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()

    @classmethod
    def from_bytes(cls, data: bytes) -> Claim:
        """Reads the file; one that is damaged counts as that of a run which is long over."""
        try:
            return cls.from_dict(json.loads(data))
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls(Owner("an unknown controller", "", 0), "", _LONG_AGO, _LONG_AGO)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Claim:
        """Reads what L{to_dict} gave.

        :raises KeyError, TypeError, ValueError: it is no such thing.
        """
        since, until = parse_time(row["since"]), parse_time(row["until"])
        if since is None or until is None:
            raise ValueError("a claim without its time")
        return cls(
            owner=Owner.from_dict(row["owner"]),
            purpose=str(row["purpose"]),
            since=since,
            until=until,
            turn=bool(row["turn"]),
            services=tuple(row["services"]),
            markers=tuple(row["markers"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the claim as plain data."""
        times = {"since": format_time(self.since), "until": format_time(self.until)}
        lists = {"services": list(self.services), "markers": list(self.markers)}
        return {**vars(self), "owner": dict(vars(self.owner)), **times, **lists}

    def to_bytes(self) -> bytes:
        """The file: readable JSON, no secrets."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True).encode("ascii") + b"\n"

    def marked(self, *markers: str) -> Claim:
        """The claim with further files to be deleted."""
        return replace(self, markers=(*self.markers, *markers))


def claim_path(folder: str) -> str:
    """Where the claim of a server lies.

    :param folder: the work folder, an absolute Windows path.
    :raises InputError: it is none.
    """
    if not is_absolute(folder):
        raise InputError(f"work_folder: '{folder}' is no absolute Windows path")
    return folder.rstrip("\\") + "\\" + _FILE
