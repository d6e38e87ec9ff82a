# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner: contract 1, answered by the emulated server.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..cmdlets.table import run_cmdlet
from ..server.errors import LabInterruption, PowerShellError, stop_step
from ..server.files import MAXIMUM, FileSystem
from ..server.folder import LabFolder, ServerFolder, hold
from ..server.pool import PoolDescription
from ..server.session import Session
from ..server.state import ServerState, commit, load_state
from ..server.values import get_data, get_field, get_int, get_list
from . import journal, sections, store_steps


def run_contract(
    args: dict[str, Any], pool: PoolDescription, folder: LabFolder, host: str, *, become_user: str | None = None
) -> dict[str, Any]:
    """Answer one call of the contract for one server; JSON-able in and out, one line in the journal.

    Raises LabError if the lab folder cannot be used, LabInterruption where the inventory asks for one.
    """
    started = time.monotonic()
    server = folder.server(host)
    modules = tuple(str(m) for m in get_list(get_field(args, "modules", ["SkypeForBusiness", "Lync"])))
    session = Session(folder, server, pool, _load(folder, server, pool, host), FileSystem(server), modules)
    result: dict[str, Any] = {
        "contract": 1,
        "failed_step": None,
        "steps": [],
        "read": {},
        "cleanup_errors": [],
        "fatal": None,
    }
    try:
        _run(session, args, result)
    except PowerShellError as error:
        result["fatal"] = session.secrets.hide(error.record.row())
    except LabInterruption as error:
        result["fatal"] = {"id": "Lab.Interruption", "message": str(error)}
        raise
    finally:
        duration = round((time.monotonic() - started) * 1000)
        call = journal.RemoteCall(host=host, become_user=become_user, args=args, result=result, duration_ms=duration)
        journal.append(folder, call, session.secrets)
    return result


def _load(lab: LabFolder, folder: ServerFolder, pool: PoolDescription, host: str) -> ServerState:
    """The state of a server, with what replication has brought."""
    state = load_state(folder, host=host, product=pool.product, role=pool.role)
    if pool.role != "edge":
        from ..server import deployment

        deployment.receive(lab, state)
    return state


def _run(session: Session, args: dict[str, Any], result: dict[str, Any]) -> None:
    if get_field(args, "contract") != 1:
        raise stop_step("Contract", "this runner speaks contract 1 only")
    # The real runner takes CurrentUser for tests; the lab is LocalMachine only.
    if get_field(args, "store_location", "LocalMachine") != "LocalMachine":
        raise stop_step("Protocol", "unknown store_location")
    session.files.clear_leftovers()
    steps = get_list(get_field(args, "steps", []))
    check_mode = get_field(args, "_ansible_check_mode") is True
    with _turn(session, steps, check_mode=check_mode, limit=get_int(get_field(args, "lock_timeout", 60))):
        interrupted = False
        try:
            _run_steps(session, steps, result, check_mode=check_mode)
        except LabInterruption:
            interrupted = True  # nothing is cleaned up: a later call sweeps, as on Windows
            raise
        finally:
            if not interrupted:
                session.files.remove_private_folder()
    names = [str(n) for n in get_list(get_field(args, "read", []))]
    issuers = store_steps.issuers_of(session, sections.stores_in(names))
    for name in names:
        key = name.partition(":")[0]
        try:
            result["read"][key] = sections.read_section(session, name, issuers=issuers)
        except PowerShellError as error:
            result["read"][key] = session.secrets.hide({"ok": False, "errors": [error.record.row()]})


def _only_reads(step: Any) -> bool:
    return isinstance(step, dict) and get_field(step, "op") == "read_file"


def _is_query(step: Any) -> bool:
    """Whether a step is one that check mode lets through."""
    if not isinstance(step, dict):
        return False
    return _only_reads(step) or str(get_field(step, "name", "")).lower().startswith(("get-", "test-"))


@contextlib.contextmanager
def _turn(session: Session, steps: list[Any], *, check_mode: bool, limit: int) -> Iterator[None]:
    """Wait for the turn among the calls that change this server (contract: Steps, named mutex).

    The lab has one such lock for a server whatever its name: a lock on the folder of the server, which leaves no file
    and ends with the process. A call that cannot write does not make the folder: while there is none, no other
    call has anything to protect.
    """
    if all(_only_reads(s) for s in steps):
        yield
        return
    if not check_mode and not all(_is_query(s) for s in steps):
        session.folder.create()
    if not session.folder.path.is_dir():
        yield
        return
    with hold(session.folder.path, limit) as mine:
        if not mine:
            raise stop_step("Busy", f"another call has been changing this server for {limit} s")
        session.state = _load(session.lab, session.folder, session.pool, session.state.host)
        yield


def _run_steps(session: Session, steps: list[Any], result: dict[str, Any], *, check_mode: bool) -> None:
    for step in steps:
        before = session.state
        session.partial, session.after_commit = None, []
        if not _only_reads(step):
            session.state = before.copy()
        try:
            row = _run_step(session, step, check_mode=check_mode)
        except PowerShellError as error:
            row = {"ok": False, "errors": [error.record.row()]}
        if not row["ok"]:
            session.state, session.after_commit = session.partial or before, []
        changed = before.assignments != session.state.assignments
        commit(session.folder, before, session.state, fqdn=session.pool.fqdn)
        if changed and session.pool.role != "edge":
            from ..server import deployment

            deployment.publish(session.lab, session.state, session.key_pem)
        for write in session.after_commit:
            write()
        result["steps"].append(session.secrets.hide(row))
        if not row["ok"]:
            result["failed_step"] = len(result["steps"]) - 1
            return
        if len(result["steps"]) == session.pool.interrupt_after:
            raise LabInterruption(f"the connection was cut after step {len(result['steps'])} (sfb_lab_interrupt_after)")


def _run_step(session: Session, step: Any, *, check_mode: bool) -> dict[str, Any]:
    operation = str(get_field(step, "op", ""))
    name = str(get_field(step, "name", ""))
    if check_mode and operation != "read_file" and not name.lower().startswith(("get-", "test-")):
        raise stop_step("CheckMode", f"refused in check mode: {operation} {name}")
    handler = _HANDLERS.get(operation)
    if handler is None:
        raise stop_step("Protocol", f"unknown op '{operation}'")
    return handler(session, step)


def _cmdlet(session: Session, step: Any) -> dict[str, Any]:
    return run_cmdlet(
        session,
        str(get_field(step, "name", "")),
        get_field(step, "parameters", {}),
        properties=[str(p) for p in get_list(get_field(step, "properties", []))],
        limit=get_int(get_field(step, "timeout", 600)),
    )


def _write_file(session: Session, step: Any) -> dict[str, Any]:
    data = get_data(step)
    session.files.write(
        session.files.resolve(get_field(step, "path")),
        data,
        replace=get_field(step, "replace") is True,
        make_folder=get_field(step, "make_folder") is True,
    )
    return {"ok": True}


def _read_file(session: Session, step: Any) -> dict[str, Any]:
    path = session.files.resolve(get_field(step, "path"))
    if not session.files.exists(path):
        return {"ok": True, "exists": False, "data": None}
    if session.files.size(path) > MAXIMUM:
        raise stop_step("Path", f"larger than 8 MB: '{path}'")
    return {"ok": True, "exists": True, "data": base64.b64encode(session.files.read(path) or b"").decode("ascii")}


def _delete_file(session: Session, step: Any) -> dict[str, Any]:
    session.files.delete(session.files.resolve(get_field(step, "path")))
    return {"ok": True}


def _cert_step(session: Session, step: Any) -> dict[str, Any]:
    from .cert_steps import STEPS

    return STEPS[str(get_field(step, "op"))](session, step)


_HANDLERS: dict[str, Callable[[Session, Any], dict[str, Any]]] = {
    "cmdlet": _cmdlet,
    "write_file": _write_file,
    "read_file": _read_file,
    "delete_file": _delete_file,
    **dict.fromkeys(("cert_import", "cert_export", "cert_remove", "cert_set"), _cert_step),
}
