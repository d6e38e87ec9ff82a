# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers in which PowerShell 7 runs the step runner, sent by Ansible's own builder and wrapper.

Each has a home of its own, with the certificate stores and the state file of the doubles of the product's cmdlets
(CsShim.psm1).
"""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import yaml

from .forms import SECRETS

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PWSH = shutil.which("pwsh")
_MANIFEST = "@{ RootModule = 'SkypeForBusiness.psm1'; ModuleVersion = '7.0.2046.0'; FunctionsToExport = '*' }\n"
_PROGRAM = """#!/bin/sh
POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off TERM=dumb NO_COLOR=1
export POWERSHELL_TELEMETRY_OPTOUT POWERSHELL_UPDATECHECK TERM NO_COLOR
{}
"""
_CONFIG = """[defaults]
collections_path={collections}
connection_plugins={connections}
callback_plugins={callbacks}
callbacks_enabled=rows
retry_files_enabled=False
local_tmp={root}/local
"""

#: A call: label, host, arguments of the step runner, and whether check mode is on.
Call = tuple[Any, ...]


class _UnsafeDumper(yaml.SafeDumper):
    """Marks every text so that Ansible does not look for expressions in it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_UnsafeDumper.add_representer(str, lambda dumper, data: dumper.represent_scalar("!unsafe", data, style='"'))


def process_start() -> int:
    """Start of this process in the unit of the folder names: 100 ns since 1601 (UTC)."""
    ticks = int(pathlib.Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    stat = pathlib.Path("/proc/stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in stat if line.startswith("btime"))
    return int((boot + ticks / os.sysconf("SC_CLK_TCK") + 11644473600) * 10**7)


class Lab:
    """Servers below one folder."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.homes: dict[str, pathlib.Path] = {}
        self._numbers = itertools.count(1)
        for name in ("modules/SkypeForBusiness", "bin", "local"):
            (root / name).mkdir(parents=True)
        module = root / "modules/SkypeForBusiness/SkypeForBusiness.psm1"
        shutil.copy(HERE / "CsShim.psm1", module)
        module.with_suffix(".psd1").write_text(_MANIFEST)
        for name, body in (("PowerShell", f'exec "{PWSH}" "$@"'), ("chcp.com", "exit 0")):
            (root / "bin" / name).write_text(_PROGRAM.format(body))
            (root / "bin" / name).chmod(0o755)
        config = _CONFIG.format(
            collections=REPOSITORY / ".cache" / "collections",
            connections=HERE / "connection_plugins",
            callbacks=REPOSITORY / "tests" / "integration" / "callback",
            root=root,
        )
        (root / "ansible.cfg").write_text(config)

    def host(self, name: str, **state: Any) -> str:
        """Adds a server; `state` is that of CsShim.psm1."""
        home = self.root / "hosts" / name
        for folder in ("cs", "tmp", ".dotnet"):
            (home / folder).mkdir(parents=True)
        services = [
            {"Name": service, "DisplayName": f"Display {service}", "Status": "Running", "RoleName": ["EdgeServer"]}
            for service in ("RTCSRV", "RTCMRAUTH")
        ]
        base = {
            "computer": {"fqdn": f"{name}.example.test", "pool": "edgepool.example.test"},
            "edge": {
                "AccessEdgeExternalFqdn": "access.example.test",
                "DataEdgeExternalFqdn": "conf.example.test",
                "InternalInterfaceFqdn": "edgepool.example.test",
            },
            "sip_domains": ["example.test", "example.org"],
            "services": services,
        }
        self.homes[name] = home
        self.set_state(name, base | state)
        return name

    def state(self, host: str) -> dict[str, Any]:
        """The state file of the doubles."""
        found: dict[str, Any] = json.loads((self.homes[host] / "cs/state.json").read_text())
        return found

    def set_state(self, host: str, state: dict[str, Any]) -> None:
        """Replaces the state file of the doubles."""
        (self.homes[host] / "cs/state.json").write_text(json.dumps(state))

    def leftovers(self) -> list[str]:
        """Private folders that are still there."""
        return [str(path) for home in self.homes.values() for path in (home / "tmp").glob("sfbcert-*")]

    def run(self, calls: list[Call]) -> dict[str, dict[str, Any]]:
        """Makes calls, those of different hosts at the same time; gives label -> result."""
        hosts = sorted({call[1] for call in calls}, key=lambda host: -sum(call[1] == host for call in calls))
        parts: list[list[list[Call]]] = [[], []]
        for host in hosts:
            min(parts, key=lambda part: sum(map(len, part))).append([call for call in calls if call[1] == host])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(self._play, [part for part in parts if part]))
        rows = {label: result for part in done for label, result in part}
        assert len(rows) == len(calls), f"lost results: {sorted({call[0] for call in calls} - set(rows))}"
        for label, result in rows.items():
            assert result.get("contract") == 1, f"{label}: {result}"
            assert not result["cleanup_errors"], (label, result["cleanup_errors"])
            assert not any(value in json.dumps(result) for value in SECRETS.values()), label
        return rows

    def _play(self, groups: list[list[Call]]) -> list[tuple[str, dict[str, Any]]]:
        stem = self.root / f"play-{groups[0][0][1]}-{next(self._numbers)}"
        stem.with_suffix(".yml").write_text("".join(self._plays(groups)))
        stem.with_suffix(".inv").write_text(
            "".join(
                f"{name} ansible_connection=pwshlocal ansible_shell_type=powershell ansible_pwshlocal_home={home}"
                f" ansible_remote_tmp={home}/tmp\n"
                for name, home in self.homes.items()
            )
        )
        rows = stem.with_suffix(".rows")
        environment = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.root),
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            "ROWS_FILE": str(rows),
            "PSModulePath": str(self.root / "modules"),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }
        playbook = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        command = [playbook, "-i", str(stem.with_suffix(".inv")), str(stem.with_suffix(".yml"))]
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.root,
            timeout=600,
            text=True,
            check=False,
        )
        assert rows.exists(), done.stdout
        assert not any(value in done.stdout for value in SECRETS.values())
        found = [json.loads(line) for line in rows.read_text().splitlines()]
        return [(row["task"], row["result"]) for row in found if "task" in row]

    def _plays(self, groups: list[list[Call]]) -> list[str]:
        body = []
        for calls in groups:
            body.append(f"- hosts: {calls[0][1]}\n  gather_facts: false\n  ignore_errors: true\n  tasks:\n")
            for label, _, given, *check in calls:
                arguments = {"contract": 1, "store_location": "CurrentUser", **given}
                block = yaml.dump(arguments, Dumper=_UnsafeDumper, default_flow_style=True, width=10**9).strip()
                body.append(
                    f"  - name: {json.dumps(label)}\n    check_mode: {str(check == [True]).lower()}\n"
                    f"    sfb.certificates.cs_invoke: {block}\n"
                )
        return body
