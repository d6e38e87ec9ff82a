# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that read or plan, and how the modules go together, on emulated servers."""

from __future__ import annotations

from typing import Any

import pytest

INTERNAL = ["Internal"]
REQUEST_TYPE = {"type": INTERNAL}
REQUEST = {"type": INTERNAL, "private_key_exportable": True, "key_size": 2048}
EVERY_HOST = "edge1,edge2,edge3"
#: The states of all servers, as cs_certificate_plan wants them.
SERVERS = (
    "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, ['info', 'server']))) }}"
)


def thumbprint_of(pool, host: str = "edge1") -> str:
    """The only certificate of a server."""
    (row,) = pool.server(host)["stores"]["My"]
    return row["thumbprint"]


# ---- cs_certificate_info ----


def test_info_of_an_empty_server_leaves_no_trace(pool) -> None:
    state = pool.digest()
    run = pool.tasks({"cs_certificate_info": {"type": INTERNAL}}, {"cs_certificate_info": {}, "check_mode": True})
    assert (run.rc, run.total("changed")) == (0, 0)
    assert pool.digest() == state
    assert [call["steps"] for call in pool.journal()] != []
    assert pool.writing(0) == []
    first, second = run.result("task 1"), run.result("task 2")
    nothing = {"thumbprint": None, "assigned": False, "staged": False, "pending_requests": [], "checks": []}
    names = dict.fromkeys(("needed_names", "missing_names"), ["edge-site1.example.com"])
    assert first["usages"] == [{"type": "Internal", "problems": ["no certificate is assigned"], **nothing, **names}]
    assert second["usages"] == second["certificates"] == second["requests"] == []
    assert first["topology"]["pool_fqdn"] == "edge-site1.example.com"
    assert first["computer"]["module"] == "SkypeForBusiness"


def test_info_tells_all_and_answers_queries(pool, stages) -> None:
    pool.take(stages / "finished")
    thumbprint = thumbprint_of(pool)
    queries = {
        "certificates[?used_by].thumbprint": [thumbprint],
        "certificates[?!used_by]": [],
        "usages[?type=='Internal'].thumbprint | [0]": thumbprint,
        "topology.sip_domains[1]": "example.net",
        "nothing.of.this": None,
        "length(requests)": 0,
    }
    run = pool.tasks(*({"cs_certificate_info": {"query": query}} for query in queries))
    assert [row["result"]["query_result"] for row in run.rows] == list(queries.values())
    info = run.result("task 1")
    (certificate,) = info["certificates"]
    assert certificate["has_private_key"] is certificate["private_key_exportable"] is True
    assert certificate["used_by"] == INTERNAL
    assert 720 < certificate["days_left"] <= 730
    (usage,) = info["usages"]
    assert (usage["assigned"], usage["problems"], usage["scope"]) == (True, [], "Local")


def test_info_tells_what_is_wrong(pool, stages) -> None:
    pool.take(stages / "finished")

    def damage(state: dict[str, Any]) -> None:
        state["stores"]["Root"] = []

    pool.edit("edge1", damage)
    problems = {"query": "usages[0].problems", "type": INTERNAL}
    run = pool.tasks(
        {"cs_certificate_info": problems},
        {"cs_certificate_info": problems, "vars": {"sfb_lab_clock_offset": 3 * 365 * 86400}},
        {"cs_certificate_info": {"type": ["Internal", "XmppServer"]}},
    )
    (chain,) = run.result("task 1")["query_result"]
    assert chain.startswith("its chain does not build: ")
    expired, _chain = run.result("task 2")["query_result"]
    assert expired.startswith("it expired on 20")
    assert run.result("task 3")["warnings"] == [
        "type: the help of Get-CsCertificate does not name the usage XmppServer"
    ]


def test_info_where_the_topology_cannot_be_read(pool) -> None:
    given = {"fqdns": {"pool": "edge.example.org", "access_edge": "sip.example.org"}, "sip_domains": ["example.org"]}
    switch = {"sfb_lab_switches": {"topology_inaccessible": True}}
    run = pool.tasks(
        {"cs_certificate_info": {}, "vars": switch},
        {"cs_certificate_info": given, "vars": switch},
        {"cs_certificate_info": given},
    )
    assert run.rc == 0, run.output
    nothing, completed, own = (row["result"]["topology"] for row in run.rows)
    assert nothing["pool_fqdn"] == ""
    assert nothing["problem"] != ""
    assert (completed["pool_fqdn"], completed["sip_domains"]) == ("edge.example.org", ["example.org"])
    assert own["pool_fqdn"] == "edge-site1.example.com"  # what is given does not overrule the server


# ---- cs_certificate_plan ----


def test_plan_of_a_set_talks_to_no_server(pool) -> None:
    plan = {"type": INTERNAL, "servers": SERVERS, "chain_path": str(pool.chain), "private_key_exportable": True}
    state = pool.digest()
    run = pool.tasks(
        {"cs_certificate_info": {"type": INTERNAL}, "register": "info"},
        {"cs_certificate_plan": plan},
        {"cs_certificate_plan": plan, "check_mode": True},
        {"cs_certificate_plan": plan | {"leader": "edge3", "host": "edge1"}},
        hosts=EVERY_HOST,
    )
    assert (run.rc, run.total("changed")) == (0, 0), run.output
    assert pool.digest() == state
    assert len(pool.journal()) == 3  # the states were read, nothing else
    first = run.results("task 2")
    assert [first[host]["steps"] for host in ("edge1", "edge2")] == [
        ["chain", "request", "import", "export", "assign"],
        ["chain", "note", "copy", "assign"],
    ]
    assert {host: row["is_leader"] for host, row in first.items()} == {"edge1": True, "edge2": False, "edge3": False}
    assert first["edge1"]["names"] == ["edge-site1.example.com"]
    assert first["edge1"]["waiting_for"].startswith("the answer to the request of edge1")
    assert first["edge1"]["commands"][-1] == "Set-CsCertificate -Type Internal -Thumbprint (known after issue)"
    order = [(step["host"], step["name"]) for step in first["edge1"]["set_steps"]]
    assert order.index(("edge1", "export")) < order.index(("edge2", "copy")) < order.index(("edge2", "assign"))
    assert run.results("task 3")["edge2"]["commands"] == first["edge2"]["commands"]
    assert run.results("task 4")["edge2"]["steps"] == ["chain", "note", "copy", "assign"]
    assert {row["leader"] for row in run.results("task 4").values()} == {"edge3"}


def test_plan_of_a_finished_set_is_empty(pool, stages) -> None:
    pool.take(stages / "finished")
    run = pool.tasks(
        {"cs_certificate_info": {"type": INTERNAL}, "register": "info"},
        {"cs_certificate_plan": REQUEST | {"servers": SERVERS, "chain_path": str(pool.chain)}},
        hosts=EVERY_HOST,
    )
    for host, plan in run.results("task 2").items():
        assert (plan["steps"], plan["commands"], plan["waiting_for"]) == ([], [], ""), host
        assert plan["thumbprint"] == thumbprint_of(pool, host)


# ---- cs_certificate_folder ----


def test_folder(pool, stages) -> None:
    pool.take(stages / "requested")
    (lying,) = pool.inbox.iterdir()
    folder = pool.folder / "made by the module"
    mark = len(pool.journal())
    task = {"cs_certificate_folder": {"folder": str(folder), "csr": lying.read_text(), "name": "Set 1: internal"}}
    check = pool.tasks(task, words=("--check", "--diff"))
    assert (check.rc, check.total("changed")) == (0, 1)
    assert not folder.exists()
    run = pool.tasks(task, task, task | {"check_mode": True}, words=("--diff",))
    assert (run.rc, run.total("changed")) == (0, 1), run.output
    (request,) = folder.iterdir()
    assert request.name.startswith("Set-1-internal-")
    shown, done, again = check.result("task 1"), run.result("task 1"), run.result("task 2")
    assert shown["diff"] == done["diff"] == {"before": {"request_file": None}, "after": {"request_file": str(request)}}
    assert (done["found"], done["request_file"]) == (False, str(request))
    assert again["waiting_for"] == f"a certificate in {folder} that answers {request}"

    pool.command("sign", str(folder), "--format", "p7b")
    found = pool.tasks(task, task | {"check_mode": True})
    assert found.total("changed") == 0
    for row in found.rows:
        assert (row["result"]["found"], row["result"]["waiting_for"]) == (True, "")
        assert row["result"]["file"].endswith(".p7b")
        assert row["result"]["certificate"]["subject"] == "CN=edge-site1.example.com"
    assert len(pool.journal()) == mark


# ---- the modules together ----


def test_the_state_of_an_earlier_task_saves_the_call_that_reads(pool, stages) -> None:
    pool.take(stages / "requested")
    pool.sign()
    (answer,) = pool.inbox.glob("*.cer")
    assign = REQUEST_TYPE | {"thumbprint": "{{ d.thumbprint }}", "server": "{{ d.server }}"}
    handed = [
        {"cs_certificate_info": {"type": INTERNAL}, "register": "a"},
        {"cs_certificate_chain": {"path": str(pool.chain), "server": "{{ a.server }}"}, "register": "b"},
        {"cs_certificate_request": REQUEST | {"server": "{{ b.server }}"}, "register": "c"},
        {"cs_certificate_import": {"path": str(answer), "server": "{{ c.server }}"}, "register": "d"},
        {"cs_certificate_assign": assign, "register": "e"},
        {"cs_certificate_export": {"thumbprint": "{{ d.thumbprint }}", "server": "{{ e.server }}"}, "register": "f"},
        {"cs_certificate_info": {"type": INTERNAL, "server": "{{ f.server }}"}},
    ]
    mark = len(pool.journal())
    run = pool.tasks(*handed)
    assert run.rc == 0, run.output
    assert len(pool.calls("edge1", mark)) == 4  # read; import; assign; export
    (usage,) = run.result("task 7")["usages"]
    assert (usage["thumbprint"], usage["problems"]) == (thumbprint_of(pool), [])

    mark = len(pool.journal())
    assert pool.tasks(*handed).total("changed") == 0
    assert len(pool.calls("edge1", mark)) == 2  # read; export, which is done at each run

    alone = [
        {"cs_certificate_info": {"type": INTERNAL}},
        {"cs_certificate_chain": {"path": str(pool.chain)}},
        {"cs_certificate_request": REQUEST},
        {"cs_certificate_import": {"path": str(answer)}},
        {"cs_certificate_assign": REQUEST_TYPE | {"thumbprint": thumbprint_of(pool)}},
    ]
    mark = len(pool.journal())
    assert pool.tasks(*alone).rc == 0
    assert len(pool.calls("edge1", mark)) == 5  # each reads


@pytest.mark.parametrize("stage", ["empty", "requested"])
def test_check_mode_foretells_the_commands_of_a_procedure(pool, stages, stage: str) -> None:
    if stage != "empty":
        pool.take(stages / stage)
    start = [
        {"cs_certificate_info": {"type": INTERNAL}, "register": "a"},
        {"cs_certificate_chain": {"path": str(pool.chain), "server": "{{ a.server }}"}, "register": "b"},
        {"cs_certificate_request": REQUEST | {"server": "{{ b.server }}"}, "register": "c"},
        {"cs_certificate_folder": {"folder": str(pool.inbox), "csr": "{{ c.csr }}"}, "register": "answer"},
    ]
    answer = {"content": "{{ answer.content | default('') }}", "public_key_sha256": "{{ c.public_key_sha256 }}"}
    end = [
        {"cs_certificate_import": REQUEST_TYPE | answer | {"server": "{{ c.server }}"}, "register": "d"},
        {"cs_certificate_assign": REQUEST_TYPE | {"thumbprint": "{{ d.thumbprint }}", "server": "{{ d.server }}"}},
    ]
    state, mark = pool.digest(), len(pool.journal())
    check = pool.tasks(*start, *end, words=("--check", "--diff"))
    assert check.rc == 0, check.output
    assert pool.digest() == state
    shown = [command for row in check.rows for command in row["result"].get("commands", [])]
    assert shown[-1] == "Set-CsCertificate -Type Internal -Thumbprint (known after issue)"
    assert check.result("task 6")["diff"]["after"] == {"Internal": "(known after issue)"}

    mark = len(pool.journal())
    assert pool.tasks(*start).rc == 0
    pool.sign()
    run = pool.tasks(*start, *end)
    assert run.rc == 0, run.output
    assert [command.replace("(known after issue)", thumbprint_of(pool)) for command in shown] == pool.commands(
        "edge1", mark
    )
