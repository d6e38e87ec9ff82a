# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests whose keys wait on a server for their answers. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._certificate.requirements import Need, asked_changes, other_purpose
from .._product.names import missing_names
from .._state.request_record import RequestRecord
from .._state.request_records import read_request, record_for
from .._state.state import RequestFile, State
from .._state.stored import StoredCertificate
from .._state.unknown import is_unknown
from .._x509.request import SigningRequest


@dataclass(frozen=True)
class Waiting:
    """A request that was made and not answered yet.

    :ivar row: its entry in the REQUEST store, which holds the key.
    :ivar asked: its CSR, None if that is to be found nowhere.
    :ivar record: what was asked for and when, None if that is lost.
    """

    row: StoredCertificate
    asked: SigningRequest | None = None
    record: RequestRecord | None = None

    @property
    def public_key(self) -> str:
        """SHA-256 of the public key that the answer must have."""
        return self.row.public_key


def waiting_requests(state: State, name: str, elsewhere: Mapping[str, SigningRequest]) -> list[Waiting]:
    """The requests that wait on a server, the one that its record tells of first.

    A request is identified by its public key (rules.md#identity-of-a-request). A record without its CSR is recognised
    by the friendly name, which is unique (product.md#parameters-of-a-request).

    :param name: of the request files of the usages in question.
    :param elsewhere: CSRs that lie outside of the server, by public key.
    """
    entry = state.request_file(name)
    on_server = read_request(entry) if entry else None
    record = own_record(entry)
    found = []
    for row in state.store("REQUEST"):
        if not row.usable_key:
            continue
        asked = elsewhere.get(row.public_key)
        told = None
        if on_server and on_server.public_key_sha256 == row.public_key:
            asked, told = on_server, record_for(entry, row.public_key) if entry and record else None
        elif record and on_server is None and row.friendly_name and record.friendly_name == row.friendly_name:
            told = record
        found.append(Waiting(row, asked, told))
    return sorted(found, key=lambda waiting: waiting.record is None)


def own_record(entry: RequestFile | None) -> RequestRecord | None:
    """The record of a request that the server made itself; a note of another server's is none."""
    record = entry.record if entry else None
    return None if record is None or record.is_note else record


def find_pending(need: Need, name: str, state: State, elsewhere: Mapping[str, SigningRequest]) -> Waiting | None:
    """The waiting request whose answer would do; one whose CSR is lost can only wait, not be submitted."""
    for waiting in waiting_requests(state, name, elsewhere):
        if is_unknown(waiting.public_key):
            # made in this very run, in check mode
            if _is_named(waiting, own_record(state.request_file(name))):
                return waiting
        elif _would_do(waiting, need) and not other_purpose(waiting.public_key, need, state.requests):
            return waiting
    return None


def _is_named(waiting: Waiting, record: RequestRecord | None) -> bool:
    return record is not None and record.friendly_name == waiting.row.friendly_name


def _would_do(waiting: Waiting, need: Need) -> bool:
    if waiting.asked is None:
        return False
    changes = (
        asked_changes(waiting.record, need.asked)
        if waiting.record is not None
        else _csr_differs(waiting.asked, need.asked)
    )
    if changes:
        return False
    lacking = lacking_names(waiting, need)
    return not lacking or (waiting.record is not None and waiting.record.names == need.names)


def lacking_names(waiting: Waiting, need: Need) -> tuple[str, ...]:
    """The needed names that a request does not ask for, so that its answer would be of no use."""
    return missing_names(waiting.asked, need.names, need.usages) if waiting.asked else ()


def _csr_differs(asked: SigningRequest, wanted: Mapping[str, Any]) -> bool:
    """Compares a CSR that has no record with what is asked for, as far as a CSR can tell."""
    size = wanted.get("key_size")
    if size and asked.key_type == "RSA" and asked.key_size != size:
        return True
    names = {name.lower() for name in asked.dns_names}
    return not {name.lower() for name in wanted.get("domain_names", ())} <= names
