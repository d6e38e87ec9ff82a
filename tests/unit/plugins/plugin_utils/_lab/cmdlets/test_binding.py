# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Binding of parameters: the traps of PowerShell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

LIST = {"t": "list", "v": ["=Internal"]}
ON = {"t": "switch", "v": True}
OFF = {"t": "switch", "v": False}
THUMB = {"t": "text", "v": "=" + "AB" * 20}
REQUEST, SET, IMPORT = "Request-CsCertificate", "Set-CsCertificate", "Import-CsCertificate"


@pytest.mark.parametrize(
    ("name", "parameters", "expected", "part"),
    [
        (REQUEST, {"New": ON, "Typ": LIST}, "CsInvoke.Parameter", "has no parameter 'Typ'"),
        (SET, {"Effective": LIST}, "CsInvoke.Parameter", "'Effective'"),
        (SET, {"EffectiveTime": LIST}, "CsInvoke.Parameter", "'EffectiveTime'"),
        (REQUEST, {"New": ON, "List": ON, "Type": LIST}, "AmbiguousParameterSet,Request-CsCertificate", "cannot be"),
        (REQUEST, {"RequestId": {"t": "int", "v": 1}}, "AmbiguousParameterSet", "cannot be"),
        (REQUEST, {}, "MissingMandatoryParameter", "New Type"),
        (REQUEST, {"New": OFF, "List": OFF, "Type": LIST}, "MissingMandatoryParameter", "New"),
        (IMPORT, {"Password": {"t": "secret", "v": "=x"}}, "MissingMandatoryParameter", "Path"),
        (IMPORT, {"Path": THUMB, "Type": LIST}, "MissingMandatoryParameter", "Identity"),
        (SET, {"Type": LIST}, "MissingMandatoryParameter", "Thumbprint"),
        (SET, {"Thumbprint": THUMB}, "MissingMandatoryParameter", "Type"),
        (SET, {"Type": LIST, "Thumbprint": THUMB, "Path": THUMB}, "AmbiguousParameterSet", "cannot be"),
        (REQUEST, {"New": ON, "Type": {"t": "list", "v": ["=Internal,Default"]}}, "CsInvoke.Parameter", "comma"),
        (REQUEST, {"New": ON, "Type": {"t": "text", "v": "=Internal,Default"}}, "CsInvoke.Parameter", "comma"),
        (REQUEST, {"New": ON, "Type": {"t": "list", "v": ["=NoSuchType"]}}, "CannotConvert", "NoSuchType"),
        (REQUEST, {"New": ON, "Type": {"t": "list", "v": []}}, "EmptyArray", "empty"),
        (REQUEST, {"New": {"t": "switch", "v": "=True"}}, "CsInvoke.Protocol", "unfit"),
        (REQUEST, {"New": {"t": "int", "v": 1}, "Type": LIST}, "CannotConvert", "SwitchParameter"),
        (REQUEST, {"New": ON, "Type": LIST, "CA": {"t": "text", "v": "x"}}, "CsInvoke.Protocol", "start with ="),
        (REQUEST, {"New": ON, "Type": LIST, "CA": {"t": "list", "v": ["=x"]}}, "CannotConvert", "System.String"),
        (REQUEST, {"New": ON, "Type": LIST, "CA": None}, "CsInvoke.Protocol", "unknown type"),
        (REQUEST, {"New": ON, "Type": LIST, "ClientEKU": {"t": "text", "v": "=True"}}, "CannotConvert", "Boolean"),
        (REQUEST, {"New": ON, "Type": LIST, "KeySize": {"t": "int", "v": 512}}, "ValidationError", "1024,2048,4096"),
        (REQUEST, {"New": ON, "Type": LIST, "KeySize": {"t": "text", "v": "=big"}}, "CannotConvert", "Int32"),
        (REQUEST, {"New": ON, "Type": LIST, "KeyAlg": {"t": "text", "v": "=DSA"}}, "CannotConvert", "ECDH_P256"),
        (
            SET,
            {"Type": LIST, "Thumbprint": THUMB, "EffectiveDate": {"t": "date", "v": "tomorrow"}},
            "FormatException",
            "x",
        ),
        (SET, {"Type": LIST, "Thumbprint": THUMB, "EffectiveDate": THUMB}, "CannotConvert", "DateTime"),
        ("Get-CsCertificate", {"Confirm": ON}, "CsInvoke.Parameter", "'Confirm'"),
        ("Get-CsComputer", {"Local": ON, "Pool": THUMB}, "AmbiguousParameterSet", "cannot be"),
    ],
)
def test_refused(lab: Any, name: str, parameters: dict[str, Any], expected: str, part: str) -> None:
    error = lab.error({"op": "cmdlet", "name": name, "parameters": parameters})
    assert expected in error["id"]
    assert part in error["message"] or part == "x"
    if error["id"].startswith(("CsInvoke.", "FormatException")):
        assert error["command"] == ""
    else:
        assert (error["command"], error["id"].rpartition(",")[2]) == (name, name)
        assert error["chain"][0]["type"] == "System.Management.Automation.ParameterBindingException"


@pytest.mark.parametrize(
    "parameters",
    [
        {"List": ON, "New": OFF},
        {"list": ON, "requestid": {"t": "text", "v": "=7"}},
        {"List": ON, "Confirm": ON, "ErrorAction": {"t": "text", "v": "=SilentlyContinue"}},
        {"LIST": ON, "Verbose": ON},
    ],
)
def test_accepted(lab: Any, parameters: dict[str, Any]) -> None:
    lab.done({"op": "cmdlet", "name": REQUEST, "parameters": parameters})


def test_a_date_text_is_read_month_first(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    assign = forms.cmdlet(SET, Type=["Internal"], Thumbprint=forms.thumb(ca.leaf), EffectiveDate="01.12.2026")
    result = lab.done(ca.leaf_step, assign, read=["assignments"])
    assert result["read"]["assignments"]["output"][0]["EffectiveDate"] == "2026-01-12T00:00:00Z"


def test_what_if_does_nothing(lab: Any, forms: SimpleNamespace) -> None:
    step = forms.cmdlet("Stop-CsWindowsService", WhatIf=forms.SWITCH)
    services = lab.done(step, read=["services"])["read"]["services"]["output"]
    assert {s["Status"] for s in services} == {"Running"}


def test_only_the_properties_asked_for(lab: Any) -> None:
    step = {"op": "cmdlet", "name": "Get-CsComputer", "parameters": {"Local": ON}, "properties": ["pool"]}
    assert list(lab.done(step)["steps"][0]["output"][0]) == ["_type", "Pool"]
