# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all action plugins of the collection share. **PRIVATE** to the collection."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._cryptography_dep import require_cryptography
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._failures.failures import explain_no_answer
from ..module_utils._remote.privileges import BECOME_ALWAYS, is_incomplete, is_refusal, needs_full_logon
from ..module_utils._remote.wire import Call, Reply, decode
from ..module_utils._state.request_paths import RequestFiles
from ..module_utils._state.state import State
from ..module_utils._state.unknown import Unknown
from ..module_utils._steps.plan import Plan
from ._options import state_of
from ._unreachable import explain_connection, is_connection_error

_RUNNER = "sfb.certificates.cs_invoke"


def add_warnings(result: dict[str, Any], warnings: Sequence[str]) -> None:
    """Adds warnings to the result of a task, which has no such key without any."""
    if warnings:
        result["warnings"] = [*result.get("warnings", ()), *warnings]


class CertificatesAction(ActionBase):
    """An action plugin: checks its arguments, lets the core decide, carries out what it decided.

    A subclass names its options in C(ARGUMENT_SPEC) and does its work in L{execute}.
    """

    _supports_check_mode = True
    _supports_async = False
    ARGUMENT_SPEC: ClassVar[dict[str, dict[str, Any]]] = {}
    CONSTRAINTS: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Runs the action; every error that is meant for the user becomes a failed result of one line."""
        refusal = self._refusal()
        if refusal:
            return {"failed": True, "msg": refusal}
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        try:
            params: dict[str, Any]
            _validation, params = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC, **self.CONSTRAINTS)
            require_cryptography()
            result.update(self.execute(params))
        except AnsibleActionFail as error:
            result.update(failed=True, msg=str(error).replace(self._load_name, self._name))
        except CertificatesError as error:
            result.update(failed=True, msg=str(error), **self.failure_facts(error))
        done: dict[str, Any] = plain(result)
        return done

    @property
    def _name(self) -> str:
        """The name of the module as users write it; Ansible's own name of an action is the path of its Python file."""
        return str(self._load_name).removeprefix("ansible_collections.").replace(".plugins.action.", ".")

    def _refusal(self) -> str | None:
        """Why the task is not begun at all: it would leave secrets in files on the server, or run where nobody waits."""
        if self._task.async_val:
            return f"{self._name} takes no async: its result holds what the next task needs; leave async out"
        if C.DEFAULT_KEEP_REMOTE_FILES:
            return (
                "ANSIBLE_KEEP_REMOTE_FILES is set; modules of sfb.certificates may carry secrets "
                "and refuse to leave files on servers"
            )
        return None

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Does the work.

        :param params: the validated arguments.
        :returns: the result.
        :raises CertificatesError: with the line for the user.
        """
        raise NotImplementedError

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """What a failed result tells besides its message."""
        return {"error": dict(error.record)} if isinstance(error, RemoteError) and error.record else {}

    @property
    def check_mode(self) -> bool:
        """True if nothing may be changed."""
        return bool(self._task.check_mode)

    def find_file(self, path: str) -> str:
        """Finds a file on the controller: as Ansible's own modules do, else from where the playbook was started.

        The latter is what users expect of a playbook that lies in an installed collection.

        :raises InputError: it is nowhere.
        """
        try:
            return str(self._find_needle("files", path))
        except AnsibleError as error:
            if os.path.isfile(path):
                return os.path.abspath(path)
            raise InputError(f"{path}: there is no such file on the controller") from error

    # ---- the server ----

    def call(self, call: Call, previous: State | None = None) -> Reply:
        """Makes one remote call.

        :raises CertificatesError: it failed as a whole, or a step of it did.
        :raises AnsibleConnectionFailure: the server cannot be reached, or the connection broke; one line.
        """
        reply = self.exchange(call, previous)
        if reply.error:
            raise RemoteError(reply.error, reply.record)
        return reply

    def exchange(self, call: Call, previous: State | None = None) -> Reply:
        """Makes one remote call whose steps may fail.

        :raises CertificatesError: it failed as a whole.
        :raises AnsibleConnectionFailure: the server cannot be reached, or the connection broke; one line.
        """
        plain_logon = (
            self._connection.become is not None and not needs_full_logon(call.steps) and not self._become_always
        )
        result = self._run_steps(call, plain_logon=plain_logon)
        if plain_logon and is_incomplete(result):
            # without the steps: nothing is done twice
            whole = self._run_steps(replace(call, steps=(), files=(), claim=""), plain_logon=False)
            result = {**result, "read": whole.get("read") or result["read"]}
        reply = decode(result, call, previous)
        if plain_logon and reply.error and is_refusal(reply.record):
            hint = f"this call was made without become; {BECOME_ALWAYS}: true has all calls use it"
            reply = replace(reply, error=f"{reply.error} ({hint})")
        return reply

    def _run_steps(self, call: Call, *, plain_logon: bool) -> dict[str, Any]:
        """Runs the step runner, and gives its result.

        :param plain_logon: without C(become), although the host has it.
        """
        with self._without_become() if plain_logon else nullcontext():
            result = self.run_module(_RUNNER, call.arguments())
        if "contract" not in result:
            raise CertificatesError(explain_no_answer(result, call.steps))
        return result

    @contextmanager
    def _without_become(self) -> Iterator[None]:
        """As Ansible itself does for a task without C(become) (TaskExecutor, ansible-core 2.16 to 2.21)."""
        plugin = self._connection.become
        self._connection.set_become_plugin(None)
        try:
            yield
        finally:
            self._connection.set_become_plugin(plugin)

    @property
    def _become_always(self) -> bool:
        """What the inventory says of the host that the task is carried out on.

        :raises InputError: it is no boolean.
        """
        delegated = self.task_vars.get("ansible_delegated_vars") or {}
        host_vars = delegated.get(self._task.delegate_to) or self.task_vars
        if BECOME_ALWAYS not in host_vars:
            return False
        value = self._templar.template(host_vars[BECOME_ALWAYS])
        try:
            return bool(boolean(value))
        except TypeError as error:
            raise InputError(f"{BECOME_ALWAYS}: is neither true nor false, but {value}") from error

    def run_module(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Runs a module on the host of the task; gives its result.

        :raises AnsibleConnectionFailure: the host cannot be reached, or the connection broke; one line.
        """
        try:
            result: dict[str, Any] = self._execute_module(
                module_name=name, module_args=arguments, task_vars=self.task_vars
            )
        except Exception as error:
            if is_connection_error(error):
                raise AnsibleConnectionFailure(explain_connection(error)) from None
            raise
        return result

    def server(self, params: Mapping[str, Any], files: Sequence[RequestFiles] = (), requests: bool = False) -> State:
        """The state of the server: as an earlier task returned it, else read now.

        :param files: the requests whose files are read along.
        :param requests: read the product's pending requests along.
        """
        if params.get("server") is not None:
            return state_of(params["server"])
        return self.call(Call(files=files, topology=True, requests=requests)).state

    def carry_out(
        self, plan: Plan, state: State, files: Sequence[RequestFiles] = (), requests: bool = False
    ) -> tuple[dict[str, Any], Reply | None]:
        """Carries a plan out, or predicts its outcome in check mode.

        :param state: what the plan was made for.
        :param requests: read the product's pending requests after the steps.
        :returns: the common part of the result, and the reply of the remote call if there was one.
        """
        reply = None
        if plan.steps and not self.check_mode:
            reply = self.call(Call(steps=plan.steps, files=files, requests=requests), state)
        result = {
            "changed": plan.changed,
            "commands": plan.commands,
            "reasons": list(plan.reasons),
            "diff": {"before": dict(plan.before), "after": dict(plan.after)},
            "server": (reply.state if reply else plan.predicted).to_dict(),
            **plan.facts,
        }
        warnings = [*plan.warnings, *(reply.warnings if reply else ())]
        if warnings:
            result["warnings"] = warnings
        return result, reply


class RemoteError(CertificatesError):
    """A step failed on the server.

    :ivar record: the error as the server reported it, without secrets.
    """

    def __init__(self, message: str, record: Mapping[str, Any] | None) -> None:
        super().__init__(message)
        self.record = record


def plain(value: Any) -> Any:
    """Plain data for Ansible: no subclasses of text, dictionaries and lists only."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Unknown) else value
