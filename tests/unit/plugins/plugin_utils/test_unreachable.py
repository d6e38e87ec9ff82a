# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of connections: which ones they are, and what is told of them."""

from __future__ import annotations

import ssl

import pytest
import requests.exceptions
from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleParserError
from ansible_collections.sfb.certificates.plugins.plugin_utils._unreachable import (
    explain_connection,
    is_connection_error,
)
from winrm.exceptions import WinRMTransportError


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (AnsibleConnectionFailure("ntlm: the specified credentials were rejected by the server"), "ansible_password"),
        (AnsibleConnectionFailure("basic: [SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1)"), "ansible_winrm_ca_trust_path"),
        (AnsibleConnectionFailure("Errno 111: Connection refused"), "ansible_port"),
        (AnsibleConnectionFailure("Failed to resolve 'edge1' ([Errno -2] Name or service not known)"), "ansible_host"),
        (AnsibleConnectionFailure("Read timed out. (read timeout=2)"), "run again"),
        (requests.exceptions.ConnectionError("('Connection aborted.',\n 'x')"), "run again"),
        (requests.exceptions.ReadTimeout("Read timed out."), "run again"),
        (WinRMTransportError("http", 500, "no\nSOAP"), "run again"),
        (ConnectionResetError(104, "Connection reset by peer"), "run again"),
        (ssl.SSLError(1, "record\nlayer failure"), "run again"),
        (TimeoutError(), "run again"),
    ],
)
def test_connection_errors(error: Exception, advice: str) -> None:
    assert is_connection_error(error)
    text = explain_connection(error)
    assert advice in text
    assert text.endswith(")")
    assert "\n" not in text
    assert text.startswith("the connection to the server broke: ") != isinstance(error, AnsibleConnectionFailure)


def test_what_a_connection_says_itself_stays_as_it_is() -> None:
    text = "the emulated server does not answer (sfb_lab_unreachable)"
    assert explain_connection(AnsibleConnectionFailure(text)) == text


@pytest.mark.parametrize(
    "error", [AnsibleError("x"), AnsibleParserError("x"), KeyError("x"), FileNotFoundError(2, "x"), AssertionError()]
)
def test_other_errors(error: Exception) -> None:
    assert not is_connection_error(error)
