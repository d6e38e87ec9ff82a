# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remote calls of the actions: what Ansible brings instead of the step runner's answer becomes one line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._core import steps
from ansible_collections.sfb.certificates.plugins.module_utils._core.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import CertificatesAction

SECRET = "Pfx-Secret-7319"


def action(answer: dict[str, Any]) -> CertificatesAction:
    """An action whose remote calls bring an answer."""
    made = CertificatesAction.__new__(CertificatesAction)
    made.task_vars = {}
    made._execute_module = lambda **_: answer  # type: ignore[method-assign]
    return made


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"failed": True, "msg": "Ansible requires PowerShell v5.1"},
            r"v5\.1 \(install Windows Management Framework 5\.1",
        ),
        (
            {"failed": True, "module_stdout": '{"contract":1,"st', "msg": "MODULE FAILURE"},
            "cut off after 17 characters",
        ),
        ({"failed": True, "module_stdout": "", "msg": "MODULE FAILURE"}, "ended without an answer"),
        ({"failed": True, "msg": f"cannot use {SECRET}\nhere"}, r"cannot use \*{8} here$"),
        (
            {"contract": 1, "fatal": {"id": "CsInvoke.Output", "message": "the result is no JSON"}},
            r"the result is no JSON \(this is a mistake of the collection",
        ),
        ({"contract": 2, "failed": True}, "answered in another form than contract 1"),
    ],
)
def test_a_call_that_brings_no_answer(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(CertificatesError, match=message) as caught:
        action(answer).call(Call(steps=[steps.cert_export("AB" * 20, password=SECRET)]))
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
