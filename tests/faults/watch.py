# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the servers of a lab: after each change of one, whether it serves, as a line of JSON.

A server changes nowhere else than in a step of a remote call, so that nothing is missed, however short it lasts.
"""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import runner
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.files import FileSystem
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import ServerFolder, hold

#: Where the claim of a run lies on a server.
CLAIM = pathlib.PurePath("files", "C", "ProgramData", "sfb.certificates", "claim.json")


def why_out(server: pathlib.Path, usages: Iterable[str]) -> str:
    """Why a server does not serve users; empty if it does (rules.md#rollover-without-interruption).

    One that a run has taken out for its turn does not, whatever its services say: it may be out of the load balancer.
    """
    state = json.loads((server / "server.json").read_text())
    resting = [row["name"] for row in state["services"] if row["status"] != "Running"]
    if resting:
        return f"{', '.join(resting)} rests"
    for usage in usages:
        problem = _problem(server, state, usage)
        if problem:
            return f"{usage} {problem}"
    claim = server / CLAIM
    return "it has its turn" if claim.exists() and json.loads(claim.read_bytes())["turn"] else ""


def _problem(server: pathlib.Path, state: Mapping[str, Any], usage: str) -> str:
    row = state["assignments"].get(usage)
    found = [item for item in state["stores"]["My"] if row and item["thumbprint"] == row["thumbprint"]]
    if not found:
        return "has no certificate"
    if not (server / "keys" / f"{found[0]['container']}.pem").exists():
        return "has no private key"
    if datetime.strptime(found[0]["not_after"], "%Y-%m-%dT%H:%M:%S%z") <= datetime.now(timezone.utc):
        return "has a certificate that has expired"
    return ""


def install(notes: pathlib.Path) -> None:
    """Watches all that this process changes on servers, and those that it forks.

    :param notes: folder with C(usages.json), what users need; C(events.jsonl) is written there.
    """
    path, usages = notes / "events.jsonl", json.loads((notes / "usages.json").read_text())

    def note(folder: ServerFolder) -> None:
        if not folder.state.exists():
            return
        path.touch()
        with path.open("a", encoding="utf-8") as stream, hold(path):
            row = {"time": time.time(), "host": folder.path.name, "why": why_out(folder.path, usages)}
            stream.write(json.dumps(row) + "\n")
            stream.flush()

    def after(change: Callable[..., None]) -> Callable[..., None]:
        def changed(own: Any, *words: Any, **named: Any) -> None:
            change(own, *words, **named)
            note(own if isinstance(own, ServerFolder) else own._folder)

        return changed

    runner.commit = after(runner.commit)  # type: ignore[assignment]
    FileSystem._put = after(FileSystem._put)  # type: ignore[method-assign]
    FileSystem.delete = after(FileSystem.delete)  # type: ignore[method-assign]


def read(path: pathlib.Path) -> list[dict[str, Any]]:
    """What was noted, in order."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def too_few(events: Iterable[Mapping[str, Any]], members: Sequence[str]) -> str:
    """The first moment at which more than one server did not serve; empty if there was none. All served before."""
    out: dict[str, str] = {}
    for event in events:
        out[event["host"]] = event["why"]
        missing = [f"{host}: {out[host]}" for host in members if out.get(host)]
        if len(missing) > 1:
            return "; ".join(missing)
    return ""
