# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rollover on emulated pools: turns, staging, failures, and what users notice of them."""

from __future__ import annotations

import pathlib
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder

ROLLOVER = "sfb.certificates.rollover"
HOSTS = ["edge1", "edge2", "edge3"]
SETS = {"edge_site1": HOSTS}
AV = "AudioVideoAuthentication"
PLAIN = ["Internal", "AccessEdgeExternal", "DataEdgeExternal"]
STOP, START, SET = "Stop-CsWindowsService", "Start-CsWindowsService", "Set-CsCertificate"
CLAIM = "claim.json"


def old(pool: Any) -> None:
    """The clerk signs certificates that have had 170 of their 200 days."""
    begin = datetime.now(timezone.utc) - timedelta(days=170)
    pool.sign("--days", "200", "--not-before", f"{begin:%Y-%m-%dT%H:%M:%SZ}")


@pytest.fixture(scope="session")
def rollover_stages(once, new_pool) -> pathlib.Path:
    """Folders for L{Pool.take}: certificates near their end, requests for new ones, and these signed."""

    def fill(folder: pathlib.Path) -> None:
        (folder / "pool").mkdir()
        pool = new_pool(folder / "pool")

        def keep(name: str) -> None:
            assert claims(pool) == []
            for part in ("lab", "inbox"):
                shutil.copytree(pool.folder / part, folder / name / part)

        pool.describe(SETS, edge_renew_before="1d")
        assert pool.play(ROLLOVER).rc == 0
        old(pool)
        assert pool.play(ROLLOVER).rc == 0
        keep("old")
        pool.describe(SETS)
        assert pool.play(ROLLOVER).rc == 0
        keep("requested")
        pool.sign()
        keep("signed")

    return once("rollover", fill)


@pytest.fixture
def at(pool, rollover_stages: pathlib.Path) -> Callable[..., Any]:
    """The pool at one of the stages, with variables of all servers."""

    def take(stage: str, **variables: Any) -> Any:
        pool.describe(SETS, **variables)
        pool.take(rollover_stages / stage)
        return pool

    return take


def assigned(pool: Any, use: str) -> set[str]:
    """The certificates that a usage has on all servers."""
    return {pool.server(host)["assignments"][use]["thumbprint"] for host in HOSTS}


def writes(pool: Any, since: int) -> list[tuple[str, str]]:
    """Host and cmdlet of each step that changes services or assignments, in order."""
    rows = [(call["host"], step) for call in pool.journal()[since:] for step in call["steps"]]
    return [(host, step["name"]) for host, step in rows if step.get("name") in (STOP, START, SET)]


def claims(pool: Any) -> list[str]:
    """Claims and what belongs to them that lie on servers."""
    return sorted(path.name for path in pool.lab.rglob(f"{CLAIM}*"))


def running(pool: Any) -> bool:
    """True if all services of all servers run."""
    return all(row["status"] == "Running" for host in HOSTS for row in pool.server(host)["services"])


@pytest.mark.slow
def test_one_server_after_another(at) -> None:
    """Check mode, run, rerun, rerun in check mode."""
    pool = at("signed")
    before = {use: assigned(pool, use) for use in [*PLAIN, AV]}
    state = pool.digest()
    planned = pool.play(ROLLOVER, "--check")
    assert (planned.rc, pool.digest(), planned.total("changed")) == (0, state, 3), planned.output
    table = planned.result("Show the plan of all sets")["msg"]
    assert len(table) == 1 + len(HOSTS) * 4
    assert [line.split()[4] for line in table[1:]] == [*["assign+restart"] * 3, "stage"] * 3

    mark = len(pool.journal())
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert run.result("Show the plan of all sets")["msg"] == table
    # staged on all servers for one date, before any of them is taken out of service
    sets = [(host, SET) for host in HOSTS]
    steps = writes(pool, mark)
    assert sorted(steps[:3]) == sets
    assert steps[3:] == [(host, name) for host in HOSTS for name in (STOP, SET, SET, START)]
    rows = [pool.server(host)["assignments"][AV] for host in HOSTS]
    assert len({row["effective"] for row in rows}) == 1
    assert {row["previous"] for row in rows} == before[AV]
    after = {use: assigned(pool, use) for use in [*PLAIN, AV]}
    assert all(len(found) == 1 and found != before[use] for use, found in after.items())
    assert after[AV] == after["AccessEdgeExternal"] == after["DataEdgeExternal"] != after["Internal"]
    assert (claims(pool), running(pool)) == ([], True)

    mark = len(pool.journal())
    again = pool.play(ROLLOVER)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert [len(pool.calls(host, mark)) for host in HOSTS] == [1, 1, 1]
    assert pool.writing(mark) == []
    again = pool.play(ROLLOVER, "--check")
    assert (again.rc, again.total("changed")) == (0, 0), again.output


@pytest.mark.slow
def test_a_server_that_does_not_start_goes_back(at) -> None:
    """The first server has its old certificates again and serves, all others are as they were; the next run goes on."""
    pool = at("requested", sfb_lab_switches={"sha512_stops_rtcsrv": True})
    pool.sign("--hash", "sha512")
    before = {use: assigned(pool, use) for use in PLAIN}
    mark = len(pool.journal())
    run = pool.play(ROLLOVER)
    assert run.rc != 0, run.output
    assert [name for name, row in run.recap.items() if row["failures"]] == ["edge1"]
    told = run.result("Stop here")["msg"]
    assert "Cannot start the service" in told
    assert "edge1 has what it had before and is in service. Not touched: edge2, edge3." in told
    assert {host for host, name in writes(pool, mark) if name in (STOP, START)} == {"edge1"}
    assert {use: assigned(pool, use) for use in PLAIN} == before
    assert (claims(pool), running(pool)) == ([], True)

    pool.describe(SETS)
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert all(assigned(pool, use).isdisjoint(before[use]) for use in PLAIN)
    assert (claims(pool), running(pool)) == ([], True)


@pytest.mark.slow
def test_nobody_leaves_where_a_server_could_not_stage(at) -> None:
    """A certificate is staged before the turns; where that fails on one server, no server takes its turn."""
    pool = at("signed")
    only = "inventory_hostname == 'edge2' and rollover_stage is defined"
    pool.describe(SETS, sfb_lab_interrupt_after="{{ 1 if " + only + " else 99 }}")
    mark = len(pool.journal())
    run = pool.play(ROLLOVER)
    assert run.rc != 0
    assert [name for name, row in run.recap.items() if row["unreachable"]] == ["edge2"]
    assert run.result("Tell how to continue")["msg"].startswith(
        "edge2 failed. Servers whose turn was still to come were not"
    )
    assert {name for _host, name in writes(pool, mark)} == {SET}
    assert (claims(pool), running(pool)) == ([CLAIM], True)  # that of edge2, which could not be given free

    pool.describe(SETS)
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert len({pool.server(host)["assignments"][AV]["effective"] for host in HOSTS}) == 1
    assert (claims(pool), running(pool)) == ([], True)


@pytest.mark.slow
def test_nobody_leaves_while_too_few_serve(at) -> None:
    """A server that does not serve counts; nothing is changed, and it is told what to mend or to lower."""
    pool = at("signed")
    pool.tasks({"cs_windows_service": {"state": "stopped", "names": ["RTCSRV"]}}, hosts="edge2")
    state = pool.digest()
    run = pool.play(ROLLOVER)
    assert run.rc != 0
    assert pool.digest() == state
    told = run.message()
    assert (
        "edge_site1: with edge1 out of service, 1 of 3 servers would serve, 2 have to (edge2: RTCSRV does not run)"
        in told
    )
    mark = len(pool.journal())
    pool.describe(SETS, rollover_min_in_service=1)
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert [host for host, name in writes(pool, mark) if name == STOP] == ["edge2", "edge1", "edge3"]


@pytest.mark.slow
def test_what_endpoints_serve_counts(at) -> None:
    """A server whose endpoint does not serve the certificate goes back to what it had."""
    pool = at("signed")
    with serve_endpoints(LabFolder(pool.lab), HOSTS) as ports:

        def endpoints(**of: str) -> dict[str, Any]:
            rows = {host: ports[of.get(host, host)]["AccessEdgeExternal:5061"] for host in HOSTS}
            place = {"type": "AccessEdgeExternal", "host": "127.0.0.1"}
            return {host: {"rollover_endpoints": [{**place, "port": port}]} for host, port in rows.items()}

        roots = {"rollover_ca_bundle": str(pool.chain), "rollover_endpoint_timeout": 4}
        pool.describe(SETS, endpoints(edge2="edge3"), **roots)
        run = pool.play(ROLLOVER)
        assert run.rc != 0
        told = run.result("Stop here", "edge2")["msg"]
        assert "edge2 has what it had before and is in service. Not touched: edge3." in told
        assert len(assigned(pool, "Internal")) == 2
        assert (claims(pool), running(pool)) == ([], True)
        pool.describe(SETS, endpoints(), rollover_endpoint_host="probe", **roots)
        probe = pool.folder / "probe.ini"
        probe.write_text(f"probe ansible_connection=local ansible_python_interpreter={sys.executable}\n")
        mark = len(pool.journal())
        run = pool.play(ROLLOVER, "-i", str(probe))
        assert run.rc == 0, run.output
        looked = [row["host"] for row in run.rows if row["task"] == "See that its endpoints serve that"]
        assert sorted(looked) == ["edge2", "edge3"]
        assert [host for host, name in writes(pool, mark) if name == STOP] == ["edge2", "edge3"]
        assert len(assigned(pool, "Internal")) == 1


def stored(pool: Any) -> dict[str, set[str]]:
    """The certificates with keys that each server has."""
    return {
        host: {row["thumbprint"] for row in pool.server(host)["stores"]["My"] if row["container"]} for host in HOSTS
    }


def keys(pool: Any) -> int:
    """How many private keys lie on all servers."""
    return sum(len(list((pool.lab / "servers" / host / "keys").iterdir())) for host in HOSTS)


@pytest.mark.slow
def test_old_certificates_go_when_nothing_needs_them(at) -> None:
    """The previous A/V certificate when its tokens have ended, and the old ones, only if asked for."""
    pool = at("signed")
    assert pool.play(ROLLOVER).rc == 0
    before = stored(pool)
    later = {"sfb_lab_clock_offset": 3 * 86400}
    pool.describe(SETS, **later)
    run = pool.play(ROLLOVER)
    assert (run.rc, run.total("changed")) == (0, 3), run.output
    assert {pool.server(host)["assignments"][AV]["previous"] for host in HOSTS} == {None}
    run = pool.play(ROLLOVER)
    assert (run.rc, run.total("changed")) == (0, 0), run.output
    named = {row["thumbprint"] for row in run.result("Name the old certificates that nothing uses")["msg"]}
    assert len(named) == 2
    assert stored(pool) == before
    pool.describe(SETS, **later, rollover_old_certificates="remove")
    count = keys(pool)
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert stored(pool) == {host: found - named for host, found in before.items()}
    assert keys(pool) == count - 2 * len(HOSTS)
    run = pool.play(ROLLOVER)
    assert (run.rc, run.total("changed")) == (0, 0), run.output


@pytest.mark.slow
def test_one_server_and_calls_that_do_not_end(pool) -> None:
    """A set of one server has to be allowed; a graceful stop that takes too long leaves everything as it was."""
    one = {"edge_site1": ["edge1"]}
    pool.describe(one)
    refused = pool.play(ROLLOVER)
    assert refused.rc != 0
    assert "edge1 is the only server of its set" in refused.message()
    assert "rollover_allow_outage" in refused.message()
    assert pool.writing(0) == []

    pool.describe(one, rollover_allow_outage=True)
    assert pool.play(ROLLOVER).rc == 0
    pool.sign()
    assert pool.play(ROLLOVER).rc == 0
    before = pool.server("edge1")["assignments"]
    busy = {
        "sfb_lab_switches": {"graceful_stop_seconds": 60},
        "rollover_stop_timeout": 1,
        "edge_domain_names": ["a.example.com"],
    }
    pool.describe(one, rollover_allow_outage=True, **busy)
    assert pool.play(ROLLOVER).rc == 0
    pool.sign()
    run = pool.play(ROLLOVER)
    assert run.rc != 0
    told = run.result("Stop here")["msg"]
    assert "did not end within 1 s" in told
    assert "edge1 has what it had before and is in service." in told
    assert pool.server("edge1")["assignments"]["Internal"] == before["Internal"]
    assert {row["status"] for row in pool.server("edge1")["services"]} == {"Running"}
    pool.describe(one, rollover_allow_outage=True, **busy, rollover_on_stop_timeout="force")
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    assert pool.server("edge1")["assignments"]["Internal"]["thumbprint"] != before["Internal"]["thumbprint"]


@pytest.mark.slow
@pytest.mark.parametrize("staged_row", ["new", "old"])
def test_two_sets_and_what_the_product_shows_of_staging(pool, staged_row: str) -> None:
    """The servers of all sets one after another; both ways in which a staged certificate may be shown."""
    sets = {"edge_site1": ["edge1", "edge2"], "edge_site2": ["edge3", "edge4"]}
    switches = {"sfb_lab_switches": {"staged_row": staged_row}}
    certificates = {"rollover_certificates": [{"type": PLAIN[1:]}, {"type": [AV], "friendly_name": "A/V"}]}
    pool.describe(sets, **switches, **certificates, edge_renew_before="1d")
    assert pool.play(ROLLOVER).rc == 0
    old(pool)
    assert pool.play(ROLLOVER).rc == 0
    pool.describe(sets, **switches, **certificates)
    assert pool.play(ROLLOVER).rc == 0
    pool.sign()
    mark = len(pool.journal())
    run = pool.play(ROLLOVER)
    assert run.rc == 0, run.output
    steps = writes(pool, mark)
    assert [host for host, name in steps if name == STOP] == ["edge1", "edge2", "edge3", "edge4"]
    assert [host for host, name in steps if name == START] == ["edge1", "edge2", "edge3", "edge4"]
    for members in sets.values():
        assert len({pool.server(host)["assignments"][AV]["effective"] for host in members}) == 1
    mark = len(pool.journal())
    again = pool.play(ROLLOVER)
    assert (again.rc, again.total("changed"), pool.writing(mark)) == (0, 0, []), again.output
    assert len(pool.journal()) - mark == 4


@pytest.mark.parametrize("certificates", [[[*PLAIN[1:], AV]], [PLAIN[1:], [AV]]])
@pytest.mark.slow
def test_external_interface(pool, certificates: list[list[str]]) -> None:
    """The playbook edge_external, with one certificate and with two: check mode, run, rerun, rerun in check mode."""
    pool.describe({"edge_site1": ["edge1", "edge2"]}, edge_external_certificates=certificates)
    name, state = "sfb.certificates.edge_external", pool.digest()
    planned = pool.play(name, "--check")
    assert (planned.rc, pool.digest()) == (0, state), planned.output
    assert pool.play(name).rc == 0
    pool.sign()
    run = pool.play(name)
    assert run.rc == 0, run.output
    rows = [pool.server(host)["assignments"] for host in ("edge1", "edge2")]
    found = [{rows[0][use]["thumbprint"] for use in usages} for usages in certificates]
    assert all(len(one) == 1 for one in found)
    assert len(set.union(*found)) == len(certificates)
    assert [{use: row["thumbprint"] for use, row in one.items()} for one in rows][0] == {
        use: row["thumbprint"] for use, row in rows[1].items()
    }
    access = next(
        row
        for row in pool.server("edge2")["stores"]["My"]
        if row["thumbprint"] == rows[1]["AccessEdgeExternal"]["thumbprint"]
    )
    assert {"access.example.com", "webconf.example.com", "sip.example.com", "sip.example.net"} <= set(
        access["dns_names"]
    )
    mark = len(pool.journal())
    for words in ((), ("--check",)):
        again = pool.play(name, *words)
        assert (again.rc, again.total("changed"), pool.writing(mark)) == (0, 0, []), again.output
    assert len(pool.journal()) - mark == 4


def test_what_is_refused_before_a_server_is_touched(pool) -> None:
    """Wrong variables, secrets in the list, a balancer without what it needs; in one run each, and no remote call."""
    cases = {
        "no such option": {"rollover_certificates": [{"type": ["Internal"], "colour": "blue"}]},
        "a secret in the list": {
            "rollover_certificates": [{"type": ["Internal"], "signer_password": "Hidden-Secret-7"}]
        },
        "a set that is none": {"rollover_set": "edge_site9"},
        "haproxy without a socket": {"load_balancer_kind": "haproxy", "load_balancer_socket": ""},
        "another host that is none": {"rollover_endpoint_host": "nowhere"},
        "a word for a number": {"rollover_min_in_service": "most"},
    }
    plays = [
        {
            "name": name,
            "hosts": "edge1",
            "gather_facts": False,
            "tasks": [
                {
                    "block": [{"name": name, "ansible.builtin.include_role": {"name": ROLLOVER}, "vars": variables}],
                    "rescue": [{"name": name, "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
                }
            ],
        }
        for name, variables in cases.items()
    ]
    run = pool.play(plays, "-vvv")
    assert run.rc == 0, run.output
    told = {row["task"]: str(row["result"].get("msg")) for row in run.rows if row["task"] in cases}
    assert "'colour' is no option of a certificate" in told["no such option"]
    assert "signer_password is a secret; set edge_signer_password" in told["a secret in the list"]
    assert "not in the inventory group 'edge_site9'" in told["a set that is none"]
    assert "rollover_endpoint_host: nowhere is not in the inventory" in told["another host that is none"]
    assert "load_balancer_socket" in told["haproxy without a socket"]
    assert "rollover_min_in_service" in told["a word for a number"]
    assert pool.journal() == []
