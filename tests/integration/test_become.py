# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole procedure as another account (become), as a double hop needs it (product.md#double-hop)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._remote.privileges import needs_full_logon
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import Step

PLAYBOOK = "sfb.certificates.edge_internal"
ACCOUNT, PASSWORD = "CONTOSO\\certadmin", "Become-Secret-8215"
BECOME: dict[str, Any] = {
    "ansible_become": True,
    "ansible_become_method": "ansible.builtin.runas",
    "ansible_become_user": ACCOUNT,
    "ansible_become_pass": "{{ account_password }}",
}


def expected(row: dict[str, Any]) -> str | None:
    """The account that a call of the journal is to be made as; None for that of the connection."""
    return ACCOUNT if needs_full_logon(map(Step, row["steps"])) else None


@pytest.mark.slow
def test_procedure_as_another_account(pool) -> None:
    pool.describe({"edge_site1": ["edge1", "edge2"]}, **BECOME)
    secret = pool.folder / "secret.yml"
    secret.write_text(f"account_password: {PASSWORD}\n")
    words = ("-e", f"@{secret}", "-vvvv", "--diff")
    first = pool.play(PLAYBOOK, *words)
    assert first.rc == 0, first.output
    pool.sign()
    second = pool.play(PLAYBOOK, *words)
    assert second.rc == 0, second.output
    mark = len(pool.journal())
    again = pool.play(PLAYBOOK, *words)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert sorted(row["host"] for row in pool.journal()[mark:]) == ["edge1", "edge2"]

    calls = [(row["become_user"], expected(row)) for row in pool.journal()]
    assert [used for used, _needed in calls] == [needed for _used, needed in calls]
    assert {needed for _used, needed in calls} == {ACCOUNT, None}
    # a run that finds nothing to do needs no other account
    assert {row["become_user"] for row in pool.journal()[mark:]} == {None}
    for run in (first, second, again):
        assert PASSWORD not in run.output
    written = [path for path in pool.folder.rglob("*") if path.is_file() and path != secret]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


def test_calls_that_need_it_and_all_if_asked_for(pool) -> None:
    """A chain has no keys, a request makes one; where the inventory says so, all calls are made with become."""
    account = BECOME | {"ansible_become_pass": PASSWORD}
    pool.describe({"edge_site1": ["edge1", "edge2"]}, {"edge2": {"sfb_become_always": "{{ 'yes' }}"}}, **account)
    run = pool.tasks(
        {"cs_certificate_chain": {"path": str(pool.chain)}},
        {"cs_certificate_request": {"type": ["Internal"]}},
        {"cs_certificate_info": {}},
        hosts="edge",
    )
    assert run.rc == 0, run.output
    rows = pool.journal()
    mine = [row for row in rows if row["host"] == "edge1"]
    assert [row["become_user"] for row in mine] == [expected(row) for row in mine]
    assert {row["become_user"] for row in mine} == {ACCOUNT, None}
    assert {row["become_user"] for row in rows if row["host"] == "edge2"} == {ACCOUNT}


@pytest.mark.parametrize(("domain", "accounts"), [(None, [None]), ("example.com", [None, ACCOUNT])])
def test_topology_that_cannot_be_read(pool, domain: str | None, accounts: list[str | None]) -> None:
    """A member of the domain is read again with become; a server in a workgroup has no account for the topology's store."""
    switches = {"topology_inaccessible": True, "cms_inaccessible": True}
    account = BECOME | {"ansible_become_pass": PASSWORD}
    pool.describe({"edge_site1": ["edge1"]}, sfb_lab_domain=domain, sfb_lab_switches=switches, **account)
    run = pool.tasks({"cs_certificate_info": {}}, hosts="edge")
    assert run.rc == 0, run.output
    assert run.result("task 1")["topology"]["problem"]
    assert [row["become_user"] for row in pool.journal()] == accounts
