# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that is divided among several runs: by sets it ends as one run would, and half a set does no harm.

A job slice of AWX has an inventory that lacks the hosts of the other slices; `--limit` leaves the inventory whole.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ["edge1", "edge2", "edge3"]


def signer(pool) -> dict[str, str | int]:
    """The authority on the controller signs at once, so that one run is enough."""
    authority = pool.lab / "adcs"
    return {
        "edge_signer": "local_ca",
        "edge_signer_ca_certificate": str(authority / "Lab Issuing CA.cer"),
        "edge_signer_ca_private_key": str(authority / "keys" / "Lab Issuing CA.pem"),
        "edge_signer_valid_for": 825,
    }


def assigned(pool, host: str) -> str:
    return pool.server(host)["assignments"]["Internal"]["thumbprint"]


def done(pool, host: str) -> list[str]:
    """The commands that a server got, without the hashes that differ between two certificates."""
    return [re.sub(r"\b[0-9A-F]{40,64}\b", "<hash>", command) for command in pool.commands(host)]


@pytest.mark.slow
def test_slices_of_whole_sets_end_as_one_run(make_pool) -> None:
    sets = {"edge_site1": ["edge1", "edge2"], "edge_site2": ["edge3", "edge4"]}
    whole, first, second = make_pool("whole"), make_pool("first"), make_pool("second")
    second.lab, second.inbox = first.lab, first.inbox
    whole.describe(sets, edge_set_size=2, **signer(whole))
    assert whole.play(PLAYBOOK).rc == 0
    for pool, name in ((first, "edge_site1"), (second, "edge_site2")):
        pool.describe({name: sets[name]}, edge_set_size=2, **signer(pool))
    with ThreadPoolExecutor(2) as both:
        runs = list(both.map(lambda pool: pool.play(PLAYBOOK), (first, second)))
    assert [run.rc for run in runs] == [0, 0], runs[0].output + runs[1].output
    for members in sets.values():
        assert len({assigned(first, host) for host in members}) == 1
        for host in members:
            assert done(first, host) == done(whole, host)
    first.describe(sets, edge_set_size=2, **signer(first))
    assert first.play(PLAYBOOK).total("changed") == 0


def test_part_of_a_set_is_refused(pool) -> None:
    """A slice of the inventory, which one of the servers is missing from."""
    pool.describe({"edge_site1": ["edge1", "edge3"]}, edge_set_size=3)
    run = pool.play(PLAYBOOK)
    assert run.message("edge3") == (
        "edge_set_size: edge_site1 has 3 servers, and the inventory has 2 of them; "
        "run with an inventory that has the whole set, and choose servers of it with --limit"
    )
    assert pool.journal() == []


@pytest.mark.slow
def test_half_a_set_does_no_harm(pool, stages) -> None:
    pool.take(stages / "finished")
    old = assigned(pool, "edge1")
    # the certificate is due for renewal
    variables = {"sfb_lab_clock_offset": 700 * 86400, "edge_set_size": 3} | signer(pool)
    pool.describe({"edge_site1": HOSTS}, **variables)

    # half of the whole inventory: the new certificate is made and copied, the old one stays in use
    half = pool.play(PLAYBOOK, "--limit", "edge1,edge3")
    assert half.rc == 0, half.output
    assert half.result("Plan the steps of the set", "edge1")["held"] == ["edge1", "edge3"]
    assert {assigned(pool, host) for host in HOSTS} == {old}
    assert [len(pool.server(host)["stores"]["My"]) for host in HOSTS] == [2, 1, 2]

    # the whole set: all have the new one
    assert pool.play(PLAYBOOK).rc == 0
    (new,) = {assigned(pool, host) for host in HOSTS}
    assert new != old
