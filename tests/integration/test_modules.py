# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module by itself on emulated servers: check mode, the real run, and again."""

from __future__ import annotations

import re
from typing import Any

import pytest

EXTERNAL = ["AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]
#: What the usages above need in the emulated pool.
EXTERNAL_NAMES = ["access.example.com", "sip.example.com", "sip.example.net", "webconf.example.com"]
REQUEST = {"type": ["Internal"], "private_key_exportable": True, "key_size": 2048}


def squeeze(value: Any) -> str:
    """A text without blanks, signs of a diff and the time at which it was made."""
    return re.sub(r"\n[+-]|\s+", "", re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", str(value)))


def leaves(value: Any) -> list[str]:
    """All texts of nested data."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in leaves(item)]
    return [] if value is None else [str(value)]


def check_then_run(pool, task: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A task that has something to do on edge1: check mode, for real, and again in both ways.

    :returns: the results in check mode and of the real run.
    """
    state, mark = pool.digest(), len(pool.journal())
    check = pool.tasks(task, words=("--check", "--diff"))
    assert (check.rc, check.total("changed")) == (0, 1), check.output
    assert pool.digest() == state
    assert pool.writing(mark) == []
    shown = check.result("task 1")
    for text in leaves(shown["diff"]["after"]):
        assert squeeze(text) in squeeze(check.output)

    mark = len(pool.journal())
    run = pool.tasks(task, words=("--diff",))
    assert (run.rc, run.total("changed")) == (0, 1), run.output
    assert pool.digest() != state
    done = run.result("task 1")
    assert done["commands"] == shown["commands"] == pool.commands("edge1", mark)
    assert done["reasons"] == shown["reasons"] != []
    assert squeeze(done["diff"]) == squeeze(shown["diff"])
    assert_nothing_to_do(pool, task)
    return shown, done


def assert_nothing_to_do(pool, task: dict[str, Any]) -> None:
    """A task finds everything in place, in a real run and in check mode."""
    state, mark = pool.digest(), len(pool.journal())
    again = pool.tasks(task, task | {"check_mode": True}, words=("--diff",))
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert pool.digest() == state
    assert pool.writing(mark) == []
    assert [row["result"].get("commands", []) for row in again.rows] == [[], []]


def prepare_external(pool, *words: str) -> str:
    """Requests a certificate for the external usages on edge1 and has it signed; gives the path of the answer."""
    task = {"type": EXTERNAL, "names": EXTERNAL_NAMES, "private_key_exportable": True, "all_sip_domain": True}
    run = pool.tasks(
        {"cs_certificate_request": task, "register": "r"},
        {"cs_certificate_folder": {"folder": str(pool.inbox), "csr": "{{ r.csr }}", "name": "external"}},
    )
    assert run.rc == 0, run.output
    pool.sign(*words)
    (answer,) = [path for path in pool.inbox.glob("external-*") if path.suffix != ".req"]
    return str(answer)


# ---- cs_certificate_chain ----


def test_chain(pool) -> None:
    shown, done = check_then_run(pool, {"cs_certificate_chain": {"path": str(pool.chain)}})
    (root,), (issuing,) = done["root"], done["intermediate"]
    assert shown["diff"]["before"] == {"Root": [], "CA": []}
    assert [root in text for text in shown["diff"]["after"]["Root"]] == [True]
    assert [issuing in text for text in shown["diff"]["after"]["CA"]] == [True]
    assert [command.rpartition("\\")[2] for command in done["commands"]] == ["Root", "CA"]
    stores = pool.server("edge1")["stores"]
    assert [row["thumbprint"] for row in stores["Root"]] == [root]
    assert [row["thumbprint"] for row in stores["CA"]] == [issuing]


def test_chain_takes_an_authority_out_of_root_where_it_does_not_belong(pool, stages) -> None:
    pool.take(stages / "requested")
    (issuing,) = pool.server("edge1")["stores"]["CA"]
    pool.edit("edge1", lambda state: state["stores"]["Root"].append(issuing))
    _shown, done = check_then_run(pool, {"cs_certificate_chain": {"path": str(pool.chain)}})
    assert done["commands"] == [f"Remove-Item -LiteralPath Cert:\\LocalMachine\\Root\\{issuing['thumbprint']}"]
    assert len(pool.server("edge1")["stores"]["Root"]) == 1


# ---- cs_certificate_request ----


def test_request(pool, stages) -> None:
    pool.take(stages / "requested")  # the chain; its request is for other usages
    task = {"type": EXTERNAL, "friendly_name": "Edge external", "domain_names": ["sip.example.org"], "key_size": 4096}
    subject = {"organization": "Example", "organizational_unit": "IT", "city": "Berlin", "state_or_province": "BE"}
    shown, done = check_then_run(pool, {"cs_certificate_request": task | subject | {"country": "DE"}})
    assert shown["csr"] == shown["public_key_sha256"] == "(known after request)"
    assert shown["request_state"] == done["request_state"] == "pending"
    assert done["subject"] == "CN=access.example.com, OU=IT, O=Example, L=Berlin, S=BE, C=DE"
    assert "sip.example.org" in done["dns_names"]
    assert done["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    command = done["commands"][-1]
    for part in (
        "-Type AccessEdgeExternal,DataEdgeExternal,AudioVideoAuthentication ",
        "-KeySize 4096",
        "-City Berlin",
    ):
        assert part in command
    assert "PrivateKeyExportable" not in command  # not set by the user, so not sent
    waiting = [row["friendly_name"] for row in pool.server("edge1")["stores"]["REQUEST"]]
    assert done["friendly_name"] in waiting
    assert done["friendly_name"] == "Edge external"


def test_request_is_made_anew_when_forced(pool, stages) -> None:
    pool.take(stages / "imported")
    fulfilled = pool.tasks({"cs_certificate_request": REQUEST})
    assert fulfilled.result("task 1")["request_state"] == "fulfilled"
    forced = pool.tasks({"cs_certificate_request": REQUEST | {"force": True, "report": True}})
    assert forced.result("task 1")["changed"] is True
    assert forced.result("task 1")["reasons"] == ["a new request is forced"]
    assert "Request-CsCertificate" in forced.result("task 1")["report"]
    stores = pool.server("edge1")["stores"]
    assert [len(stores[name]) for name in ("My", "REQUEST")] == [1, 1]


# ---- cs_certificate_import ----


@pytest.mark.parametrize("form", ["cer", "p7b"])
def test_import_of_an_answer(pool, stages, form: str) -> None:
    pool.take(stages / "requested")
    pool.sign("--format", form, "--client-eku")
    (answer,) = pool.inbox.glob(f"*.{form}")
    shown, done = check_then_run(pool, {"cs_certificate_import": {"path": str(answer), "type": ["Internal"]}})
    assert done["commands"] == ["Import-CsCertificate -Path <tmp>\\answer.cer"]
    assert shown["differs"] == done["differs"] == ["the extended key usage 1.3.6.1.5.5.7.3.2 was added"]
    assert done["diff"]["before"] == {"My": None}
    assert done["thumbprint"] in done["diff"]["after"]["My"]
    state = pool.server("edge1")
    (row,) = state["stores"]["My"]
    assert row["thumbprint"] == done["thumbprint"] == done["certificate"]["thumbprint"]
    assert row["container"] in state["containers"]
    assert state["stores"]["REQUEST"] == []


def test_import_of_a_p7b_brings_the_authorities_along(pool, stages) -> None:
    pool.take(stages / "requested")
    pool.edit("edge1", lambda state: state["stores"].update(Root=[], CA=[]))
    pool.sign("--format", "p7b")
    (answer,) = pool.inbox.glob("*.p7b")
    _shown, done = check_then_run(pool, {"cs_certificate_import": {"path": str(answer)}})
    assert len(done["commands"]) == 3
    assert [len(pool.server("edge1")["stores"][name]) for name in ("Root", "CA", "My")] == [1, 1, 1]


@pytest.mark.parametrize("exportable", [True, False])
def test_import_of_a_pfx(pool, exportable: bool) -> None:
    path = pool.pfx("Of no use to anybody", "edge-site1.example.com")
    task = {"path": str(path), "passphrase": "Of no use to anybody", "private_key_exportable": exportable}
    _shown, done = check_then_run(pool, {"cs_certificate_import": task})
    own = [command for command in done["commands"] if done["thumbprint"] in command]
    assert own == [
        f"Import-PfxCertificate -FilePath <tmp>\\{done['thumbprint']}.pfx -CertStoreLocation Cert:\\LocalMachine\\My"
        " -Password ********" + (" -Exportable" if exportable else "")
    ]
    state = pool.server("edge1")
    (container,) = state["containers"].values()
    assert container["exportable"] is exportable
    assert [len(state["stores"][name]) for name in ("Root", "CA", "My")] == [1, 1, 1]


# ---- cs_certificate_export ----


def test_export_changes_nothing_and_hides_its_result(pool, stages) -> None:
    pool.take(stages / "imported")
    thumbprint = pool.server("edge1")["stores"]["My"][0]["thumbprint"]
    state, mark = pool.digest(), len(pool.journal())
    show = {
        "ansible.builtin.debug": {
            "msg": "{{ [pfx.changed, pfx.commands, pfx.content | length, pfx.passphrase | length] }}"
        }
    }
    export = {"cs_certificate_export": {"thumbprint": thumbprint}, "register": "pfx"}
    command = (
        f"Export-PfxCertificate -Cert Cert:\\LocalMachine\\My\\{thumbprint} -FilePath <tmp>\\{thumbprint}.pfx"
        " -ChainOption BuildChain -Password ********"
    )
    for words, calls in (("--check", "--diff"), []), (("--diff",), [command]):
        run = pool.tasks(export, show, words=words)
        assert (run.rc, run.total("changed")) == (0, 0), run.output
        changed, commands, length, characters = run.result("task 2")["msg"]
        assert (changed, commands) == (False, [command])
        assert (length > 4000) is (words == ("--diff",))
        assert characters >= 32
        assert "censored" in run.result("task 1")
        assert pool.commands("edge1", mark) == calls
    assert pool.digest() == state


# ---- cs_certificate_assign ----


def test_assign(pool, stages) -> None:
    pool.take(stages / "imported")
    thumbprint = pool.server("edge1")["stores"]["My"][0]["thumbprint"]
    task = {"type": ["Internal"], "thumbprint": thumbprint.lower(), "names": ["edge-site1.example.com"]}
    _shown, done = check_then_run(pool, {"cs_certificate_assign": task})
    assert done["commands"] == [f"Set-CsCertificate -Type Internal -Thumbprint {thumbprint}"]
    assert done["diff"] == {"before": {"Internal": None}, "after": {"Internal": thumbprint}}
    assert pool.server("edge1")["assignments"]["Internal"]["thumbprint"] == thumbprint


def test_assign_to_external_usages_sets_what_is_missing(pool, stages) -> None:
    pool.take(stages / "imported")
    answer = prepare_external(pool)
    imported = pool.tasks({"cs_certificate_import": {"path": answer, "type": EXTERNAL, "names": EXTERNAL_NAMES}})
    thumbprint = imported.result("task 1")["thumbprint"]
    task = {"type": EXTERNAL, "thumbprint": thumbprint, "names": EXTERNAL_NAMES}
    av_first = {"cs_certificate_assign": task | {"type": EXTERNAL[2:]}}
    _shown, done = check_then_run(pool, av_first)
    assert done["commands"] == [f"Set-CsCertificate -Type AudioVideoAuthentication -Thumbprint {thumbprint}"]
    _shown, done = check_then_run(pool, {"cs_certificate_assign": task})
    assert done["commands"] == [f"Set-CsCertificate -Type AccessEdgeExternal,DataEdgeExternal -Thumbprint {thumbprint}"]
    assert done["diff"]["before"] == dict.fromkeys(EXTERNAL[:2]) | {EXTERNAL[2]: thumbprint}
    assignments = pool.server("edge1")["assignments"]
    assert {use: row["thumbprint"] for use, row in assignments.items()} == dict.fromkeys(EXTERNAL, thumbprint)
