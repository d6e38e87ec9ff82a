# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signers of the role edge: each ends in the same state, and loses or doubles nothing on its way."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import Policy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import ISSUING, Authorities
from .conftest import CERTSRV_SECRETS

PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ["edge1", "edge2"]
#: A collection that plays the two steps of community.crypto.acme_certificate, as its documentation tells them.
STUBS = pathlib.Path(__file__).parent / "stubs"


def certsrv(pool: Any, server: Any, **more: Any) -> dict[str, Any]:
    """The variables that have requests submitted to a server."""
    return {
        "edge_signer": "certsrv",
        "edge_signer_url": server.url,
        "edge_signer_username": "LAB\\clerk",
        "edge_signer_password": "{{ certsrv_password }}",
        "edge_signer_ca_bundle": str(pool.chain),
        **more,
    }


def describe(pool: Any, **variables: Any) -> None:
    """A set of two servers with a signer."""
    pool.describe({"edge_site1": HOSTS}, **variables)


def assert_all_assigned(pool: Any) -> str:
    """All servers have the same certificate assigned, and its key; gives the thumbprint."""
    states = [pool.server(host) for host in HOSTS]
    found = {state["assignments"]["Internal"]["thumbprint"] for state in states}
    assert len(found) == 1
    assert all(state["stores"]["My"][0]["container"] in state["containers"] for state in states)
    return str(found.pop())


def assert_finished(pool: Any) -> None:
    """All is assigned; reruns change nothing, with one call for each server."""
    assert_all_assigned(pool)
    mark, state = len(pool.journal()), pool.digest()
    for words in ((), ("--check", "--diff")):
        again = pool.play(PLAYBOOK, *words)
        assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert [row["host"] for row in pool.journal()[mark:]].count("edge1") == 2
    assert pool.digest() == state


def assert_check_mode_is_true(pool: Any, run: Callable[[], Any]) -> Any:
    """Check mode shows the commands of the run that follows, and changes nothing; gives that run."""
    state, files = pool.digest(), sorted(pool.inbox.iterdir())
    check = pool.play(PLAYBOOK, "--check", "--diff")
    assert check.rc == 0, check.output
    assert pool.digest() == state
    assert sorted(pool.inbox.iterdir()) == files
    shown = check.planned()
    done = run()
    assert done.rc == 0, done.output
    thumbprint = assert_all_assigned(pool)
    for host, commands in shown.items():
        assert [command.replace("(known after issue)", thumbprint) for command in commands] == pool.commands(host)
    return done


# ---- certsrv ----


def test_certsrv(pool, emulate) -> None:
    server = emulate()
    describe(pool, **certsrv(pool, server))
    run = assert_check_mode_is_true(pool, lambda: pool.play(PLAYBOOK, "-vv"))
    assert CERTSRV_SECRETS["certsrv_password"] not in run.output
    assert_finished(pool)
    assert len(server.desk.rows()) == 1


@pytest.mark.slow
def test_chain_without_the_issuing_authority(pool, emulate) -> None:
    """The certificate is imported and nothing assigned; with the authority's own file the rerun goes on from there."""
    server = emulate(faults={"certnew.p7b": "incomplete"})
    describe(pool, **certsrv(pool, server), edge_chain_file="")
    run = pool.play(PLAYBOOK)
    assert run.rc != 0
    assert "cannot be assigned: its chain does not build: issuer CN=Lab Issuing CA" in run.message("edge1")
    assert [pool.server(host)["assignments"] for host in HOSTS] == [{}, {}]
    assert len(pool.server("edge1")["stores"]["My"]) == 1
    describe(pool, **certsrv(pool, server))
    again = pool.play(PLAYBOOK)
    assert again.rc == 0, again.output
    assert_finished(pool)
    assert len(server.desk.rows()) == 1


# ---- local_ca ----


@pytest.mark.slow
def test_local_ca(pool) -> None:
    authority = pool.lab / "adcs"
    describe(
        pool,
        edge_signer="local_ca",
        edge_signer_ca_certificate=str(authority / "Lab Issuing CA.cer"),
        edge_signer_ca_private_key=str(authority / "keys" / "Lab Issuing CA.pem"),
        edge_signer_valid_for=90,
    )
    assert_check_mode_is_true(pool, lambda: pool.play(PLAYBOOK))
    assert [path.suffix for path in sorted(pool.inbox.iterdir())] == [".pem", ".req"]
    assert_finished(pool)


# ---- online ----


CA = "ca1.example.com\\Lab Issuing CA"


def online(policy: str, **more: Any) -> dict[str, Any]:
    """The variables that have the leader ask the authority itself, and how that answers."""
    return {
        "edge_signer": "online",
        "edge_signer_ca": CA,
        "edge_folder": "",
        "sfb_lab_ca": {"config": CA, "policy": policy},
    } | more


def test_online(pool) -> None:
    describe(pool, **online("issued"))
    assert_check_mode_is_true(pool, lambda: pool.play(PLAYBOOK))
    assert_finished(pool)


def test_online_denied_then_pending_then_issued(pool) -> None:
    describe(pool, **online("unreachable"))
    away = pool.play(PLAYBOOK)
    assert "become: true with become_method: runas, or ca_account and ca_password" in away.message("edge1")
    describe(pool, **online("pending"))
    waiting = pool.play(PLAYBOOK)
    assert waiting.rc == 0, waiting.output
    assert f"waits for the approval of request 7 at {CA}. " in waiting.result("Report what is pending")["msg"]
    assert pool.server("edge2")["stores"]["My"] == []
    again = pool.play(PLAYBOOK)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert sum("-New" in command for command in pool.commands("edge1")) == 2
    describe(pool, **online("issued"))
    done = pool.play(PLAYBOOK)
    assert done.rc == 0, done.output
    assert_all_assigned(pool)
    assert sum("-New" in command for command in pool.commands("edge1")) == 2


# ---- any signer, through the role edge_sign ----


def new_csr(name: str) -> str:
    """A request of a new key, as PEM."""
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode("ascii")


def sign(name: str, **variables: Any) -> dict[str, Any]:
    """Tasks that have a request signed; what came of it is told in a task with this name."""
    given = {f"edge_sign_{key}": value for key, value in variables.items()}
    told = {
        "found": "{{ edge_sign_result.found }}",
        "waiting_for": "{{ edge_sign_result.waiting_for }}",
        "content": "{{ edge_sign_result.content | default('') }}",
    }
    return {
        "name": f"sign {name}",
        "block": [
            {"ansible.builtin.include_role": {"name": "sfb.certificates.edge_sign"}, "vars": given},
            {"name": name, "ansible.builtin.set_fact": {"told": told}},
        ],
        "rescue": [{"name": name, "ansible.builtin.set_fact": {"told": {"failed": "{{ ansible_failed_result.msg }}"}}}],
    }


def play(pool: Any, *tasks: dict[str, Any], words: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Runs tasks of L{sign}; what each told."""
    run = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": list(tasks)}], *words)
    assert run.rc == 0, run.output
    return {
        row["task"]: row["result"]["ansible_facts"]["told"]
        for row in run.rows
        if "told" in row["result"].get("ansible_facts", {})
    }


def test_what_fails_is_told_in_one_line_and_submitted_once(pool, emulate) -> None:
    name = "edge-site1.example.com"
    good, held, strict, mute = (
        emulate(),
        emulate(policy=Policy(hold=True)),
        emulate(policy=Policy(deny="Denied by the desk")),
        emulate(faults={"certfnsh.asp": "500"}),
    )
    pages = {kind: emulate(auth=("basic",), faults={"certnew.p7b": kind}) for kind in ("html", "truncate", "403")}
    csrs = {kind: new_csr(name) for kind in ("denied", "pending", "500", "other", "names", *pages)}

    def case(title: str, kind: str, server: Any, **more: Any) -> dict[str, Any]:
        login = {"username": "LAB\\clerk", "password": "{{ certsrv_password }}", "ca_bundle": str(pool.chain)}
        wanted = {"signer": "certsrv", "folder": str(pool.inbox / kind), "csr": csrs[kind], "url": server.url}
        return sign(title, **wanted | login | more)

    told = play(
        pool,
        case("denied", "denied", strict),
        case("denied again", "denied", strict),
        case("pending", "pending", held),
        case("pending again", "pending", held),
        case("500", "500", mute),
        case("500 again", "500", mute),
        case("names", "names", good, names=["another.example.com"]),
        case("other request", "other", good, request_id=4),
        case("wrong password", "other", good, password="{{ wrong_password }}"),
        case("wrong bundle", "other", good, ca_bundle=str(pool.lab / "adcs" / "nobody.cer")),
        *(case(kind, kind, server, auth="basic") for kind, server in pages.items()),
    )
    submitted = [row.public_key_sha256 for row in good.desk.rows()]
    assert len(submitted) == len(set(submitted)) == 7  # but for the request of "other"
    assert not any("\n" in text.get("failed", "").strip() for text in told.values())
    expected = {
        "denied": "the authority denied request 1 (template WebServer): Denied by the desk",
        "denied again": "the authority denied request 1 (template WebServer): Denied by the desk",
        "500": "the authority may have the request all the same: look for it there, then set request_id",
        "500 again": "the answer was lost",
        "other request": "request 4 is that of another key",
        "wrong password": "the login is refused (HTTP 401",
        "wrong bundle": "nobody.cer: there is no such file on the controller",
        "names": "signer certsrv: the answer: CN=edge-site1.example.com",
        "html": "a page came where",
        "truncate": "of the answer is damaged",
        "403": "access is forbidden (HTTP 403)",
    }
    for title, words in expected.items():
        assert words in told[title]["failed"], title
    for title in ("pending", "pending again"):
        assert (told[title]["found"], told[title]["content"]) == (False, "")
        assert told[title]["waiting_for"].startswith("the approval of request 2 at https://localhost:")


#: Where the challenge of an order is, as the module's documentation tells it.
TOKEN = "edge_sign_challenges.challenge_data['edge-site1.example.com']['http-01'].resource_value"
CUSTOM = {
    "good.yml": {"found": True, "content": "{{ lookup('ansible.builtin.file', playbook_dir ~ '/answer.pem') }}"},
    "waits.yml": {"found": False, "waiting_for": "the registration office"},
    "other.yml": {"found": True, "content": "{{ lookup('ansible.builtin.file', playbook_dir ~ '/other.pem') }}"},
    "text.yml": {"found": True, "content": "Dear customer"},
    "mute.yml": {"something": "else"},
}


def test_custom_and_acme(pool) -> None:
    csr, another = new_csr("edge-site1.example.com"), new_csr("edge-site1.example.com")
    lab = Authorities(pool.lab, pool.key_pool)
    pool.command("init")
    for name, text in (("answer", csr), ("other", another)):
        answer = lab.answer(text.encode(), lab.certificate(ISSUING), ISSUING)
        (pool.folder / f"{name}.pem").write_bytes(answer)
    for name, result in CUSTOM.items():
        task = {"name": "Answer", "ansible.builtin.set_fact": {"edge_sign_result": result}}
        (pool.folder / name).write_text(json.dumps([task]))
    acme = {
        "signer": "acme",
        "account_key": str(pool.folder / "account.pem"),
        "csr": csr,
        "challenge_tasks": str(pool.folder / "challenges.yml"),
    }
    answered = {"name": "Answer the challenge", "ansible.builtin.copy": {"content": f"{{{{ {TOKEN} }}}}"}}
    answered["ansible.builtin.copy"]["dest"] = str(pool.folder / "token")
    (pool.folder / "challenges.yml").write_text(json.dumps([answered | {"delegate_to": "localhost"}]))
    folder = str(pool.inbox / "custom")
    unknown = sign("unknown", signer="custom", csr="(known after request)", folder=folder, tasks="text.yml")
    custom = [sign(name, signer="custom", csr=csr, folder=folder, tasks=name) for name in CUSTOM]
    stub = {"ANSIBLE_COLLECTIONS_PATH": f"{pool.environment['ANSIBLE_COLLECTIONS_PATH']}:{STUBS}"}
    pool.environment |= stub
    told = play(
        pool,
        unknown,
        *custom,
        sign("acme", **acme, folder=str(pool.inbox / "acme"), directory=str(pool.folder / "answer.pem")),
        sign("acme again", **acme, folder=str(pool.inbox / "acme"), directory="nobody asks"),
        sign("acme refused", **acme, folder=str(pool.inbox / "refused"), directory="refuse"),
        sign("missing", **acme | {"account_key": ""}, folder=folder, directory="x"),
        sign("no module", **acme, folder=str(pool.inbox / "none"), directory="x")
        | {"vars": {"edge_sign_acme_module": "community.crypto.nothing"}},
    )
    assert (told["good.yml"]["found"], told["acme"]["found"]) == (True, True)
    assert "csr: is empty" in told["unknown"]["failed"]  # it is taken in check mode only
    assert told["waits.yml"] == {"found": False, "waiting_for": "the registration office", "content": ""}
    assert "signer custom: the answer holds CN=edge-site1.example.com" in told["other.yml"]["failed"]
    assert "answers another request, and nothing is imported" in told["other.yml"]["failed"]
    assert "signer custom: the answer" in told["text.yml"]["failed"]
    assert "mute.yml has not set edge_sign_result as it should" in told["mute.yml"]["failed"]
    assert (pool.folder / "token").read_text() == "token 1"
    assert told["acme again"]["found"] is True
    assert "signer acme: the directory refuses" in told["acme refused"]["failed"]
    assert told["missing"]["failed"] == "edge_sign_account_key: is empty; the signer acme needs it"
    assert "ansible-galaxy collection install community.crypto" in told["no module"]["failed"]


# ---- killed ----

#: What the web enrolment is asked for, in this order; the run is killed while it waits for the answer.
PAGES = {"edge1": "certrqxt.asp", "edge2": "certfnsh.asp", "edge3": "certnew.cer", "edge4": "certnew.p7b"}


def test_killed_at_each_page_of_web_enrolment(pool, emulate) -> None:
    """Each server of the play is at another page when the run is killed; no request is submitted a second time."""
    pool.describe({"edge_site1": list(PAGES)})
    faults = {host: {page: "hang"} for host, page in PAGES.items()}
    servers = {host: emulate(auth=("basic",), faults=fault) for host, fault in faults.items()}
    wanted = {
        "signer": "certsrv",
        "folder": f"{pool.inbox}/{{{{ inventory_hostname }}}}",
        "csr": "{{ csrs[inventory_hostname] }}",
        "url": "{{ urls[inventory_hostname] }}",
        "username": "LAB\\clerk",
        "password": "{{ certsrv_password }}",
        "auth": "basic",
        "ca_bundle": str(pool.chain),
    }
    given = {
        "csrs": {host: new_csr(f"{host}.example.com") for host in PAGES},
        "urls": {host: server.url for host, server in servers.items()},
    }
    tasks = [sign("killed", **wanted)]
    book = [{"hosts": "edge", "gather_facts": False, "vars": given, "tasks": tasks}]
    desk = servers["edge1"].desk

    def all_wait() -> bool:
        """Each server waits for the answer of its page, which has done its work."""
        asked = all(any(call.endswith(page) for call in servers[host].calls) for host, page in PAGES.items())
        return asked and len(desk.rows()) == 3

    pool.killed(book, after=all_wait)
    assert sorted(row.subject for row in desk.rows()) == [
        f"CN={host}.example.com" for host in ("edge2", "edge3", "edge4")
    ]

    for fault in faults.values():
        fault.clear()
    run = pool.play(book)
    assert run.rc == 0, run.output
    told = {host: result["ansible_facts"]["told"] for host, result in run.results("killed").items()}
    assert [told[host].get("found") for host in PAGES] == [True, None, True, True]
    assert "set request_id to its number, or resubmit: true if there is none" in told["edge2"]["failed"]
    number = next(row.request_id for row in desk.rows() if row.subject == "CN=edge2.example.com")
    again = pool.play([book[0] | {"hosts": "edge2", "tasks": [sign("killed", **wanted, request_id=number)]}])
    assert again.result("killed", "edge2")["ansible_facts"]["told"]["found"] is True
    assert sorted(row.subject for row in desk.rows()) == [f"CN={host}.example.com" for host in PAGES]


def calls_of_the_procedure() -> list[int]:
    """After which remote calls a run is killed: the request and the export, or with SIGNER_KILL_ALL all there are."""
    return list(range(1, 12)) if os.environ.get("SIGNER_KILL_ALL") else [5, 8]


@pytest.mark.parametrize("number", calls_of_the_procedure())
def test_killed_after_a_remote_call(pool, emulate, number: int) -> None:
    """The rerun finishes, or stops with the choices; one submission reaches the authority in any case."""
    server = emulate()
    describe(pool, **certsrv(pool, server))
    pool.killed(PLAYBOOK, after=number)
    before = len(server.desk.rows())
    again = pool.play(PLAYBOOK)
    if again.rc:
        assert "set request_id to its number, or resubmit: true if there is none" in again.message("edge1")
        assert len(server.desk.rows()) == before
        choice = ["edge_signer_request_id=1"] if before else ["edge_signer_resubmit=true"]
        again = pool.play(PLAYBOOK, "-e", *choice)
    assert again.rc == 0, again.output
    assert_finished(pool)
    assert len(server.desk.rows()) == 1
