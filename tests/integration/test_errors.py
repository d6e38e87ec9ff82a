# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad files, answers, keys and certificates: each error is one clear line, and nothing is changed.

All cases run in one playbook on servers that are prepared once; each test looks at the row of its case.
"""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

NO_SUCH = "0" * 40
PASSPHRASE = "Right passphrase of this PFX"
EXTERNAL = {"type": ["AccessEdgeExternal"]}
LATER = {"vars": {"sfb_lab_clock_offset": 3 * 365 * 86400}}
EARLIER = {"vars": {"sfb_lab_clock_offset": -3 * 365 * 86400}}
NO_RIGHTS = {"vars": {"sfb_lab_elevated": False}}
PAGE = (
    "<!DOCTYPE html>\r\n<html><head><title>Certificate\r\n Pending</title></head><body>Your request ...</body></html>"
)


def chain(file: str) -> dict[str, Any]:
    """A task that imports a chain file."""
    return {"cs_certificate_chain": {"path": "{files}/" + file}}


def answer(file: str, **options: Any) -> dict[str, Any]:
    """A task that imports an answer, or a PFX."""
    return {"cs_certificate_import": {"path": "{files}/" + file} | options}


def assign(thumbprint: str, **options: Any) -> dict[str, Any]:
    """A task that assigns a certificate."""
    return {"cs_certificate_assign": {"type": ["Internal"], "thumbprint": thumbprint} | options}


def export(thumbprint: str) -> dict[str, Any]:
    """A task that exports a certificate."""
    return {"cs_certificate_export": {"thumbprint": thumbprint}}


#: By server and case: a task that must fail, and parts of its message in order. C({files}) stands for the folder of the
#: files, C({edge1}) for the thumbprint of that server's certificate.
CASES: dict[str, dict[str, tuple[Any, ...]]] = {
    # has chain and certificate
    "edge1": {
        "no such file": (chain("nowhere.p7b"), "nowhere.p7b: there is no such file on the controller"),
        "a folder": (chain("folder"), "folder: cannot be read on the controller: Is a directory"),
        "an empty file": (chain("empty.p7b"), "empty.p7b", "is empty (0 bytes)"),
        "a web page": (
            chain("page.p7b"),
            "page.p7b",
            "holds no certificate data",
            "HTML page titled 'Certificate Pending'",
        ),
        "a text": (chain("text.p7b"), "text.p7b", "holds no certificate data", "text without a certificate"),
        "a request": (chain("request.req"), "a certificate request (PKCS#10), not a certificate", "give the answer"),
        "a private key": (chain("key.pem"), "key.pem", "a private key, not a certificate"),
        "a file cut short": (chain("cut.p7b"), "cut.p7b", "is damaged or cut short"),
        "no authority": (chain("answer.cer"), "answer.cer", "there is no CA certificate in the file"),
        "authorities that have expired": (
            chain("certnew.p7b") | {"vars": {"sfb_lab_clock_offset": 4e8}},
            "Lab Issuing CA",
            "expired on 20",
        ),
        "a chain as an answer": (answer("certnew.p7b"), "holds authorities only", "cs_certificate_chain"),
        "a web page as an answer": (answer("page.p7b"), "page.p7b", "HTML page"),
        "nothing as an answer": ({"cs_certificate_import": {"content": " "}}, "content: is empty"),
        "a wrong passphrase": (
            answer("a.pfx", passphrase="Wrong one"),
            "a.pfx",
            "cannot be opened: wrong passphrase or damaged",
        ),
        "no passphrase": (answer("a.pfx"), "a.pfx", "needs a passphrase"),
        "a PFX cut short": (answer("cut.pfx", passphrase=PASSPHRASE), "cut.pfx", "cut short"),
        "a PFX that lacks a name": (
            answer("a.pfx", passphrase=PASSPHRASE, names=["b.example.com"]),
            "lacks the name b.example.com",
            "nothing is imported",
        ),
        "a PFX that has expired": (
            answer("a.pfx", passphrase=PASSPHRASE) | LATER,
            "expired on 20",
            "nothing is imported",
        ),
        "a PFX of another certificate": (answer("a.pfx", passphrase=PASSPHRASE, thumbprint=NO_SUCH), NO_SUCH),
        "an account without rights": (
            answer("a.pfx", passphrase=PASSPHRASE) | NO_RIGHTS,
            "Access is denied",
            "become: true",
        ),
        "no such certificate": (
            assign(NO_SUCH),
            f"no certificate {NO_SUCH} is in My on this server",
            "cs_certificate_import",
        ),
        "it has expired": (assign("{edge1}") | LATER, "({edge1}) cannot be assigned", "it expired on 20"),
        "it is not valid yet": (assign("{edge1}") | EARLIER, "it is valid only from 20", "the server's clock says 20"),
        "it lacks a name": (assign("{edge1}", names=["c.example.com"]), "it lacks the name c.example.com"),
        "a usage of another role": (
            assign("{edge1}", type=["WebServicesInternal"]),
            "Set-CsCertificate: ",
            "does not need a certificate",
            "role of this server",
        ),
        "export of what is not there": (export(NO_SUCH), f"no certificate {NO_SUCH} is in My on this server"),
    },
    # has a request for the external names
    "edge2": {
        "an answer to another request": (
            answer("answer.cer"),
            "answer.cer",
            "fits no request that waits on this server",
            "made the request",
        ),
        "an answer that lacks a name": (
            answer("lacking.cer", names=["access.example.com", "sip.example.com"], **EXTERNAL),
            *("lacking.cer", "lacks the name sip.example.com", "nothing is imported", "with all names of the request"),
        ),
        "an answer that has expired": (answer("expired.cer"), "expired.cer", "expired on 2020", "nothing is imported"),
        "an answer with another key": (answer("lacking.cer", public_key_sha256="AB" * 32), "lacking.cer", "key"),
        "an answer other than asked for": (answer("lacking.cer", thumbprint=NO_SUCH), NO_SUCH),
    },
    # has a certificate whose key may not leave the server
    "edge3": {"a key that must stay": (export("{edge3}"), "{edge3} is not exportable", "private_key_exportable: true")},
    # has a certificate without chain
    "edge4": {
        "the chain is missing": (assign("{edge4}"), "cannot be assigned", "its chain does not build", "Lab Issuing CA"),
        "a chain without its root": (chain("issuing.cer"), "issuing.cer: ", "issuer CN=Lab Root CA", "not found"),
    },
    # has a certificate without key
    "edge5": {
        "the key is missing": (assign("{edge1}"), "cannot be assigned", "its private key is not on this server"),
        "export without key": (export("{edge1}"), "the private key of {edge1} is not on this server"),
    },
}


def prepare(pool) -> None:
    """Brings the servers into the states above."""
    pool.describe({"edge_site1": list(CASES)})
    external = pool.folder / "external"
    request = EXTERNAL | {"private_key_exportable": True}
    internal = {"type": ["Internal"], "private_key_exportable": "{{ inventory_hostname != 'edge3' }}"}
    mine = {"folder": str(pool.inbox), "csr": "{{ r.csr }}", "name": "{{ inventory_hostname }}"}
    steps = [
        {"cs_certificate_chain": {"path": str(pool.chain)}, "when": "inventory_hostname != 'edge4'"},
        {"cs_certificate_request": internal, "register": "r", "when": "inventory_hostname != 'edge2'"},
        {"cs_certificate_folder": mine, "when": "inventory_hostname != 'edge2'"},
        {"cs_certificate_request": request, "register": "r", "when": "inventory_hostname == 'edge2'"},
        {"cs_certificate_folder": mine | {"folder": str(external)}, "when": "inventory_hostname == 'edge2'"},
    ]
    assert pool.tasks(*steps, hosts="edge1,edge2,edge3,edge4").rc == 0
    pool.sign()
    own = {"path": "{{ lookup('fileglob', inbox ~ '/' ~ inventory_hostname ~ '-*.cer') }}"}
    assert (
        pool.tasks({"cs_certificate_import": own, "vars": {"inbox": str(pool.inbox)}}, hosts="edge1,edge3,edge4").rc
        == 0
    )
    shutil.copytree(pool.lab / "servers" / "edge1", pool.lab / "servers" / "edge5")
    pool.edit("edge5", lambda state: state["stores"]["My"][0].update(container=None))


def write_files(pool) -> pathlib.Path:
    """The files of the cases."""
    files = pool.folder / "files"
    (files / "folder").mkdir(parents=True)
    external, late = pool.folder / "external", pool.folder / "late"
    shutil.copytree(external, late)
    pool.command("sign", str(external), "--drop", "sip.example.com")
    pool.command("sign", str(late), "--not-before", "2020-01-01T00:00:00Z", "--days", "30")
    for name, pattern in (
        ("lacking.cer", "external/*.cer"),
        ("expired.cer", "late/*.cer"),
        ("answer.cer", "inbox/edge1-*.cer"),
        ("request.req", "inbox/edge1-*.req"),
    ):
        (found,) = pool.folder.glob(pattern)
        shutil.copy(found, files / name)
    whole = pool.chain.read_bytes()
    (issuing,) = [item for item in pkcs7.load_der_pkcs7_certificates(whole) if item.subject != item.issuer]
    pfx = pool.pfx(PASSPHRASE, "a.example.com").read_bytes()
    contents = {
        "certnew.p7b": whole,
        "cut.p7b": whole[:500],
        "issuing.cer": issuing.public_bytes(serialization.Encoding.PEM),
        "empty.p7b": b"",
        "page.p7b": PAGE.encode("utf-16"),
        "text.p7b": b"The certificate follows by mail.\r\n",
        "key.pem": sorted(pool.key_pool.glob("*.pem"))[0].read_bytes(),
        "a.pfx": pfx,
        "cut.pfx": pfx[:700],
    }
    for name, data in contents.items():
        (files / name).write_bytes(data)
    return files


@pytest.fixture(scope="module")
def outcome(once: Callable[..., pathlib.Path], new_pool: Callable[..., Any]) -> dict[str, Any]:
    """The results of all cases by name, and whether the lab is as before."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        prepare(pool)
        values = {"{files}": str(write_files(pool))}
        values |= {
            f"{{{host}}}": pool.server(host)["stores"]["My"][0]["thumbprint"] for host in ("edge1", "edge3", "edge4")
        }
        text = json.dumps({host: {name: case[0] for name, case in cases.items()} for host, cases in CASES.items()})
        for name, value in values.items():
            text = text.replace(name, value)
        play, same = pool.refused(json.loads(text))
        rows = {row["task"]: row for row in play.rows}
        (folder / "outcome.json").write_text(json.dumps({"rows": rows, "same": same, "values": values}))

    found: dict[str, Any] = json.loads((once("errors", fill) / "outcome.json").read_text())
    return found


@pytest.mark.parametrize(
    ("name", "message"), [(name, case[1:]) for cases in CASES.values() for name, case in cases.items()]
)
def test_error_is_one_clear_line(outcome, name: str, message: tuple[str, ...]) -> None:
    row = outcome["rows"][name]
    text = row["result"]["msg"]
    assert row["outcome"] == "failed"
    assert "\n" not in text.strip()
    assert not row["result"].get("changed")
    rest = text
    for part in message:
        for placeholder, value in outcome["values"].items():
            part = part.replace(placeholder, value)
        assert part in rest, text
        rest = rest.partition(part)[2]


def test_no_case_has_changed_anything(outcome) -> None:
    assert outcome["same"] is True
