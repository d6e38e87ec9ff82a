# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Payloads of both formats."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.payload import (
    RUNNER,
    Payload,
    decode_payload,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from hypothesis import given
from hypothesis import strategies as st

ARGS = {"contract": 1, "steps": [], "_ansible_module_name": RUNNER, "_ansible_check_mode": False, "x": "a\0b \u00e9"}


def flat(args: Any = None, **more: Any) -> bytes:
    """As ansible-core up to 2.18 builds it."""
    manifest = {
        "module_entry": base64.b64encode(b"#!powershell").decode(),
        "powershell_modules": {},
        "csharp_utils": {},
        "module_args": ARGS if args is None else args,
        "actions": ["module_powershell_wrapper"],
        "environment": {},
        **more,
    }
    return b"begin {}\r\n\n\n" + b"\0\0\0\0" + json.dumps(manifest).encode()


def nested(args: Any = None, *before: dict[str, Any]) -> bytes:
    """As ansible-core from 2.19 on builds it."""
    variables = [{"Name": "complex_args", "Value": ARGS if args is None else args, "Scope": "Global"}]
    module = {"name": "module_wrapper.ps1", "params": {"Script": f"{RUNNER}.ps1", "Variables": variables}}
    manifest = {"scripts": {}, "actions": [*before, {**module, "secure_params": {}}], "signed_hashlist": []}
    bootstrap = {"name": "exec_wrapper", "script": "begin {}", "params": {"MinPSVersion": "5.1"}}
    return f"{json.dumps(bootstrap)}\n\0\0\0\0\n{json.dumps(manifest)}".encode()


def become(user: str) -> dict[str, Any]:
    return {
        "name": "become_wrapper.ps1",
        "params": {"BecomeUser": user, "LogonType": "batch"},
        "secure_params": {"BecomePassword": "x"},
    }


@pytest.mark.parametrize(
    ("data", "user"),
    [
        (flat(), None),
        (nested(), None),
        (
            flat(actions=["become_wrapper", "module_powershell_wrapper"], become_user="a\\b", become_password="x"),
            "a\\b",
        ),
        (nested(ARGS, become("SYSTEM")), "SYSTEM"),
        (nested(ARGS, {"name": "coverage_wrapper.ps1", "params": {}}), None),
    ],
)
def test_read(data: bytes, user: str | None) -> None:
    assert decode_payload(data) == Payload(RUNNER, ARGS, user, False)


ASYNC = {"name": "async_wrapper.ps1", "params": {"AsyncDir": "x"}}
WATCHDOG = {"name": "async_watchdog.ps1", "params": {"Timeout": 10}}


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (None, "raw command"),
        (b"", "raw command"),
        (b"whoami", "script or a Python module"),
        (b"x = dict(module_fqn='ansible.modules.ping')", "'ansible.modules.ping'"),
        (flat({**ARGS, "_ansible_module_name": "ansible.windows.win_ping"}), "'ansible.windows.win_ping'"),
        (nested({**ARGS, "_ansible_module_name": "ansible.windows.win_ping"}), "'ansible.windows.win_ping'"),
        (nested({**ARGS, "_ansible_module_name": "cs_invoke"}), "'cs_invoke'"),
        (flat(async_jid="j1"), "async"),
        (nested(ARGS, ASYNC, WATCHDOG), "async"),
        (nested(ARGS, {"name": "powershell_mkdtemp.ps1", "params": {}}), "powershell_mkdtemp.ps1"),
        (nested("text"), "script"),
        (flat("text"), "script"),
        (b"{}\n\0\0\0\0\n{\"scripts\": {}, \"actions\": []}", "without a module"),
    ],
)  # fmt: skip
def test_refused(data: bytes | None, part: str) -> None:
    with pytest.raises(LabError) as caught:
        decode_payload(data)
    assert part in caught.value.message
    assert "\n" not in caught.value.message


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_comes_is_one_line(before: bytes, after: bytes) -> None:
    with pytest.raises(LabError):
        decode_payload(before + b"\0\0\0\0" + after)
