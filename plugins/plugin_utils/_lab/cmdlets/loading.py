# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate a service answers with: the one assigned when it started, or a staged one.

Source: product.md#staged-rollover, product.md#restart-after-a-change.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from ..server import chain, clock
from ..server.errors import failure
from ..server.roles import SERVICE_USAGES
from ..server.state import Assignment, Entry, ServerState, Service
from ..server.values import format_date
from .call import Call
from .queries import parse_saved

# Old and new coexist if staged, and the service takes over by itself (product.md#staging).
_ROLLING = ("AudioVideoAuthentication", "OAuthTokenIssuer")


def start(call: Call, service: Service) -> Service:
    """The service after it was started; raises PowerShellError if it cannot use what is assigned to it."""
    loaded: dict[str, str] = {}
    upcoming: dict[str, tuple[str, str]] = {}
    for usage in SERVICE_USAGES.get(service.name, ()):
        assignment = call.state.assignments.get(usage)
        if assignment is None:
            continue
        now = assignment.thumbprint
        if parse_saved(assignment.effective) > call.session.now():
            if usage in _ROLLING:
                upcoming[usage] = (assignment.thumbprint, _real(call, assignment))
            now = assignment.previous or ""
        if now:
            _need_usable(call, service, now)
            loaded[usage] = now
    seconds = float(call.switch("start_pending_seconds"))
    ready = format_date(clock.real_time() + dt.timedelta(seconds=seconds)) if seconds else None
    status = "StartPending" if seconds else "Running"
    return service._replace(status=status, running_at=ready, loaded=loaded, upcoming=upcoming)


def _real(call: Call, assignment: Assignment) -> str:
    return format_date(parse_saved(assignment.effective) - dt.timedelta(seconds=call.session.pool.clock_offset))


def _need_usable(call: Call, service: Service, thumbprint: str) -> None:
    """A service does not start without the key of its certificate [I], nor with a misplaced root.

    Source: product.md#misplaced-ca-certificate.

    RTCSRV may not start with a SHA-512 signature either (product.md#sha-512-signature; the message is [U]).
    """
    entry = call.state.find("My", thumbprint)
    why = None
    if entry is None or entry.container is None or call.session.key_pem(entry.container) is None:
        why = f"the certificate {thumbprint} or its private key cannot be opened"
    elif not call.session.chain_builds(entry) and chain.chain_builds(
        call.state, entry, now=call.session.now(), misplaced_breaks=False
    ):
        why = f"the chain of the certificate {thumbprint} is invalid (0x800b0109)"
    elif _has_long_hash(entry) and service.name == "RTCSRV" and call.switch("sha512_stops_rtcsrv"):
        why = f"the signature of the certificate {thumbprint} cannot be used with TLS 1.2"
    if why is not None:
        text = f'Cannot start the service "{service.name}": {why}.'
        raise failure("System.InvalidOperationException", text, error_id="CsService")


def _has_long_hash(entry: Entry) -> bool:
    used = entry.certificate.signature_hash_algorithm
    return used is not None and used.name == "sha512"


def follow(call: Call, before: Mapping[str, Assignment]) -> None:
    """What running services make of assignments that a cmdlet changed."""
    changed = {usage: row for usage, row in call.state.assignments.items() if before.get(usage) != row}
    if changed:
        call.state.services = [_followed(call, service, changed) for service in call.state.services]


def _followed(call: Call, service: Service, changed: Mapping[str, Assignment]) -> Service:
    mine = {usage: row for usage, row in changed.items() if usage in SERVICE_USAGES.get(service.name, ())}
    if not mine or service.status_at(clock.real_time()) not in ("Running", "StartPending"):
        return service
    loaded, upcoming = dict(service.loaded), dict(service.upcoming)
    for usage, row in mine.items():
        if parse_saved(row.effective) > call.session.now():
            if usage in _ROLLING:
                upcoming[usage] = (row.thumbprint, _real(call, row))
            continue
        upcoming.pop(usage, None)
        if not call.switch("assignment_needs_restart"):
            loaded[usage] = row.thumbprint
    return service._replace(loaded=loaded, upcoming=upcoming)


def answering(state: ServerState, usage: str, now: dt.datetime) -> Service | None:
    """The service that answers for a usage, None while it does not run; `now` is real time."""
    for service in state.services:
        if usage in SERVICE_USAGES.get(service.name, ()):
            return service if service.status_at(now) == "Running" else None
    return None


def served(service: Service, usage: str, now: dt.datetime) -> str | None:
    """The thumbprint that a running service answers with, None if it has none; `now` is real time."""
    thumbprint, begins = service.upcoming.get(usage, ("", ""))
    if thumbprint and begins <= format_date(now):
        return thumbprint
    return service.loaded.get(usage)
