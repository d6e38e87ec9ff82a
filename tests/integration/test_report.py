# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an estate: one remote call for each server, files that change only when they say anything new."""

from __future__ import annotations

import json
import pathlib
import re
import stat
from typing import Any

import pytest
from ansible_collections.sfb.certificates.tests.scale import report as measuring

NAMES = ["report.csv", "report.html", "report.json", "sfb_certificates.prom"]
PLAYBOOK = "sfb.certificates.report"


def files_of(folder: pathlib.Path) -> dict[str, bytes]:
    """The files of a folder; empty if it is not there."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))} if folder.is_dir() else {}


@pytest.fixture
def estate(pool, stages) -> Any:
    """A set whose internal interfaces are done, and a Front End without certificates.

    By now one server is down, and another one has an authority in Root that does not belong there.
    """
    pool.take(stages / "finished")
    (issuing,) = pool.server("edge2")["stores"]["CA"]
    pool.edit("edge2", lambda state: state["stores"]["Root"].append(issuing))
    hosts = {"edge3": {"sfb_lab_unreachable": True}}
    pool.describe({"edge_site1": ["edge1", "edge2", "edge3"]}, hosts, {"fe1": {}})
    return pool


def test_report(estate) -> None:
    folder = estate.folder / "estate-report"
    mark = len(estate.journal())
    check = estate.play(PLAYBOOK, "--check", "--diff")
    assert (check.rc, check.total("changed")) == (0, 1), check.output
    assert files_of(folder) == {}
    assert "critical" in check.output

    # the second run is on the same day, and in another second
    run = estate.play(PLAYBOOK)
    assert (run.rc, run.total("changed"), run.total("unreachable")) == (0, 1, 0), run.output
    first = files_of(folder)
    assert sorted(first) == NAMES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    mode = estate.play(PLAYBOOK, "-e", "estate_report_fail_on=critical", "-e", "estate_report_mode=0640")
    assert mode.rc != 0
    (last_host,) = mode.results("Write the report")
    message = mode.message(last_host)
    assert message.startswith("edge1 AccessEdgeExternal: no certificate is assigned; ")
    assert "more, see the report" in message
    assert "report" not in mode.result("Write the report", last_host)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}
    role = {"role": "sfb.certificates.estate_report", "vars": {"estate_report_mode": "0640"}}
    again = estate.play([{"hosts": "all", "serial": 1, "gather_facts": False, "roles": [role]}])
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    calls = [len(estate.calls(host, mark)) for host in ("edge1", "edge2", "fe1")]
    assert calls == [4, 4, 4]  # one for each of the four runs
    assert estate.writing(mark) == []
    assert_told(json.loads(first["report.json"]))
    last = files_of(folder)
    assert last["report.json"] != first["report.json"]  # the time
    assert last["report.csv"] == first["report.csv"]
    assert_nothing_private(estate, first)


def assert_told(report: dict[str, Any]) -> None:
    """What the report says of this estate."""
    states = {row["host"]: row["state"] for row in report["servers"]}
    assert states == {"edge1": "read", "edge2": "read", "edge3": "unreachable", "fe1": "read"}
    pools = {row["pool"]: row["servers"] for row in report["pools"]}
    # the unreachable one counts for the pool of its set
    assert pools == {"edge-site1.example.com": ["edge1", "edge2", "edge3"], "frontends.example.com": ["fe1"]}
    internal = next(row for row in report["pools"][0]["usages"] if row["type"] == "Internal")
    assert (internal["status"], [row["servers"] for row in internal["certificates"]]) == ("ok", [["edge1", "edge2"]])
    kinds = {(row["host"], row["kind"], row["type"]) for row in report["problems"] if row["severity"] == "critical"}
    external = ("AccessEdgeExternal", "AudioVideoAuthentication", "DataEdgeExternal")
    assert kinds == {("edge3", "unreachable", ""), ("edge2", "hygiene", "")} | {
        (host, "missing", usage) for host in ("edge1", "edge2") for usage in external
    }


def assert_nothing_private(estate: Any, files: dict[str, bytes]) -> None:
    """No key, no raw certificate, no path of a server's files."""
    for name, content in files.items():
        text = content.decode("utf-8")
        for hidden in ("PRIVATE KEY", "MII", "container", str(estate.lab), "assword"):
            assert hidden not in text, (name, hidden)


def test_results_that_the_hosts_have_and_results_that_are_given(estate) -> None:
    """The same report, be it that the module looks the results up, or that they come through a template."""
    template = "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'info'))) }}"
    last = {"when": "inventory_hostname == ansible_play_hosts | last"}
    sources = {"servers": template, "servers_from": "info"}
    run = estate.tasks(
        {"cs_certificate_info": {}, "register": "info", "ignore_unreachable": True},
        *({"cs_certificate_report": {name: value, "now": "2030-01-01"}, **last} for name, value in sources.items()),
        hosts="edge",
    )
    assert run.rc == 0, run.output
    given, looked_up = (run.result(f"task {number}", "edge3")["report"] for number in (2, 3))
    assert given == looked_up
    assert [row["state"] for row in given["servers"]] == ["read", "read", "unreachable"]


def test_wrong_options_write_nothing(estate) -> None:
    read = {"cs_certificate_info": {}, "register": "info"}
    target = estate.folder / "out" / "report.json"
    good = {"servers": {"edge1": "{{ info }}"}, "json_path": str(target)}
    cases = {
        "days": ({"critical_days": 60}, "critical_days: 60 is more than warning_days (45)"),
        "now": ({"now": "soon"}, "now: 'soon' is no date or time"),
        "mode": ({"mode": "rw"}, "mode: 'rw' is no mode of a file"),
        "none": ({"servers": {}}, "servers: is empty"),
        "other": ({"servers": {"edge1": {"changed": False}}}, "is no result of cs_certificate_info"),
        "twice": ({"html_path": str(target)}, "give each format a file of its own"),
        "folder": ({"csv_path": str(estate.folder)}, "is a folder; name a file"),
        "query": ({"query": "["}, "is no valid JMESPath expression"),
        "both": ({"servers_from": "info"}, "parameters are mutually exclusive: servers|servers_from"),
        "variable": ({"servers": "{{ omit }}", "servers_from": "inf"}, "no host of the play has a variable 'inf'"),
    }
    tasks = [{"cs_certificate_report": good | more, "ignore_errors": True} for more, _message in cases.values()]
    run = estate.tasks(read, *tasks)
    for number, (_more, message) in enumerate(cases.values(), 2):
        assert message in run.result(f"task {number}")["msg"]
        assert "\n" not in run.result(f"task {number}")["msg"]
    assert not target.parent.exists()


def test_what_a_report_costs_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert measuring.main(["--servers", "3", "--pool-size", "2", "--alone"]) == 0
    total, alone = capsys.readouterr().out.splitlines()
    found = re.fullmatch(
        r"ours, 3 servers: [\d.]+ s, \d+ ms each, largest process (\d+) MB; HTML (\d+) KB, JSON (\d+) KB, .*", total
    )
    assert found, total
    assert 20 < int(found[1]) < 1000
    assert min(int(found[2]), int(found[3])) > 5
    assert re.fullmatch(r"  without Ansible: -?[\d.]+ s, \d+ MB, \d+ MB of which are the results", alone)
