# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetching requests from the authority. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._remote.wire import Call, Reply
from ..module_utils._request.online import new_certificate
from ..module_utils._request.retrieval import describe, explain_retrieval, name_of, retrieve_step
from ..module_utils._state.pending import PendingRequest
from ..module_utils._state.request_paths import RequestFiles
from ..module_utils._state.state import State
from ..module_utils._state.stored import StoredCertificate
from ._patience import Patience


@dataclass
class Retrieval:
    """What became of requests.

    :ivar state: the server after the last call.
    :ivar issued: the certificates that came, by number of the request.
    :ivar failed: why a request could not be fetched, and the server's error record.
    """

    state: State
    issued: dict[int | None, StoredCertificate] = field(default_factory=dict)
    failed: dict[int | None, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def rows(self, wanted: Sequence[PendingRequest]) -> list[dict[str, Any]]:
        """What is told of the requests that were meant."""
        return [describe(item, self._state_of(item), self.issued.get(item.request_id)) for item in wanted]

    def _state_of(self, item: PendingRequest) -> str:
        if item.request_id in self.issued:
            return "issued"
        return "failed" if item.request_id in self.failed else "pending"

    def open(self, wanted: Sequence[PendingRequest]) -> list[PendingRequest]:
        """The requests that the authority has not decided on."""
        return [item for item in wanted if self._state_of(item) == "pending"]

    def failure(self) -> dict[str, Any]:
        """The part of the result that tells of failures; empty if there are none."""
        if not self.failed:
            return {}
        record = next(iter(self.failed.values()))[1]
        text = "; ".join(told for told, _record in self.failed.values())
        return {"failed": True, "msg": text, **({"error": dict(record)} if record else {})}


def retrieve(
    exchange: Callable[[Call, State], Reply],
    wanted: Sequence[PendingRequest],
    state: State,
    patience: Patience,
    files: Sequence[RequestFiles] = (),
) -> Retrieval:
    """Fetches requests, each with a call of its own: that tells which certificate is whose, and none stops the others.

    :param exchange: makes a remote call.
    :param files: the requests whose files are read along.
    """
    found = Retrieval(state)
    for _number in patience.tries():
        for item in found.open(wanted):
            _fetch(exchange, item, found, files)
        if not found.open(wanted):
            break
    found.warnings += [
        f"{name_of(item)} is still pending after {patience.timeout:g} s; run again later"
        for item in (found.open(wanted) if patience.timeout else ())
    ]
    return found


def _fetch(
    exchange: Callable[[Call, State], Reply], item: PendingRequest, found: Retrieval, files: Sequence[RequestFiles]
) -> None:
    step = retrieve_step(item.request_id)
    before = found.state
    reply = exchange(Call(steps=[step], files=files, requests=True), before)
    found.state = reply.state
    found.warnings += reply.warnings
    certificate = new_certificate(before, reply.state, item.friendly_name)
    if certificate:
        found.issued[item.request_id] = certificate
        found.commands += step.commands
    elif reply.error:
        found.failed[item.request_id] = (explain_retrieval(item, reply.record or {}), reply.record or {})
    elif _is_listed(item, before) and not _is_listed(item, reply.state):
        text = f"{name_of(item)} is no longer pending, yet there is no new certificate in My; look at the server"
        found.failed[item.request_id] = (text, {})


def _is_listed(item: PendingRequest, state: State) -> bool:
    return item.request_id in [row.request_id for row in state.pending or ()]
