# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole procedure as another account (become), as a double hop needs it (reference section 6, row 1)."""

from __future__ import annotations

import pytest

PLAYBOOK = "sfb.certificates.edge_internal"
PASSWORD = "Become-Secret-8215"


@pytest.mark.slow
def test_procedure_as_another_account(pool) -> None:
    pool.describe(
        {"edge_site1": ["edge1", "edge2"]},
        ansible_become=True,
        ansible_become_method="ansible.builtin.runas",
        ansible_become_user="CONTOSO\\certadmin",
        ansible_become_pass="{{ account_password }}",
    )
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

    assert {row["become_user"] for row in pool.journal()} == {"CONTOSO\\certadmin"}
    for run in (first, second, again):
        assert PASSWORD not in run.output
    written = [path for path in pool.folder.rglob("*") if path.is_file() and path != secret]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
