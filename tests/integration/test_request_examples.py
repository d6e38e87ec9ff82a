# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented examples of Request-CsCertificate: the task shows the very command, and that runs on emulated servers.

The examples are those of the cmdlet's help (product.md#examples-of-requests). All run in one playbook, each on a server
of its own, in check mode, for real, and again in both ways; each test looks at the rows of its server.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._steps.render import render_step

CA = "atl-ca-001.litwareinc.com\\myca"
FRONT_END = {"sfb_lab_role": "front_end", "sfb_lab_fqdn": "atl-cs-001.litwareinc.com"}
STANDARD = FRONT_END | {"sfb_lab_pool_fqdn": "atl-cs-001.litwareinc.com"}
ENTERPRISE = FRONT_END | {"sfb_lab_pool_fqdn": "pool1.litwareinc.com"}
EDGE = {"sfb_lab_fqdn": "atl-edge-001.litwareinc.com", "sfb_lab_pool_fqdn": "atl-edge-001.litwareinc.com"}
REACHED = {"sfb_lab_switches": {"cms_inaccessible": False}}
ALL = ["Default", "WebServicesInternal", "WebServicesExternal"]
EXTERNAL = ["AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]
COMMON = {"ca": CA, "template": "jcila", "private_key_exportable": True}
#: By server: its variables, the options of the task, and the command of the help.
EXAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "example1": (
        STANDARD,
        {"type": ["WebServicesExternal"], "ca": CA},
        'Request-CsCertificate -New -Type WebServicesExternal -CA "atl-ca-001.litwareinc.com\\myca"',
    ),
    "example2": (STANDARD, {"state": "listed"}, "Request-CsCertificate -List"),
    "example3": (
        STANDARD,
        {"type": ["WebServicesExternal"], "output": "C:\\Certificates\\WebServicesExternal.cer"},
        "Request-CsCertificate -New -Type WebServicesExternal -Output C:\\Certificates\\WebServicesExternal.cer",
    ),
    "example4": (
        STANDARD,
        COMMON
        | {
            "type": ALL,
            "computer_fqdn": "atl-cs-001.litwareinc.com",
            "friendly_name": "Standard Edition Certficate",
            "domain_names": ["atl-cs-001.litwareinc.com", "atl-ext.litwareinc.com"],
        },
        "Request-CsCertificate -New -Type Default,WebServicesInternal,WebServicesExternal -ComputerFqdn"
        ' "atl-cs-001.litwareinc.com" -CA "atl-ca-001.litwareinc.com\\myca" -FriendlyName "Standard Edition Certficate"'
        ' -Template jcila -PrivateKeyExportable $True -DomainName "atl-cs-001.litwareinc.com,atl-ext.litwareinc.com"',
    ),
    "example5": (
        ENTERPRISE,
        COMMON
        | {
            "type": ALL,
            "computer_fqdn": "atl-cs-001.litwareinc.com",
            "friendly_name": "Enterprise Edition Pool Certificate",
            "domain_names": ["pool1.litwareinc.com", "pool1int.litwareinc.com", "pool1ext.litwareinc.com"],
        },
        "Request-CsCertificate -New -Type Default,WebServicesInternal,WebServicesExternal -ComputerFqdn"
        ' "atl-cs-001.litwareinc.com" -CA "atl-ca-001.litwareinc.com\\myca" -FriendlyName'
        ' "Enterprise Edition Pool Certificate" -Template jcila -PrivateKeyExportable $True -DomainName'
        ' "pool1.litwareinc.com,pool1int.litwareinc.com,pool1ext.litwareinc.com"',
    ),
    "example6": (
        EDGE | REACHED,
        COMMON
        | {
            "type": ["Internal"],
            "computer_fqdn": "atl-edge-001",
            "friendly_name": "Internal Edge Certificate",
            "domain_names": ["atl-edge-001.litwareinc.com", "ap.litwareinc.com"],
        },
        'Request-CsCertificate -New -Type Internal -ComputerFqdn "atl-edge-001" -CA "atl-ca-001.litwareinc.com\\myca"'
        ' -FriendlyName "Internal Edge Certificate" -Template jcila -PrivateKeyExportable $True -DomainName'
        ' "atl-edge-001.litwareinc.com, ap.litwareinc.com"',
    ),
    "example7": (
        EDGE | REACHED,
        COMMON
        | {
            "type": EXTERNAL,
            "computer_fqdn": "atl-edge-001",
            "friendly_name": "External Edge Certificate",
            "domain_names": [
                *("atl-edge-001.litwareinc.com", "ap.litwareinc.com", "dp.litwareinc.com", "atl-edge-001"),
            ],
        },
        "Request-CsCertificate -New -Type AccessEdgeExternal,DataEdgeExternal,AudioVideoAuthentication -ComputerFqdn"
        ' "atl-edge-001" -CA "atl-ca-001.litwareinc.com\\myca" -FriendlyName "External Edge Certificate" -Template jcila'
        ' -PrivateKeyExportable $True -DomainName "atl-edge-001.litwareinc.com,ap.litwareinc.com,dp.litwareinc.com,'
        'atl-edge-001"',
    ),
}
REFUSED = {"example6": "edge6", "example7": "edge7"}
MODULE = "sfb.certificates.cs_certificate_request"


def plain(command: str) -> str:
    """A command without what means nothing to PowerShell: kinds of quotes, case of $true, blanks in a list of names."""
    return command.replace('"', "").replace("'", "").replace("$True", "$true").replace(", ", ",")


def four_times(host: str, options: dict[str, Any]) -> dict[str, Any]:
    """A play that runs a task in check mode, for real, and again in both ways."""
    names = (("check", True), ("run", False), ("again", False), ("again in check mode", True))
    tasks = [{"name": name, MODULE: options, "check_mode": check} for name, check in names]
    return {"hosts": host, "gather_facts": False, "tasks": tasks}


@pytest.fixture(scope="module")
def outcome(once: Callable[..., pathlib.Path], new_pool: Callable[..., Any]) -> dict[str, Any]:
    """The results by server and task, the servers as they are then, and the commands of the journal."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        hosts = {name: variables for name, (variables, _options, _command) in EXAMPLES.items()}
        hosts |= dict.fromkeys(REFUSED.values(), EDGE)
        ca = {"config": CA, "policy": "issued"}
        pool.describe({"litware": list(hosts)}, hosts, sfb_lab_ca=ca, sfb_lab_sip_domains=["litwareinc.com"])
        (pool.lab / "servers" / "example3" / "files" / "C" / "Certificates").mkdir(parents=True)
        waits = {MODULE: EXAMPLES["example1"][1], "vars": {"sfb_lab_ca": ca | {"policy": "pending"}}}
        plays = [{"hosts": "example2", "gather_facts": False, "tasks": [{"name": "before"} | waits]}]
        plays += [four_times(host, options) for host, (_variables, options, _command) in EXAMPLES.items()]
        for example, host in REFUSED.items():
            task = {"name": "refused", MODULE: EXAMPLES[example][1], "ignore_errors": True}
            plays.append({"hosts": host, "gather_facts": False, "tasks": [task]})
        play = pool.play(plays)
        assert play.rc == 0, play.output
        rows: dict[str, dict[str, Any]] = {host: {} for host in hosts}
        for row in play.rows:
            rows[row["host"]][row["task"]] = row["result"] | {"outcome": row["outcome"]}
        ran = {host: [render_step(step) for call in pool.calls(host) for step in call["steps"]] for host in hosts}
        servers = {host: pool.server(host) for host in EXAMPLES}
        (folder / "outcome.json").write_text(json.dumps({"rows": rows, "ran": ran, "servers": servers}))

    found: dict[str, Any] = json.loads((once("request-examples", fill) / "outcome.json").read_text())
    return found


@pytest.mark.parametrize("host", EXAMPLES)
def test_task_shows_and_runs_the_documented_command(outcome, host: str) -> None:
    rows, command = outcome["rows"][host], EXAMPLES[host][2]
    shown = [plain(text) for text in rows["check"]["commands"]]
    assert shown[-1] == plain(command)
    assert rows["run"]["commands"] == rows["check"]["commands"]
    changes = host != "example2"
    assert [rows[name]["changed"] for name in rows if name != "before"] == [changes, changes, False, False]
    if changes:
        ran = [text for texts in outcome["ran"][host] for text in texts]
        assert ran == rows["run"]["commands"]
        assert rows["again"]["commands"] == rows["again in check mode"]["commands"] == []


@pytest.mark.parametrize("host", ["example1", "example4", "example5", "example6", "example7"])
def test_certificate_is_on_the_server(outcome, host: str) -> None:
    row, options = outcome["rows"][host]["run"], EXAMPLES[host][1]
    (mine,) = outcome["servers"][host]["stores"]["My"]
    assert (row["request_state"], row["thumbprint"]) == ("issued", mine["thumbprint"])
    assert mine["friendly_name"] == options.get("friendly_name", "")
    assert set(options.get("domain_names", [])) <= set(row["certificate"]["dns_names"])
    assert outcome["rows"][host]["check"]["thumbprint"] == "(known after issue)"
    assert outcome["rows"][host]["again"]["request_state"] == "fulfilled"
    assert outcome["servers"][host]["assignments"] == {}


def test_pending_requests_are_listed(outcome) -> None:
    rows = outcome["rows"]["example2"]
    (listed,) = rows["run"]["requests"]
    assert listed["request_id"] == rows["before"]["request_id"]
    assert (listed["request_state"], listed["ca"], listed["type"]) == ("pending", CA, ["WebServicesExternal"])
    assert rows["again in check mode"]["requests"] == [listed]


def test_offline_request_lies_where_it_is_wanted(outcome) -> None:
    rows = outcome["rows"]["example3"]
    assert rows["run"]["request_state"] == rows["again"]["request_state"] == "pending"
    assert rows["run"]["csr"] == rows["again"]["csr"]


@pytest.mark.shows("Request-CsCertificate error CentralMgmtStoreInaccessible")
@pytest.mark.parametrize("example", REFUSED)
def test_edge_server_that_cannot_reach_the_management_store(outcome, example: str) -> None:
    row = outcome["rows"][REFUSED[example]]["refused"]
    assert row["outcome"] == "failed"
    assert row["msg"].startswith("Request-CsCertificate: The Central Management Store cannot be read")
    assert "leave computer_fqdn out" in row["msg"]
    assert row["error"]["id"].startswith("CentralMgmtStoreInaccessible")
