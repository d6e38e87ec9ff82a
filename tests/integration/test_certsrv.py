# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD CS web enrolment through playbooks, over real HTTP and HTTPS: outcomes, failures, and what the authority has seen."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import Policy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import CERTSRV_SECRETS

CHAIN, CERTIFICATE = "sfb.certificates.certsrv_chain", "sfb.certificates.certsrv_certificate"
#: Secrets come from variables, as they should: Ansible shows the lines of a task that failed.
LOGIN = {"username": "LAB\\clerk", "password": "{{ certsrv_password }}"}


def new_csr(*names: str) -> str:
    """A request of a new key for these names, as PEM."""
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, names[0])])
    others = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(others, critical=False)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


def site(pool, server: Certsrv, **options: Any) -> dict[str, Any]:
    """The options that lead to a server."""
    return {"url": server.url, "ca_bundle": str(pool.chain), "timeout": 5, **LOGIN, **options}


def order(pool, server: Certsrv, csr: str, **options: Any) -> dict[str, Any]:
    """The options that ask a server for a certificate."""
    return site(pool, server, csr=csr, record=str(pool.folder / "records" / "edge1.json"), **options)


# ---- what works ----


def test_chain(pool, emulate) -> None:
    server = emulate(renewals=1)
    tasks = [
        {CHAIN: site(pool, server), "register": "chain"},
        {CHAIN: site(pool, server, auth="basic", renewal=0)},
        {"cs_certificate_chain": {"content": "{{ chain.content }}"}},
    ]
    check = pool.tasks(tasks[0], words=("--check",))
    run = pool.tasks(*tasks)
    assert (check.rc, run.rc) == (0, 0), run.output
    shown, found, older = check.result("task 1"), run.result("task 1"), run.result("task 2")
    assert shown == found
    kinds = sorted((row["kind"], row["store"]) for row in found["certificates"])
    assert kinds == [("intermediate", "CA"), ("root", "Root")]
    assert (found["changed"], found["renewals"], found["renewal"], older["renewal"]) == (False, 1, 1, 0)
    stores = pool.server("edge1")["stores"]
    assert [len(stores[name]) for name in ("CA", "Root")] == [1, 1]


@pytest.mark.parametrize(("auth", "language"), [("ntlm", "de"), ("basic", "en")])
def test_procedure_from_request_to_import(pool, emulate, stages, auth: str, language: str) -> None:
    pool.take(stages / "requested")
    server = emulate(language=language)
    request = {"type": ["Internal"], "private_key_exportable": True, "key_size": 2048}
    wanted = order(pool, server, "{{ request.csr }}", auth=auth, chain=True)
    tasks = (
        {"cs_certificate_request": request, "register": "request"},
        {CERTIFICATE: wanted, "register": "answer"},
        {
            "cs_certificate_import": {
                "content": "{{ answer.content }}",
                "public_key_sha256": "{{ request.public_key_sha256 }}",
            }
        },
    )
    check = pool.tasks(*tasks[:2], words=("--check", "--diff"))
    assert check.rc == 0, check.output
    planned = check.result("task 2")
    assert (planned["changed"], planned["disposition"], planned["request_id"]) == (True, "(known after issue)", None)
    assert server.desk.rows() == []
    assert not (pool.folder / "records").exists()

    run = pool.tasks(*tasks[:2], tasks[1], tasks[2])
    assert run.rc == 0, run.output
    done, again = run.result("task 2"), run.result("task 3")
    assert (done["changed"], done["disposition"], done["request_id"], done["differs"]) == (True, "issued", 1, [])
    assert done["diff"]["after"] == {"disposition": "issued", "request_id": 1}
    assert again | {"changed": True, "diff": done["diff"]} == done
    (row,) = server.desk.rows()
    assert (row.user, row.attributes) == ("LAB\\clerk", {"certificatetemplate": "WebServer"})
    (certificate,) = pool.server("edge1")["stores"]["My"]
    assert certificate["thumbprint"] == done["certificate"]["thumbprint"]


def test_nothing_to_request_yet_in_check_mode(pool, emulate) -> None:
    task = {CERTIFICATE: order(pool, emulate(), "(known after request)", chain=True)}
    check = pool.tasks(task, words=("--check",)).result("task 1")
    assert (check["content"], check["chain"], check["changed"]) == (*["(known after issue)"] * 2, True)
    assert "csr: is empty" in pool.tasks(task).message()


def test_pending_then_approved(pool, emulate) -> None:
    server = emulate(policy=Policy(hold=True))
    task = {CERTIFICATE: order(pool, server, new_csr("a.example.com"), wait=True, wait_timeout=1, wait_sleep=1)}
    run = pool.tasks(task, task)
    first, second = run.result("task 1"), run.result("task 2")
    assert [(row["changed"], row["disposition"], row["request_id"]) for row in (first, second)] == [
        (True, "pending", 1),
        (False, "pending", 1),
    ]
    assert first["waiting_for"] == f"the approval of request 1 at {server.url}: Taken Under Submission"
    assert pool.command("approve", "1") == "issued: CN=a.example.com\n"
    done = pool.tasks(task).result("task 1")
    assert (done["changed"], done["disposition"], done["waiting_for"]) == (False, "issued", "")
    assert len(server.desk.rows()) == 1


def test_missing_names_are_reported(pool, emulate) -> None:
    server = emulate(policy=Policy(drop=("b.example.com",)))
    done = pool.tasks({CERTIFICATE: order(pool, server, new_csr("a.example.com", "b.example.com"))}).result("task 1")
    assert "the name b.example.com was asked for and is missing" in done["differs"]


def test_denied(pool, emulate) -> None:
    server = emulate()
    task = {CERTIFICATE: order(pool, server, new_csr("a.example.com"), template="Web Server")}
    for run in (pool.tasks(task), pool.tasks(task)):
        assert "the authority denied request 1 (template Web Server): Denied by Policy Module" in run.message()
        (row,) = run.rows
        assert (row["result"]["disposition"], row["result"]["request_id"]) == ("denied", 1)
    assert len(server.desk.rows()) == 1


# ---- never twice ----


def test_killed_between_mark_and_answer(pool, emulate) -> None:
    server = emulate(faults={"certfnsh.asp": "hang"})
    wanted = order(pool, server, new_csr("a.example.com"), timeout=60)
    play = [{"hosts": "edge1", "gather_facts": False, "tasks": [{CERTIFICATE: wanted}]}]
    assert pool.killed(play, after=lambda: bool(server.desk.rows())).rc == -9
    assert len(server.desk.rows()) == 1

    message = pool.tasks({CERTIFICATE: wanted}).message()
    assert re.search(
        r"edge1.json says that this request was submitted at \S+ at 20\S+Z and that the answer was lost", message
    )
    assert message.endswith("set request_id to its number, or resubmit: true if there is none")
    taken = pool.tasks({CERTIFICATE: wanted | {"request_id": 1}}, {CERTIFICATE: wanted})
    assert taken.rc == 0, taken.output
    assert [row["result"]["changed"] for row in taken.rows] == [False, False]
    assert [row["result"]["request_id"] for row in taken.rows] == [1, 1]
    assert len(server.desk.rows()) == 1


# ---- what fails ----

FAULTS = {
    "401": "the login is refused (",
    "403": "access is forbidden (HTTP 403)",
    "500": "the server fails (HTTP 500)",
    "html": "a page came where",
    "truncate": "the answer is damaged or cut short",
    "cut": "the answer is cut off",
    "hang": "gives no answer within 1 seconds",
}
SUBMITTED = {
    "401": (FAULTS["401"], 0),
    "403": (FAULTS["403"], 0),
    "500": (FAULTS["500"], 1),
    "html": ("the answer names no request and is not understood", 1),
    "cut": (FAULTS["cut"], 1),
    "hang": (FAULTS["hang"], 1),
}
#: Options that must not work, and parts of the message.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another password": (
        {"password": "{{ wrong_password }}"},
        "the login is refused (HTTP 401, the server offers Negotiate, NTLM, Basic)",
    ),
    "another password for basic": (
        {"password": "{{ wrong_password }}", "auth": "basic"},
        "check username (DOMAIN\\user",
    ),
    "a name that the certificate has not": (
        {"url": "https://127.0.0.1:{port}/certsrv"},
        "certificate of the server is refused",
    ),
    "another authority": ({"ca_bundle": "{folder}/other.cer"}, "give the root of its authority as ca_bundle"),
    "no such bundle": ({"ca_bundle": "nowhere.pem"}, "nowhere.pem: there is no such file on the controller"),
    "http": (
        {"url": "http://ca01.contoso.net/certsrv"},
        "Windows Server 2008 and 2008 R2 demand anyway, or set allow_http: true",
    ),
    "a password in url": (
        {"url": "https://LAB:{{ wrong_password }}@ca01/certsrv"},
        "url: must not hold a user name or password",
    ),
    "nobody there": ({"url": "https://localhost:1/certsrv"}, "cannot be reached (Connection refused)"),
    "no such host": ({"url": "ca.invalid"}, "the host name cannot be resolved"),
    "another place": ({"url": "https://localhost:{port}/wiki"}, "there is no such page (HTTP 404); check url"),
    "no login": ({"username": None}, "username: is missing; auth: ntlm needs username and password"),
    "kerberos with a password": ({"auth": "kerberos"}, "auth: kerberos takes no username and password"),
    "no time": ({"timeout": 0}, "timeout: 0 is too short"),
}
CHAIN_ONLY = {
    "a renewal that is none": ({"renewal": 7}, "renewal: there is no 7; the certificates of https://localhost")
}
CERTIFICATE_ONLY: dict[str, tuple[dict[str, Any], str]] = {
    "neither record nor number": ({"record": None}, "one of the following is required: record, request_id"),
    "number and resubmit": ({"request_id": 1, "resubmit": True}, "mutually exclusive: request_id|resubmit"),
    "a number that is none": ({"request_id": 0}, "request_id: 0 is no number of a request"),
    "an unknown number": ({"request_id": 77}, "the authority has no answer to request 77"),
    "a CSR that is none": ({"csr": "text"}, "csr holds no certificate data"),
    "a template of two lines": ({"template": "a\nb"}, "template: 'CertificateTemplate': 'a\\nb' cannot be sent"),
    "an attribute of two lines": ({"attributes": {"a": "b\r\nc:d"}}, "attributes: 'a': 'b\\r\\nc:d' cannot be sent"),
    "the template twice": ({"attributes": {"certificatetemplate": "x"}}, "is what the option template is for"),
    "no sleep": ({"wait_sleep": 0}, "wait_sleep: 0 is too short"),
    "a record that is none": ({"record": "{folder}/other.cer"}, "is no record of a submission"),
}


def fill(options: dict[str, Any], pool, port: str) -> dict[str, Any]:
    """Options with the port of the server and the folder of the test."""
    return {
        name: value.replace("{port}", port).replace("{folder}", str(pool.folder)) if isinstance(value, str) else value
        for name, value in options.items()
    }


def test_wrong_options_are_told_in_one_line(pool, emulate) -> None:
    server = emulate()
    port = server.url.rpartition(":")[2].partition("/")[0]
    emulated = {**order(pool, server, new_csr("a.example.com")), "timeout": 3}
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Other Root")])
    chain = server.desk.authority.chain()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(chain[1].not_valid_before_utc)
    builder = builder.not_valid_after(chain[1].not_valid_after_utc)
    other = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(key, hashes.SHA256())
    (pool.folder / "other.cer").write_bytes(other.public_bytes(serialization.Encoding.PEM))
    cases: dict[str, tuple[dict[str, Any], str]] = {}
    for module, more in ((CHAIN, CHAIN_ONLY), (CERTIFICATE, CERTIFICATE_ONLY)):
        given = {key: emulated[key] for key in site(pool, server)} if module == CHAIN else emulated
        for title, (options, message) in {**WRONG, **more}.items():
            merged = {key: value for key, value in (given | fill(options, pool, port)).items() if value is not None}
            cases[f"{module}: {title}"] = ({module: merged}, message)
    tasks = [{"name": title, "ignore_errors": True, **task} for title, (task, _message) in cases.items()]
    run = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": tasks}], "-vvvv")
    assert len(run.rows) == len(cases), run.output
    for row in run.rows:
        text = row["result"]["msg"]
        assert row["outcome"] == "failed", row
        assert "\n" not in text.strip(), text
        assert cases[row["task"]][1] in text, row["task"]
    assert CERTSRV_SECRETS["certsrv_password"] not in run.output
    assert CERTSRV_SECRETS["wrong_password"] not in run.output
    assert server.desk.rows() == []
    assert not (pool.folder / "records").exists()


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_faults_are_told_in_one_line(pool, emulate, auth: str) -> None:
    """A server for each fault; the submission that failed is looked for in the authority's log."""
    tasks: dict[str, tuple[dict[str, Any], str]] = {}
    csrs = {kind: new_csr(f"{kind}.example.com") for kind in SUBMITTED}
    for kind, words in FAULTS.items():
        page = "certrqxt.asp" if kind in ("401", "403") else "certnew.p7b"
        server = emulate(auth=(auth,), faults={"certnew.p7b": kind, page: kind})
        tasks[f"chain: {kind}"] = ({CHAIN: site(pool, server, auth=auth, timeout=1)}, words)
    for kind, (words, _rows) in SUBMITTED.items():
        server = emulate(auth=(auth,), faults={"certfnsh.asp": kind})
        record = str(pool.folder / f"{kind}.json")
        wanted = order(pool, server, csrs[kind], auth=auth, timeout=1) | {"record": record}
        tasks[f"certificate: {kind}"] = ({CERTIFICATE: wanted}, words)
        if kind not in ("401", "403"):
            tasks[f"certificate again: {kind}"] = ({CERTIFICATE: wanted}, "says that this request was submitted at")
    plays = [{"name": title, "ignore_errors": True, **task} for title, (task, _words) in tasks.items()]
    run = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": plays}])
    assert len(run.rows) == len(tasks), run.output
    for row in run.rows:
        assert row["outcome"] == "failed", row
        assert "\n" not in row["result"]["msg"].strip()
        assert tasks[row["task"]][1] in row["result"]["msg"], row["task"]
    desk = server.desk
    for kind, (_words, rows) in SUBMITTED.items():
        assert [row.csr for row in desk.rows()].count(csrs[kind]) == rows, kind
        assert pathlib.Path(pool.folder / f"{kind}.json").exists() is (rows == 1)


def test_http_on_demand_with_a_warning(pool, emulate) -> None:
    server = emulate(tls=False)
    task = {CHAIN: {"url": server.url, "allow_http": True, "auth": "basic", **LOGIN}}
    run = pool.tasks(task, {CHAIN: site(pool, emulate(), validate_certs=False)})
    assert run.rc == 0, run.output
    assert "auth: basic over http shows the password" in run.result("task 1")["warnings"][0]
    assert "validate_certs: is off" in run.result("task 2")["warnings"][0]
    assert CERTSRV_SECRETS["certsrv_password"] not in run.output
