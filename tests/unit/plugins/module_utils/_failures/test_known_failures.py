# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures and their cures: each sign of each row is recognised, and nothing else is needed for that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._failures.failures import (
    explain,
    explain_no_answer,
    explain_warning,
    recognise,
)
from ansible_collections.sfb.certificates.plugins.module_utils._failures.known_failures import (
    FAILURES,
    GLOBAL,
    ONLINE,
    ONLINE_AS,
    Failure,
)
from ansible_collections.sfb.certificates.plugins.module_utils._failures.wrapper_failures import WRAPPER_FAILURES
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from hypothesis import given
from hypothesis import strategies as st

SECRET = "Pfx-Secret-7319"
PLACES = {
    ONLINE: steps.cmdlet("Request-CsCertificate", New=True, Type=["Internal"], CA="ca.example.com\\CA"),
    ONLINE_AS: steps.cmdlet("Request-CsCertificate", New=True, Type=["Internal"], CA="a\\b", CaAccount="X\\y"),
    GLOBAL: steps.cmdlet("Set-CsCertificate", Type=["OAuthTokenIssuer"], Identity="Global", Thumbprint="A" * 40),
}
OFFLINE = steps.cmdlet("Request-CsCertificate", New=True, Type=["Internal"], Output="<tmp>/a.req")
EXPORT = steps.cert_export("A" * 40, password=SECRET)


def error(message: str = "Es ist ein Fehler aufgetreten.", identifier: str = "X", **link: str) -> dict[str, Any]:
    """An error row whose message says nothing."""
    last = {"type": "System.Exception", "message": message, "hresult": "0x80131500"} | link
    outer = {"type": "System.Management.Automation.MethodInvocationException", "message": "", "hresult": "0x80131501"}
    return {"message": message, "id": identifier, "category": "NotSpecified", "command": "", "chain": [outer, last]}


def signs_of(failure: Failure) -> dict[str, dict[str, Any]]:
    """Errors that have one sign each."""
    found = {f"id {part}": error(identifier=f"{part},Some-Command") for part in failure.identifiers}
    found |= {f"hresult {code}": error(hresult=code.lower()) for code in failure.hresults}
    found |= {f"code {code} in the text": error(f"Fehler: {code}") for code in failure.hresults}
    found |= {f"type {name}": error(type=name) for name in failure.exceptions}
    if failure.texts:
        found["text"] = error(" and ".join(failure.texts).capitalize())
    return found


SIGNS = [
    pytest.param(failure, place, sign, id=f"{failure.meaning}: {name}{', ' + place if place else ''}")
    for failure in FAILURES
    for name, sign in signs_of(failure).items()
    for place in failure.places or ("",)
]


@pytest.mark.parametrize(("failure", "place", "sign"), SIGNS)
def test_each_sign_is_recognised(failure: Failure, place: str, sign: dict[str, Any]) -> None:
    step = PLACES.get(place)
    found = recognise(sign, step)
    assert found is not None
    assert found.cure == failure.cure
    assert f"({failure.cure})" in explain(sign, step)


@pytest.mark.parametrize("failure", [*FAILURES, *WRAPPER_FAILURES], ids=lambda failure: failure.meaning)
def test_each_row_is_complete(failure: Failure) -> None:
    assert failure.meaning
    assert failure.source
    assert "\n" not in failure.cure
    assert failure.cure[0].islower()
    assert failure.cure[-1] not in ".!"
    assert all(text == text.lower() for text in failure.texts)
    assert all(re.fullmatch(r"0x[0-9A-F]{8}", code) for code in failure.hresults)
    assert failure.identifiers or failure.hresults or failure.exceptions or failure.texts


def test_meanings_are_distinct() -> None:
    meanings = [failure.meaning for failure in (*FAILURES, *WRAPPER_FAILURES)]
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize("row", [error(), error("a chain of events"), {"message": None, "id": None, "chain": None}, {}])
def test_what_is_not_known_gets_no_advice(row: dict[str, Any]) -> None:
    assert recognise(row) is None
    assert "(" not in explain(row, None)


@pytest.mark.parametrize(
    ("row", "step", "cure"),
    [
        (error(hresult="0x80070005"), EXPORT, "connect as a local administrator"),
        (error(hresult="0x80070005"), OFFLINE, "connect as a local administrator"),
        (error(hresult="0x80070005"), PLACES[ONLINE], "reaches no second server"),
        (error("logged on with the correct credentials"), PLACES[ONLINE], "become_method: runas, or give ca_account"),
        (error("logged on with the correct credentials"), PLACES[ONLINE_AS], "check ca_account (DOMAIN"),
        (error(hresult="0x8007052E"), steps.cmdlet("Request-CsCertificate", Retrieve=True), "become: true"),
        (error(identifier="CentralMgmtStoreInaccessible"), PLACES[GLOBAL], "run this on a Front End Server"),
        (error(identifier="CentralMgmtStoreInaccessible"), OFFLINE, "leave computer_fqdn out"),
        (error(identifier="CentralMgmtStoreInaccessible"), None, "set the names of the pool in the inventory"),
    ],
)
def test_the_place_decides_between_cures(row: dict[str, Any], step: steps.Step | None, cure: str) -> None:
    assert cure in explain(row, step)


def test_one_line_of_what_was_tried_what_was_said_and_what_to_do() -> None:
    assert explain(error("Key not valid\r\n for use in specified state.\r\n", hresult="0x8009000B"), EXPORT) == (
        "Export-PfxCertificate: Key not valid for use in specified state"
        " (the private key is not exportable; request again with private_key_exportable: true)"
    )


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_the_message_is_there_is_one_line(value: Any) -> None:
    assert "\n" not in explain({"message": value, "id": value}, None)


def test_a_warning_of_a_chain_says_what_to_do() -> None:
    assert explain_warning("The chain of the certificate\r\n AB is invalid.") == (
        "The chain of the certificate AB is invalid (import the chain of the certification authority, cs_certificate_chain)"
    )
    assert explain_warning("a  warning") == "a warning"


# ---- no answer of the step runner ----

OLD = "internal error: This module cannot run as it requires a minimum PowerShell version of 5.1, actual was 4.0"
BECOME = (
    'internal error: failed to become user \'Administrator\': Exception calling "CreateProcessAsUser" with "9" argument(s): '
    '"LogonUser failed (Der Benutzername oder das Kennwort ist falsch, Win32ErrorCode 1326)"'
)
UNPARSED = {"failed": True, "msg": "MODULE FAILURE\nSee stdout/stderr for the exact error", "rc": 1}


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        ({"failed": True, "msg": OLD}, ("minimum PowerShell version of 5.1", "Windows Management Framework 5.1")),
        ({"msg": "Ansible requires PowerShell v5.1"}, ("install Windows Management Framework 5.1",)),
        ({"msg": BECOME}, ("failed to become user 'Administrator'", "ansible_become_password")),
        ({"msg": BECOME.replace("1326", "1385 - 0x00000569")}, ("1385", "log on locally")),
        ({"msg": BECOME.replace("1326", "2")}, ("check ansible_become_user",)),
        (
            {
                "msg": "Unhandled",
                "exception": "+ FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage",
            },
            ("full language mode",),
        ),
        (UNPARSED | {"module_stdout": "", "module_stderr": ""}, ("ended without an answer", "run again")),
        (UNPARSED | {"module_stdout": '{"contract":1,"steps":[{"ok"'}, ("cut off after 28 characters", "run again")),
        (UNPARSED | {"module_stdout": "", "module_stderr": "The pipe is broken.\r\n"}, ("The pipe is broken",)),
        (UNPARSED | {"module_stdout": "Welcome to EDGE1\r\n"}, ("Welcome to EDGE1",)),
        ({"msg": "", "failed": True}, ("ended without an answer",)),
        ({}, ("ended without an answer",)),
    ],
)
def test_a_call_without_answer_is_explained(result: dict[str, Any], parts: tuple[str, ...]) -> None:
    text = explain_no_answer(result)
    assert "\n" not in text
    for part in parts:
        assert part in text


@pytest.mark.parametrize("row", WRAPPER_FAILURES, ids=lambda row: row.meaning)
@pytest.mark.parametrize("name", ["msg", "exception", "module_stderr"])
def test_each_failure_of_the_wrapper_is_recognised(row: Failure, name: str) -> None:
    assert row.cure in explain_no_answer({name: " ".join(row.texts).upper()})


@pytest.mark.parametrize("name", ["msg", "module_stdout", "module_stderr"])
def test_what_repeats_the_payload_is_not_quoted(name: str) -> None:
    call = [
        EXPORT,
        steps.write_file("<tmp>/a.pfx", b"content of a PFX"),
        steps.cmdlet("Import-CsCertificate", Password=SECRET),
    ]
    payload = json.dumps([dict(step.wire) for step in call])
    for said in (f"Invalid object passed in: {payload}", f"Cannot bind argument {SECRET} {call[1].wire['data']} to x"):
        result = {"msg": "MODULE FAILURE", "module_stdout": "", "module_stderr": ""} | {name: said}
        if name == "msg":
            del result["module_stdout"]
        text = explain_no_answer(result, call)
        assert SECRET not in text
        assert call[1].wire["data"] not in text
        assert text.startswith(f"the step runner could not be run on this server: {said[:8]}")


@given(st.text(max_size=2000), st.sampled_from(["msg", "module_stdout", "module_stderr"]))
def test_a_long_text_is_cut(text: str, name: str) -> None:
    assert len(explain_no_answer({name: text})) < 800
