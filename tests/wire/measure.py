# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what the internal procedure costs over WinRM: HTTP requests and bytes, and the payload of a remote call.

    python tests/wire/measure.py [--servers 2] [--way https+basic]

The payload is compared with that of a module that does nothing with C(Ansible.Basic), built by the same ansible-core; that
of a host with become as well, once for a call that only reads and once for one that needs become.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY / ".cache" / "collections"))

from ansible_collections.sfb.certificates.tests.integration.conftest import Play, Pool  # noqa: E402
from ansible_collections.sfb.certificates.tests.wire.pool import WAYS, wired  # noqa: E402
from ansible_collections.sfb.certificates.tests.wire.server import Exchange, Server  # noqa: E402
from ansible_collections.sfb.certificates.tests.wire.tls import make_identity  # noqa: E402

PLAYBOOK = "sfb.certificates.edge_internal"
_BASELINE = "wire_nothing"
_ACCOUNT = {"method": "runas", "user": "LAB\\admin", "password": "Become-Password-1"}
#: Does nothing, in the usual way of a module for Windows.
_NOTHING = """\
#!powershell
#AnsibleRequires -CSharpUtil Ansible.Basic
$module = [Ansible.Basic.AnsibleModule]::Create($args, @{ options = @{}; supports_check_mode = $true })
$module.ExitJson()
"""


@dataclass
class Phase:
    """What one run of Ansible has cost.

    :ivar exchanges: HTTP requests, by server. payloads: sizes of the payloads in bytes, by server.
    """

    name: str
    play: Play
    exchanges: dict[str, list[Exchange]] = field(default_factory=dict)
    payloads: dict[str, list[int]] = field(default_factory=dict)

    def requests(self, host: str) -> int:
        """HTTP requests of a server, those of the login too."""
        return len(self.exchanges[host])

    def messages(self, host: str) -> int:
        """Requests of a server that carried out something; an encrypted login needs more."""
        return sum(1 for exchange in self.exchanges[host] if exchange.action)

    def row(self, host: str) -> tuple[str, ...]:
        """A row of the table."""
        calls, seen = len(self.payloads[host]), self.exchanges[host]
        up, down = sum(exchange.up for exchange in seen), sum(exchange.down for exchange in seen)
        each = [f"{figure / calls:.0f}" if calls else "-" for figure in (len(seen), up, down)]
        return (self.name, host, str(calls), str(len(seen)), str(up), str(down), *each)


def measured(name: str, servers: Mapping[str, Server], run: Callable[[], Play]) -> Phase:
    """Runs something and tells what it cost."""
    before = {host: (len(server.traffic), len(server.calls.payloads)) for host, server in servers.items()}
    phase = Phase(name, run())
    for host, server in servers.items():
        exchanges, payloads = before[host]
        phase.exchanges[host] = server.traffic[exchanges:]
        phase.payloads[host] = [len(payload) for payload in server.calls.payloads[payloads:]]
    return phase


def procedure(pool: Pool, servers: Mapping[str, Server]) -> list[Phase]:
    """The internal procedure from empty servers: request, then import and assignment, then a rerun."""

    def run() -> Play:
        return pool.play(PLAYBOOK)

    first = measured("request", servers, run)
    pool.sign()
    return [first, measured("finish", servers, run), measured("rerun", servers, run)]


@dataclass(frozen=True)
class Payloads:
    """Bytes on standard input.

    :ivar ours: of a call that reads a server.
    :ivar baseline: of a module that does nothing with Ansible.Basic.
    :ivar reading: as C(ours), of a host with become.
    :ivar key: of a call that makes a private key, of a host with become.
    """

    ours: int
    baseline: int
    reading: int
    key: int

    def ratio(self, what: str = "ours") -> float:
        """A payload, compared with the baseline."""
        return float(getattr(self, what) / self.baseline)


def payloads(pool: Pool, server: Server) -> Payloads:
    """What a call weighs; no certificate is in it."""
    before = len(server.calls.payloads)
    library = pool.folder / "library"
    library.mkdir()
    (library / f"{_BASELINE}.ps1").write_text(_NOTHING, encoding="ascii")
    info, request = "sfb.certificates.cs_certificate_info", "sfb.certificates.cs_certificate_request"
    account = {f"ansible_become_{name}": value for name, value in _ACCOUNT.items()} | {"ansible_become": True}
    tasks: list[dict[str, object]] = [
        {info: {}, "register": "read"},
        # the emulator refuses it; what counts has come by then
        {_BASELINE: {}, "ignore_errors": True},
        {info: {}, "vars": account},
        {request: {"type": ["Internal"], "server": "{{ read.server }}"}, "vars": account},
    ]
    play = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": tasks}], ANSIBLE_LIBRARY=str(library))
    found = server.calls.payloads[before:]
    if play.rc or len(found) < len(tasks) or _BASELINE.encode() not in found[1]:
        raise RuntimeError(f"{len(tasks)} payloads or more were to come, {len(found)} came:\n{play.output}")
    # the request writes its record in a call of its own, which needs no become
    return Payloads(*map(len, found[:3]), key=max(map(len, found[3:])))


def table(phases: list[Phase]) -> str:
    """The table of all phases and servers, with what a remote call costs in the mean."""
    rows: list[tuple[str, ...]] = [
        ("run", "server", "calls", "requests", "bytes up", "bytes down", "requests/call", "up/call", "down/call")
    ]
    rows += [phase.row(host) for phase in phases for host in phase.exchanges]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def main() -> None:
    """Reads the command line, and prints the tables."""
    parser = argparse.ArgumentParser(description="Print what the internal procedure costs over WinRM.")
    parser.add_argument("--servers", type=int, default=2, help="number of Edge Servers")
    parser.add_argument("--way", choices=list(WAYS), action="append", help="how they are reached; several are possible")
    options = parser.parse_args()
    if options.servers < 1:
        parser.error("--servers: at least one")
    hosts = [f"edge{number}" for number in range(1, options.servers + 1)]
    for way in options.way or ["https+basic", "http+ntlm"]:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            pool = Pool(folder, REPOSITORY / ".cache" / "lab-keys")
            with wired(pool, dict.fromkeys(hosts, way), make_identity(folder)) as servers:
                print(f"{way}\n{table(procedure(pool, servers))}", flush=True)
                found = payloads(pool, servers["edge1"])
        told = "".join(
            f"; {name} {getattr(found, name)} ({found.ratio(name):.3f})" for name in ("ours", "reading", "key")
        )
        print(f"payload of a module that does nothing: {found.baseline} bytes{told}\n")


if __name__ == "__main__":
    main()
