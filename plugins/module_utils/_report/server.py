# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cs_certificate_info told of a server, as the report needs it. **PRIVATE** to the collection.

Results of other versions of the collection may lack keys or have more of them: what is missing is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._errors import InputError
from .._x509.moments import parse_moment

READ, FAILED, UNREACHABLE = "read", "failed", "unreachable"


@dataclass(frozen=True)
class Server:
    """One server of the estate.

    :ivar state: C(read), C(failed) (it answered, but could not be read) or C(unreachable).
    :ivar message: why it could not be read, else empty.
    :ivar info: the result of cs_certificate_info, empty unless it was read.
    """

    host: str
    state: str
    message: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def topology(self) -> Mapping[str, Any]:
        """What is known of the pool."""
        return mapping(self.info.get("topology"))

    @property
    def pool(self) -> str:
        """FQDN of the pool as the topology says, empty if it is not known."""
        return str(self.topology.get("pool_fqdn") or "").lower()

    @property
    def computer(self) -> Mapping[str, Any]:
        """What is known of the computer."""
        return mapping(self.info.get("computer"))

    @property
    def usages(self) -> list[Mapping[str, Any]]:
        """The usages that have a certificate, then those that the role needs and that have none."""
        found = [row for row in rows(self.info.get("usages")) if row.get("type")]
        known = {row["type"] for row in found}
        needed = [row for row in rows(self.info.get("required")) if row.get("type") and row["type"] not in known]
        return found + [{**row, "assigned": False} for row in needed if not row.get("done")]

    def certificate(self, thumbprint: str | None) -> Mapping[str, Any]:
        """The facts of a certificate of the store My, empty if it is not there."""
        found = (
            row for row in rows(self.info.get("certificates")) if thumbprint and row.get("thumbprint") == thumbprint
        )
        return next(found, {})


def read_server(host: str, value: Any) -> Server:
    """Reads what an earlier task registered for a host; nothing at all counts as unreachable.

    :raises InputError: it is no result of a task.
    """
    if value is None or value == {}:
        return Server(host, UNREACHABLE, "it was not read in this run")
    if not isinstance(value, Mapping):
        raise InputError(
            f"servers: what is given for {host} is no result of a task; give what cs_certificate_info returned for it"
        )
    message = " ".join(str(value.get("msg") or "").split())
    if value.get("unreachable"):
        return Server(host, UNREACHABLE, message or "it cannot be reached")
    if "usages" in value and not value.get("failed"):
        return Server(host, READ, info=value)
    if not message:
        raise InputError(
            f"servers: what is given for {host} is no result of cs_certificate_info; give what that task registered"
        )
    return Server(host, FAILED, message)


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping as it is, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list, none for anything else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, (list, tuple)) else []


def texts(value: Any) -> list[str]:
    """The values of a list as texts of one line, none for anything else."""
    return [" ".join(str(item).split()) for item in value] if isinstance(value, (list, tuple)) else []


def moment(value: Any) -> datetime | None:
    """A time that a server told, None if it told none that can be read."""
    try:
        return parse_moment(value, "time") if value else None
    except InputError:
        return None


def days(begin: datetime | None, end: datetime | None) -> int | None:
    """Whole days between two times, rounded down; None if one is not known."""
    return None if begin is None or end is None else (end - begin).days


def pools_of(told: Mapping[str, str], sets: Mapping[str, str]) -> dict[str, str]:
    """The pool of each host: as its topology says, else as that of another host of its set, else the set itself.

    :param told: the pool of each host as its topology says, empty if it is not known.
    :param sets: the set of servers that a host belongs to according to the inventory; may lack hosts.
    """
    of_set: dict[str, set[str]] = {}
    for host, pool in told.items():
        if pool and sets.get(host):
            of_set.setdefault(sets[host], set()).add(pool)
    pools = {}
    for host, pool in told.items():
        name = sets.get(host) or ""
        others = of_set.get(name, set())
        pools[host] = pool or (next(iter(others)) if len(others) == 1 else name)
    return pools
