# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signers of the role edge: each ends in the same state, and loses or doubles nothing on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


from .conftest import CERTSRV_SECRETS

PLAYBOOK = "sfb.certificates.edge_internal"
HOSTS = ["edge1", "edge2"]


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
    shown = {host: result["commands"] for host, result in check.results("Plan the steps of the set").items()}
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


# ---- local_ca ----


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
    return {"edge_signer": "online", "edge_signer_ca": CA, "edge_folder": "", "sfb_lab_ca": {"config": CA, "policy": policy}} | more


def test_online(pool) -> None:
    describe(pool, **online("issued"))
    assert_check_mode_is_true(pool, lambda: pool.play(PLAYBOOK))
    assert_finished(pool)


def test_online_denied_then_pending_then_issued(pool) -> None:
    describe(pool, **online("unreachable"))
    away = pool.play(PLAYBOOK)
    assert "the RPC server of the certification authority cannot be reached" in away.message("edge1")
    describe(pool, **online("pending"))
    waiting = pool.play(PLAYBOOK)
    assert waiting.rc == 0, waiting.output
    assert f"waits for the approval of request 7 at {CA}" in waiting.output
    assert pool.server("edge2")["stores"]["My"] == []
    again = pool.play(PLAYBOOK)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert sum("-New" in command for command in pool.commands("edge1")) == 2
    describe(pool, **online("issued"))
    done = pool.play(PLAYBOOK)
    assert done.rc == 0, done.output
    assert_all_assigned(pool)
    assert sum("-New" in command for command in pool.commands("edge1")) == 2
