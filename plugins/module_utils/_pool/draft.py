# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a set of servers, and the plan for it. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._errors import CertificatesError, InputError
from .._request.request import RequestSpec
from .._state.state import State
from .._state.stored import format_time
from .._steps.plan import Plan
from .._store.chain import ChainSpec
from .._x509.files import CertificateFile
from .._x509.request import SigningRequest
from .cutover_date import Roll


@dataclass(frozen=True)
class Answer:
    """A certificate that an authority issued, or a PFX, that lies ready on the controller.

    :ivar data: the content of the file.
    :ivar passphrase: of a PFX.
    """

    file: CertificateFile
    data: bytes
    name: str = "answer"
    passphrase: str | None = None

    @property
    def content(self) -> str:
        """The content as base64."""
        return base64.b64encode(self.data).decode("ascii")


@dataclass(frozen=True)
class SetSpec:
    """What the servers of a set have to share.

    :ivar request: the request to make if no fitting certificate is there.
    :ivar chain: the authorities to import everywhere, None to import none.
    :ivar leader: host that makes requests, empty to choose one.
    :ivar requester: server outside of the set that makes requests for it, empty for none
        (product.md#edge-internal-interface).
    :ivar acting: servers that may be changed; the others are only read. None for all.
    :ivar answers: what authorities have issued.
    :ivar elsewhere: CSRs that lie on the controller, by public key.
    :ivar roll: how usages turn over that can be staged; None to assign them at once, too.
    """

    request: RequestSpec
    chain: ChainSpec | None = None
    leader: str = ""
    requester: str = ""
    acting: frozenset[str] | None = None
    answers: tuple[Answer, ...] = ()
    elsewhere: Mapping[str, SigningRequest] = field(default_factory=dict)
    roll: Roll | None = field(default_factory=Roll)

    def may_change(self, host: str) -> bool:
        """True if steps may be planned that change a server."""
        return self.acting is None or host in self.acting or host == self.requester


@dataclass(frozen=True)
class HostStep:
    """One step of one server.

    :ivar waits_for: what has to be there first, empty if it can be done at once.
    :ivar usages: what is assigned, staged or cleaned up; empty for all others.
    :ivar at_once: an assignment that need not wait for the other servers, since the usages have no certificate that works.
    """

    host: str
    name: str
    plan: Plan
    waits_for: str = ""
    usages: tuple[str, ...] = ()
    at_once: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Gives the step as plain data."""
        return {
            "host": self.host,
            "name": self.name,
            "commands": self.plan.commands,
            "reasons": list(self.plan.reasons),
            "waits_for": self.waits_for,
            "type": list(self.usages),
        }


@dataclass(frozen=True)
class SetPlan:
    """The steps of all servers of a set, in the order of the procedure: chain, request, note, import, export, copy, stage, assign, previous.

    :ivar leader: the server that requests, imports and exports.
    :ivar thumbprint: of the certificate that all will have, possibly Unknown.
    :ivar public_key: SHA-256 of the key of the request that waits for its answer, empty if none does.
    :ivar csr: that request, as PEM.
    :ivar subject: of that request, foretold if it is not made yet; empty if there is none.
    :ivar dns_names: its names, likewise.
    :ivar computer_fqdn: the computer that it is for, empty for the one that makes it.
    :ivar answer: what the leader is to import, None if that is not there yet or not needed.
    :ivar waiting_for: what the procedure waits for, empty if nothing.
    :ivar effective_date: when staged usages turn to the certificate on all servers, None if none is staged.
    :ivar held: servers that keep their certificate until all others have the new one.
    :ivar unreachable: members whose state is not known.
    :ivar predicted: what each server will be like.
    """

    leader: str
    thumbprint: str
    steps: tuple[HostStep, ...]
    predicted: Mapping[str, State]
    names: tuple[str, ...]
    public_key: str = ""
    csr: str = ""
    subject: str = ""
    dns_names: tuple[str, ...] = ()
    computer_fqdn: str = ""
    answer: Answer | None = None
    waiting_for: str = ""
    effective_date: datetime | None = None
    held: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, host: str) -> list[HostStep]:
        """The steps of one server."""
        return [step for step in self.steps if step.host == host]

    def to_dict(self) -> dict[str, Any]:
        """Gives the plan as plain data, which L{rollover.PlannedCertificate.from_dict} reads.

        The predicted states are left out; they are the server's own, and large.
        """
        return {
            "leader": self.leader,
            "names": list(self.names),
            "thumbprint": str(self.thumbprint),
            "public_key_sha256": str(self.public_key),
            "csr": self.csr,
            "subject": self.subject,
            "dns_names": list(self.dns_names),
            "computer_fqdn": self.computer_fqdn,
            "waiting_for": self.waiting_for,
            "effective_date": format_time(self.effective_date) or "",
            "held": list(self.held),
            "answer": self.answer.name if self.answer else "",
            "unreachable_members": list(self.unreachable),
            "set_steps": [step.to_dict() for step in self.steps],
        }


class Draft:
    """A plan while it grows: each step is planned on the state that the earlier ones lead to."""

    def __init__(self, states: Mapping[str, State]) -> None:
        self.states = dict(states)
        self.steps: list[HostStep] = []
        self.warnings: list[str] = []

    def add(
        self,
        host: str,
        name: str,
        plan: Plan,
        waits_for: str = "",
        usages: tuple[str, ...] = (),
        *,
        at_once: bool = False,
    ) -> None:
        """Takes a step into the plan if it does anything, and its outcome as the server's new state."""
        self.warnings += [f"{host}: {text}" for text in plan.warnings]
        self.states[host] = plan.predicted
        if plan.steps:
            self.steps.append(HostStep(host, name, plan, waits_for, usages, at_once))


def planned_on(host: str, planner: Callable[..., Plan], *arguments: Any) -> Plan:
    """Runs a planner; its error names the host.

    :raises InputError: the planner's.
    """
    try:
        return planner(*arguments)
    except CertificatesError as error:
        raise InputError(f"{host}: {error}") from error
