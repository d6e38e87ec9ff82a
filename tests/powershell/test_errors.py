# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner in PowerShell 7: what fails, and how it is told."""

from __future__ import annotations

import datetime
import json

import pytest

from .forms import error, succeeded


@pytest.mark.parametrize(
    ("label", "where", "expected"),
    [
        ("unknown parameter", "id", "CsInvoke.Parameter"),
        ("ambiguous set", "id", "AmbiguousParameterSet"),
        ("missing mandatory", "id", "MissingMandatoryParameter"),
        ("forbidden cmdlet", "id", "CsInvoke.Forbidden"),
        ("other case", "id", "CsInvoke.Forbidden"),
        ("bad enum", "id", "CsInvoke.Parameter"),
        ("bad value", "message", "NoSuchType"),
        ("bad types", "id", "CsInvoke.Protocol"),
        ("untagged", "id", "CsInvoke.Protocol"),
        ("prompt", "message", "really?"),
        ("read host", "chain", "HostException"),
        ("non-terminating", "id", "CsNonTerminating"),
        ("terminating", "id", "CsTerminating"),
        ("error action", "id", "CsNonTerminating"),
        ("timeout", "id", "CsInvoke.Timeout"),
        ("blocked", "id", "CsInvoke.Timeout"),
        ("wrong password", "id", "CryptographicException"),
        ("wrong password cmdlet", "id", "CsPassword"),
        ("secret in error", "message", "********"),
        ("bad base64", "id", "FormatException"),
        ("no certificate", "id", "CryptographicException"),
        ("not in file", "id", "CsInvoke.NotFound"),
        ("unknown thumbprint", "id", "CsInvoke.NotFound"),
        ("no key", "id", "CsInvoke.NoKey"),
        ("module missing", "id", "CsInvoke.Module"),
    ],
)
def test_error_classes(single, label, where, expected):
    result = single[label]
    assert result["fatal"] is None
    assert result["failed_step"] == len(result["steps"]) - 1
    row = error(result)
    assert expected in json.dumps(row[where]), row
    assert not result.get("failed")
    assert not result.get("warnings")


def test_nothing_follows_a_failed_step(single):
    assert len(single["non-terminating"]["steps"]) == 1
    assert len(single["terminating"]["steps"]) == 1
    assert single["non-terminating"]["read"]["services"]["ok"] is True


def test_confirmation_is_never_asked_for(single):
    assert succeeded(single["confirm"])[0]["output"][0]["Identity"] == "x"


def test_error_chain(single):
    chain = error(single["nested"])["chain"]
    assert [c["type"] for c in chain][-2:] == [
        "System.InvalidOperationException",
        "System.ComponentModel.Win32Exception",
    ]
    assert chain[-1]["hresult"] == "0x80004005"


@pytest.mark.parametrize("label", ["timeout", "blocked"])
def test_state_after_a_timeout(single, label):
    assert single[label]["read"]["services"]["ok"] is True


def test_a_blocked_cmdlet_is_not_waited_for(single):
    start, end = (
        datetime.datetime.strptime(t, "%Y-%m-%dT%H:%M:%SZ")
        for t in (
            single["blocked"]["steps"][0]["output"][0]["LastUpdateCreation"],
            single["blocked"]["read"]["computer"]["time"],
        )
    )
    assert (end - start).total_seconds() <= 5  # it blocks for eight seconds


def test_module_missing_leaves_the_rest(single):
    read = single["module missing"]["read"]
    assert read["services"]["ok"] is False
    assert "NotThere, NeitherThis" in read["services"]["errors"][0]["message"]
    assert read["computer"]["ok"] is True
    assert read["computer"]["module"] is None
    assert read["computer"]["errors"]
    assert read["My"]["ok"] is True


@pytest.mark.parametrize(("label", "expected"), [("contract", "CsInvoke.Contract"), ("location", "CsInvoke.Protocol")])
def test_fatal(single, label, expected):
    assert single[label]["fatal"]["id"] == expected
    assert single[label]["steps"] == []


def test_garbage_steps(single):
    assert single["not steps"]["failed_step"] == 0
    assert len(single["not steps"]["steps"]) == 1


def test_check_mode(single):
    assert [s["ok"] for s in single["check mode"]["steps"]] == [True, True, False]
    assert error(single["check mode"])["id"] == "CsInvoke.CheckMode"
