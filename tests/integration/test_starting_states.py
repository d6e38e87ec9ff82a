# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools that are half done, half expired or half rebuilt: each state converges, and check mode tells how.

The table of docs/STARTING_STATES.md has a row for each state here.
"""

from __future__ import annotations

import pathlib
import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from .authority import ISSUING, ROOT, Authorities, chain_file, row

PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ["edge1", "edge2", "edge3"]
POOL = "edge-site1.example.com"
WORK = pathlib.Path("files/C/ProgramData/sfb.certificates")


def assigned(pool: Any, host: str) -> str | None:
    return pool.server(host)["assignments"].get("Internal", {}).get("thumbprint")


def forget_certificate(pool: Any, host: str) -> None:
    """A server loses its certificate, key and assignment."""
    pool.edit(host, lambda state: (state["stores"]["My"].clear(), state["assignments"].clear()))


def other_certificate(pool: Any, host: str, *names: str) -> str:
    """A server gets another certificate assigned, imported from a PFX; gives the thumbprint."""
    path = pool.folder / names[0] / "server.pfx"
    path = path if path.exists() else pool.pfx("Passphrase-4711", *names)
    run = pool.tasks(
        {"cs_certificate_import": {"path": str(path), "passphrase": "Passphrase-4711"}, "register": "imported"},
        {"cs_certificate_assign": {"type": ["Internal"], "thumbprint": "{{ imported.thumbprint }}"}},
        hosts=host,
    )
    assert run.rc == 0, run.output
    return str(assigned(pool, host))


# ---- the states -----------------------------------------------------------------------------


def server_without_the_chain(pool: Any) -> None:
    pool.edit("edge2", lambda state: (state["stores"]["Root"].clear(), state["stores"]["CA"].clear()))


def intermediate_in_root(pool: Any) -> None:
    pool.edit("edge2", lambda state: state["stores"]["Root"].append(state["stores"]["CA"].pop()))


def certificate_not_assigned(pool: Any) -> None:
    pool.edit("edge2", lambda state: state["assignments"].clear())


def another_certificate_assigned(pool: Any) -> None:
    other_certificate(pool, "edge2", "old.example.com")


def key_missing_on_one(pool: Any) -> None:
    pool.edit("edge2", lambda state: state["stores"]["My"][0].update(container=None))


def different_certificates(pool: Any) -> None:
    for host in ("edge2", "edge3"):
        forget_certificate(pool, host)
        other_certificate(pool, host, POOL)


def key_not_exportable_on_the_leader(pool: Any) -> None:
    pool.edit("edge1", lambda state: next(iter(state["containers"].values())).update(exportable=False))
    forget_certificate(pool, "edge3")


def server_added_later(pool: Any) -> None:
    pool.describe({"edge_site1": [*HOSTS, "edge4"]})


def leader_rebuilt(pool: Any) -> None:
    shutil.rmtree(pool.lab / "servers" / "edge1")


def server_rebuilt_and_no_chain_file(pool: Any) -> None:
    shutil.rmtree(pool.lab / "servers" / "edge2")
    pool.describe({"edge_site1": HOSTS}, edge_chain_file="")


def expired_authority_in_the_store(pool: Any) -> None:
    expired = Authorities(pool.lab, pool.key_pool).authority(ISSUING, ISSUING, ROOT, begin=-900, end=-10)
    for host in HOSTS:
        pool.edit(host, lambda state: state["stores"]["CA"].insert(0, row(expired)))
    pool.edit("edge2", lambda state: state["assignments"].clear())


def authority_renewed_with_the_same_key(pool: Any) -> None:
    authorities = Authorities(pool.lab, pool.key_pool)
    renewed = authorities.authority(ISSUING, ISSUING, ROOT, end=3000)
    chain = chain_file(pool.folder / "renewed.p7b", renewed, authorities.certificate(ROOT))
    pool.describe({"edge_site1": HOSTS}, edge_chain_file=str(chain))


def authority_with_a_cross_certificate(pool: Any) -> None:
    authorities = Authorities(pool.lab, pool.key_pool)
    other = authorities.self_signed("Other Root CA", "2")
    chain = [authorities.certificate(ISSUING), authorities.certificate(ROOT), other]
    pool.describe({"edge_site1": HOSTS}, edge_chain_file=str(chain_file(pool.folder / "cross.p7b", *chain)))
    cross = authorities.authority(ISSUING, ISSUING, ROOT, end=20)
    for host in HOSTS:
        pool.edit(host, lambda state: state["stores"]["CA"].insert(0, row(cross)))


FINISHED = [
    server_without_the_chain,
    intermediate_in_root,
    certificate_not_assigned,
    another_certificate_assigned,
    key_missing_on_one,
    different_certificates,
    key_not_exportable_on_the_leader,
    server_added_later,
    leader_rebuilt,
    server_rebuilt_and_no_chain_file,
    expired_authority_in_the_store,
    authority_renewed_with_the_same_key,
    authority_with_a_cross_certificate,
]


def request_with_record_and_csr(pool: Any) -> None:
    """As the first run left it."""


def request_without_csr(pool: Any) -> None:
    (pool.lab / "servers" / "edge1" / WORK / "internal.req").unlink()


def request_without_record(pool: Any) -> None:
    (pool.lab / "servers" / "edge1" / WORK / "internal.json").unlink()


def request_without_record_and_csr(pool: Any) -> None:
    request_without_csr(pool)
    request_without_record(pool)


def clock_ahead(pool: Any) -> None:
    pool.describe({"edge_site1": HOSTS}, {"edge2": {"sfb_lab_clock_offset": 5 * 3600}})


def answer_weeks_later(pool: Any) -> None:
    pool.describe({"edge_site1": HOSTS}, sfb_lab_clock_offset=40 * 86400)


def friendly_name_taken(pool: Any) -> None:
    run = pool.tasks(
        {"cs_certificate_request": {"type": ["Internal"], "friendly_name": "edge_site1 Internal", "city": "Bern"}}
    )
    assert run.rc == 0, run.output


PENDING = [
    request_with_record_and_csr,
    request_without_csr,
    request_without_record,
    request_without_record_and_csr,
    clock_ahead,
    answer_weeks_later,
]


#: In every run of the tests; the others, whole procedures too, are for make test-slow.
SAMPLE = [server_without_the_chain, leader_rebuilt, request_without_csr]


def sampled(states: list[Callable[[Any], None]]) -> list[Any]:
    """The states, those outside of the sample marked as slow."""
    return [state if state in SAMPLE else pytest.param(state, marks=pytest.mark.slow) for state in states]


# ---- what must come of them -----------------------------------------------------------------


def members(pool: Any) -> list[str]:
    return re.findall(r"edge\d+", pool.inventory.read_text().split("hosts:")[1].split("vars:")[0])


def check(pool: Any) -> dict[str, list[str]]:
    """Check mode changes nothing; the commands that it shows for each host."""
    before = pool.digest()
    shown = pool.play(PLAYBOOK, "--check", "--diff")
    assert shown.rc == 0, shown.output
    assert pool.digest() == before
    return shown.planned()


def converges(pool: Any, *words: str) -> str:
    """Check mode tells what then happens; after the run all share a certificate and a rerun changes nothing."""
    shown = check(pool)
    mark = len(pool.journal())
    run = pool.play(PLAYBOOK, *words)
    assert run.rc == 0, run.output
    if "waits for" in run.output:
        pool.sign()
        run = pool.play(PLAYBOOK, *words)
        assert run.rc == 0, run.output
    hosts = members(pool)
    (thumbprint,) = {assigned(pool, host) for host in hosts}
    assert thumbprint
    for host in hosts:
        filled = [command.replace("(known after issue)", thumbprint) for command in shown.get(host, [])]
        assert filled == pool.commands(host, mark)
        (mine,) = [item for item in pool.server(host)["stores"]["My"] if item["thumbprint"] == thumbprint]
        assert mine["container"]
    done = len(pool.journal())
    again = pool.play(PLAYBOOK, *words)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert [len(pool.calls(host, done)) for host in hosts] == [1] * len(hosts)
    return str(thumbprint)


@pytest.mark.parametrize("state", sampled(FINISHED), ids=lambda state: state.__name__)
def test_finished_pool_with(pool, stages, state: Callable[[Any], None]) -> None:
    pool.take(stages / "finished")
    state(pool)
    requests = len(list(pool.inbox.glob("*.req")))
    converges(pool)
    assert len(list(pool.inbox.glob("*.req"))) == requests, "no new request was called for"


@pytest.mark.parametrize("state", sampled(PENDING), ids=lambda state: state.__name__)
def test_waiting_pool_with(pool, stages, state: Callable[[Any], None]) -> None:
    pool.take(stages / "requested")
    state(pool)
    converges(pool)
    assert len(list(pool.inbox.glob("*.req"))) == 1, "the request that waited was used"


@pytest.mark.slow
def test_friendly_name_taken(pool) -> None:
    friendly_name_taken(pool)
    converges(pool)
    names = [item["friendly_name"] for host in HOSTS for item in pool.server(host)["stores"]["My"]]
    assert re.fullmatch(r"edge_site1 Internal \d{4}-\d\d-\d\d", names[0])


@pytest.mark.slow
def test_answer_to_an_earlier_request_after_a_second_one(pool, stages) -> None:
    pool.take(stages / "requested")
    pool.sign()
    (first,) = pool.inbox.glob("*.cer")
    held = first.read_bytes()
    first.unlink()
    assert pool.play(PLAYBOOK, "-e", "edge_force=true").rc == 0
    assert len(list(pool.inbox.glob("*.req"))) == 2
    first.write_bytes(held)
    assert pool.play(PLAYBOOK).rc == 0
    assert len({assigned(pool, host) for host in HOSTS}) == 1
    assert pool.play(PLAYBOOK).total("changed") == 0


def test_answer_for_a_sibling_set_is_left_alone(pool) -> None:
    pool.describe({"edge_site1": ["edge1"], "edge_site2": ["edge2"]})
    pool.play(PLAYBOOK)
    pool.sign()
    one, two = sorted(pool.inbox.glob("*.cer"))
    names = one.name, two.name
    one.rename(pool.inbox / "x")
    two.rename(pool.inbox / names[0])
    (pool.inbox / "x").rename(pool.inbox / names[1])
    assert pool.play(PLAYBOOK).rc == 0
    subjects = [pool.server(host)["stores"]["My"][0]["subject"] for host in ("edge1", "edge2")]
    assert subjects == ["CN=edge-site1.example.com", "CN=edge-site2.example.com"]


@pytest.mark.slow
def test_authority_renewed_with_a_new_key(pool, stages) -> None:
    pool.take(stages / "requested")
    authorities = Authorities(pool.lab, pool.key_pool)
    renewed = authorities.authority(ISSUING, "2", ROOT)
    chain = chain_file(pool.folder / "renewed.p7b", renewed, authorities.certificate(ROOT))
    pool.describe({"edge_site1": HOSTS}, edge_chain_file=str(chain))
    (request,) = pool.inbox.glob("*.req")
    (pool.inbox / "answer.cer").write_bytes(authorities.answer(request.read_bytes(), renewed, "2"))
    converges(pool)


@pytest.mark.slow
def test_leader_unreachable_when_the_others_can_share(pool, stages) -> None:
    pool.take(stages / "finished")
    thumbprint = assigned(pool, "edge1")
    forget_certificate(pool, "edge2")
    pool.describe({"edge_site1": HOSTS}, {"edge1": {"sfb_lab_unreachable": True}})
    run = pool.play(PLAYBOOK)
    assert run.recap["edge1"]["unreachable"] == 1
    assert run.recap["edge2"]["failures"] == run.recap["edge3"]["failures"] == 0
    assert assigned(pool, "edge2") == thumbprint
    assert pool.play(PLAYBOOK).total("changed") == 0


def test_leader_unreachable_while_its_request_waits(pool) -> None:
    pool.play(PLAYBOOK)
    pool.describe({"edge_site1": HOSTS}, {"edge1": {"sfb_lab_unreachable": True}})
    before = pool.digest()
    run = pool.play(PLAYBOOK)
    for host in ("edge2", "edge3"):
        assert "edge1, which cannot be reached, made the request that waits" in run.message(host)
    assert pool.digest() == before
    forced = pool.play(PLAYBOOK, "-e", "edge_force=true")
    assert forced.recap["edge2"]["failures"] == 0
    assert len(list(pool.inbox.glob("*.req"))) == 2


@pytest.mark.slow
def test_limit_to_one_member(pool, stages) -> None:
    pool.take(stages / "finished")
    forget_certificate(pool, "edge2")
    mark = len(pool.journal())
    run = pool.play(PLAYBOOK, "--limit", "edge2")
    assert run.rc == 0, run.output
    assert assigned(pool, "edge2") == assigned(pool, "edge1")
    assert set(pool.writing(mark)) <= {"cert_import", "cmdlet"}
    assert all(not _changes(call) for host in ("edge1", "edge3") for call in pool.calls(host, mark))


def _changes(call: dict[str, Any]) -> bool:
    return any(step["op"] not in ("read_file", "cert_export") for step in call["steps"])


def test_limit_to_one_member_leaves_a_request_elsewhere_alone(pool, stages) -> None:
    pool.take(stages / "requested")
    before = pool.digest()
    run = pool.play(PLAYBOOK, "--limit", "edge2")
    assert run.rc == 0, run.output
    assert "a run that includes edge1, which holds the request" in re.sub(r"\s+", " ", run.output)
    assert [host for host in HOSTS if (pool.lab / "servers" / host).exists()] == ["edge1", "edge2"]
    pool.sign()
    run = pool.play(PLAYBOOK, "--limit", "edge2")
    assert "a run that includes edge1, which holds the key" in re.sub(r"\s+", " ", run.output)
    assert before != pool.digest()  # the chain is on edge2 now, and nothing more
    assert pool.server("edge2")["stores"]["My"] == []


@pytest.mark.slow
def test_clock_behind_is_told_and_nothing_is_assigned(pool, stages) -> None:
    pool.take(stages / "imported")
    pool.describe({"edge_site1": HOSTS}, {"edge2": {"sfb_lab_clock_offset": -5 * 3600}})
    before = pool.digest()
    run = pool.play(PLAYBOOK)
    assert "valid only from" in run.message("edge2")
    assert "the server's clock says" in run.message("edge2")
    assert pool.digest() == before
    pool.describe({"edge_site1": HOSTS})
    converges(pool)


# ---- renewal, and what is asked versus what came ----------------------------------------------


def test_renewal_keeps_the_old_one_until_all_have_the_new_one(pool, stages) -> None:
    pool.take(stages / "finished")
    old = assigned(pool, "edge1")
    near = {"sfb_lab_clock_offset": 700 * 86400}
    pool.describe({"edge_site1": HOSTS}, **near)
    first = pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    assert {assigned(pool, host) for host in HOSTS} == {old}
    pool.sign("--clock-offset", str(700 * 86400))
    pool.describe({"edge_site1": HOSTS}, {"edge3": {"sfb_lab_unreachable": True}}, **near)
    held = pool.play(PLAYBOOK)
    assert [assigned(pool, host) for host in HOSTS] == [old] * 3
    assert held.result("Plan the steps of the set", "edge1")["held"] == ["edge1", "edge2"]
    pool.describe({"edge_site1": HOSTS}, **near)
    assert pool.play(PLAYBOOK).rc == 0
    (new,) = {assigned(pool, host) for host in HOSTS}
    assert new != old
    for host in HOSTS:
        names = [item["friendly_name"] for item in pool.server(host)["stores"]["My"]]
        assert len(names) == len(set(names)) == 2
    assert pool.play(PLAYBOOK).total("changed") == 0
