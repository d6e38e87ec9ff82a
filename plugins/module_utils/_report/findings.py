# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a server, a pool and the whole estate. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .._state.stored import StoredCertificate, format_time
from .._store.store_checks import is_misplaced
from .problem import CRITICAL, INFO, WARNING, Problem
from .server import FAILED, READ, UNREACHABLE, Server, mapping, rows, texts
from .use import Use
from .use_findings import PUBLIC

#: Seconds by which clocks may differ without a word.
_SKEW = 300
#: With more roots the list of issuers that a server sends is cut (product.md#too-many-root-certificates).
_MOST_ROOTS = 100


def server_findings(server: Server) -> list[Problem]:
    """What is wrong with a server besides its usages; without its pool."""
    found = [*_access(server)]
    if server.state == READ:
        found += [*_clock(server), *_topology(server), *_stores(server), *_requests(server)]
    return [Problem(severity, kind, text, host=server.host) for severity, kind, text in found]


_Finding = tuple[str, str, str]


def _access(server: Server) -> Iterator[_Finding]:
    """Nobody knows whether the certificates of such a server still work."""
    if server.state == UNREACHABLE:
        yield CRITICAL, "unreachable", server.message
    elif server.state == FAILED:
        yield CRITICAL, "unread", server.message


def _clock(server: Server) -> Iterator[_Finding]:
    skew = server.info.get("clock_skew")
    if isinstance(skew, int) and abs(skew) > _SKEW:
        way = "ahead of" if skew > 0 else "behind"
        text = (
            f"its clock is {round(abs(skew) / 60)} minutes {way} the controller's; the server judges by its own clock"
        )
        yield WARNING, "clock", text


def _topology(server: Server) -> Iterator[_Finding]:
    problem = " ".join(str(server.topology.get("problem") or "").split())
    if problem:
        yield INFO, "topology", f"its replica of the topology cannot be read, so that names are not judged: {problem}"


def _stores(server: Server) -> Iterator[_Finding]:
    """Hygiene of Root and CA: as it was told, else what the state shows.

    Source: product.md#misplaced-ca-certificate, product.md#too-many-root-certificates.
    """
    hygiene = mapping(server.info.get("hygiene"))
    if hygiene:
        yield from _told_hygiene(hygiene)
        return
    roots = _roots(server)
    for row in roots:
        if is_misplaced(row):
            name = f"{row.subject} ({row.thumbprint})"
            yield CRITICAL, "hygiene", f"{name} is in Root, but not self-signed; services may not start"
    if len(roots) > _MOST_ROOTS:
        text = f"Root holds {len(roots)} certificates; with more than {_MOST_ROOTS} peers may not see all of them"
        yield WARNING, "hygiene", text


def _roots(server: Server) -> list[StoredCertificate]:
    """The certificates of Root as the state of the server has them; of what is malformed nothing is judged."""
    found = mapping(mapping(server.info.get("server")).get("stores")).get("Root")
    try:
        return [StoredCertificate.from_data("Root", row) for row in found] if isinstance(found, list) else []
    except ValueError:
        return []


def _told_hygiene(hygiene: Mapping[str, Any]) -> Iterator[_Finding]:
    """Windows itself comes with roots that have expired and are to stay, so that such things are notes."""
    misplaced = [str(row.get("thumbprint")) for row in rows(hygiene.get("misplaced"))]
    for text in texts(hygiene.get("problems")):
        if "is in Root, but not self-signed" in text and any(thumbprint in text for thumbprint in misplaced):
            yield CRITICAL, "hygiene", text
        else:
            yield WARNING if text.startswith("Root holds ") else INFO, "hygiene", text


def _requests(server: Server) -> Iterator[_Finding]:
    for row in rows(server.info.get("requests")):
        since = mapping(row.get("record")).get("requested")
        name = row.get("friendly_name") or row.get("public_key_sha256")
        yield INFO, "request", f"the request {name} waits for its answer{f' since {since}' if since else ''}"


def pool_findings(members: Mapping[str, Sequence[Use]]) -> list[Problem]:
    """What differs between the servers of a pool; without its name.

    :param members: the usages of each host that was read.
    """
    found = []
    for usage in sorted({use.type for uses in members.values() for use in uses}):
        having = {host: use for host, uses in members.items() for use in uses if use.type == usage and use.assigned}
        for severity, kind, text in (*_differing(usage, having), *_staged(having)):
            found.append(Problem(severity, kind, text, type=usage))
    return found


#: How bad it is if the servers of a pool have different certificates. A/V Authentication does not work without the same
#: key on all of them (product.md#edge-certificates); the vendor's diagnostics want equal ones on Edge Servers
#: (product.md#diagnostics-of-the-vendor); the internal interface may have one for each server
#: (product.md#edge-certificates). Other usages may differ.
_DIFFERING = {"AudioVideoAuthentication": CRITICAL, "Internal": INFO, **dict.fromkeys(PUBLIC, WARNING)}


def _differing(usage: str, having: Mapping[str, Use]) -> Iterator[_Finding]:
    groups = _grouped((use.thumbprint, host) for host, use in having.items())
    if usage in _DIFFERING and len(groups) > 1:
        text = "; ".join(f"{thumbprint} on {', '.join(hosts)}" for thumbprint, hosts in groups.items())
        yield _DIFFERING[usage], "mismatch", f"the servers have different certificates: {text}"


def _staged(having: Mapping[str, Use]) -> Iterator[_Finding]:
    """All servers have to change at the same time (product.md#staged-rollover)."""
    dates = _grouped((_date(use), host) for host, use in having.items())
    if any(use.staged for use in having.values()) and len(dates) > 1:
        text = "; ".join(f"{date} on {', '.join(hosts)}" for date, hosts in dates.items())
        yield WARNING, "staged", f"the servers do not change at the same time: {text}"


def _date(use: Use) -> str:
    date: datetime | None = use.effective_date if use.staged else None
    return format_time(date) or "no change"


def estate_findings(members: Mapping[str, Sequence[Use]]) -> list[Problem]:
    """What differs between all servers: the deployment has one certificate of OAuth (product.md#oauth-certificate).

    :param members: the usages of each host that was read.
    """
    usage = "OAuthTokenIssuer"
    having = {host: use for host, uses in members.items() for use in uses if use.type == usage and use.assigned}
    groups = _grouped((use.thumbprint, host) for host, use in having.items())
    if len(groups) < 2:
        return []
    text = "; ".join(f"{thumbprint} on {', '.join(hosts)}" for thumbprint, hosts in groups.items())
    return [Problem(WARNING, "mismatch", f"the servers have different certificates: {text}", type=usage)]


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Values by key, both in the order in which they came."""
    groups: dict[str, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
