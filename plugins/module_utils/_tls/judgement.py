# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to say of the certificates that a TLS endpoint serves. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._x509.certificate import Certificate, format_time
from .._x509.chain import build_chain


@dataclass(frozen=True)
class Verdict:
    """Whether a client that knows nothing but its roots can build the chain (RFC 5246, section 7.4.2).

    :ivar problems: one line each; empty if it can.
    :ivar missing_issuer: subject of the authority that is neither sent nor a root, empty if none is missing.
    """

    problems: tuple[str, ...]
    missing_issuer: str = ""


def judge_chain(sent: Sequence[Certificate], roots: Iterable[Certificate], now: datetime) -> Verdict:
    """Builds the chain from what a server sends and the roots of a client, and nothing else.

    :param sent: the server's own certificate first.
    :param now: aware.
    """
    chain = build_chain(sent[0], candidates=sent[1:], trusted=roots, now=now)
    if chain.good:
        return Verdict(())
    last = chain.certificates[-1]
    missing = "" if chain.complete else last.issuer or "(empty issuer)"
    return Verdict(chain.problems, missing)


def explain_chain(place: str, verdict: Verdict) -> str:
    """One line: what is wrong with the chain, and what to do next."""
    if verdict.missing_issuer:
        return (
            f"the chain that {place} sends is not complete: {verdict.missing_issuer} is neither sent nor one of the "
            "roots given; put it into the store of the server where it belongs (cs_certificate_chain), or give the right root"
        )
    return f"the chain that {place} sends is not good: {'; '.join(verdict.problems)}"


def explain_other(place: str, served: Certificate, expected: str) -> str:
    """One line: another certificate is served, which one, until when, and what to do next."""
    return (
        f"{place} serves another certificate: {served}, valid until {format_time(served.not_after)}; expected {expected}. "
        "A service loads its certificate when it starts: if the right one is assigned, restart it (cs_windows_service)"
    )
