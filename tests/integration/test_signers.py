# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signers of the role edge: each ends in the same state, and loses or doubles nothing on its way."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.certsrv_desk import Policy

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


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
def test_certsrv(pool, emulate, auth: str) -> None:
    server = emulate()
    describe(pool, **certsrv(pool, server, edge_signer_auth=auth))
    run = assert_check_mode_is_true(pool, lambda: pool.play(PLAYBOOK, "-vv"))
    assert len(server.desk.rows()) == 1
    assert CERTSRV_SECRETS["certsrv_password"] not in run.output
    assert_finished(pool)
    assert len(server.desk.rows()) == 1
