# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters that the cmdlets have in common: sent, and the log that comes back."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._remote.common_parameters import report_of, with_common
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cmdlet, delete_file

REMOVE = cmdlet("Remove-CsCertificate", Type=["Internal"], Force=True)


@pytest.mark.shows("Set-CsCertificate parameter Force", "Import-CsCertificate parameter Force")
@pytest.mark.parametrize(
    ("more", "added"),
    [
        ({}, ""),
        ({"force": True}, " -Force"),
        ({"report": True}, " -Report <tmp>\\report.html"),
        ({"force": True, "report": True}, " -Force -Report <tmp>\\report.html"),
    ],
)
@pytest.mark.parametrize("name", ["Set", "Import"])
def test_parameters_of_the_last_cmdlet(site, name: str, more: dict[str, bool], added: str) -> None:
    step = cmdlet(f"{name}-CsCertificate", Type=["Internal"])
    plan = with_common(Plan(site.server().state(), (step,)), **more)
    assert plan.commands == [f"{name}-CsCertificate -Type Internal{added}"]


def test_plan_without_cmdlet_stays_as_it_is(site) -> None:
    plan = Plan(site.server().state(), (delete_file("C:\\x"),))
    assert with_common(plan, force=True, report=True) == plan


@pytest.mark.shows("Remove-CsCertificate parameter Report")
def test_log_comes_back(site) -> None:
    server = site.server()
    plan = with_common(Plan(server.state(), (REMOVE,)), report=True)
    reply = server.call(Call(steps=plan.steps))
    assert "<title>Remove-CsCertificate</title>" in (report_of(reply.rows) or "")
    assert report_of(server.call(Call(steps=[REMOVE])).rows) is None
    assert report_of(()) is None


def test_log_that_was_not_written_is_empty() -> None:
    assert report_of([{"ok": True}, {"ok": True, "exists": False, "data": None}]) == ""
