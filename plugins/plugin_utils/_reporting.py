# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is made of, and its files on the controller. **PRIVATE** to the collection."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._report.estate import ReportSpec
from ..module_utils._report.files import FORMATS, Difference, difference
from ..module_utils._report.problem import Limits
from ..module_utils._x509.moments import parse_moment
from ._text_file import has_mode, read_text, write_text

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "servers": {"type": "dict"},
    "servers_from": {"type": "str"},
    "sets": {"type": "dict", "default": {}},
    "title": {"type": "str", "default": "Certificates of Skype for Business Server"},
    "json_path": {"type": "path"},
    "csv_path": {"type": "path"},
    "html_path": {"type": "path"},
    "prometheus_path": {"type": "path"},
    "mode": {"type": "raw", "default": "0644"},
    "critical_days": {"type": "int", "default": 14},
    "warning_days": {"type": "int", "default": 45},
    "fail_on": {"type": "str", "choices": ["critical", "warning", "never"], "default": "never"},
    "now": {"type": "str"},
    "query": {"type": "str"},
}
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["servers", "servers_from"]],
    "required_one_of": [["servers", "servers_from"]],
}


@dataclass(frozen=True)
class ReportFile:
    """A file of the report.

    :ivar stale: it is not there, or not as it should be, be it for the time of the report only.
    :ivar changed: it says something new, or has another mode.
    """

    kind: str
    path: str
    stale: bool
    changed: bool


class _Registered(Mapping[str, Any]):
    """What the hosts of a play have in a variable. Each is looked up when it is asked for, and kept nowhere."""

    def __init__(self, task_vars: Mapping[str, Any], name: str) -> None:
        self._hosts = [str(host) for host in task_vars.get("ansible_play_hosts_all", ())]
        self._hostvars = task_vars.get("hostvars", {})
        self._name = name

    def __getitem__(self, host: str) -> Any:
        return self._hostvars[host].get(self._name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def is_known(self) -> bool:
        """Whether any host has the variable."""
        return any(self._name in self._hostvars[host] for host in self._hosts)


def report_spec(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> ReportSpec:
    critical, warning = params["critical_days"], params["warning_days"]
    if not 0 <= critical <= warning:
        raise InputError(
            f"critical_days: {critical} is more than warning_days ({warning}), or negative; the critical limit comes last"
        )
    return ReportSpec(
        servers=_servers(params, task_vars),
        sets={str(host): str(name or "") for host, name in params["sets"].items()},
        limits=Limits(critical, warning),
        title=params["title"],
    )


def _servers(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result of each host: as it was given, else as the host has it."""
    name = params["servers_from"]
    if name is None:
        if not params["servers"]:
            raise InputError("servers: is empty; give what cs_certificate_info returned for each host")
        return {str(host): value for host, value in params["servers"].items()}
    found = _Registered(task_vars, name)
    if not found.is_known():
        raise InputError(
            f"servers_from: no host of the play has a variable '{name}'; register it with cs_certificate_info"
        )
    return found


def moment_of_report(text: str | None) -> datetime:
    moment = datetime.now(timezone.utc) if text is None else parse_moment(text, "now")
    return moment.replace(microsecond=0)


def paths_of(params: Mapping[str, Any]) -> dict[str, str]:
    """The files that are asked for, by format."""
    paths = {kind: os.path.abspath(params[f"{kind}_path"]) for kind in FORMATS if params[f"{kind}_path"]}
    for kind, path in paths.items():
        if os.path.isdir(path):
            raise InputError(f"{kind}_path: {path} is a folder; name a file")
        other = next((name for name, used in paths.items() if used == path), kind)
        if other != kind:
            raise InputError(f"{kind}_path: {path} is also {other}_path; give each format a file of its own")
    return paths


def report_file(kind: str, path: str, report: Mapping[str, Any], mode: int) -> ReportFile:
    if not os.path.exists(path):
        return ReportFile(kind, path, stale=True, changed=True)
    try:
        new = difference(kind, read_text(path), FORMATS[kind](report))
        fits = has_mode(path, mode)
    except OSError as error:
        raise InputError(f"{kind}_path: {path} cannot be read on the controller: {error.strerror or error}") from error
    return ReportFile(kind, path, stale=not fits or new != Difference.NONE, changed=not fits or new == Difference.MORE)


def write_report(file: ReportFile, report: Mapping[str, Any], mode: int) -> None:
    try:
        write_text(file.path, FORMATS[file.kind](report), mode)
    except OSError as error:
        raise InputError(
            f"{file.kind}_path: {file.path} cannot be written on the controller: {error.strerror or error}"
        ) from error
