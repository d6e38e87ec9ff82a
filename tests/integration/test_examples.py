# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation run as they stand, on emulated servers.

Each is put into a playbook whose folder holds the files that it names. Only what cannot be true anywhere is replaced: the
thumbprint of a certificate of one's own, a folder of the controller, and a date that is to come.
"""

from __future__ import annotations

import base64
import pathlib
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.tests.lab.balancer import MISSING, Balancer, find_haproxy
from ansible_collections.sfb.certificates.tests.lab.member import Member
from ansible_collections.sfb.certificates.tests.wire.tls import make_identity
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
#: Those for web enrolment are in test_examples_of_plugins.py.
MODULES = sorted(
    path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py") if not path.stem.startswith("certsrv_")
)
PASSPHRASE = "Known to the vault"
POOL = "edgepool.example.com"
EXTERNAL = ["AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]
#: Stand in the examples for something of one's own.
THUMBPRINT = "9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C"
FOLDER = "/srv/pki/edge"
DATE = "2026-12-06T23:00:00+01:00"


def examples_of(file: pathlib.Path) -> str:
    """The examples of a module, as text."""
    text = file.read_text(encoding="utf-8").partition('EXAMPLES = r"""')[2].partition('"""')[0]
    assert text.strip(), f"{file.name} has no examples"
    return text


class Book:
    """A playbook with the examples of a module, and what they need."""

    def __init__(self, pool: Any, module: str) -> None:
        self.pool = pool
        text = examples_of(REPOSITORY / "plugins" / "modules" / f"{module}.py")
        date = datetime.now(timezone.utc) + timedelta(days=10)
        self.examples: str = text.replace(FOLDER, str(pool.inbox)).replace(DATE, f"{date:%Y-%m-%dT%H:%M:%SZ}")
        self.hosts = "edge1"
        self.variables: dict[str, Any] = {"vault_pfx_passphrase": PASSPHRASE}
        #: tasks that come first and register what the examples take from earlier tasks
        self.before: list[dict[str, Any]] = []

    def pfx(self, name: str, *names: str) -> pathlib.Path:
        """A PFX beside the playbook."""
        target: pathlib.Path = self.pool.folder / name
        shutil.copy(self.pool.pfx(PASSPHRASE, *names), target)
        return target

    def imported(self, path: pathlib.Path, *then: dict[str, Any]) -> str:
        """Imports a PFX on edge1 beforehand; gives its thumbprint."""
        task = {"cs_certificate_import": {"path": str(path), "passphrase": PASSPHRASE}, "register": "imported"}
        run = self.pool.tasks(task, *then)
        assert run.rc == 0, run.output
        return str(run.result("task 1")["thumbprint"])

    def own(self, thumbprint: str) -> None:
        """Puts a thumbprint where the examples name one of the user's own."""
        assert THUMBPRINT in self.examples
        self.examples = self.examples.replace(THUMBPRINT, thumbprint)

    def run(self) -> Any:
        """Runs what comes before, then the examples; none may fail."""
        play = {
            "hosts": self.hosts,
            "gather_facts": False,
            "vars": self.variables,
            "pre_tasks": self.before,
            "tasks": yaml.safe_load(self.examples),
        }
        run = self.pool.play([play])
        assert run.rc == 0, run.output
        return run

    def names(self) -> list[str]:
        """The names of the tasks of the examples."""
        return [task["name"] for task in yaml.safe_load(self.examples)]


def _collection(name: str) -> str:
    return f"sfb.certificates.{name}"


# ---- what the examples of each module need; each gives the runs ----


def run_assign(book: Book) -> list[Any]:
    describe(book.pool, {"edge1": {"sfb_lab_domain": "example.com"}})  # one of the examples is for a Front End Server
    book.own(book.imported(book.pfx("external.pfx", "sip.example.com", "webconf.example.com")))
    book.pfx(f"{POOL}.pfx", POOL)
    runs = [book.run()]
    assert sorted(book.pool.server("edge1")["assignments"]) == sorted([*EXTERNAL, "Internal", "OAuthTokenIssuer"])
    return runs


def run_chain(book: Book) -> list[Any]:
    shutil.copy(book.pool.chain, book.pool.folder / "certnew.p7b")
    book.variables["internal_ca_chain"] = base64.b64encode(book.pool.chain.read_bytes()).decode("ascii")
    runs = [book.run()]
    assert book.names()[1] not in {row["task"] for row in runs[0].rows}  # a loop over no leaves
    runs[0].rows.append({"task": book.names()[1]})
    return runs


def run_export(book: Book) -> list[Any]:
    path = book.pfx("edge.pfx", POOL)
    book.own(book.imported(path))
    book.hosts = "edge_servers"
    task = {_collection("cs_certificate_import"): {"path": str(path), "passphrase": PASSPHRASE}, "register": "imported"}
    book.before = [task | {"when": "inventory_hostname == 'edge1'"}]
    folder = book.pool.folder / "backup"
    folder.mkdir()
    book.variables["backup_folder"] = str(folder)
    runs = [book.run()]
    assert [len(book.pool.server(host)["stores"]["My"]) for host in ("edge1", "edge2")] == [1, 1]
    assert sorted(path.name for path in folder.iterdir()) == ["chain.p7b", "edge-external.pfx.b64"]
    return runs


def run_folder(book: Book) -> list[Any]:
    first = book.run()
    book.pool.sign()
    second = book.run()
    assert len(book.pool.server("edge1")["stores"]["My"]) == 1
    return [first, second]


def run_import(book: Book) -> list[Any]:
    request = {"type": ["Internal"], "names": [POOL], "private_key_exportable": True}
    book.before = [
        {_collection("cs_certificate_chain"): {"path": str(book.pool.chain)}},
        {_collection("cs_certificate_request"): request, "register": "request"},
    ]
    prepared = book.pool.tasks(
        *book.before, {"cs_certificate_folder": {"folder": str(book.pool.inbox), "csr": "{{ request.csr }}"}}
    )
    assert prepared.rc == 0, prepared.output
    book.pool.sign()
    (answer,) = book.pool.inbox.glob("*.cer")
    (book.pool.folder / "answers").mkdir()
    shutil.copy(answer, book.pool.folder / "answers" / "edge1-internal.cer")
    book.pfx("sip.example.com.pfx", "sip.example.com")
    book.pfx("oauth.pfx", "oauth.example.com")
    describe(book.pool, {"edge1": {"sfb_lab_domain": "example.com"}})  # one of the examples is for a Front End Server
    runs = [book.run()]
    assert [len(book.pool.server(host)["stores"]["My"]) for host in ("edge1", "edge2")] == [3, 1]
    return runs


def run_info(book: Book) -> list[Any]:
    external = {"type": EXTERNAL, "thumbprint": "{{ imported.thumbprint }}"}
    book.imported(
        book.pfx("external.pfx", "sip.example.com", "webconf.example.com"), {"cs_certificate_assign": external}
    )
    # the certificate ends soon, and the topology cannot be read
    hosts = {"edge1": {"sfb_lab_clock_offset": 700 * 86400, "sfb_lab_switches": {"topology_inaccessible": True}}}
    describe(book.pool, hosts)
    return [book.run()]


def run_operations(book: Book) -> list[Any]:
    shutil.copy(book.pool.chain, book.pool.folder / "certnew.p7b")
    first = book.run()
    assert book.pool.server("edge1")["stores"]["My"] == []
    book.pool.sign()
    calls = len(book.pool.calls("edge1"))
    second = book.run()
    # the server is read twice; import and export share a call, and so does all that follows the drain
    assert len(book.pool.calls("edge1")) - calls == 4
    assert [book.pool.server(host)["assignments"].keys() for host in ("edge1", "edge2")] == [{"Internal"}] * 2
    assert {row["status"] for row in book.pool.server("edge1")["services"]} == {"Running"}
    assert not list(book.pool.lab.rglob("claim.json*"))
    return [first, second]


def run_plan(book: Book) -> list[Any]:
    book.hosts = "edge_servers"
    shutil.copy(book.pool.chain, book.pool.folder / "certnew.p7b")
    first = book.run()
    book.pool.sign()
    second = book.run()
    thumbprints = {book.pool.server(host)["assignments"]["Internal"]["thumbprint"] for host in ("edge1", "edge2")}
    assert len(thumbprints) == 1
    assert book.run().total("changed") == 0
    return [first, second]


def run_report(book: Book) -> list[Any]:
    book.hosts = "edge_servers"
    book.examples = book.examples.replace("fail_on: critical", "fail_on: never")  # nothing is assigned yet
    runs = [book.run()]
    assert runs[0].result("Show the servers with which anything is wrong", "edge2")["report.query_result"] == [
        "edge1",
        "edge2",
    ]
    assert {path.suffix for path in book.pool.inbox.iterdir()} == {".html", ".json", ".prom"}
    return runs


def run_request(book: Book) -> list[Any]:
    shutil.copy(book.pool.chain, book.pool.folder / "certnew.p7b")
    (book.pool.folder / "requests").mkdir()
    inventory = yaml.safe_load(book.pool.inventory.read_text())
    ca = {"config": "ca1.example.com\\Example Issuing CA", "account": "EXAMPLE\\enrolment", "password": PASSPHRASE}
    front_end = {"sfb_lab_role": "front_end", "sfb_lab_pool_fqdn": "pool1.example.com", "sfb_lab_ca": ca}
    inventory["edge"]["children"]["front_end_servers"] = {"hosts": {"fe1": front_end}}
    book.pool.inventory.write_text(yaml.safe_dump(inventory))
    book.variables["vault_ca_password"] = PASSPHRASE
    runs = [book.run()]
    assert len(book.pool.server("fe1")["stores"]["My"]) == 1
    assert len(book.pool.server("edge1")["stores"]["REQUEST"]) == 2
    return runs


def run_service(book: Book) -> list[Any]:
    runs = [book.run()]
    assert {row["status"] for row in book.pool.server("edge1")["services"]} == {"Running"}
    return runs


def run_endpoint(book: Book) -> list[Any]:
    external = {"type": EXTERNAL, "thumbprint": "{{ imported.thumbprint }}"}
    tasks = [{"cs_certificate_assign": external}, {"cs_windows_service": {"state": "restarted"}}]
    book.own(book.imported(book.pfx("external.pfx", "sip.example.com", "webconf.example.com"), *tasks))
    (book.pool.folder / "files").mkdir()
    shutil.copy(book.pool.chain, book.pool.folder / "files" / "example-root.cer")
    with serve_endpoints(LabFolder(book.pool.lab), ["edge1"]) as ports:
        address = {"edge_external_address": "127.0.0.1", "edge_access_port": ports["edge1"]["AccessEdgeExternal:443"]}
        book.variables.update(address)
        probe = {"name": "probe", "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        book.before = [{"name": "Have another host", "ansible.builtin.add_host": probe}]
        return [book.run()]


def run_answer(book: Book) -> list[Any]:
    folder = book.pool.inbox
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "edgepool.contoso.net")])
    names = x509.SubjectAlternativeName([x509.DNSName("edgepool.contoso.net")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    made = csr.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    (folder / "edge1-internal.req").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    book.pool.sign()
    (folder / "edge1-internal.cer").rename(folder / "edge1-internal.pem")
    return [book.run()]


def run_remove(book: Book) -> list[Any]:
    thumbprint = book.imported(book.pfx("old.pfx", POOL))
    describe(book.pool, {"edge1": {"sfb_lab_clock_offset": 800 * 86400}})  # so late that it has expired
    runs = [book.run()]
    assert runs[0].result("Remove what has expired and nothing uses")["removed"] == [thumbprint]
    return runs


def run_verify(book: Book) -> list[Any]:
    book.hosts = "edge_servers"
    path = book.pfx("edge.pfx", POOL, "sip.example.com", "webconf.example.com")
    tasks: list[dict[str, Any]] = [
        {"cs_certificate_import": {"path": str(path), "passphrase": PASSPHRASE}, "register": "imported"},
        {"cs_certificate_assign": {"type": ["Internal", *EXTERNAL], "thumbprint": "{{ imported.thumbprint }}"}},
    ]
    prepared = book.pool.tasks(*tasks, hosts=book.hosts)
    assert prepared.rc == 0, prepared.output
    thumbprint = str(prepared.result("task 1")["thumbprint"])
    book.own(thumbprint)
    book.variables["external_thumbprint"] = thumbprint
    name = "Verify each server, unless there is something to do"
    first = book.run()
    assert {told["verified"] for told in first.results(name).values()} == {True}
    # the certificate ends soon, so that the plan has a new request
    describe(book.pool, {host: {"sfb_lab_clock_offset": 700 * 86400} for host in ("edge1", "edge2")})
    second = book.run()
    assert {told["verified"] for told in second.results(name).values()} == {False}
    return [first, second]


def run_replication(book: Book) -> list[Any]:
    edge = {"fqdn": "edge1.example.com", "pool_fqdn": POOL, "role": "edge"}
    describe(book.pool, internal={"fe1": {"sfb_lab_computers": [edge]}})
    return [book.run()]


def run_rollover_plan(book: Book) -> list[Any]:
    book.hosts = "edge_servers"
    runs = [book.run()]
    assert len(runs[0].result("Show them")["rollover.table"]) == 3
    return runs


def run_claim(book: Book) -> list[Any]:
    runs = [book.run()]
    assert runs[0].result("Keep other runs off this server")["claim"]["purpose"] == "edge_site1"
    assert not list(book.pool.lab.rglob("claim.json*"))
    return runs


def run_lab_authority(book: Book) -> list[Any]:
    folder = book.pool.folder / ".sfb-lab"
    task = {_collection("cs_certificate_request"): {"type": ["Internal"]}, "register": "request"}
    file = {_collection("cs_certificate_folder"): {"folder": str(book.pool.inbox), "csr": "{{ request.csr }}"}}
    book.before = [task, file]
    runs = [book.run()]
    (answer,) = book.pool.inbox.glob("*.cer")
    (issuing,) = book.pool.server("edge1")["stores"]["CA"]
    made = x509.load_pem_x509_certificate((folder / "adcs" / "Lab Issuing CA.cer").read_bytes())
    x509.load_pem_x509_certificate(answer.read_bytes()).verify_directly_issued_by(made)
    # the one in the folder that the playbook was started in
    assert issuing["thumbprint"] == made.fingerprint(hashes.SHA1()).hex().upper()
    return runs


def run_local_ca(book: Book) -> list[Any]:
    authority = book.pool.lab / "adcs"
    shutil.copy(authority / "Lab Issuing CA.cer", book.pool.inbox / "ca.pem")
    shutil.copy(authority / "keys" / "Lab Issuing CA.pem", book.pool.inbox / "ca.key")
    runs = [book.run()]
    assert len(book.pool.server("edge1")["stores"]["My"]) == 1
    return runs


def run_haproxy(book: Book) -> list[Any]:
    if find_haproxy() is None:
        pytest.skip(f"the examples of haproxy_server were not run: {MISSING}")
    identity = make_identity(book.pool.folder)
    with Member(identity.file) as member:
        members = {"edge1": member.place}
        with Balancer({"access_edge": members, "webconf": members}, book.pool.folder) as balancer:
            book.variables.update(haproxy_socket=str(balancer.socket), haproxy_host="localhost")
            runs = [book.run()]
            assert balancer.in_rotation() == {"access_edge": {"edge1"}, "webconf": {"edge1"}}
    return runs


RUNS: dict[str, Callable[[Book], list[Any]]] = {
    "cs_certificate_answer": run_answer,
    "cs_certificate_assign": run_assign,
    "cs_certificate_chain": run_chain,
    "cs_certificate_export": run_export,
    "cs_certificate_folder": run_folder,
    "cs_certificate_import": run_import,
    "cs_certificate_info": run_info,
    "cs_certificate_operations": run_operations,
    "cs_certificate_plan": run_plan,
    "cs_certificate_remove": run_remove,
    "cs_certificate_report": run_report,
    "cs_certificate_request": run_request,
    "cs_certificate_verify": run_verify,
    "cs_replication_info": run_replication,
    "cs_rollover_plan": run_rollover_plan,
    "cs_server_claim": run_claim,
    "cs_windows_service": run_service,
    "haproxy_server": run_haproxy,
    "lab_authority": run_lab_authority,
    "local_ca_certificate": run_local_ca,
    "tls_endpoint_info": run_endpoint,
}


def describe(
    pool: Any, hosts: dict[str, dict[str, Any]] | None = None, internal: dict[str, dict[str, Any]] | None = None
) -> None:
    """The pool that the examples speak of."""
    names = {
        "sfb_lab_pool_fqdn": POOL,
        "sfb_lab_access_edge_fqdn": "sip.example.com",
        "sfb_lab_data_edge_fqdn": "webconf.example.com",
        "sfb_lab_sip_domains": ["example.com"],
    }
    given = {host: names | (hosts or {}).get(host, {}) for host in ("edge1", "edge2")}
    pool.describe({"edge_servers": ["edge1", "edge2"]}, given, internal)


def test_every_module_has_examples_that_are_run() -> None:
    assert sorted(RUNS) == MODULES


@pytest.mark.parametrize("module", sorted(RUNS))
def test_examples_of_a_module(pool, module: str) -> None:
    describe(pool)
    book = Book(pool, module)
    runs = RUNS[module](book)
    done = {row["task"] for run in runs for row in run.rows if "task" in row}
    assert [name for name in book.names() if name not in done] == []


def test_examples_of_the_connection(pool) -> None:
    text = examples_of(REPOSITORY / "plugins" / "connection" / "lab.py")
    comment = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert comment[0].endswith(":")
    ahead = comment.index("One server has a clock that is two days ahead, another one is down:")
    inventory = yaml.safe_load("\n".join(comment[1:ahead]))
    more = yaml.safe_load("\n".join(comment[ahead + 1 :]))
    inventory["edge_internal"]["hosts"].update(more)
    pool.inventory.write_text(yaml.safe_dump(inventory))
    run = pool.play(yaml.safe_load("\n".join(line for line in text.splitlines() if not line.startswith("#"))))
    told = run.results("Read the server")
    assert sorted(told) == ["edge1", "edge2", "edge3", "edge4"]
    assert [run.recap[host]["unreachable"] for host in ("edge1", "edge2", "edge3", "edge4")] == [0, 0, 0, 1]
    assert {told[host]["topology"]["pool_fqdn"] for host in ("edge1", "edge2", "edge3")} == {"edgepool.contoso.example"}
    assert told["edge3"]["computer"]["time"] > told["edge1"]["computer"]["time"]
    assert (pool.folder / ".sfb-lab").is_dir()
