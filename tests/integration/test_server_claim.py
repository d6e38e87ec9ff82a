# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cs_server_claim on an emulated server."""

from __future__ import annotations

from ansible_collections.sfb.certificates.tests.integration.conftest import REQUEST, Pool


def test_what_came_before_the_claim_is_known_after_it(pool: Pool) -> None:
    """A request that was made after the server was read, and before it was claimed, is no reason for another one."""
    run = pool.tasks(
        {"cs_certificate_info": {"type": ["Internal"], "services": True, "claim": True}, "register": "seen"},
        {"cs_certificate_request": REQUEST, "register": "made"},
        {"cs_server_claim": {"server": "{{ seen.server }}", "purpose": "a test"}, "register": "claimed"},
        {"cs_certificate_request": REQUEST | {"server": "{{ claimed.server }}"}},
        {"cs_server_claim": {"server": "{{ claimed.server }}", "state": "absent"}},
    )
    assert run.rc == 0, run.output
    assert [run.result(f"task {number}")["changed"] for number in (2, 3, 4, 5)] == [True, True, False, True]
    assert run.result("task 4")["csr"] == run.result("task 2")["csr"]
