# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Online requests on emulated servers: issued, pending, denied, revoked; listed, retrieved, cleared; assigned at once.

Each server lives through a story of its own, all in one playbook; each test looks at the rows of its server.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._steps.render import render_step

MODULE = "sfb.certificates.cs_certificate_request"
CA = "ca1.example.com\\Lab Issuing CA"
WEB = {"type": ["WebServicesExternal"], "ca": CA, "friendly_name": "Web"}
NAMELESS = {"type": ["WebServicesExternal"], "ca": CA}


def ca(policy: str, **more: str) -> dict[str, Any]:
    """A variable that says what the authority does now."""
    return {"sfb_lab_ca": {"config": CA, "policy": policy} | more}


def ask(name: str, options: dict[str, Any], policy: str = "issued", **more: Any) -> dict[str, Any]:
    """A task that may fail."""
    return {"name": name, MODULE: options, "vars": ca(policy), "ignore_errors": True} | more


def cycle(name: str, options: dict[str, Any], policy: str = "issued") -> list[dict[str, Any]]:
    """The same task in check mode, for real, and again in both ways."""
    return [
        ask(f"{name}: check", options, policy, check_mode=True),
        ask(f"{name}: run", options, policy),
        ask(f"{name}: again", options, policy),
        ask(f"{name}: again in check mode", options, policy, check_mode=True),
    ]


LIST, RETRIEVE, CLEAR = ({"state": state} for state in ("listed", "retrieved", "absent"))
WAIT = {"wait": True, "wait_timeout": 1, "wait_sleep": 1}
NO_OBJECT = {"sfb_lab_switches": {"request_returns_object": False}}
#: By server: its variables, and its tasks.
STORIES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "issued": (
        {},
        [
            *cycle("request", WEB | {"assign": True}),
            {"name": "chain", "sfb.certificates.cs_certificate_chain": {"path": "{{ edge_chain_file }}"}},
            *cycle("assign", WEB | {"assign": True}),
            *cycle("changed", WEB | {"assign": True, "city": "Bern"}),
        ],
    ),
    "trusting": (
        NO_OBJECT,
        [
            {"name": "chain", "sfb.certificates.cs_certificate_chain": {"path": "{{ edge_chain_file }}"}},
            *cycle("request", NAMELESS | {"assign": True, "names": ["webext.example.com"]}),
            ask("changed", NAMELESS | {"city": "Bern"}, check_mode=True),
        ],
    ),
    "pending": (
        {},
        [
            ask("foretold", WEB, "pending", check_mode=True),
            ask("request", WEB, "pending"),
            ask("again", WEB, "pending"),
            ask("again in check mode", WEB | WAIT, "pending", check_mode=True),
            ask("too impatient", WEB | WAIT, "pending"),
            ask("list", LIST, "pending"),
            ask("list another", LIST | {"request_id": 4711}, "pending", check_mode=True),
            ask("retrieve in vain", RETRIEVE, "pending"),
            *cycle("retrieve", RETRIEVE),
            ask("list then", LIST),
            ask("request then", WEB),
        ],
    ),
    "nameless": (
        NO_OBJECT,
        [
            ask("request", NAMELESS, "pending"),
            ask("again", NAMELESS, "pending"),
            ask("another", NAMELESS | {"force": True}, "pending"),
            ask("after another", NAMELESS, "pending"),
            ask("elsewhere", NAMELESS | {"city": "Bern"}, "pending", check_mode=True),
            ask("retrieve", RETRIEVE | WAIT),
        ],
    ),
    "patient": ({}, [ask("request", WEB, "pending"), ask("wait", WEB | WAIT), ask("again", WEB | WAIT)]),
    "revoked": (
        {},
        [
            ask("request", WEB, "pending"),
            ask("retrieve", RETRIEVE, "revoked"),
            ask("clear nothing", CLEAR | {"request_id": 4711}, "revoked"),
            *cycle("clear", CLEAR | {"request_id": 7}, "revoked"),
        ],
    ),
    "denied": (
        {},
        [
            ask("request", WEB, "pending"),
            ask("another", {"type": ["Default"], "ca": CA}, "pending"),
            ask("wait", WEB | WAIT, "denied"),
            ask("retrieve", RETRIEVE, "denied"),
            *cycle("clear", CLEAR | {"all_requests": True}, "denied"),
        ],
    ),
    "refused": (
        {},
        [
            ask("unreachable", WEB, "unreachable"),
            ask("template", WEB | {"template": "Web Server 2"}, "template"),
            ask("policy", WEB, "denied"),
            ask(
                "credentials",
                WEB | {"ca_account": "EXAMPLE\\clerk", "ca_password": "Wrong-Secret"},
                vars=ca("issued", account="EXAMPLE\\clerk", password="Right-Secret"),
            ),
            ask("usage", WEB | {"type": ["Internal"]}),
            ask("folder", {"type": ["Default"], "output": "C:\\nowhere\\a.req"}),
            ask("no type", {"ca": CA}),
            ask("no backslash", WEB | {"ca": "ca1.example.com"}),
            ask("relative", {"type": ["Default"], "output": "a.req"}),
            ask("both", WEB | {"output": "C:\\a.req"}),
            ask("no number", CLEAR),
            ask("number", WEB | {"request_id": 7}),
            ask("nothing to wait for", {"type": ["Default"], "wait": True}),
            ask("no pause", WEB | WAIT | {"wait_sleep": 0}),
            ask("no account", WEB | {"ca_password": "Wrong-Secret"}),
        ],
    ),
}


@pytest.fixture(scope="module")
def stories(once: Callable[..., pathlib.Path], new_pool: Callable[..., Any]) -> dict[str, Any]:
    """The results by server and task, the commands of the journal, and the servers as they are at the end."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        common = {"sfb_lab_role": "front_end", "sfb_lab_pool_fqdn": "pool1.example.com"}
        pool.describe({"pool1": list(STORIES)}, {host: common | own for host, (own, _tasks) in STORIES.items()})
        play = pool.play(
            [{"hosts": host, "gather_facts": False, "tasks": tasks} for host, (_own, tasks) in STORIES.items()]
        )
        assert play.rc == 0, play.output
        rows: dict[str, dict[str, Any]] = {host: {} for host in STORIES}
        for row in play.rows:
            rows[row["host"]][row["task"]] = row["result"] | {"outcome": row["outcome"]}
        ran = {
            host: [text for call in pool.calls(host) for step in call["steps"] for text in render_step(step)]
            for host in STORIES
        }
        servers = {path.parent.name: json.loads(path.read_text()) for path in pool.lab.glob("servers/*/server.json")}
        (folder / "outcome.json").write_text(json.dumps({"rows": rows, "ran": ran, "servers": servers}))

    found: dict[str, Any] = json.loads((once("request-online", fill) / "outcome.json").read_text())
    return found


def told(rows: dict[str, Any], *names: str) -> list[tuple[bool, str]]:
    """Whether tasks changed anything, and what they say the request is."""
    return [(rows[name]["changed"], rows[name]["request_state"]) for name in names]


def assert_cycle(rows: dict[str, Any], name: str) -> dict[str, Any]:
    """Check mode told what the run did, and then there was nothing to do; gives the result of the run."""
    check, run, *again = (rows[f"{name}: {part}"] for part in ("check", "run", "again", "again in check mode"))
    assert [row["outcome"] for row in (check, run, *again)] == ["ok"] * 4, run.get("msg")
    assert [row["changed"] for row in (check, run, *again)] == [True, True, False, False]
    assert check["commands"] == run["commands"] != []
    assert check["reasons"] == run["reasons"] != []
    assert [row["commands"] for row in again] == [[], []]
    assert set(check["diff"]["before"]) == set(run["diff"]["before"])
    assert check["diff"]["before"] == run["diff"]["before"]
    assert run["diff"]["before"] != run["diff"]["after"]
    return dict(run)


@pytest.mark.shows("Request-CsCertificate error chain is invalid (warning)")
def test_issued_without_a_chain_then_assigned(stories) -> None:
    rows, server = dict(stories["rows"]["issued"]), stories["servers"]["issued"]
    # check mode cannot know the issuer, and takes the chain to be there
    check = rows["request: check"]
    assert check["commands"][-1] == "Set-CsCertificate -Type WebServicesExternal -Thumbprint (known after issue)"
    diff = {part: {"request": check["diff"][part]["request"]} for part in ("before", "after")}
    rows["request: check"] = check | {
        "commands": check["commands"][:-1],
        "reasons": check["reasons"][:-1],
        "diff": diff,
    }
    run = assert_cycle(rows, "request")
    assert (run["request_state"], run["assignable"], run["assigned"]) == ("issued", False, False)
    assert "its chain does not build" in run["not_assigned_because"][0]
    assert "CN=Lab Issuing CA" in run["not_assigned_because"][0]
    assert rows["request: check"]["thumbprint"] == "(known after issue)"
    # the product's warning comes with what to do
    assert "import the chain of the certification authority" in run["warnings"][0]
    assigned = assert_cycle(rows, "assign")
    assert (assigned["request_state"], assigned["thumbprint"]) == ("fulfilled", run["thumbprint"])
    assert (assigned["assigned"], assigned["not_assigned_because"]) == (True, [])
    command = f"Set-CsCertificate -Type WebServicesExternal -Thumbprint {run['thumbprint']}"
    assert assigned["commands"] == [command]
    assert assigned["diff"] == {
        "before": {"WebServicesExternal": None},
        "after": {"WebServicesExternal": run["thumbprint"]},
    }
    # a changed option makes a new one; the name is taken, so that the date is added
    changed = assert_cycle_of_a_new_thumbprint(rows)
    assert any("city was None in its request and is now 'Bern'" in text for text in changed["reasons"])
    assert changed["friendly_name"] == f"Web {changed['diff']['after']['request']['requested'][:10]}"
    assert server["assignments"]["WebServicesExternal"]["thumbprint"] == changed["thumbprint"] != run["thumbprint"]
    assert {row["friendly_name"] for row in server["stores"]["My"]} == {"Web", changed["friendly_name"]}


def assert_cycle_of_a_new_thumbprint(rows: dict[str, Any]) -> dict[str, Any]:
    """The cycle "changed", whose commands name a thumbprint that check mode cannot know."""
    check, run = dict(rows["changed: check"]), rows["changed: run"]
    check["commands"] = [text.replace("(known after issue)", run["thumbprint"]) for text in check["commands"]]
    return assert_cycle({**rows, "changed: check": check}, "changed")


def test_issued_and_assigned_in_one_task(stories) -> None:
    rows = dict(stories["rows"]["trusting"])
    thumbprint = rows["request: run"]["thumbprint"]
    rows["request: check"] |= {
        "commands": [text.replace("(known after issue)", thumbprint) for text in rows["request: check"]["commands"]]
    }
    run = assert_cycle(rows, "request")
    assert (run["request_state"], run["assigned"], run["not_assigned_because"]) == ("issued", True, [])
    assert run["commands"][1:] == [
        f"Request-CsCertificate -New -Type WebServicesExternal -CA '{CA}'",
        f"Set-CsCertificate -Type WebServicesExternal -Thumbprint {thumbprint}",
    ]
    assert "webext.example.com" in run["certificate"]["dns_names"]
    assert stories["servers"]["trusting"]["assignments"]["WebServicesExternal"]["thumbprint"] == thumbprint
    assert stories["ran"]["trusting"][-3:] == run["commands"]
    assert any("city was None" in text for text in rows["changed"]["reasons"])


@pytest.mark.shows(
    "Request-CsCertificate set ByList",
    "Request-CsCertificate set ByRetrieve",
    "Request-CsCertificate parameter List",
    "Request-CsCertificate parameter Retrieve",
    "Request-CsCertificate parameter RequestId",
)
def test_pending_until_retrieved(stories) -> None:
    rows = stories["rows"]["pending"]
    assert rows["foretold"]["request_state"] == "issued"
    names = ("request", "again", "again in check mode", "too impatient")
    assert told(rows, *names) == [(True, "pending"), *[(False, "pending")] * 3]
    assert {rows[name]["request_id"] for name in names} == {7}
    assert rows["request"]["ca"] == CA
    assert "warnings" not in rows["again in check mode"]
    assert rows["too impatient"]["warnings"] == ["request 7 is still pending after 1 s; run again later"]
    assert rows["too impatient"]["commands"] == []
    (row,) = rows["list"]["requests"]
    assert (row["request_id"], row["friendly_name"], row["thumbprint"]) == (7, "Web", None)
    assert rows["list"]["commands"] == ["Request-CsCertificate -List"]
    assert rows["list another"]["requests"] == []
    assert rows["retrieve in vain"]["requests"] == [row]
    assert (rows["retrieve in vain"]["changed"], rows["retrieve in vain"]["commands"]) == (False, [])

    run = assert_cycle(rows, "retrieve")
    assert run["commands"] == ["Request-CsCertificate -Retrieve -RequestId 7"]
    assert run["diff"] == {"before": {"pending": ["request 7 Web"]}, "after": {"pending": []}}
    (mine,) = stories["servers"]["pending"]["stores"]["My"]
    assert run["requests"][0]["thumbprint"] == run["requests"][0]["certificate"]["thumbprint"] == mine["thumbprint"]
    assert rows["retrieve: check"]["requests"][0]["thumbprint"] == "(known after issue)"
    assert rows["list then"]["requests"] == rows["retrieve: again"]["requests"] == []
    assert told(rows, "request then") == [(False, "fulfilled")]
    assert stories["ran"]["pending"].count("Request-CsCertificate -Retrieve -RequestId 7") == 4  # twice while it waited


def test_requests_without_a_friendly_name_are_told_apart(stories) -> None:
    rows = stories["rows"]["nameless"]
    assert told(rows, "request", "again", "another", "after another") == [
        (True, "pending"),
        (False, "pending"),
        (True, "pending"),
        (False, "pending"),
    ]
    first, second = rows["request"]["request_id"], rows["another"]["request_id"]
    assert first != second
    assert [rows[name]["request_id"] for name in ("again", "after another")] == [first, second]
    assert rows["elsewhere"]["changed"] is True
    assert [row["request_state"] for row in rows["retrieve"]["requests"]] == ["issued", "issued"]
    thumbprints = {row["thumbprint"] for row in rows["retrieve"]["requests"]}
    assert thumbprints == {row["thumbprint"] for row in stories["servers"]["nameless"]["stores"]["My"]}
    assert len(thumbprints) == 2


def test_waiting_brings_the_certificate(stories) -> None:
    rows = stories["rows"]["patient"]
    assert told(rows, "request", "wait", "again") == [(True, "pending"), (True, "issued"), (False, "fulfilled")]
    assert rows["wait"]["commands"] == ["Request-CsCertificate -Retrieve -RequestId 7"]
    assert rows["wait"]["thumbprint"] == rows["again"]["thumbprint"]
    assert "request_id" not in rows["wait"]


@pytest.mark.shows(
    "Request-CsCertificate set ByClear",
    "Request-CsCertificate parameter Clear",
    "Request-CsCertificate error state of a request is not supported (revoked)",
)
def test_revoked_request_is_named_and_cleared(stories) -> None:
    rows = stories["rows"]["revoked"]
    assert rows["retrieve"]["outcome"] == "failed"
    assert "request 7 was revoked" in rows["retrieve"]["msg"]
    assert "state: absent, request_id: 7" in rows["retrieve"]["msg"]
    assert "revoked" in rows["retrieve"]["error"]["message"]
    assert (rows["clear nothing"]["changed"], rows["clear nothing"]["requests"]) == (False, [])
    run = assert_cycle(rows, "clear")
    assert run["commands"] == ["Request-CsCertificate -Clear -RequestId 7"]
    assert run["diff"] == {"before": {"pending": ["request 7 Web"]}, "after": {"pending": []}}
    assert [row["request_state"] for row in run["requests"]] == ["cleared"]
    assert stories["servers"]["revoked"]["requests"] == stories["servers"]["revoked"]["stores"]["REQUEST"] == []


def test_denied_requests_are_all_tried_and_named(stories) -> None:
    rows = stories["rows"]["denied"]
    assert rows["wait"]["outcome"] == rows["retrieve"]["outcome"] == "failed"
    assert "request 7 was denied: Request 7: Denied by Policy Module" in rows["wait"]["msg"]
    assert "state: absent, request_id: 7" in rows["wait"]["msg"]
    for number in (7, 8):
        assert f"request {number} was denied" in rows["retrieve"]["msg"]
    assert [row["request_state"] for row in rows["retrieve"]["requests"]] == ["failed", "failed"]
    assert assert_cycle(rows, "clear")["commands"] == ["Request-CsCertificate -Clear"]


def error(text: str) -> pytest.MarkDecorator:
    """Marks a test with the documented error that it shows."""
    return pytest.mark.shows(f"Request-CsCertificate error {text}")


@pytest.mark.parametrize(
    ("task", "parts"),
    [
        pytest.param(
            "unreachable",
            ("Unable to contact certification authority", "check ca (host\\name"),
            marks=error("Unable to contact certification authority"),
        ),
        pytest.param(
            "template",
            ("template that is not supported: Web Server 2", "by its name and not its display name"),
            marks=error("certificate template that is not supported"),
        ),
        pytest.param(
            "policy",
            ("Denied by Policy Module 0x80094800", "the right Enroll"),
            marks=error("Denied by Policy Module"),
        ),
        pytest.param(
            "credentials",
            ("correct credentials", "check ca_account (DOMAIN\\user) and ca_password"),
            marks=error("logged on with the correct credentials"),
        ),
        pytest.param(
            "usage",
            ("does not need a certificate", "role of this server"),
            marks=error("The computer does not need a certificate"),
        ),
        ("folder", ("C:\\nowhere\\a.req",)),
    ],
)
def test_error_of_the_product_says_what_to_do(stories, task: str, parts: tuple[str, ...]) -> None:
    row = stories["rows"]["refused"][task]
    assert row["outcome"] == "failed"
    assert row["msg"].startswith("Request-CsCertificate: ")
    assert all(part in row["msg"] for part in parts), row["msg"]
    assert "\n" not in row["msg"]
    assert row["error"]["message"] in row["msg"] or row["error"]["chain"]
    assert "Wrong-Secret" not in json.dumps(row)


@pytest.mark.parametrize(
    ("task", "part"),
    [
        ("no type", "type"),
        ("no backslash", "ca: 'ca1.example.com' is not of the form host\\name"),
        ("relative", "output: 'a.req' is no absolute Windows path"),
        ("both", "mutually exclusive: ca|output"),
        ("no number", "all_requests: true"),
        ("number", "request_id: is not for state present"),
        ("nothing to wait for", "set ca, or leave wait out"),
        ("no pause", "wait_sleep: 0 is too small"),
        ("no account", "ca_account"),
    ],
)
def test_wrong_options_are_told_before_anything_is_done(stories, task: str, part: str) -> None:
    row = stories["rows"]["refused"][task]
    assert row["outcome"] == "failed"
    assert part in row["msg"], row["msg"]
    assert "error" not in row


def test_what_is_refused_leaves_no_certificate_and_no_request(stories) -> None:
    assert sorted(stories["servers"]) == sorted(set(STORIES) - {"refused"})  # it was never written
