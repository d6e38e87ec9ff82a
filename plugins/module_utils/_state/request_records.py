# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of requests, found by what they brought. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from .._errors import CertificatesError
from .._x509.request import SigningRequest
from .request_record import RequestRecord
from .state import RequestFile
from .stored import StoredCertificate


def read_request(entry: RequestFile) -> SigningRequest | None:
    """The CSR of a request, None if the file is missing or damaged."""
    if entry.csr is None:
        return None
    try:
        return SigningRequest.from_bytes(entry.csr, name=entry.name)
    except CertificatesError:
        return None


def record_for(entry: RequestFile, public_key: str) -> RequestRecord | None:
    """The record, in a request's files, of the request that has a public key: its own, or the one before."""
    return next((record for key, record in _records(entry) if key == public_key), None)


def _records(entry: RequestFile) -> Iterator[tuple[str, RequestRecord]]:
    """The records of a request's files with the public keys of their requests, as far as these are known."""
    former = entry.record.previous if entry.record else None
    if former and former.public_key_sha256 is not None:
        yield former.public_key_sha256, former
    asked = read_request(entry) if entry.record else None
    if asked and entry.record:
        yield asked.public_key_sha256, entry.record


class Requests(tuple[RequestFile, ...]):
    """The requests of some servers. Of several that fit, the first counts; each CSR is read once, however many are looked up."""

    @classmethod
    def of(cls, entries: Iterable[RequestFile]) -> Requests:
        """The requests in a form that can be searched; itself if it is that already."""
        return entries if isinstance(entries, cls) else cls(entries)

    def record_of(self, public_key: str) -> RequestRecord | None:
        """The record of the request that has a public key."""
        return self._by_key.get(public_key)

    @cached_property
    def _by_key(self) -> Mapping[str, RequestRecord]:
        return dict(reversed([pair for entry in self for pair in _records(entry)]))

    def online_record(self, row: StoredCertificate, usages: Sequence[str]) -> RequestRecord | None:
        """The record of the online request for the same usages that brought a certificate.

        An online request leaves no CSR, so that its key is not known beforehand: the certificate has the friendly name that was
        asked for, which is unique (product.md#parameters-of-a-request), or none was asked for and it was not there
        before.
        """
        search = self._searches.get(frozenset(usages)) or _OnlineSearch(self, frozenset(usages))
        self._searches[frozenset(usages)] = search
        return search.find(row)

    @cached_property
    def _searches(self) -> dict[frozenset[str], _OnlineSearch]:
        return {}


class _OnlineSearch:
    """The records of online requests for some usages: those with a friendly name by it, the others in their order."""

    def __init__(self, requests: Iterable[RequestFile], usages: frozenset[str]) -> None:
        self._records = [record for record in _online_records(requests) if set(record.usages or ()) == usages]
        self._named: dict[str, int] = {}
        self._unnamed: list[tuple[int, frozenset[str]]] = []
        self._first: dict[str, int] = {}
        for place, record in enumerate(self._records):
            if record.friendly_name:
                self._named.setdefault(record.friendly_name, place)
            else:
                self._unnamed.append((place, frozenset(record.known_certificates or ())))

    def find(self, row: StoredCertificate) -> RequestRecord | None:
        """The first record that tells of a certificate."""
        nowhere = len(self._records)
        if row.thumbprint not in self._first:
            new_for = (place for place, known in self._unnamed if row.thumbprint not in known)
            self._first[row.thumbprint] = next(new_for, nowhere)
        place = min(self._first[row.thumbprint], self._named.get(row.friendly_name, nowhere))
        return self._records[place] if place < nowhere else None


def _online_records(requests: Iterable[RequestFile]) -> Iterator[RequestRecord]:
    """The records that tell of an authority, each request's own before that of the one it replaced."""
    for entry in requests:
        own = entry.record
        yield from (record for record in (own, own.previous if own else None) if record and record.ca)
