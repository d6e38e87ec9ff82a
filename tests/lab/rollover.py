# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind `make lab-rollover`: emulated pools behind a real HAProxy turn to new certificates while users connect."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from .balancer import ADDRESS, MISSING, Balancer, Sets, find_haproxy
from .monitor import Monitor, summary
from .traffic import Client

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
COMMAND = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command"
#: What users connect to: frontend -> usage and port of the product.
ENDPOINTS = {"external": ("AccessEdgeExternal", 5061), "internal": ("Internal", 5061)}
#: The old certificates have had 170 of their 200 days.
LIFETIME, AGE = 200, 170


class Site:
    """Emulated pools in a folder of their own, and what is run on them.

    :ivar sets: set -> its servers.
    """

    def __init__(self, folder: pathlib.Path, sets: Mapping[str, list[str]], *, quiet: bool = False) -> None:
        self.folder, self.sets, self.quiet = folder, sets, quiet
        self.lab = folder / "lab"
        self.inbox = folder / "requests"
        self.inventory = folder / "inventory.yml"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")} | {
            "PYTHONPATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_FORKS": "8",
            "LC_ALL": "C.UTF-8",
        }
        self.inbox.mkdir(parents=True)
        self.command("init")

    @property
    def hosts(self) -> list[str]:
        """All servers."""
        return [host for members in self.sets.values() for host in members]

    def describe(self, hosts: Mapping[str, Mapping[str, Any]] | None = None, **variables: Any) -> None:
        """Writes the inventory.

        :param hosts: variables of single servers.
        :param variables: of all.
        """
        groups = {
            name: {
                "hosts": {host: dict((hosts or {}).get(host, {})) for host in members},
                "vars": {"edge_set": name, "sfb_lab_pool_fqdn": f"{name.replace('_', '-')}.example.com"},
            }
            for name, members in self.sets.items()
        }
        shared = {
            "ansible_connection": "sfb.certificates.lab",
            "sfb_lab_path": str(self.lab),
            "sfb_lab_sip_domains": ["example.com", "example.net"],
            "edge_folder": str(self.inbox),
            "edge_chain_file": str(self.lab / "adcs" / "certnew.p7b"),
        }
        self.inventory.write_text(yaml.safe_dump({"edge": {"vars": shared | variables, "children": groups}}))

    def command(self, *words: str) -> str:
        """Runs a command of the laboratory, such as the clerk of the authority."""
        call = [sys.executable, "-m", COMMAND, "--lab", str(self.lab), *words]
        return subprocess.run(
            call, env=self.environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def play(self, *words: str, quiet: bool = False) -> str:
        """Runs the rollover; its output is shown as it comes, and given back.

        :raises SystemExit: it failed.
        """
        call = [str(BIN / "ansible-playbook"), "sfb.certificates.rollover", "-i", str(self.inventory), *words]
        lines = []
        with subprocess.Popen(
            call, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run:
            for line in run.stdout or ():
                lines.append(line)
                if not (quiet or self.quiet):
                    print(line, end="", flush=True)
        if run.returncode:
            raise SystemExit("".join(lines) if quiet or self.quiet else "the rollover failed")
        return "".join(lines)

    def sign(self, *words: str) -> None:
        """The clerk signs what lies in the folder for requests."""
        self.command("sign", str(self.inbox), *words)

    def age(self) -> None:
        """Gives all servers certificates that are soon at their end."""
        self.describe(edge_renew_before="1d")
        self.play(quiet=True)
        begin = datetime.now(timezone.utc) - timedelta(days=AGE)
        self.sign("--days", str(LIFETIME), "--not-before", f"{begin:%Y-%m-%dT%H:%M:%SZ}")
        self.play(quiet=True)

    def roots(self) -> pathlib.Path:
        """The root of the authority as a PEM file."""
        chain = pkcs7.load_der_pkcs7_certificates((self.lab / "adcs" / "certnew.p7b").read_bytes())
        path = self.folder / "roots.pem"
        own = [item for item in chain if item.subject == item.issuer]
        path.write_bytes(b"".join(item.public_bytes(serialization.Encoding.PEM) for item in own))
        return path

    def mark(self) -> int:
        """How many remote calls there were so far."""
        path = self.lab / "journal.jsonl"
        return len(path.read_text().splitlines()) if path.exists() else 0


def roll(site: Site) -> list[str]:
    """The whole of it; gives the figures.

    :raises SystemExit: a connection failed, too few members served, or the rerun changed something.
    """
    site.age()
    roots = site.roots()
    with contextlib.ExitStack() as stack:
        ports = stack.enter_context(serve_endpoints(LabFolder(site.lab), site.hosts))
        frontends = _frontends(site, ports)
        balancer = stack.enter_context(Balancer(frontends, site.folder))
        site.describe(
            {host: {"rollover_endpoints": _endpoints(ports[host])} for host in site.hosts},
            load_balancer_kind="haproxy",
            load_balancer_socket=str(balancer.socket),
            rollover_ca_bundle=str(roots),
        )
        with (
            Monitor(frontends, roots, balancer) as monitor,
            Client({name: (ADDRESS, port) for name, port in balancer.ports.items()}, roots) as client,
        ):
            site.play()
            site.sign()
            site.play()
            mark = site.mark()
            again = site.play(quiet=True)
            calls = site.mark() - mark
    recap = [line for line in again.splitlines() if "changed=" in line]
    figures = [
        *summary(client, monitor),
        "",
        f"run again: {sum('changed=0' in line for line in recap)} of {len(recap)} servers unchanged, "
        f"{calls} remote calls for {len(site.hosts)} servers",
    ]
    wrong = any(tally.failed for tally in client.tallies.values()) or any(
        record.violations or not record.samples for record in monitor.records.values()
    )
    old_only = [name for name, tally in client.tallies.items() if len(tally.seen) < 2]
    if wrong or old_only or calls != len(site.hosts) or not all("changed=0" in line for line in recap):
        raise SystemExit(
            "\n".join([*figures, "lab-rollover: users noticed, nothing changed, or the rerun did something"])
        )
    return figures


def _frontends(site: Site, ports: Mapping[str, Mapping[str, int]]) -> Sets:
    """Each kind of endpoint of each set is one thing that users connect to."""
    return {
        f"{name}_{kind}": {host: (ADDRESS, ports[host][f"{usage}:{port}"]) for host in members}
        for name, members in site.sets.items()
        for kind, (usage, port) in ENDPOINTS.items()
    }


def _endpoints(ports: Mapping[str, int]) -> list[dict[str, Any]]:
    """What the playbook looks at: all endpoints of a server."""
    return [{"type": name.partition(":")[0], "host": ADDRESS, "port": port} for name, port in ports.items()]


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", default="3,5", help="servers of each pool")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.pools.split(",")]
    if find_haproxy() is None:
        parser.exit(2, f"lab-rollover: {MISSING}\n")
    sets = {}
    for number, size in enumerate(sizes, 1):
        sets[f"edge_site{number}"] = [f"edge{number}{server}" for server in range(1, size + 1)]
    folder = REPOSITORY / ".sfb-lab" / "rollover"
    shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{len(sizes)} pools of {' and '.join(map(str, sizes))} emulated servers get certificates near their end ...",
        flush=True,
    )
    print("\n" + "\n".join(roll(Site(folder, sets))))


if __name__ == "__main__":
    main()
