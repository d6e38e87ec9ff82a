# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a lab: one JSON line for each remote call, without secrets.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..server.errors import LabError
from ..server.folder import LabFolder, hold
from ..server.values import MASK, Secrets, get_field, get_list

_TAIL = 65536


class RemoteCall(NamedTuple):
    """A remote call with its answer; `duration_ms` in milliseconds."""

    host: str
    become_user: str | None
    args: Mapping[str, Any]
    result: Mapping[str, Any]
    duration_ms: int


def _masked_data(data: Any, secrets: Secrets) -> Any:
    """Base64 as it is if it holds nothing but public things, else masked."""
    from ..server.content import holds_only_public

    try:
        raw = base64.b64decode(str(data), validate=False)
    except (binascii.Error, ValueError):
        return MASK
    return data if not raw or (raw not in secrets and holds_only_public(raw)) else MASK


def _masked_value(spec: Any) -> Any:
    kind = str(get_field(spec, "t", "")) if isinstance(spec, Mapping) else ""
    return {**spec, "v": MASK} if kind.lower() == "secret" else spec


def masked_step(step: Any, secrets: Secrets) -> Any:
    """A step without passwords, secret parameters and whatever may hold a key."""
    if not isinstance(step, Mapping):
        return secrets.hide(str(step))
    clean: dict[str, Any] = {}
    for name, value in step.items():
        if name.lower() == "password":
            clean[name] = MASK
        elif name.lower() == "data":
            clean[name] = _masked_data(value, secrets)
        elif name.lower() == "parameters" and isinstance(value, Mapping):
            clean[name] = {k: MASK if k.lower().endswith("password") else _masked_value(v) for k, v in value.items()}
        else:
            clean[name] = value
    return secrets.hide(clean)


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["ok"]:
        return {"ok": True}
    error = row["errors"][0]
    return {"ok": False, "id": error["id"], "message": error["message"]}


def append(folder: LabFolder, call: RemoteCall, secrets: Secrets) -> int:
    """Write a call at the end of the journal; gives its number."""
    steps = [masked_step(s, secrets) for s in get_list(get_field(call.args, "steps", []))]
    fatal = call.result["fatal"]
    line: dict[str, Any] = {
        "number": 0,
        "time": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "host": call.host,
        "check_mode": get_field(call.args, "_ansible_check_mode") is True,
        "become_user": call.become_user,
        "steps": steps,
        "results": [_outcome(row) for row in call.result["steps"]],
        "failed_step": call.result["failed_step"],
        "fatal": {"id": fatal["id"], "message": fatal["message"]} if fatal else None,
        "read": list(get_list(get_field(call.args, "read", []))),
        "duration_ms": call.duration_ms,
    }
    folder.create()
    descriptor = os.open(folder.journal, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    with os.fdopen(descriptor, "rb+", buffering=0) as stream, hold(folder.journal):
        line["number"] = _last_number(stream.fileno()) + 1
        os.write(stream.fileno(), (json.dumps(line) + "\n").encode("utf-8"))
    return int(line["number"])


def _last_number(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    width = _TAIL
    while size:
        tail = os.pread(descriptor, min(width, size), max(0, size - width))
        start = tail.rstrip(b"\n").rfind(b"\n")
        if start >= 0 or width >= size:
            return int(json.loads(tail[start + 1 :])["number"])
        width *= 4
    return 0


def mark(folder: LabFolder) -> int:
    """Number of the last call, 0 without any."""
    if not folder.journal.exists():
        return 0
    with folder.journal.open("rb") as stream, hold(folder.journal):
        return _last_number(stream.fileno())


def read(folder: LabFolder, *, since: int = 0) -> Iterator[dict[str, Any]]:
    """The calls after number `since`; raises LabError if the journal is damaged."""
    path: Path = folder.journal
    if not path.exists():
        return
    with path.open(encoding="utf-8") as stream:
        for text in stream:
            try:
                call = json.loads(text)
            except ValueError:
                raise LabError(f"{path} has a line that is no JSON; delete that line or the file") from None
            if call["number"] > since:
                yield call
