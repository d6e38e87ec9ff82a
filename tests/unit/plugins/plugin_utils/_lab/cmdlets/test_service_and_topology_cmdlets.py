# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated cmdlets for services and the topology."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


def test_services(lab: Any, forms: SimpleNamespace) -> None:
    stop, start = "Stop-CsWindowsService", "Start-CsWindowsService"
    result = lab.done(forms.cmdlet(stop), forms.cmdlet(start, Name="rtcsrv"), read=["services"])
    status = {s["Name"]: s["Status"] for s in result["read"]["services"]["output"]}
    assert {n for n, s in status.items() if s == "Running"} == {"RTCSRV"}
    assert "RTCMRAUTH" in status
    error = lab.error(forms.cmdlet(stop, Name="RTC*"))
    assert (error["id"], error["category"]) == (f"CsService,{stop}", "ObjectNotFound")
    lab.done(forms.cmdlet(start), forms.cmdlet(stop, LeaveClsAgentRunning=forms.SWITCH))
    rows = lab.done(read=["services"])["read"]["services"]["output"]
    assert [s["Name"] for s in rows if s["Status"] == "Running"] == ["RTCCLSAGT"]
    assert lab.error(forms.cmdlet(stop, ComputerName="other.example.test"))["id"] == f"CsService,{stop}"


def test_a_graceful_stop_may_last(lab: Any, forms: SimpleNamespace) -> None:
    lab.variables = {"switches": {"graceful_stop_seconds": 90}}
    step = {**forms.cmdlet("Stop-CsWindowsService", Graceful=forms.SWITCH), "timeout": 60}
    result = lab.call(step, read=["services"])
    assert result["steps"][0]["errors"][0]["id"] == "CsInvoke.Timeout"
    assert {s["Status"] for s in result["read"]["services"]["output"]} == {"StopPending"}
    result = lab.done({**step, "timeout": 120}, read=["services"])
    assert {s["Status"] for s in result["read"]["services"]["output"]} == {"Stopped"}


@pytest.mark.parametrize("inaccessible", [True, False])
def test_topology_switch(lab: Any, forms: SimpleNamespace, inaccessible: bool) -> None:
    lab.variables = {"switches": {"topology_inaccessible": inaccessible}}
    section = lab.done(read=["topology"])["read"]["topology"]
    assert section["ok"] is not inaccessible
    assert section["computer"]["ok"]
    if inaccessible:
        assert section["edge"]["errors"][0]["id"] == "CentralMgmtStoreInaccessible,Get-CsService"
    else:
        assert section["edge"]["output"][0]["AccessEdgeExternalFqdn"] == "access.example.test"
    lab.done(forms.cmdlet("Get-CsTopology", LocalStore=forms.SWITCH, AsXml=forms.SWITCH))


@pytest.mark.parametrize("variables", [{}, {"domain": "example.test"}, {"switches": {"cms_inaccessible": False}}])
def test_replication_is_asked_inside(lab: Any, forms: SimpleNamespace, variables: dict[str, Any]) -> None:
    lab.variables = variables
    steps = [
        forms.cmdlet("Get-CsManagementStoreReplicationStatus"),
        forms.cmdlet("Invoke-CsManagementStoreReplication"),
    ]
    if variables:
        assert lab.done(*steps)["steps"][0]["output"][0]["UpToDate"] is True
    else:
        assert "CentralMgmtStoreInaccessible" in lab.error(steps[0])["id"]
    assert lab.done(forms.cmdlet("Test-CsReplica"))["steps"][0]["output"] == []


@pytest.mark.parametrize(
    ("name", "parameters", "count"),
    [
        ("Get-CsPool", {}, 1), ("Get-CsPool", {"Identity": "edgepool.example.test"}, 1),
        ("Get-CsPool", {"Identity": "other.example.test"}, None), ("Get-CsComputer", {"Identity": "x"}, None),
        ("Get-CsComputer", {"Pool": "other.example.test"}, 0), ("Get-CsSipDomain", {"Identity": "example.org"}, 1),
        ("Get-CsService", {"Registrar": {"t": "switch", "v": True}}, 0), ("Get-CsTopology", {}, 1),
    ],
)  # fmt: skip
def test_topology_cmdlets(
    lab: Any, forms: SimpleNamespace, name: str, parameters: dict[str, Any], count: int | None
) -> None:
    step = forms.cmdlet(name, **parameters)
    if count is None:
        assert lab.error(step)["category"] == "ObjectNotFound"
    else:
        assert len(lab.done(step)["steps"][0]["output"]) == count
