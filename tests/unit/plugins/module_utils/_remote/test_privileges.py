# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which calls are made with become, and which are read again with it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._product.cmdlets import CMDLETS
from ansible_collections.sfb.certificates.plugins.module_utils._remote.privileges import (
    LOGONS,
    Kind,
    is_incomplete,
    is_refusal,
    kind_of,
    needs_full_logon,
)
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps

THUMBPRINT = "AB" * 20
PFX = {"password": "x", "exportable": True}


def cmdlet(name: str, **parameters: Any) -> steps.Step:
    return steps.cmdlet(name, **parameters)


def by_hand(name: str) -> steps.Step:
    """A cmdlet that the step runner takes, and the core does not use."""
    return steps.Step({"op": "cmdlet", "name": name, "parameters": {}})


CASES: list[tuple[steps.Step, Kind]] = [
    (steps.read_file("C:\\a"), "reading"),
    (cmdlet("Get-CsCertificate"), "reading"),
    (cmdlet("Request-CsCertificate", List=True), "reading"),
    (by_hand("Test-CsCertificateConfiguration"), "reading"),
    (by_hand("Get-CsService"), "reading"),
    (steps.write_file("C:\\a", b"a"), "local change"),
    (steps.delete_file("C:\\a"), "local change"),
    (steps.Step({"op": "cert_set", "thumbprint": THUMBPRINT, "friendly_name": "=x"}), "local change"),
    (steps.cert_import(b"a", {THUMBPRINT: "Root"}), "local change"),
    (steps.cert_remove(THUMBPRINT, store="CA"), "local change"),
    (cmdlet("Stop-CsWindowsService"), "local change"),
    (cmdlet("Start-CsWindowsService"), "local change"),
    (steps.cert_import(b"a", {THUMBPRINT: "My"}, **PFX), "private key"),
    (steps.cert_import(b"a", {}, **PFX), "private key"),
    (steps.cert_import(b"a", {THUMBPRINT: "My"}), "private key"),
    (steps.cert_export(THUMBPRINT, password="x"), "private key"),
    (steps.cert_remove(THUMBPRINT, store="My", delete_key=True), "private key"),
    (cmdlet("Request-CsCertificate", New=True, Type=["Internal"], Output="<tmp>/a.req"), "private key"),
    (cmdlet("Request-CsCertificate", Clear=True, RequestId=7), "private key"),
    (cmdlet("Import-CsCertificate", Path="<tmp>/a.cer"), "private key"),
    (cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=THUMBPRINT), "private key"),
    (cmdlet("Remove-CsCertificate", Type=["Internal"], Force=True), "private key"),
    (cmdlet("Request-CsCertificate", New=True, Type=["Default"], CA="ca\\CA"), "certification authority"),
    (cmdlet("Request-CsCertificate", New=True, Type=["Default"]), "certification authority"),
    (cmdlet("Request-CsCertificate", Retrieve=True, RequestId=7), "certification authority"),
    (cmdlet("Set-CsCertificate", Type=["OAuthTokenIssuer"], Identity="global"), "central management store"),
    (cmdlet("Import-CsCertificate", Path="<tmp>/a.pfx", Identity="global"), "central management store"),
    (cmdlet("Get-CsManagementStoreReplicationStatus"), "central management store"),
    (by_hand("Invoke-CsManagementStoreReplication"), "central management store"),
]


@pytest.mark.parametrize(("step", "kind"), CASES)
def test_what_a_step_does(step: steps.Step, kind: Kind) -> None:
    assert kind_of(step) == kind
    assert needs_full_logon([step]) is LOGONS[kind].full


def test_all_steps_and_kinds_are_covered() -> None:
    assert {kind for _step, kind in CASES} == set(LOGONS) == set(get_args(Kind))
    assert {step.wire.get("name") for step, _kind in CASES} >= set(CMDLETS)
    assert all(row.why and row.source for row in LOGONS.values())


def test_one_step_is_enough() -> None:
    reading, key = steps.read_file("C:\\a"), steps.cert_export(THUMBPRINT, password="x")
    assert not needs_full_logon([])
    assert not needs_full_logon([reading, reading])
    assert needs_full_logon([reading, key])


GOOD = {"ok": True}
DENIED = {"ok": False, "errors": [{"id": "UnauthorizedAccess", "message": "no"}]}
OURS = {"ok": False, "errors": [{"id": "CsInvoke.Module", "message": "no module"}]}


def topology(part: dict[str, Any]) -> dict[str, Any]:
    return {"ok": part["ok"], "computer": GOOD, "edge": part, "sip_domains": GOOD}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ({}, False),
        ({"My": {"ok": True, "certificates": [{"key": None}, {"key": {"exportable": True}}, {}]}}, False),
        ({"My": {"ok": True, "certificates": [{"key": {"error": "no access"}}]}}, True),
        ({"assignments": DENIED}, True),
        ({"assignments": {"ok": False}}, True),
        ({"assignments": OURS, "topology": topology(OURS)}, False),
        ({"topology": topology(GOOD)}, False),
        ({"topology": topology(DENIED)}, True),
        ({"topology": topology(DENIED), "computer": {"ok": True, "joined": True}}, True),
        ({"topology": topology(DENIED), "computer": {"ok": True, "joined": None}}, True),
        ({"topology": topology(DENIED), "computer": {"ok": True, "joined": False}}, False),
        ({"topology": DENIED}, True),
    ],
)
def test_what_is_read_again(read: dict[str, Any], expected: bool) -> None:
    assert is_incomplete({"read": read}) is expected


def test_refusals() -> None:
    def error(*hresults: str) -> dict[str, Any]:
        return {"id": "X", "chain": [{"type": "T", "message": "m", "hresult": hresult} for hresult in hresults]}

    assert is_refusal(error("0x80131501", "0x80070005"))
    assert not is_refusal(error("0x80092009"))
    assert not is_refusal({"id": "X"})
    assert not is_refusal(None)
