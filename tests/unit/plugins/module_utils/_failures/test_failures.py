# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the product become lines that say what to do (product.md#errors-of-a-request)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._failures.failures import explain, explain_warning
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cmdlet


def record(message: str, **more: Any) -> dict[str, Any]:
    """An error row of the contract."""
    return {"message": message, "id": "CsFailure,Request-CsCertificate", "chain": []} | more


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (record("?", id="CentralMgmtStoreInaccessible,Request-CsCertificate"), "leave computer_fqdn out"),
        (record('Unable to contact certification authority "x".'), "check ca (host\\name"),
        (
            record("Make sure that you are logged on with the correct credentials."),
            "or give ca_account and ca_password",
        ),
        (record("The request was for a certificate template that is not supported: x"), "its name and not its display"),
        (record("Denied by Policy Module 0x80094800"), "the right Enroll"),
        (
            record("Vom Richtlinienmodul abgelehnt", chain=[{"hresult": "0x80094800", "message": ""}]),
            "the right Enroll",
        ),
        (record("The computer does not need a certificate of the given type."), "role of this server"),
        (record('A certificate with the friendly name "x" already exists.'), "another friendly_name"),
        (record("The chain of the certificate x is invalid."), "cs_certificate_chain"),
    ],
)
def test_error_says_what_to_do(error: dict[str, Any], advice: str) -> None:
    line = explain(error, cmdlet("Request-CsCertificate", New=True))
    assert line.startswith(f"Request-CsCertificate: {error['message'].rstrip('.')} (")
    assert advice in line
    assert "\n" not in line


def test_warning_about_a_chain_says_what_to_do() -> None:
    told = explain_warning('The chain of the certificate\r\n"AB" is invalid.')
    assert (
        told
        == 'The chain of the certificate "AB" is invalid (import the chain of the certification authority, cs_certificate_chain)'
    )
    assert explain_warning("The report  is long.") == "The report is long."
