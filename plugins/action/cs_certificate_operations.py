# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_operations: several operations on one server in one remote call."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import CertificatesError
from ..module_utils._remote.wire import Call
from ..module_utils._state.state import State
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._assigning import check_facts
from ..plugin_utils._operation_kinds import MAKERS, Context, operations_of
from ..plugin_utils._operations import Batch, Operation
from ..plugin_utils._options import SERVER, WORK, state_of


class ActionModule(CertificatesAction):
    """Plans each operation on what the ones before it lead to, and sends all steps together."""

    ARGUMENT_SPEC = {
        "operations": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"key": {"type": "str", "no_log": False}, **{name: {"type": "dict"} for name in MAKERS}},
        },
        **SERVER,
        **WORK,
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Carries the operations out."""
        host = str(self._task.delegate_to or self.task_vars["inventory_hostname"])
        context = Context(host, self.find_file, self.check_mode, params["work_folder"])
        operations = operations_of(params["operations"], context)
        result = Batch(self, self._read(params, operations)).run(operations)
        if any(operation.name == "export" for operation in operations):
            result["_ansible_no_log"] = True
        return result

    def _read(self, params: dict[str, Any], operations: list[Operation]) -> State:
        """The state of the server, with all that the plans look at."""
        given = None if params["server"] is None else state_of(params["server"])
        files = {entry.name: entry for operation in operations for entry in operation.files}
        services = any(operation.services for operation in operations)
        lacking = given is None or any(given.request_file(name) is None for name in files)
        if given is not None and not lacking and not (services and given.services is None):
            return given
        claim = next((operation.claim for operation in operations if operation.claim), "")
        call = Call(files=tuple(files.values()), topology=given is None, services=services, claim=claim)
        return self.call(call, given).state

    @staticmethod
    def failure_facts(error: CertificatesError) -> dict[str, Any]:
        """With what was looked at, if that speaks against a certificate."""
        return CertificatesAction.failure_facts(error) | check_facts(error)
