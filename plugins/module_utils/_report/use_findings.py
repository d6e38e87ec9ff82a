# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the certificate of a usage. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from .._product.usages import EXTERNAL_USAGES
from .._state.stored import format_time
from .problem import CRITICAL, INFO, OK, WARNING, Limits, Problem
from .server import mapping, moment, rows, texts
from .use import Use

_CLIENT_AUTH, _ANY_USAGE = "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
#: The usages whose certificate is to come from a public authority (product.md#edge-certificates).
PUBLIC = tuple(usage for usage in EXTERNAL_USAGES if usage != "AudioVideoAuthentication")
#: From when on public authorities issue for at most so many days (product.md#lifetimes-of-public-certificates), the
#: last one first.
_LIFETIMES = tuple(
    (datetime(year, 3, 15, tzinfo=timezone.utc), most) for year, most in ((2029, 47), (2027, 100), (2026, 200))
)
#: Kinds by the names of the checks of cs_certificate_info.
_CHECKS = {
    "in_store": "store",
    "private_key": "key",
    "key_provider": "key",
    "key_length": "algorithm",
    "validity": "validity",
    "server_authentication": "extended_key_usage",
    "chain": "chain",
    "names": "names",
}
#: Kinds by how the texts begin, for a usage without checks.
_BEGINS = {
    "no certificate is assigned": "missing",
    "the assigned certificate is not in the store": "store",
    "its private key": "key",
    "its key lies": "key",
    "its key has": "algorithm",
    "it expired": "validity",
    "it is valid only from": "validity",
    "it is not meant for server": "extended_key_usage",
    "its chain": "chain",
    "it lacks the name": "names",
}


def use_findings(use: Use, limits: Limits) -> list[Problem]:
    """What is wrong with a usage of a server, as the server tells and as its certificate shows; without pool and host."""
    if not use.assigned:
        return [Problem(CRITICAL, "missing", "no certificate is assigned", type=use.type)]
    own = [*_validity(use, limits), *_lifetime(use), *_algorithms(use), *_client_authentication(use), *_staging(use)]
    judged = any(kind == "validity" for _severity, kind, _text in own)
    told = [(CRITICAL, kind, text) for kind, text in _told(use) if not (judged and kind == "validity")]
    return [
        Problem(severity, kind, text, type=use.type, thumbprint=use.thumbprint) for severity, kind, text in told + own
    ]


_Finding = tuple[str, str, str]


def _told(use: Use) -> Iterator[tuple[str, str]]:
    """What the server was found to have wrong; each of it keeps the usage from working."""
    checks = {str(row.get("detail")): str(row.get("check")) for row in rows(use.row.get("checks")) if not row.get("ok")}
    for text in texts(use.row.get("problems")):
        begins = (kind for begin, kind in _BEGINS.items() if text.startswith(begin))
        yield _CHECKS.get(checks.get(text, "")) or next(begins, "certificate"), text


def _validity(use: Use, limits: Limits) -> Iterator[_Finding]:
    left, end, begin = use.days_left, use.not_after, use.not_before
    if left is None or end is None:
        return
    told = format_time(end)
    if end <= use.now:
        yield CRITICAL, "validity", f"it expired on {told}"
        return
    if begin is not None and begin > use.now:
        yield CRITICAL, "validity", f"it is valid only from {format_time(begin)} on"
    severity = limits.severity(left, use.lifetime_days)
    if severity != OK:
        when = {0: "in less than a day", 1: "in one day"}.get(left, f"in {left} days")
        yield severity, "expiry", f"it ends {when}, on {told}"


def _lifetime(use: Use) -> Iterator[_Finding]:
    begin, lifetime = use.not_before, use.lifetime_days
    if use.type not in PUBLIC or begin is None or lifetime is None:
        return
    most = next((most for since, most in _LIFETIMES if begin >= since), None)
    # the last second of the validity counts, the whole days of it are rounded down
    if most is not None and lifetime >= most + 1:
        yield INFO, "lifetime", f"it lasts {lifetime} days; public authorities issued for at most {most} at its date"


def _algorithms(use: Use) -> Iterator[_Finding]:
    """Source: product.md#all-certificates, product.md#sha-512-signature, product.md#sha-1-signature."""
    signature = str(use.facts.get("signature_algorithm") or "").lower()
    size = use.facts.get("key_size")
    if "sha1" in signature or "md5" in signature:
        yield WARNING, "algorithm", f"it is signed with {use.facts['signature_algorithm']}, which many peers refuse"
    if "pss" in signature:
        yield WARNING, "algorithm", "it is signed with RSASSA-PSS, which the product does not support"
    if use.facts.get("key_type") == "RSA" and isinstance(size, int) and size < 2048:
        yield WARNING, "algorithm", f"its key has {size} bits, at least 2048 are advised"


def _client_authentication(use: Use) -> Iterator[_Finding]:
    """Federation makes the Access Edge service a TLS client; no source says that it needs this.

    Source: product.md#client-authentication.
    """
    usages = use.facts.get("extended_key_usage")
    if use.type == "AccessEdgeExternal" and isinstance(usages, list) and not {_CLIENT_AUTH, _ANY_USAGE} & set(usages):
        yield (
            INFO,
            "extended_key_usage",
            "it is not meant for client authentication, which some federated peers may ask for",
        )


def _staging(use: Use) -> Iterator[_Finding]:
    """A certificate that takes over later: the one in use until then must last that long.

    Source: product.md#staged-rollover.
    """
    start = use.effective_date
    if start is None or not use.staged:
        return
    told = format_time(start)
    yield INFO, "staged", f"another certificate takes over on {told}"
    ends = [end for end in (use.not_after, moment(mapping(use.previous).get("not_after"))) if end is not None]
    if ends and min(ends) < start:
        yield (
            CRITICAL,
            "staged",
            f"a certificate of it ends on {format_time(min(ends))}, before the other one takes over",
        )
