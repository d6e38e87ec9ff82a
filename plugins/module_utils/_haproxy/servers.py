# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of an HAProxy as its runtime API shows them. **PRIVATE** to the collection.

Runs where HAProxy runs, with the Python of that host: 3.8 or later, and nothing but the standard library.

Source of commands, columns and flags: HAProxy's management guide, C(set server), C(show servers state), C(show stat).
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._errors import CertificatesError, InputError

READY, DRAIN, MAINT = "ready", "drain", "maint"
#: The rows of C(show stat) that are servers, of all proxies.
SHOW_STATES, SHOW_STAT = "show servers state", "show stat -1 4 -1"
#: Flags of C(srv_admin_state) that C(set server) sets and clears; the others are inherited or from the configuration.
_FORCED_MAINT, _FORCED_DRAIN = 0x01, 0x08


@dataclass(frozen=True)
class Server:
    """A server in one backend.

    :ivar state: what it was set to by an administrator, C(ready), C(drain) or C(maint).
    :ivar status: what HAProxy makes of it, in its own words: C(UP), C(DOWN 1/2), C(DRAIN), C(no check).
    :ivar sessions: those that are open now.
    :ivar check: the last health check, in HAProxy's own words; empty without checks.
    """

    backend: str
    name: str
    state: str
    status: str
    sessions: int
    check: str = ""

    def __str__(self) -> str:
        return f"{self.backend}/{self.name}"

    @property
    def in_rotation(self) -> bool:
        """Whether HAProxy sends new connections to it."""
        return self.status == "no check" or self.status.split(" ")[0] == "UP"

    def to_dict(self) -> dict[str, object]:
        """As results have it."""
        return {
            "backend": self.backend,
            "server": self.name,
            "state": self.state,
            "status": self.status,
            "sessions": self.sessions,
            "check": self.check,
        }


def parse(states: str, stat: str) -> tuple[Server, ...]:
    """All servers, from the answers to L{SHOW_STATES} and L{SHOW_STAT}.

    :raises CertificatesError: the answers are others.
    """
    known = _state_rows(states)
    rows = {(row["pxname"], row["svname"]): row for row in _stat_rows(stat)}
    found = []
    for row in known:
        key = (row["be_name"], row["srv_name"])
        now = rows.get(key)
        if now is not None:  # else its backend was removed between the two questions
            check = now.get("last_chk") or now.get("check_desc") or ""
            flags = int(row["srv_admin_state"])
            found.append(Server(*key, _forced(flags), now["status"], int(now["scur"] or 0), check))
    return tuple(found)


def _forced(flags: int) -> str:
    if flags & _FORCED_MAINT:
        return MAINT
    return DRAIN if flags & _FORCED_DRAIN else READY


def _state_rows(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    heads = [line for line in lines if line.startswith("# ")]
    names = heads[0][2:].split(" ") if heads else []
    if not {"be_name", "srv_name", "srv_admin_state"} <= set(names):
        raise not_understood(SHOW_STATES, text)
    # the first line is the version of the format
    return list(csv.DictReader([line for line in lines[1:] if not line.startswith("#")], names, delimiter=" "))


def _stat_rows(text: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text[2:]))
    if not text.startswith("# ") or not {"pxname", "svname", "scur", "status"} <= set(rows.fieldnames or ()):
        raise not_understood(SHOW_STAT, text)
    return [row for row in rows if row["svname"]]


def not_understood(command: str, answer: str) -> CertificatesError:
    """The error for an answer that is not the expected one."""
    told = " ".join(answer.split())
    if "permission denied" in told.lower():
        return CertificatesError(
            f"socket: HAProxy refuses '{command}' (Permission denied); the line 'stats socket' of its configuration "
            "has to say 'level admin'"
        )
    return CertificatesError(
        f"socket: the answer to '{command}' is not HAProxy's ({told[:80] or 'nothing came'}); see that this is the "
        "address of 'stats socket' in its configuration"
    )


def select(servers: Sequence[Server], name: str, backends: Iterable[str]) -> tuple[Server, ...]:
    """The rows of one server in the backends given, or in all that have it if none is.

    :raises InputError: there is no such backend, or no such server in it; those that there are, are named.
    """
    known = {server.backend: [other.name for other in servers if other.backend == server.backend] for server in servers}
    wanted = tuple(backends)
    for backend in wanted:
        if backend not in known:
            raise InputError(f"backends: HAProxy has no backend '{backend}' with servers{_there(backend, known)}")
        if name not in known[backend]:
            raise InputError(f"server: backend {backend} has no server '{name}'{_there(name, known[backend])}")
    found = tuple(server for server in servers if server.name == name and (not wanted or server.backend in wanted))
    if not found:
        names = sorted({server.name for server in servers})
        raise InputError(f"server: no backend of HAProxy has a server '{name}'{_there(name, names)}")
    return found


def _there(name: str, known: Iterable[str]) -> str:
    """What there is instead of a name, the nearest one first."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{hint} (it has {', '.join(names) or 'none'})"
