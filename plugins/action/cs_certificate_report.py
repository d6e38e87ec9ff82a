# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_report: the certificates of many servers in files for people and for monitoring."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._jmespath_dep import search
from ..module_utils._report.estate import ReportSpec, build_report
from ..module_utils._report.files import FORMATS, Difference, difference
from ..module_utils._report.problem import CRITICAL, WARNING, Limits
from ..module_utils._x509.moments import parse_moment
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._text_file import has_mode, mode_of, read_text, write_text


@dataclass(frozen=True)
class _File:
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


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = {
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
    CONSTRAINTS = {
        "mutually_exclusive": [["servers", "servers_from"]],
        "required_one_of": [["servers", "servers_from"]],
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Makes the report and writes what of it is new."""
        mode = mode_of(params["mode"])
        report = build_report(_spec(params, self.task_vars), _now(params["now"]))
        result: dict[str, Any] = {"report": report, "status": report["status"]}
        if params["query"]:
            result["query_result"] = search(params["query"], report)
        files = [_file(kind, path, report, mode) for kind, path in _paths(params).items()]
        for file in files:
            if file.stale and not self.check_mode:
                _write(file, report, mode)
        result["changed"] = any(file.changed for file in files)
        result["files"] = [{"format": file.kind, "path": file.path, "changed": file.changed} for file in files]
        told = {file.path: _told(report) for file in files if file.changed}
        result["diff"] = {"before": {}, "after": told}
        verdict = _verdict(report, params["fail_on"])
        if verdict:
            # Ansible shows all of a failed result, and the report is long
            del result["report"]
        return result | verdict


def _spec(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> ReportSpec:
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


def _now(text: str | None) -> datetime:
    moment = datetime.now(timezone.utc) if text is None else parse_moment(text, "now")
    return moment.replace(microsecond=0)


def _paths(params: Mapping[str, Any]) -> dict[str, str]:
    """The files that are asked for, by format."""
    paths = {kind: os.path.abspath(params[f"{kind}_path"]) for kind in FORMATS if params[f"{kind}_path"]}
    for kind, path in paths.items():
        if os.path.isdir(path):
            raise InputError(f"{kind}_path: {path} is a folder; name a file")
        other = next((name for name, used in paths.items() if used == path), kind)
        if other != kind:
            raise InputError(f"{kind}_path: {path} is also {other}_path; give each format a file of its own")
    return paths


def _file(kind: str, path: str, report: Mapping[str, Any], mode: int) -> _File:
    if not os.path.exists(path):
        return _File(kind, path, stale=True, changed=True)
    try:
        new = difference(kind, read_text(path), FORMATS[kind](report))
        fits = has_mode(path, mode)
    except OSError as error:
        raise InputError(f"{kind}_path: {path} cannot be read on the controller: {error.strerror or error}") from error
    return _File(kind, path, stale=not fits or new != Difference.NONE, changed=not fits or new == Difference.MORE)


def _write(file: _File, report: Mapping[str, Any], mode: int) -> None:
    try:
        write_text(file.path, FORMATS[file.kind](report), mode)
    except OSError as error:
        raise InputError(
            f"{file.kind}_path: {file.path} cannot be written on the controller: {error.strerror or error}"
        ) from error


def _told(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a diff shows of a file: not its text, which is long and has a picture in it."""
    return {"status": report["status"]} | {
        name: report["summary"][name] for name in ("servers", "read", "certificates", "critical", "warning", "info")
    }


def _verdict(report: Mapping[str, Any], fail_on: str) -> dict[str, Any]:
    """The failure that O(fail_on) asks for, with the worst problems by name."""
    severities = {"critical": (CRITICAL,), "warning": (CRITICAL, WARNING)}.get(fail_on, ())
    found = [item for item in report["problems"] if item["severity"] in severities]
    if not found:
        return {}
    shown = [
        " ".join(part for part in (item["host"] or item["pool"], item["type"]) if part) + f": {item['text']}"
        for item in found[:3]
    ]
    more = f"; and {len(found) - 3} more, see the report" if len(found) > 3 else ""
    return {"failed": True, "msg": " ".join(f"{'; '.join(shown)}{more}".split())}
