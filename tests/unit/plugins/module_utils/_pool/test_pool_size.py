# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten times the servers are ten times the work: plans of pools are made for hundreds of them."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.requirements import Need
from ansible_collections.sfb.certificates.plugins.module_utils._pool.draft import SetPlan, SetSpec
from ansible_collections.sfb.certificates.plugins.module_utils._pool.pool_plan import plan_set
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import RequestSpec
from ansible_collections.sfb.certificates.plugins.module_utils._rollover.rollover import (
    PlannedCertificate,
    PlannedStep,
    RolloverSpec,
    plan_rollover,
)
from ansible_collections.sfb.certificates.plugins.module_utils._rollover.table import rows_of
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import (
    Assignment,
    RequestFile,
    State,
    StoredCertificate,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import Key
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec
from ansible_collections.sfb.certificates.plugins.module_utils._store.superseded import replaced_certificates
from ansible_collections.sfb.certificates.plugins.module_utils._x509 import chain as chains
from ansible_collections.sfb.certificates.plugins.module_utils._x509 import request as signing_requests
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..rolling import AV, DAY, INTERNAL, ME, NOW, authority, claim, issued, own, root, running, server

POOL = "edgepool.example.com"
FEW, MANY = 20, 200
Members = Mapping[str, State]


# ---- what the servers of a pool have ----


@functools.cache
def asked(number: int) -> tuple[Certificate, bytes]:
    """A certificate that waits in REQUEST, and its CSR; each number has a key of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(POOL)])
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, f"{number}.{POOL}")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, critical=False)
    data = csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return issued("waiting", NOW - DAY, NOW + DAY, signer=key, names=(POOL,)), data


@functools.cache
def made(name: str, begin: int = -10, end: int = 700) -> Certificate:
    """A certificate for the pool, valid between two days from now."""
    return issued(name, NOW + begin * DAY, NOW + end * DAY, names=(POOL,))


def record(**more: Any) -> dict[str, Any]:
    return {"asked": {"key_size": 2048}, "friendly_name": "", "names": [POOL], "usages": [INTERNAL]} | more


def edge(number: int, *certificates: StoredCertificate, used: Certificate | None = None, **more: Any) -> State:
    """A server with a certificate of its own beside what it is given."""
    every = (root(), own(made(f"host{number}", -500, 10)), *certificates)
    assignments = (Assignment(INTERNAL, used.thumbprint),) if used else ()
    return server(*assignments, certificates=every, **({"services": running()} | more))


def with_request(number: int, record: dict[str, Any]) -> RequestFile:
    return RequestFile("internal", record, asked(number)[1])


def each_waits(number: int) -> State:
    """Each server has made a request of its own, which waits."""
    row = StoredCertificate.of(asked(number)[0], "REQUEST", has_key=True, key=Key(exportable=True))
    return edge(number, row, requests=(with_request(number, record()),))


def each_has_its_own(number: int) -> State:
    """Each server has requested and got a certificate of its own, which all could share."""
    mine = made(f"edge{number}")
    return edge(number, own(mine), used=mine, requests=(with_request(number, record()),))


def each_keeps_its_key(number: int) -> State:
    """As before, but no key may leave its server, so that all need a new certificate."""
    mine = made(f"edge{number}")
    kept = own(mine, key=Key(exportable=False))
    return edge(number, kept, used=mine, requests=(with_request(number, record()),))


def each_asked_online(number: int) -> State:
    """Each server has its own certificate of an online request without a friendly name."""
    mine, host = made(f"edge{number}"), made(f"host{number}", -500, 10)
    online = record(ca="ca1\\CA", known_certificates=[host.thumbprint])
    return edge(number, own(mine), used=mine, requests=(RequestFile("internal", online),))


def all_share_one(number: int) -> State:
    shared = made("shared")
    return edge(number, own(shared), used=shared)


def one_has_the_new(number: int) -> State:
    """The certificate that all use is due, the first server has the next one."""
    due, new = made("due", -700, 10), made("shared")
    return edge(number, own(due), *([own(new)] if number == 1 else []), used=due)


def all_are_done_with_the_previous(number: int) -> State:
    """Tokens of the previous certificate of a usage that can be staged have ended."""
    old, new = made("due", -700, 10), made("shared")
    state = edge(number, own(old), own(new))
    return state.with_assignments(Assignment(AV, new.thumbprint, old.thumbprint, NOW - 2 * DAY))


POOLS = [
    each_waits,
    each_has_its_own,
    each_keeps_its_key,
    each_asked_online,
    all_share_one,
    one_has_the_new,
    all_are_done_with_the_previous,
]


def members(kind: Callable[[int], State], size: int) -> dict[str, State]:
    return {f"edge{number}": kind(number) for number in range(1, size + 1)}


def asked_of(kind: Callable[[int], State]) -> SetSpec:
    usage = AV if kind is all_are_done_with_the_previous else INTERNAL
    need = Need((usage,), () if usage == AV else (POOL,), asked={"key_size": 2048})
    request = RequestSpec(need, request_files([usage]), "", {"PrivateKeyExportable": True})
    return SetSpec(request, ChainSpec((authority()[1],)))


def planned_rollover(plan: SetPlan, states: Members) -> RolloverSpec:
    steps = tuple(PlannedStep(step.host, step.name, step.usages, step.plan.reasons, "") for step in plan.steps)
    usages = tuple({use for step in steps for use in step.usages}) or (INTERNAL,)
    certificate = PlannedCertificate(usages, plan.thumbprint, (POOL,), steps=steps, held=plan.held)
    return RolloverSpec(tuple(states), frozenset(states), (certificate,), ME, lambda _owner: None)


# ---- what is counted ----


class Work:
    """Counts what is called while a block runs; functions that are written in C, too."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> Work:
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)

    def _count(self, _frame: object, event: str, _argument: object) -> None:
        self.calls += event in ("call", "c_call")


def work(size: int, run: Callable[[int], Any]) -> int:
    """What a run for so many servers costs when nothing is known from another one."""
    for cached in (chains._chain, signing_requests._from_bytes):
        cached.cache_clear()
    with Work() as counted:
        run(size)
    return counted.calls


@pytest.fixture(autouse=True)
def _certificates_are_there() -> None:
    """Makes what servers have; nobody counts that."""
    for kind in POOLS:
        members(kind, MANY)


@pytest.mark.parametrize("kind", POOLS, ids=lambda kind: kind.__name__)
def test_plan_of_a_pool(kind: Callable[[int], State]) -> None:
    pools = {size: members(kind, size) for size in (1, FEW, MANY)}
    spec = asked_of(kind)
    plan_set(spec, pools[1])
    few, many = (work(size, lambda size: plan_set(spec, pools[size])) for size in (FEW, MANY))
    assert many < few * MANY / FEW * 1.1


@pytest.mark.parametrize("busy", [False, True], ids=["free", "claimed"])
@pytest.mark.parametrize("kind", POOLS, ids=lambda kind: kind.__name__)
def test_rollover_of_a_pool(kind: Callable[[int], State], busy: bool) -> None:
    def states(size: int) -> dict[str, State]:
        found = members(kind, size)
        more = {"claim": claim(turn=True)} if busy else {}
        return {host: State(**{**_fields(state), **more}) for host, state in found.items()}

    pools = {size: states(size) for size in (1, FEW, MANY)}
    specs = {size: planned_rollover(plan_set(asked_of(kind), pool), pool) for size, pool in pools.items() if size > 1}

    def run(size: int) -> None:
        plan = plan_rollover(specs[size], pools[size])
        rows_of(specs[size], plan, pools[size])
        replaced_certificates(
            [(item.thumbprint, item.usages, item.names) for item in specs[size].certificates], pools[size]
        )

    run(FEW)
    few, many = work(FEW, run), work(MANY, run)
    assert many < few * MANY / FEW * 1.1


def _fields(state: State) -> dict[str, Any]:
    return {name: getattr(state, name) for name in State.__dataclass_fields__}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often CSRs are read and chains searched."""
    found: Counter[str] = Counter()

    def counted(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            found[name] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    counted(signing_requests, "_parse")
    counted(chains._Search, "best")
    return found


@pytest.mark.parametrize("size", [FEW, MANY])
@pytest.mark.parametrize("kind", [each_waits, each_has_its_own, each_keeps_its_key], ids=lambda kind: kind.__name__)
def test_each_csr_is_read_once(kind: Callable[[int], State], size: int, counts: Counter[str]) -> None:
    signing_requests._from_bytes.cache_clear()
    plan_set(asked_of(kind), members(kind, size))
    assert counts["_parse"] <= size


@pytest.mark.parametrize("size", [FEW, MANY])
def test_servers_with_the_same_authorities_share_the_chain(size: int, counts: Counter[str]) -> None:
    chains._chain.cache_clear()
    spec = asked_of(one_has_the_new)
    plan_set(SetSpec(spec.request), members(one_has_the_new, size))
    # all import the next one; the one in use tells whether its assignment has to wait for the others
    assert counts["best"] == 2
