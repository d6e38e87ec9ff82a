# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usages have: found by what it says, staged, taken back, for the whole deployment; and what is wrong on a server.

Each task runs in check mode, for real, again, and again in check mode. All of it is one playbook, on an Edge Server whose
product shows staged certificates, on one whose product does not, and on a Front End Server; each test looks at its rows.
"""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import shutil
from collections.abc import Callable
from typing import Any

import pytest

AV = "AudioVideoAuthentication"
OAUTH = "OAuthTokenIssuer"
PASSPHRASE = "Of no use to anybody else"
NAME = "edge-site1.example.com"
WAYS = ("check", "run", "again", "again in check mode")
#: Days after which the staged certificates are in use.
LATER = {"vars": {"sfb_lab_clock_offset": 4 * 86400}}


def assign(*usages: str, **options: Any) -> dict[str, Any]:
    """A task that assigns, or takes back."""
    return {"cs_certificate_assign": {"type": list(usages)} | options}


def import_pfx(path: str, **options: Any) -> dict[str, Any]:
    """A task that imports a PFX."""
    return {"cs_certificate_import": {"path": path, "passphrase": PASSPHRASE} | options}


def edge_tasks(old: str, pfx: str, date: str) -> dict[str, dict[str, Any]]:
    """What is done on the Edge Servers, each task with something to change."""
    staged = {"match": {"friendly_name": "edge*", "issuer": "Lab Issuing CA", "names": [NAME]}}
    return {
        "mend": {"cs_certificate_chain": {"mend": ["misplaced", "duplicates"]}},
        "product": import_pfx(pfx, method="product", private_key_exportable=False, type=["Internal"], names=[NAME]),
        "first": assign(AV, "Internal", thumbprint=old),
        "staged": assign(AV, roll=True, effective_date=date, **staged),
        "previous": assign(AV, state="absent", previous=True) | LATER,
        "removed": assign("Internal", state="absent"),
    }


def front_end_tasks(first: str, second: str, date: str) -> dict[str, dict[str, Any]]:
    """What is done on the Front End Server."""
    everywhere = {"identity": "global", "type": [OAUTH]}
    return {
        "global": import_pfx(first, **everywhere),
        "global staged": import_pfx(second, roll=True, effective_date=date, **everywhere),
        "global at once": assign(OAUTH, identity="global", match={"subject": "second.example.com"}, roll=False),
        "global removed": assign(OAUTH, identity="global", state="absent"),
    }


def plays_of(hosts: str, tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A play in which each task runs in the four ways."""
    rows = []
    for name, task in tasks.items():
        short = next(iter(task))
        named = {f"sfb.certificates.{short}": task[short], **{key: task[key] for key in task if key != short}}
        rows += [{"name": f"{name}: {way}", **named, "check_mode": "check" in way} for way in WAYS]
    return {"hosts": hosts, "gather_facts": False, "tasks": rows}


def info(name: str, **more: Any) -> dict[str, Any]:
    """A task that looks at a server."""
    return {"name": name, "sfb.certificates.cs_certificate_info": {"type": [AV, "Internal"]}, **more}


def untidy(state: dict[str, Any]) -> None:
    """A certificate that does not belong into Root, one that is there twice, and one of My that has a name."""
    (root,), (issuing,) = (state["stores"][name] for name in ("Root", "CA"))
    state["stores"].update(Root=[root, issuing], CA=[root])
    state["stores"]["My"][0]["friendly_name"] = "Named by hand"


def refusals(date: str) -> list[dict[str, Any]]:
    """Tasks that a server refuses, or that are refused with a look at it."""
    cases = {
        "no match": assign("Internal", match={"subject": "nobody.example.com"}),
        "a date in the past": assign(AV, match={"names": [NAME]}, roll=True, effective_date="2020-01-01T00:00:00Z"),
        "no coexistence": assign("DataEdgeExternal", match={"names": [NAME]}, roll=True, effective_date=date),
        "out of reach": assign(OAUTH, match={"names": [NAME]}, identity="global"),
        "a key of a KSP": assign("Internal", match={"names": ["first.example.com"]})
        | {"vars": {"sfb_lab_switches": {"ksp_accepted": False}}},
        "a key of a KSP on Lync": assign("Internal", match={"names": ["first.example.com"]})
        | {"vars": {"sfb_lab_product": "2013"}},
    }
    return [
        {"name": name, "ignore_errors": True}
        | {f"sfb.certificates.{key}" if key.startswith("cs_") else key: value for key, value in case.items()}
        for name, case in cases.items()
    ]


def exports(old: str) -> list[dict[str, Any]]:
    """A certificate without its chain goes to another server, and its chain comes back."""
    module = "sfb.certificates.cs_certificate_"
    copy = {"content": "{{ alone.content }}", "passphrase": "{{ alone.passphrase }}"}
    return [
        {"name": "alone", f"{module}export": {"thumbprint": old, "chain": False}, "register": "alone"},
        {"name": "copied", f"{module}import": copy, "delegate_to": "fe1"},
        {"name": "p7b", f"{module}export": {"thumbprint": old, "format": "p7b"}, "register": "p7b"},
        {"name": "same chain", f"{module}chain": {"content": "{{ p7b.content }}"}},
    ]


@pytest.fixture(scope="module")
def outcome(
    once: Callable[..., pathlib.Path], new_pool: Callable[..., Any], stages: pathlib.Path
) -> dict[str, dict[str, Any]]:
    """The results by host and task, the recap, the commands of the journal, and the steps of its calls in check mode."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        pool.take(stages / "imported")
        switches = {"sfb_lab_switches": {"staged_row": "old"}}
        front_end = {"sfb_lab_role": "front_end", "sfb_lab_domain": "example.com"}
        pool.describe({"edge_site1": ["edge1", "edge2"], "fe": ["fe1"]}, {"edge2": switches, "fe1": front_end})
        pool.edit("edge1", untidy)
        shutil.copytree(pool.lab / "servers" / "edge1", pool.lab / "servers" / "edge2")
        old = pool.server("edge1")["stores"]["My"][0]["thumbprint"]
        date = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        pfx = {name: str(pool.pfx(PASSPHRASE, name)) for name in (NAME, "first.example.com", "second.example.com")}
        tasks = edge_tasks(old, pfx[NAME], date)
        edge = plays_of("edge1,edge2", tasks)
        edge["tasks"][:0] = [info("before"), info("before, again"), info("before, in check mode", check_mode=True)]
        edge["tasks"].insert(-8, info("staged info"))
        ksp = plays_of("edge1", {"ksp": import_pfx(pfx["first.example.com"])})
        ksp["vars"] = {"sfb_lab_switches": {"pfx_provider": "ksp"}}
        refused = {"hosts": "edge1", "gather_facts": False, "tasks": refusals(date)}
        internal = plays_of("fe1", front_end_tasks(pfx["first.example.com"], pfx["second.example.com"], date))
        exported = {"hosts": "edge1", "gather_facts": False, "tasks": exports(old)}
        mark = len(pool.journal())
        run = pool.play([edge, internal, ksp, refused, exported], "--diff")
        rows = {f"{row['host']} {row['task']}": row for row in run.rows}
        calls = [call for call in pool.journal() if call["check_mode"]]
        steps = [step["op"] for call in calls for step in call["steps"] if step["op"] != "read_file"]
        told = {"rc": run.rc, "rows": rows, "old": old, "date": date[:19] + "Z", "output": run.output}
        told |= {
            "in_check_mode": steps,
            "commands": {host: pool.commands(host, mark) for host in ("edge1", "edge2", "fe1")},
        }
        told |= {"servers": {host: pool.server(host) for host in ("edge1", "edge2", "fe1")}}
        (folder / "outcome.json").write_text(json.dumps(told))

    found: dict[str, dict[str, Any]] = json.loads((once("usages", fill) / "outcome.json").read_text())
    return found


def result(outcome, host: str, task: str, way: str = "run") -> dict[str, Any]:
    """The result of a task in one of the ways."""
    row: dict[str, Any] = outcome["rows"][f"{host} {task}: {way}"]
    assert row["outcome"] != "failed", row["result"]["msg"]
    return row["result"]


EDGE_NAMES = ("mend", "product", "first", "staged", "previous", "removed")
FRONT_END_NAMES = ("global", "global staged", "global at once", "global removed")
CASES = [(host, name) for host in ("edge1", "edge2") for name in EDGE_NAMES]
CASES += [("fe1", name) for name in FRONT_END_NAMES]


@pytest.mark.parametrize(("host", "name"), CASES)
def test_check_run_again_and_again_in_check_mode(outcome, host: str, name: str) -> None:
    check, run, *again = (result(outcome, host, name, way) for way in WAYS)
    assert check["changed"] is run["changed"] is True
    assert check["commands"] == run["commands"] != []
    assert check["reasons"] == run["reasons"] != []
    assert check["diff"] == run["diff"]
    assert check["diff"]["before"] != check["diff"]["after"]
    for row in again:
        assert row["changed"] is False
        assert row["commands"] == row["reasons"] == []
        assert row["diff"]["before"] == row["diff"]["after"]
        assert row["diff"]["after"] == run["diff"]["after"] or name == "mend"  # there is nothing left to name


@pytest.mark.parametrize(("host", "names"), [("edge1", EDGE_NAMES), ("edge2", EDGE_NAMES), ("fe1", FRONT_END_NAMES)])
def test_commands_are_those_of_the_journal(outcome, host: str, names: tuple[str, ...]) -> None:
    told = [command for name in names for command in result(outcome, host, name)["commands"]]
    assert outcome["commands"][host][: len(told)] == told
    assert outcome["in_check_mode"] == []
    assert PASSPHRASE not in outcome["output"]


@pytest.mark.parametrize("host", ["edge1", "edge2"])
def test_info_is_the_same_each_time(outcome, host: str) -> None:
    rows = [outcome["rows"][f"{host} before{way}"]["result"] for way in ("", ", again", ", in check mode")]
    assert [row["changed"] for row in rows] == [False] * 3
    for key in ("usages", "required", "certificates", "requests", "hygiene", "topology"):
        assert rows[0][key] == rows[1][key] == rows[2][key]


def test_mended_stores(outcome) -> None:
    before = outcome["rows"]["edge1 before"]["result"]["hygiene"]
    assert [len(before[key]) for key in ("misplaced", "duplicates", "expired", "problems")] == [1, 1, 0, 2]
    after = result(outcome, "edge1", "mend")
    assert after["hygiene"]["problems"] == []
    moved = before["misplaced"][0]["thumbprint"]
    assert [moved in text for text in after["diff"]["before"]["Root"]].count(True) == 1
    assert [moved in text for text in after["diff"]["after"]["CA"]] == [True]


def test_import_by_the_product(outcome) -> None:
    done = result(outcome, "edge1", "product")
    assert done["commands"] == [
        "Import-CsCertificate -Path <tmp>\\certificate.pfx -Password ******** -PrivateKeyExportable $false"
    ]
    (row,) = [row for row in outcome["servers"]["edge1"]["stores"]["My"] if row["thumbprint"] == done["thumbprint"]]
    assert outcome["servers"]["edge1"]["containers"][row["container"]]["exportable"] is False


def test_checks_are_told(outcome) -> None:
    checks = result(outcome, "edge1", "first", "check")["checks"]
    assert [check["check"] for check in checks] == [
        *("in_store", "private_key", "key_provider", "validity", "server_authentication", "chain", "names")
    ]
    assert {check["ok"] for check in checks} == {True}


@pytest.mark.parametrize("host", ["edge1", "edge2"])
def test_staged_certificate(outcome, host: str) -> None:
    new = result(outcome, host, "product")["thumbprint"]
    done = result(outcome, host, "staged")
    assert done["thumbprint"] == new
    assert done["diff"] == {"before": {AV: outcome["old"]}, "after": {AV: f"{new} from {outcome['date']} on"}}
    (usage, _internal) = outcome["rows"][f"{host} staged info"]["result"]["usages"]
    assert (usage["staged"], usage["effective_date"]) == (True, outcome["date"])
    assert usage["thumbprint"] == {"edge1": new, "edge2": outcome["old"]}[host]
    again = " ".join(result(outcome, host, "staged", "again").get("warnings", []))
    assert ("cannot be seen" in again) is (host == "edge2")
    dropped = result(outcome, host, "previous")
    assert dropped["removed"] == {AV: outcome["old"]}
    assert dropped["commands"] == [f"Remove-CsCertificate -Type {AV} -Previous -Force"]


def test_assignment_that_is_taken_back(outcome) -> None:
    done = result(outcome, "edge1", "removed")
    assert done["commands"] == ["Remove-CsCertificate -Type Internal -Force"]
    assert done["diff"] == {"before": {"Internal": outcome["old"]}, "after": {"Internal": None}}
    assert set(outcome["servers"]["edge1"]["assignments"]) == {AV}


@pytest.mark.shows("Import-CsCertificate parameter Roll", "Import-CsCertificate parameter EffectiveDate")
def test_certificates_of_the_deployment(outcome) -> None:
    first, second = (result(outcome, "fe1", name)["thumbprint"] for name in ("global", "global staged"))
    assert result(outcome, "fe1", "global")["diff"] == {"before": {OAUTH: None}, "after": {OAUTH: f"{first}, global"}}
    staged = result(outcome, "fe1", "global staged")["commands"][-1]
    assert staged.startswith(f"Import-CsCertificate -Identity Global -Type {OAUTH} -Path <tmp>\\certificate.pfx")
    assert " -Password ******** -Roll -EffectiveDate " in staged
    now = result(outcome, "fe1", "global at once")
    assert now["thumbprint"] == second
    assert now["commands"] == [f"Set-CsCertificate -Identity Global -Type {OAUTH} -Thumbprint {second}"]
    assert outcome["servers"]["fe1"]["assignments"] == {}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no match", ("match: no certificate of My fits subject 'nobody.example.com'", "in My are CN=")),
        ("a date in the past", ("effective_date: 2020-01-01T00:00:00Z is not in the future", "server's clock says 20")),
        ("no coexistence", ("roll: DataEdgeExternal cannot have an old and a new certificate", AV)),
        pytest.param(
            "out of reach",
            ("Set-CsCertificate: ", "identity: global needs the Central Management Store", "Front End"),
            marks=pytest.mark.shows("Set-CsCertificate error store out of reach"),
        ),
        ("a key of a KSP", ("Set-CsCertificate: ", "buffer supplied to a function was too small", "lies in a KSP")),
        (
            "a key of a KSP on Lync",
            ("cannot be assigned: its key lies in the Microsoft Software Key Storage Provider",),
        ),
    ],
)
def test_refusal_is_one_clear_line(outcome, name: str, message: tuple[str, ...]) -> None:
    row = outcome["rows"][f"edge1 {name}"]
    assert row["outcome"] == "failed"
    rest = row["result"]["msg"]
    assert "\n" not in rest.strip()
    for part in message:
        assert part in rest
        rest = rest.partition(part)[2]


def test_refused_certificate_has_its_checks(outcome) -> None:
    checks = outcome["rows"]["edge1 a key of a KSP on Lync"]["result"]["checks"]
    assert [check["check"] for check in checks if not check["ok"]] == ["key_provider"]


def test_certificate_without_its_chain_keeps_its_name(outcome) -> None:
    assert outcome["rows"]["edge1 copied"]["result"]["thumbprint"] == outcome["old"]
    names = [
        [
            row["friendly_name"]
            for row in outcome["servers"][host]["stores"]["My"]
            if row["thumbprint"] == outcome["old"]
        ]
        for host in ("edge1", "fe1")
    ]
    assert names == [["Named by hand"]] * 2
    exported = [command for command in outcome["commands"]["edge1"] if command.startswith("Export-PfxCertificate")]
    assert ["-ChainOption EndEntityCertOnly" in command for command in exported] == [True]


def test_chain_as_pkcs7_is_the_chain(outcome) -> None:
    assert outcome["rows"]["edge1 p7b"]["result"]["content"].startswith("-----BEGIN PKCS7-----")
    same = outcome["rows"]["edge1 same chain"]["result"]
    assert (same["changed"], len(same["root"]), len(same["intermediate"])) == (False, 1, 1)
