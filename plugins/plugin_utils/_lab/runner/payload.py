# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible would send to a Windows host: module and arguments taken out of the payload.

Ansible-core up to 2.18 sends script text, four NUL and one JSON manifest with `module_args`; from 2.19
on a JSON line for the bootstrap script, a line of four NUL and a JSON manifest with a list of actions
(`executor/powershell/module_manifest.py` of either).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..server.errors import LabError

RUNNER = "sfb.certificates.cs_invoke"
_SEPARATOR = b"\0\0\0\0"
_PYTHON_NAME = rb"(?:module_fqn\s*=\s*|ansible_module_name\W{1,8})['\"]([A-Za-z0-9_.]+)['\"]"


class Payload(NamedTuple):
    """Module call: FQCN, arguments (with the `_ansible_*` ones), and how it is to be run."""

    module_name: str
    module_args: dict[str, Any]
    become_user: str | None
    is_async: bool


def _refuse(what: str) -> LabError:
    return LabError(f"the lab emulates only the module {RUNNER}, not {what}; use a real connection for this task")


def decode_payload(data: bytes | None) -> Payload:
    """Read a payload of either format.

    Raises LabError, naming the module, for everything but a call of the runner without async.
    """
    if not data:
        raise _refuse("a raw command or a Python module")
    parts = data.split(_SEPARATOR)
    try:
        manifest = json.loads(parts[1]) if len(parts) > 1 else None
    except ValueError:
        manifest = None
    if not isinstance(manifest, Mapping):
        raise _refuse(_foreign_name(data))
    payload = _decode_actions(manifest) if "scripts" in manifest else _decode_flat(manifest)
    if payload.module_name != RUNNER:
        raise _refuse(f"'{payload.module_name}'")
    if payload.is_async:
        raise LabError(f"the lab runs {RUNNER} directly, not with async; take async off the task")
    return payload


def _foreign_name(data: bytes) -> str:
    found = re.search(_PYTHON_NAME, data)
    if found:
        return f"the Python module '{found.group(1).decode('ascii')}'"
    return "a script or a Python module"


def _decode_flat(manifest: Mapping[str, Any]) -> Payload:
    args = manifest.get("module_args")
    if not isinstance(args, dict):
        raise _refuse("a script")
    user = manifest.get("become_user") if "become_wrapper" in manifest.get("actions", ()) else None
    name = str(args.get("_ansible_module_name", "a module without a name"))
    return Payload(name, args, user, "async_jid" in manifest)


def _decode_actions(manifest: Mapping[str, Any]) -> Payload:
    user: str | None = None
    is_async = False
    for action in manifest.get("actions", ()):
        params = action.get("params") or {}
        if action.get("name") == "become_wrapper.ps1":
            user = params.get("BecomeUser")
        elif action.get("name") in ("async_wrapper.ps1", "async_watchdog.ps1"):
            is_async = True
        elif action.get("name") == "module_wrapper.ps1":
            args = next(
                (v.get("Value") for v in params.get("Variables") or () if v.get("Name") == "complex_args"), None
            )
            if not isinstance(args, dict):
                raise _refuse(f"the script '{params.get('Script', '')}'")
            return Payload(str(args.get("_ansible_module_name", "a module without a name")), args, user, is_async)
        elif action.get("name") != "coverage_wrapper.ps1":
            raise _refuse(f"what copies files or scripts ('{action.get('name')}')")
    raise _refuse("a payload without a module")
