# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remote calls of the actions: what Ansible brings instead of the step runner's answer becomes one line."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import CertificatesAction

SECRET = "Pfx-Secret-7319"


class Connection:
    """Of a connection as much as Ansible itself uses for become."""

    def __init__(self, become: object | None) -> None:
        self.become = become

    def set_become_plugin(self, plugin: object | None) -> None:
        """Sets the plugin, or takes it away."""
        self.become = plugin


def action(
    *answers: dict[str, Any] | Exception, become: object | None = None, delegate_to: str | None = None, **variables: Any
) -> CertificatesAction:
    """An action whose remote calls bring answers, and keeps what was sent, and whether with become."""
    made = CertificatesAction.__new__(CertificatesAction)
    made.task_vars = variables
    made._task = SimpleNamespace(delegate_to=delegate_to)
    made._connection = Connection(become)
    made._templar = SimpleNamespace(template=lambda value: value)
    made.sent = []  # type: ignore[attr-defined]
    left = list(answers)

    def execute(module_args: dict[str, Any], **_more: Any) -> dict[str, Any]:
        made.sent.append((made._connection.become, module_args))  # type: ignore[attr-defined]
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made._execute_module = execute  # type: ignore[method-assign]
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


RUNAS = object()
KEY = steps.cert_export("AB" * 20, password=SECRET)
CHANGE = steps.delete_file("C:\\a")


def answer(*rows: dict[str, Any], error: str = "", failed_step: int | None = None) -> dict[str, Any]:
    """An answer of the step runner.

    :param error: why the only private key of the server cannot be opened; empty if it can.
    """
    own = {"thumbprint": "AB" * 20, "subject": "CN=a", "key_id": "", "not_before": None, "not_after": None}
    key = {"error": error} if error else {"exportable": True}
    stores = {name: {"ok": True, "certificates": []} for name in ("Root", "CA", "REQUEST")}
    stores["My"] = {"ok": True, "certificates": [own | {"has_key": True, "key": key}]}
    read = stores | {
        "assignments": {"ok": True, "output": []},
        "computer": {"ok": True, "time": "2026-11-21T10:00:00Z"},
    }
    return {"contract": 1, "failed_step": failed_step, "steps": list(rows), "read": read}


@pytest.mark.parametrize(
    ("sent", "variables", "expected"),
    [
        ((), {}, None),
        ((CHANGE,), {}, None),
        ((CHANGE, KEY), {}, RUNAS),
        ((), {"sfb_become_always": True}, RUNAS),
        ((), {"sfb_become_always": "yes"}, RUNAS),
        ((), {"sfb_become_always": "false"}, None),
        # where a task is delegated to, the variables of that host count
        ((), {"delegate_to": "fe1", "ansible_delegated_vars": {"fe1": {"sfb_become_always": True}}}, RUNAS),
        ((), {"delegate_to": "fe1", "ansible_delegated_vars": {"fe1": {}}, "sfb_become_always": False}, None),
    ],
)
def test_become_is_used_where_it_is_needed(
    sent: Sequence[steps.Step], variables: dict[str, Any], expected: object | None
) -> None:
    made = action(answer(*({"ok": True} for _step in sent)), become=RUNAS, **variables)
    made.call(Call(steps=sent))
    assert [plugin for plugin, _arguments in made.sent] == [expected]  # type: ignore[attr-defined]
    assert made._connection.become is RUNAS


def test_become_is_never_put_upon_a_host() -> None:
    made = action(answer({"ok": True}), become=None)
    made.call(Call(steps=[KEY]))
    assert [plugin for plugin, _arguments in made.sent] == [None]  # type: ignore[attr-defined]


def test_what_cannot_be_read_is_read_again_with_become_and_nothing_is_done_twice() -> None:
    first, whole = answer({"ok": True}, error="no access"), answer()
    made = action(first, whole, become=RUNAS)
    reply = made.call(Call(steps=[CHANGE]))
    (one, _arguments), (other, again) = made.sent  # type: ignore[attr-defined]
    assert (one, other, again["steps"]) == (None, RUNAS, [])
    assert (len(reply.rows), [row.usable_key for row in reply.state.certificates]) == (1, [True])
    # if it does not help either, the server is as it is; once more is not asked
    made = action(first, answer(error="still no access"), become=RUNAS)
    (row,) = made.call(Call(steps=[CHANGE])).state.certificates
    assert (row.key and row.key.error, len(made.sent)) == ("still no access", 2)  # type: ignore[attr-defined]
    # with become from the start, or without any, there is nothing to try
    for become, variables in ((RUNAS, {"sfb_become_always": True}), (None, {})):
        made = action(answer(error="no access"), become=become, **variables)
        assert made.call(Call()).state.certificates[0].usable_key is False


def test_a_refusal_tells_how_to_use_become() -> None:
    link = {"type": "System.UnauthorizedAccessException", "message": "Access is denied.", "hresult": "0x80070005"}
    row = {"ok": False, "errors": [{"message": "Access is denied.", "id": "X", "chain": [link]}]}
    for become, told in ((RUNAS, True), (None, False)):
        made = action(answer(row, failed_step=0), become=become)
        with pytest.raises(CertificatesError) as caught:
            made.call(Call(steps=[CHANGE]))
        assert ("sfb_become_always: true has all calls use it" in str(caught.value)) is told


def test_become_is_back_after_a_broken_connection() -> None:
    made = action(ConnectionResetError("gone"), become=RUNAS)
    with pytest.raises(AnsibleConnectionFailure):
        made.call(Call())
    assert made._connection.become is RUNAS


def test_become_always_is_a_boolean() -> None:
    with pytest.raises(InputError, match="sfb_become_always: is neither true nor false, but sometimes"):
        action(become=RUNAS, sfb_become_always="sometimes").call(Call())
