# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report of a large estate costs: processor time, the largest process, sizes of the files.

    PYTHONPATH=.cache/collections .venv/bin/python -m ansible_collections.sfb.certificates.tests.scale.report

The servers are emulated Edge Servers with five certificates each in the store My. Those of a pool share one for the internal and
one for the external interface, and have three old ones of their own. With C(--each) a server has a certificate of its own for
each of five usages, which is the most that a report can have to tell of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.files import FORMATS
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Authority, Order, Terms
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.state import (
    CSP_SCHANNEL,
    Assignment,
    Entry,
    ServerState,
    commit,
    default_services,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._text_file import write_text
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

from .figures import Spent
from .pools import pools_of
from .runs import REPOSITORY, ScaleError, Version, spend

#: The last version of the product in which an Edge Server needs five certificates.
_PRODUCT = "2015"
_USAGES = ("Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication", "XmppServer")
_FILES = {"HTML": "report.html", "JSON": "report.json", "CSV": "report.csv", "metrics": "sfb_certificates.prom"}
_READ = "Read the server"
_KB = 1024


class Issuer:
    """The emulated CA, and a handful of keys; each certificate has names and an end of its own."""

    def __init__(self, lab: LabFolder) -> None:
        self._authority = Authority(lab)
        self.chain = pkcs7.load_der_pkcs7_certificates(self._authority.prepare().read_bytes())
        #: what the product wants, and what only lies in the store
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._others = [ec.generate_private_key(ec.SECP256R1()) for _number in range(5)]
        self._now = datetime.now(timezone.utc)
        self._made = 0

    def issue(self, *names: str, used: bool = True) -> Entry:
        """Another certificate for these names, without a key container.

        :param used: with a key that the product takes.
        """
        self._made += 1
        key = self.key if used else self._others[self._made % len(self._others)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        order = Order(subject, key.public_key(), (*names, f"alias{self._made}.example.com"))
        terms = Terms(now=self._now, days=60 + self._made % 700)
        certificate = self._authority.sign(order, terms)
        return Entry(certificate.public_bytes(Encoding.DER), f"{names[0]} {self._made}", None)


def add_server(lab: LabFolder, issuer: Issuer, host: str, used: Sequence[Entry], others: Sequence[Entry]) -> None:
    """Writes a server to disk.

    :param used: the certificates of its usages, in the order of C(_USAGES).
    """
    state = ServerState(host, services=default_services("edge", _PRODUCT))
    for certificate in issuer.chain:
        store = "Root" if certificate.subject == certificate.issuer else "CA"
        state.add(store, Entry(certificate.public_bytes(Encoding.DER), "", None))
    pem = issuer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for entry in dict.fromkeys(used):
        container = state.add_key(pem, kind="RSACryptoServiceProvider", provider=CSP_SCHANNEL, exportable=True)
        state.add("My", Entry(entry.der, entry.friendly_name, container))
    for entry in others:
        state.add("My", entry)
    since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for usage, entry in zip(_USAGES, used, strict=True):
        state.assignments[usage] = Assignment(entry.thumbprint, None, since, since, "Local")
    commit(lab.server(host), ServerState(host), state, fqdn=f"{host}.example.com")


def make_estate(folder: Path, servers: int, pool_size: int, *, each: bool) -> Path:
    """Makes emulated servers in an empty folder.

    :param each: each usage of each server has a certificate of its own.
    :returns: their inventory.
    """
    lab = LabFolder(folder / "lab")
    issuer = Issuer(lab)
    pools: dict[str, Any] = {}
    for number, (first, last) in enumerate(pools_of(servers, pool_size), 1):
        pool = f"edgepool{number}.example.com"
        names = ("access.example.com", "webconf.example.com", "sip.example.com")
        shared = [issuer.issue(pool), *[issuer.issue(*names)] * 4]
        hosts = [f"edge{server}" for server in range(first, last + 1)]
        for host in hosts:
            if each:
                own = [issuer.issue(pool), *(issuer.issue(*names) for _usage in _USAGES[1:])]
                add_server(lab, issuer, host, own, ())
            else:
                old = [issuer.issue(pool, used=False) for _number in range(3)]
                add_server(lab, issuer, host, shared, old)
        named = {"edge_set": f"edge_site{number}", "sfb_lab_pool_fqdn": pool}
        pools[f"edge_site{number}"] = {"hosts": dict.fromkeys(hosts, {}), "vars": named}
    variables = {
        "ansible_connection": "sfb.certificates.lab",
        "sfb_lab_path": str(lab.path),
        "sfb_lab_product": _PRODUCT,
        "sfb_lab_sip_domains": ["example.com"],
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"edge": {"vars": variables, "children": pools}}), encoding="utf-8")
    return inventory


@dataclass(frozen=True)
class Runner:
    """Runs of a version in a folder.

    :ivar reports: the folder that the reports are written to.
    """

    version: Version
    folder: Path

    @property
    def reports(self) -> Path:
        """Where the files of the report are."""
        return self.folder / "estate-report"

    def play(self, inventory: Path, **settings: str) -> Spent:
        """Runs the playbook, as its users do.

        :raises ScaleError: it failed.
        """
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        words = ["-i", str(inventory), "-e", f"estate_report_folder={self.reports}"]
        return self.run([program, "sfb.certificates.report", *words], **settings)

    def run(self, words: Sequence[str], **settings: str) -> Spent:
        """Runs a command.

        :raises ScaleError: it failed.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "SFB_"))}
        environment = kept | {
            "PYTHONPATH": str(self.version.collections),
            "ANSIBLE_COLLECTIONS_PATH": str(self.version.collections),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "LC_ALL": "C.UTF-8",
        }
        log = self.folder / "output.txt"
        status, spent = spend(words, environment | settings, self.folder, log)
        if status:
            last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
            raise ScaleError(f"{' '.join(words)}: exit status {status}\n{last}")
        return spent

    def keep_results(self, inventory: Path) -> Path:
        """Runs the playbook once more, and keeps what it has read of each server.

        :returns: a file with a line of JSON for each of them.
        """
        rows, results = self.folder / "rows.jsonl", self.folder / "results.jsonl"
        callbacks = str(REPOSITORY / "tests" / "integration" / "callback")
        self.play(inventory, ANSIBLE_CALLBACK_PLUGINS=callbacks, ANSIBLE_CALLBACKS_ENABLED="rows", ROWS_FILE=str(rows))
        with rows.open(encoding="utf-8") as source, results.open("w", encoding="utf-8") as target:
            target.writelines(line for line in source if json.loads(line).get("task") == _READ)
        return results

    def alone(self, results: Path) -> tuple[Spent, Spent]:
        """A process that reads results and writes a report of them, without Ansible; and one that only reads them."""
        words = [sys.executable, "-m", f"{__package__}.report", "--results", str(results)]
        return self.run([*words, "--into", str(self.reports)]), self.run(words)


def write_report(results: Path, folder: Path | None) -> None:
    """Reads results, and writes a report of them if there is a folder for it."""
    with results.open(encoding="utf-8") as stream:
        servers = {row["host"]: row["result"] for row in map(json.loads, stream)}
    if folder:
        report = build_report(ReportSpec(servers), datetime.now(timezone.utc).replace(microsecond=0))
        for kind, make in FORMATS.items():
            write_text(str(folder / f"alone.{kind}"), make(report), 0o644)


def describe(runner: Runner, servers: int, spent: Spent) -> Iterator[str]:
    """What a run has cost, and what it has written."""
    yield f"{runner.version.name}, {servers} servers:"
    yield f"{spent.seconds:.1f} s, {1000 * spent.seconds / servers:.0f} ms each,"
    yield f"largest process {spent.megabytes:.0f} MB;"
    sizes = {kind: (runner.reports / name).stat().st_size / _KB for kind, name in _FILES.items()}
    yield ", ".join(f"{kind} {size:.0f} KB" for kind, size in sizes.items())


def measure(servers: int, pool_size: int, versions: Sequence[Version], options: Mapping[str, bool]) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as name:
        inventory = make_estate(Path(name), servers, pool_size, each=options["each"])
        for version in versions:
            runner = Runner(version, Path(name))
            print(*describe(runner, servers, runner.play(inventory)), flush=True)
        if options["alone"]:
            report, nothing = runner.alone(runner.keep_results(inventory))
            print(f"  without Ansible: {report.seconds - nothing.seconds:.1f} s, {report.megabytes:.0f} MB,", end=" ")
            print(f"{nothing.megabytes:.0f} MB of which are the results", flush=True)


def main(words: Sequence[str] | None = None) -> int:
    """Measures and prints.

    :returns: the exit status: 2 if nothing could be measured.
    """
    parser = argparse.ArgumentParser(description="Measure what the report of a large estate costs.")
    parser.add_argument("--servers", default="100,400", metavar="N,N", help="numbers of servers (%(default)s)")
    parser.add_argument("--pool-size", type=int, default=4, metavar="N", help="servers of a pool (%(default)s)")
    parser.add_argument("--each", action="store_true", help="each usage of each server has a certificate of its own")
    parser.add_argument("--alone", action="store_true", help="the core of the module as well, without Ansible")
    parser.add_argument("--against", metavar="COMMIT", help="another version as well")
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.results:
        write_report(options.results, options.into)
        return 0
    try:
        versions = [Version.of_commit(options.against)] if options.against else []
        for servers in map(int, options.servers.split(",")):
            measure(servers, options.pool_size, [*versions, Version.ours()], vars(options))
    except ScaleError as error:
        print(f"scale: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
