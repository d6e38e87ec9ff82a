# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each role by itself on emulated servers: check mode, the real run, and again."""

from __future__ import annotations

import base64
from typing import Any

import pytest

INTERNAL = ["Internal"]
POOL = "edge-site1.example.com"
EVERY_HOST = "edge1,edge2,edge3"


def play_of(role: str, hosts: str, variables: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    """A play of one role."""
    return {
        "hosts": hosts,
        "gather_facts": False,
        "roles": [{"role": f"sfb.certificates.{role}", "vars": variables}],
    } | keywords


def check_then_run(pool, role: str, hosts: str = "edge1", *, changes: int = 1, **variables: Any) -> tuple[Any, Any]:
    """A role that has something to do: check mode, for real, and again in both ways.

    :param changes: how many tasks change something, or would, on each host.
    :returns: the runs in check mode and for real.
    """
    count = changes * len(hosts.split(","))
    state, mark = pool.digest(), len(pool.journal())
    check = pool.role(role, "--check", "--diff", hosts=hosts, **variables)
    assert (check.rc, check.total("changed")) == (0, count), check.output
    assert pool.digest() == state
    assert pool.writing(mark) == []

    mark = len(pool.journal())
    run = pool.role(role, "--diff", hosts=hosts, **variables)
    assert (run.rc, run.total("changed")) == (0, count), run.output
    for host in hosts.split(","):
        assert told(run, host) == told(check, host)
        assert not changes or "censored" in str(run.rows) or told(run, host) == pool.commands(host, mark)
    assert_nothing_to_do(pool, role, hosts, variables)
    return check, run


def assert_nothing_to_do(pool, role: str, hosts: str, variables: dict[str, Any]) -> None:
    """A role finds everything in place, in a real run and in check mode."""
    state, mark = pool.digest(), len(pool.journal())
    again = pool.play([play_of(role, hosts, variables), play_of(role, hosts, variables, check_mode=True)], "--diff")
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert pool.digest() == state
    assert pool.writing(mark) == []


def told(play, host: str) -> list[str]:
    """The commands that the results of a run tell for a host."""
    return [command for row in play.rows if row["host"] == host for command in row["result"].get("commands", [])]


def thumbprint_of(pool, host: str = "edge1") -> str:
    """The only certificate of a server."""
    (row,) = pool.server(host)["stores"]["My"]
    return row["thumbprint"]


@pytest.mark.slow
def test_edge_plan(pool) -> None:
    variables = {"edge_plan_set": "edge_site1", "edge_plan_type": INTERNAL, "edge_plan_chain_file": str(pool.chain)}
    check, run = check_then_run(pool, "edge_plan", EVERY_HOST, changes=0, **variables)
    assert len(pool.journal()) == 4 * 3  # in each of four runs each server was read once
    plan = run.result("Plan the steps of the set")
    assert check.results("Show the plan")["edge1"]["msg"]["subject"] == f"CN={POOL}"
    assert {host: part["steps"] for host, part in plan["parts"].items()} == {
        "edge1": ["chain", "request", "import", "export", "assign"],
        "edge2": ["chain", "note", "copy", "assign"],
        "edge3": ["chain", "note", "copy", "assign"],
    }
    for host, part in check.result("Plan the steps of the set")["parts"].items():
        assert (part["steps"], part["reasons"]) == (plan["parts"][host]["steps"], plan["parts"][host]["reasons"])
    # what --limit leaves out is read by the first server of the play, and makes no request
    mark = len(pool.journal())
    limited = pool.role("edge_plan", "--limit", "edge2", hosts=EVERY_HOST, **variables)
    assert limited.result("Plan the steps of the set", "edge2")["leader"] == "edge2"
    assert sorted(call["host"] for call in pool.journal()[mark:]) == ["edge1", "edge2", "edge3"]


def test_edge_chain(pool) -> None:
    _check, run = check_then_run(pool, "edge_chain", EVERY_HOST, edge_chain_file=str(pool.chain))
    assert [command.rpartition("\\")[2] for command in told(run, "edge2")] == ["Root", "CA"]
    for host in ("edge1", "edge2", "edge3"):
        assert [len(pool.server(host)["stores"][name]) for name in ("Root", "CA", "My")] == [1, 1, 0]


def test_edge_request(pool) -> None:
    variables = {"edge_request_type": INTERNAL, "edge_request_names": [POOL], "edge_request_organization": "Example"}
    check, run = check_then_run(pool, "edge_request", **variables)
    command = told(run, "edge1")[-1]
    for part in (
        "Request-CsCertificate -New -Type Internal ",
        "-KeySize 2048",
        "-PrivateKeyExportable $true",
        "-Organization Example",
    ):
        assert part in command
    assert "-Template" not in command
    assert check.result("Request the certificate")["csr"] == "(known after request)"
    (waiting,) = pool.server("edge1")["stores"]["REQUEST"]
    assert waiting["friendly_name"] == "Internal"


def test_edge_sign(pool, stages) -> None:
    pool.take(stages / "requested")
    (lying,) = pool.inbox.iterdir()
    folder = pool.folder / "handed over"
    variables = {"edge_sign_folder": str(folder), "edge_sign_csr": lying.read_text(), "edge_sign_name": "site1"}
    mark = len(pool.journal())
    check = pool.role("edge_sign", "--check", **variables)
    assert (check.rc, check.total("changed"), folder.exists()) == (0, 1, False)
    run = pool.role("edge_sign", **variables)
    assert (run.rc, run.total("changed")) == (0, 1)
    (request,) = folder.iterdir()
    assert request.read_text() == lying.read_text()
    assert run.result("Put the request into the folder and look for its answer")["found"] is False
    assert_nothing_to_do(pool, "edge_sign", "edge1", variables)
    pool.command("sign", str(folder))
    answered = pool.role("edge_sign", **variables).result("Put the request into the folder and look for its answer")
    assert base64.b64decode(answered["content"]) == request.with_suffix(".cer").read_bytes()
    assert len(pool.journal()) == mark


def test_edge_import(pool, stages) -> None:
    pool.take(stages / "requested")
    key = pool.tasks({"cs_certificate_info": {"query": "requests[0].public_key_sha256"}}).result("task 1")[
        "query_result"
    ]
    options = {"edge_import_type": INTERNAL, "edge_import_names": [POOL], "edge_import_public_key_sha256": key}
    early = pool.role("edge_import", "--check", **options)
    assert (early.rc, early.total("changed")) == (0, 1), early.output  # before there is an answer
    pool.sign()
    (answer,) = pool.inbox.glob("*.cer")
    content = base64.b64encode(answer.read_bytes()).decode("ascii")
    _check, run = check_then_run(pool, "edge_import", **options, edge_import_content=content)
    assert told(run, "edge1") == told(early, "edge1") == ["Import-CsCertificate -Path <tmp>\\answer.cer"]
    assert run.result("Import the answer of the certification authority")["thumbprint"] == thumbprint_of(pool)


def test_edge_export(pool, stages) -> None:
    pool.take(stages / "imported")
    variables = {"edge_export_thumbprint": thumbprint_of(pool)}
    mark = len(pool.journal())
    check_then_run(pool, "edge_export", changes=0, **variables)
    exports = [command for command in pool.commands("edge1", mark) if command.startswith("Export-PfxCertificate")]
    assert len(exports) == 2  # the real run and the real rerun
    failed = pool.role("edge_export", edge_export_thumbprint="0" * 40)
    assert failed.message().startswith(f"no certificate {'0' * 40} is in My")


def test_edge_copy(pool) -> None:
    content = base64.b64encode(pool.pfx("On the way to edge2", POOL).read_bytes()).decode("ascii")
    digits = pool.command("summary")  # says nothing of a server that is not there yet
    assert "edge2" not in digits
    shown = pool.tasks(
        {"cs_certificate_import": {"content": content, "passphrase": "On the way to edge2"}}, words=("--check",)
    )
    variables = {
        "edge_copy_content": content,
        "edge_copy_passphrase": "On the way to edge2",
        "edge_copy_thumbprint": shown.result("task 1")["thumbprint"],
        "edge_copy_type": INTERNAL,
        "edge_copy_names": [POOL],
    }
    mark = len(pool.journal())
    check_then_run(pool, "edge_copy", "edge2,edge3", **variables)
    for host in ("edge2", "edge3"):
        assert pool.commands(host, mark) == shown.result("task 1")["commands"]
        (container,) = pool.server(host)["containers"].values()
        assert container["exportable"] is True
        assert thumbprint_of(pool, host) == variables["edge_copy_thumbprint"]
    wrong = pool.role("edge_copy", hosts="edge1", **variables | {"edge_copy_passphrase": "Another one"})
    assert "wrong passphrase" in wrong.message()


def test_edge_assign(pool, stages) -> None:
    pool.take(stages / "imported")
    thumbprint = thumbprint_of(pool)
    variables = {"edge_assign_type": INTERNAL, "edge_assign_thumbprint": thumbprint, "edge_assign_names": [POOL]}
    _check, run = check_then_run(pool, "edge_assign", **variables)
    assert told(run, "edge1") == [f"Set-CsCertificate -Type Internal -Thumbprint {thumbprint}"]
    assert pool.server("edge1")["assignments"]["Internal"]["thumbprint"] == thumbprint


def test_edge_verify(pool, stages) -> None:
    pool.take(stages / "finished")
    variables = {"edge_verify_type": INTERNAL, "edge_verify_thumbprint": thumbprint_of(pool)}
    assert_nothing_to_do(pool, "edge_verify", EVERY_HOST, variables)
    pool.edit("edge2", lambda state: state["stores"].update(Root=[]))
    pool.edit("edge3", lambda state: state["assignments"].clear())
    state = pool.digest()
    run = pool.role("edge_verify", hosts=EVERY_HOST, **variables)
    assert [run.recap[host]["failures"] for host in ("edge1", "edge2", "edge3")] == [0, 1, 1]
    told_of = run.results("Verify that every usage has the certificate and nothing is wrong with it")
    assert "its chain does not build" in told_of["edge2"]["results"][0]["msg"]
    assert told_of["edge3"]["results"][0]["msg"].startswith("Internal has no certificate, expected")
    assert pool.digest() == state


@pytest.mark.slow
def test_edge(pool) -> None:
    variables = {"edge_type": INTERNAL}
    pool.describe({"edge_site1": ["edge1", "edge2"]})
    hosts, state = "edge1,edge2", pool.digest()
    check = pool.role("edge", "--check", "--diff", hosts=hosts, **variables)
    assert check.rc == 0, check.output
    assert (pool.digest(), list(pool.inbox.iterdir()), pool.writing(0)) == (state, [], [])
    plan = check.planned()

    mark = len(pool.journal())
    first = pool.role("edge", hosts=hosts, **variables)
    assert [first.recap[host]["changed"] for host in ("edge1", "edge2")] == [
        2,
        1,
    ]  # chain and request, file; chain and note
    assert_nothing_to_do(pool, "edge", hosts, variables)
    pool.sign()
    second = pool.role("edge", hosts=hosts, **variables)
    assert second.rc == 0, second.output
    thumbprint = thumbprint_of(pool)
    for host, commands in plan.items():
        filled = [command.replace("(known after issue)", thumbprint) for command in commands]
        assert filled == pool.commands(host, mark)
    assert_nothing_to_do(pool, "edge", hosts, variables)


@pytest.mark.parametrize("form", ["cer", pytest.param("p7b", marks=pytest.mark.slow)])
def test_check_mode_of_edge_knows_the_answer_that_lies_there(pool, stages, form: str) -> None:
    pool.take(stages / "requested")
    pool.sign("--format", form)
    state, mark = pool.digest(), len(pool.journal())
    check = pool.role("edge", "--check", hosts=EVERY_HOST, edge_type=INTERNAL)
    assert check.rc == 0, check.output
    assert pool.digest() == state
    assert pool.writing(mark) == []
    run = pool.role("edge", hosts=EVERY_HOST, edge_type=INTERNAL)
    assert run.rc == 0, run.output
    last = f"Set-CsCertificate -Type Internal -Thumbprint {thumbprint_of(pool)}"
    for host in ("edge1", "edge2", "edge3"):
        assert check.commands(host)[-1] == run.commands(host)[-1] == last
