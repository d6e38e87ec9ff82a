# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains: who issued whom, which store a certificate belongs to, what is wrong with a chain.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from .certificate import Certificate, format_time

Store = Literal["Root", "CA"]

# Far above any real hierarchy; they bound the search among many cross certificates.
_LONGEST_CHAIN = 16
_MOST_PATHS = 256
_MOMENT = timedelta(microseconds=1)


class _Problem(NamedTuple):
    kind: Literal["expired", "issuer", "other"]
    text: str
    issuer: str = ""


@dataclass(frozen=True)
class Chain:
    """A chain from the leaf up.

    Attributes:
        certificates: leaf first, each issued (verified) by the next one.
        complete: the last one is self-signed.
        problems: one line each, with subject and thumbprint; empty if the chain is good up to a trusted root.
    """

    certificates: tuple[Certificate, ...]
    complete: bool
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        """The chain builds as Windows demands: to a trusted root, all valid now."""
        return self.complete and not self.problems


@dataclass(frozen=True)
class Placement:
    """A certificate and the store that it belongs to."""

    certificate: Certificate
    store: Store


@dataclass(frozen=True)
class ChainFile:
    """What to do with the certificates of a chain file; nothing is to be stored if there are `problems`.

    Attributes:
        missing: names of authorities that are needed and were not found.
        expired: an authority has expired, and that is a problem.
    """

    placements: tuple[Placement, ...]
    leaves: tuple[Certificate, ...]
    problems: tuple[str, ...]
    missing: tuple[str, ...] = ()
    expired: bool = False


def store_for(certificate: Certificate) -> Store | None:
    """The store of LocalMachine that a certificate belongs to, None for a leaf (product.md#misplaced-ca-certificate).

    Self-signed CA, verified and not just of equal names: Root. Other CA: CA. A self-signed certificate of version 1
    counts as CA since it cannot say so; one of version 3 without cA is a server's own certificate, a leaf.
    """
    if not certificate.may_issue:
        return None
    return "Root" if certificate.self_signed else "CA"


def build_chain(
    leaf: Certificate, *, candidates: Iterable[Certificate], trusted: Iterable[Certificate], now: datetime
) -> Chain:
    """The best chain of `leaf`.

    Issuers come from `candidates` and `trusted` (the Root store); only those whose key made the signature are taken.
    Of several (renewed CA, cross certificates) the path wins that ends in `trusted`, else in a self-signed
    certificate, has the fewest problems and is the shortest. `now` is aware.
    """
    anchors = tuple(trusted)
    pool = _relevant(leaf, _by_subject((*candidates, *anchors)))
    known = frozenset(anchors).intersection((leaf, *pool))
    return _chain(leaf, pool, known, _instant(now, (leaf, *pool)))


def _by_subject(certificates: Iterable[Certificate]) -> dict[bytes, list[Certificate]]:
    """Certificates, each once, by the bytes of their subject."""
    found: dict[bytes, list[Certificate]] = {}
    for certificate in dict.fromkeys(certificates):
        found.setdefault(certificate.subject_der, []).append(certificate)
    return found


def _relevant(leaf: Certificate, by_subject: Mapping[bytes, Sequence[Certificate]]) -> tuple[Certificate, ...]:
    """The certificates whose names lead up from `leaf`; others can be no part of its chain."""
    found: dict[bytes, Sequence[Certificate]] = {}
    names = [leaf.issuer_der]
    while names:
        name = names.pop()
        if name not in found:
            found[name] = by_subject.get(name, ())
            names += [issuer.issuer_der for issuer in found[name]]
    return tuple(certificate for group in found.values() for certificate in group)


def _instant(now: datetime, certificates: Iterable[Certificate]) -> datetime:
    """A time at which each of the certificates is as valid as it is `now`, the same for many values of it.

    Times of certificates are whole seconds, so that the microsecond after one is as good as all that follow up to the next.
    """
    bounds = {bound for certificate in certificates for bound in (certificate.not_before, certificate.not_after)}
    if now in bounds:
        return now
    passed = max((bound for bound in bounds if bound < now), default=None)
    return min(bounds) - _MOMENT if passed is None else passed + _MOMENT


@lru_cache(maxsize=1024)
def _chain(leaf: Certificate, pool: tuple[Certificate, ...], trusted: frozenset[Certificate], now: datetime) -> Chain:
    """The best chain. The servers of a pool have the same authorities, and most look at the same leaves."""
    path, problems = _Search(pool, trusted, now).best(leaf)
    return Chain(path, path[-1].self_signed, tuple(problem.text for problem in problems))


def check_chain_file(
    certificates: Iterable[Certificate],
    *,
    now: datetime,
    allow_expired: bool = False,
    known: Iterable[Certificate] = (),
) -> ChainFile:
    """Sort the certificates of a chain file and tell what speaks against storing them.

    Problems: no CA certificate at all; one from which no self-signed root is reached within the file and `known` (the
    CA certificates that the server has already); one that is not valid now (expired: unless allowed). Leaves are
    reported and not judged.
    """
    unique = tuple(dict.fromkeys(certificates))
    stores = [(certificate, store_for(certificate)) for certificate in unique]
    placements = tuple(Placement(certificate, store) for certificate, store in stores if store is not None)
    leaves = tuple(certificate for certificate, store in stores if store is None)
    authorities = (*(placement.certificate for placement in placements), *known)
    roots = [certificate for certificate in authorities if store_for(certificate) == "Root"]
    search = _Search(authorities, roots, now)
    problems: dict[str, _Problem] = {}
    if not placements:
        text = "there is no CA certificate in the file"
        problems[text] = _Problem("other", text)
    for placement in placements:
        for problem in search.best(placement.certificate)[1]:
            if not (allow_expired and problem.kind == "expired"):
                problems[problem.text] = problem
    missing = dict.fromkeys(problem.issuer for problem in problems.values() if problem.kind == "issuer")
    expired = any(problem.kind == "expired" for problem in problems.values())
    return ChainFile(placements, leaves, tuple(problems), tuple(missing), expired)


class _Search:
    """The search for issuers among a set of certificates; each signature is verified once at most."""

    def __init__(self, pool: Iterable[Certificate], trusted: Iterable[Certificate], now: datetime) -> None:
        self._now = now
        self._trusted = frozenset(trusted)
        self._by_subject = _by_subject(pool)
        self._issuers: dict[Certificate, list[Certificate]] = {}

    def best(self, leaf: Certificate) -> tuple[tuple[Certificate, ...], list[_Problem]]:
        """The best path from `leaf` and its problems."""
        ranked: list[tuple[tuple[bool, bool, int, int], tuple[Certificate, ...], list[_Problem]]] = []
        for path in self._paths((leaf,)):
            problems = self._problems(path)
            if not problems:
                return path, problems
            last = path[-1]
            ranked.append(((last not in self._trusted, not last.self_signed, len(problems), len(path)), path, problems))
            if len(ranked) >= _MOST_PATHS:
                break
        _rank, path, problems = min(ranked, key=lambda entry: entry[0])
        return path, problems

    def _paths(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        """All paths that begin with `path`, likely ones first. No certificate comes twice, so that loops end."""
        last = path[-1]
        issuers = [] if last.self_signed else [issuer for issuer in self._issuers_of(last) if issuer not in path]
        if not issuers or len(path) >= _LONGEST_CHAIN:
            yield path
            return
        for issuer in issuers:
            yield from self._paths((*path, issuer))

    def _issuers_of(self, certificate: Certificate) -> list[Certificate]:
        """Those whose key made the signature: trusted, fitting key identifier, valid, longest validity first."""
        if certificate not in self._issuers:
            key_id = certificate.authority_key_identifier
            named = self._by_subject.get(certificate.issuer_der, ())
            found = [issuer for issuer in named if issuer.issued(certificate)]
            found.sort(
                key=lambda issuer: (
                    issuer not in self._trusted,
                    key_id is not None and key_id != issuer.subject_key_identifier,
                    not issuer.not_before <= self._now <= issuer.not_after,
                    -issuer.not_after.timestamp(),
                )
            )
            self._issuers[certificate] = found
        return self._issuers[certificate]

    def _problems(self, path: tuple[Certificate, ...]) -> list[_Problem]:
        """What is wrong with a path (RFC 5280, section 6.1, without policies, name constraints and revocation)."""
        problems: list[_Problem] = []
        below = 0
        for index, certificate in enumerate(path):
            if certificate.expired(self._now):
                problems.append(_Problem("expired", f"{certificate} expired on {format_time(certificate.not_after)}"))
            elif self._now < certificate.not_before:
                start = format_time(certificate.not_before)
                problems.append(_Problem("other", f"{certificate} is not valid before {start}"))
            if index == 0:
                continue
            if not certificate.may_issue:
                problems.append(_Problem("other", f"{certificate} is not a CA, but issued {path[index - 1]}"))
            elif certificate.key_usage is not None and "keyCertSign" not in certificate.key_usage:
                problems.append(_Problem("other", f"{certificate} may not sign certificates (key usage)"))
            if certificate.path_length is not None and below > certificate.path_length:
                limit = f"allows {certificate.path_length} CAs below itself, there are {below}"
                problems.append(_Problem("other", f"{certificate} {limit}"))
            below += not certificate.self_issued
        problems += self._end_problems(path[-1])
        return problems

    def _end_problems(self, last: Certificate) -> list[_Problem]:
        """What is wrong with the upper end of a path."""
        if last.self_signed:
            return [] if last in self._trusted else [_Problem("other", f"root {last} is not trusted")]
        issuer = last.issuer or "(empty issuer)"
        others = [other for other in self._by_subject.get(last.issuer_der, ()) if other != last]
        if others and not self._issuers_of(last):
            reason = f"{len(others)} of that name found, but signed with another key: {', '.join(map(str, others[:3]))}"
            return [_Problem("issuer", f"issuer {issuer} of {last} not found ({reason})", issuer)]
        return [_Problem("issuer", f"issuer {issuer} of {last} not found", issuer)]
