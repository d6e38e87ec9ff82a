# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps: what the step runner on a server is asked to do. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .._product.cmdlets import CMDLETS
from .._state.unknown import holds_unknown
from .render import render_step

#: The private folder of one remote call (contract, "path").
TMP = "<tmp>/"
_READING_OPS = ("read_file",)


@dataclass(frozen=True)
class Step:
    """One step in the form that the contract gives it, ready to be sent.

    :ivar wire: the step as JSON; a placeholder may stand in it (see L{Step.unknown}).
    """

    wire: Mapping[str, Any]

    @property
    def writes(self) -> bool:
        """True unless the step only reads."""
        if self.wire["op"] == "cmdlet":
            return not CMDLETS[self.wire["name"]].reads_only
        return self.wire["op"] not in _READING_OPS

    @property
    def unknown(self) -> bool:
        """True while a value of the step is not known, so that it cannot be sent yet."""
        return holds_unknown(self.wire)

    def limited(self, seconds: int) -> Step:
        """The same step, given up by the runner after a time of its own (contract, "Steps", C(timeout))."""
        return Step({**self.wire, "timeout": seconds})

    @property
    def commands(self) -> list[str]:
        """The PowerShell that the step stands for, secrets masked."""
        return render_step(self.wire)


def _date(value: datetime) -> str:
    return value.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def _typed(kind: str, value: Any) -> dict[str, Any]:
    if kind == "list":
        return {"t": kind, "v": [f"={item}" for item in value]}
    if kind == "date":
        return {"t": kind, "v": _date(value)}
    if kind in ("int", "bool", "switch"):
        return {"t": kind, "v": value}
    return {"t": kind, "v": f"={value}"}


def cmdlet(name: str, **parameters: Any) -> Step:
    """A step that runs a cmdlet of the product.

    A parameter that is None, a false switch or an empty list is left out.
    Source: contract, "Steps", C(cmdlet).

    :raises KeyError: the cmdlet, or one of its parameters, is not in the table.
    """
    known = CMDLETS[name]
    sent = {}
    for parameter, value in parameters.items():
        kind = known.parameters[parameter]
        if value is None or value == [] or value == () or (kind == "switch" and not value):
            continue
        sent[parameter] = _typed(kind, value)
    wire: dict[str, Any] = {"op": "cmdlet", "name": name, "parameters": sent, "timeout": known.timeout}
    if known.properties:
        wire["properties"] = list(known.properties)
    return Step(wire)


def write_file(path: str, data: bytes, *, replace: bool = False, make_folder: bool = False) -> Step:
    """A step that writes a file."""
    wire: dict[str, Any] = {"op": "write_file", "path": f"={path}", "data": _b64(data)}
    if replace:
        wire["replace"] = True
    if make_folder:
        wire["make_folder"] = True
    return Step(wire)


def read_file(path: str) -> Step:
    """A step that reads a file; a missing one is no error."""
    return Step({"op": "read_file", "path": f"={path}"})


def delete_file(path: str) -> Step:
    """A step that deletes a file; a missing one is no error."""
    return Step({"op": "delete_file", "path": f"={path}"})


def cert_import(
    data: bytes | str, stores: Mapping[str, str], *, password: str | None = None, exportable: bool = False
) -> Step:
    """A step that puts certificates of a file into the stores given for their thumbprints.

    :param data: the file's content, or a placeholder for it.
    """
    wire: dict[str, Any] = {
        "op": "cert_import",
        "data": data if isinstance(data, str) else _b64(data),
        "stores": dict(stores),
    }
    if password is not None:
        wire["password"] = f"={password}"
        wire["exportable"] = exportable
    return Step(wire)


def cert_export(thumbprint: str, *, password: str, chain: Iterable[bytes] | None = ()) -> Step:
    """A step that returns a certificate of My with its key, and the chain given, as a PFX.

    :param chain: None for the certificate alone; empty if its chain is not known.
    """
    wire: dict[str, Any] = {"op": "cert_export", "thumbprint": thumbprint, "password": f"={password}"}
    if chain is not None:
        wire["chain"] = [_b64(der) for der in chain]
    return Step(wire)


def cert_remove(thumbprint: str, *, store: str, delete_key: bool = False) -> Step:
    """A step that takes a certificate out of a store.

    :param delete_key: delete its key, too, unless another certificate uses the container.
    """
    wire: dict[str, Any] = {"op": "cert_remove", "thumbprint": thumbprint, "store": store}
    return Step(wire | {"delete_key": True} if delete_key else wire)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
