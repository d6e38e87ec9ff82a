# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of HAProxy's runtime API, and what is made of the answers."""

from __future__ import annotations

import ast
import pathlib
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy import change, servers
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.change import Change, Outcome, ServerSpec
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.servers import SHOW_STAT, SHOW_STATES, parse

_BITS = {"ready": 0, "maint": 1, "drain": 8}


class Haproxy:
    """A runtime API with servers; what it is told it does.

    :ivar rows: C(backend/server) -> state bits, status, sessions.
    :ivar told: the commands that change something.
    :ivar refused: a command whose answer is an error.
    """

    def __init__(self, **rows: tuple[int, str, int]) -> None:
        self.rows = {name.replace("__", "/"): list(row) for name, row in rows.items()}
        self.told: list[str] = []
        self.refused = ""
        self.now = 0.0

    def ask(self, command: str) -> str:
        """The answer to a command."""
        if command == SHOW_STATES:
            lines = [f"{name.replace('/', ' ')} {row[0]} -" for name, row in self.rows.items()]
            return "\n".join(["1", "# be_name srv_name srv_admin_state srv_fqdn", *lines, "", ""])
        if command == SHOW_STAT:
            lines = [f"{name.replace('/', ',')},{row[2]},{row[1]},L4OK," for name, row in self.rows.items()]
            return "\n".join(["# pxname,svname,scur,status,check_desc,", *lines, "", ""])
        if command == self.refused:
            return "Permission denied\n\n"
        self.told.append(command)
        _set, _server, name, _state, state = command.split(" ")
        self.rows[name][0] = _BITS[state]
        return "\n"

    def pause(self, seconds: float) -> None:
        """Time passes, and sessions end."""
        self.now += seconds
        for row in self.rows.values():
            row[2] = max(0, row[2] - 1)

    def run(self, check_mode: bool = False, **options: Any) -> Outcome:
        """Does what options say."""
        spec = ServerSpec(**{"server": "edge1", "state": "drain", **options})
        return Change(spec, self.ask, self.pause, lambda: self.now).run(check_mode)


@pytest.fixture
def haproxy() -> Haproxy:
    """Two backends with the server, one of them with another one."""
    return Haproxy(sip__edge1=(0, "UP", 2), sip__edge2=(0, "UP 1/2", 1), web__edge1=(8, "DRAIN", 0))


def test_only_what_differs_is_set(haproxy: Haproxy) -> None:
    outcome = haproxy.run()
    assert outcome.commands == haproxy.told == ["set server sip/edge1 state drain"]
    assert outcome.result()["diff"] == {
        "before": {"sip/edge1": "ready", "web/edge1": "drain"},
        "after": {"sip/edge1": "drain", "web/edge1": "drain"},
    }
    assert haproxy.run().result()["changed"] is False
    assert len(haproxy.told) == 1


def test_check_mode_sets_nothing_and_waits_for_nothing(haproxy: Haproxy) -> None:
    outcome = haproxy.run(check_mode=True, wait=True)
    assert (haproxy.told, haproxy.now) == ([], 0)
    assert outcome.commands == ["set server sip/edge1 state drain"]
    assert [row.state for row in outcome.after] == ["drain", "drain"]


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_it_waits_until_sessions_have_ended(haproxy: Haproxy, state: str) -> None:
    outcome = haproxy.run(state=state, wait=True, wait_timeout=5)
    assert [row.sessions for row in outcome.after] == [0, 0]
    assert haproxy.now > 0
    assert outcome.warnings == []


def test_sessions_that_do_not_end(haproxy: Haproxy) -> None:
    haproxy.rows["sip/edge1"][2] = 1000
    with pytest.raises(
        CertificatesError, match=r"after 5 s, 980 in sip, so it was put back to ready; .* on_timeout: force"
    ):
        haproxy.run(wait=True, wait_timeout=5)
    assert haproxy.told == ["set server sip/edge1 state drain", "set server sip/edge1 state ready"]
    assert haproxy.rows["web/edge1"][0] == _BITS["drain"]
    outcome = haproxy.run(wait=True, wait_timeout=5, force=True)
    assert outcome.warnings == ["edge1 still has sessions after 5 s, 960 in sip; went on, as on_timeout says"]
    with pytest.raises(CertificatesError, match="so it was left as it was"):
        haproxy.run(wait=True, wait_timeout=5)


def test_a_server_that_does_not_come_up_stays_ready(haproxy: Haproxy) -> None:
    with pytest.raises(CertificatesError, match=r"^web/edge1 is DRAIN \(L4OK\) after 5 s; it stays ready"):
        haproxy.run(state="ready", wait=True, wait_timeout=5)
    assert haproxy.told == ["set server web/edge1 state ready"]


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("UP", True),
        ("UP 1/3", True),
        ("no check", True),
        ("DOWN", False),
        ("DOWN 1/2", False),
        ("MAINT (via sip/a)", False),
    ],
)
def test_what_is_in_rotation(status: str, there: bool) -> None:
    (row,) = parse(*map(Haproxy(sip__edge1=(0, status, 0)).ask, (SHOW_STATES, SHOW_STAT)))
    assert row.in_rotation is there


@pytest.mark.parametrize(
    ("bits", "state"), [(0, "ready"), (2, "ready"), (4, "ready"), (5, "maint"), (9, "maint"), (24, "drain")]
)
def test_states_are_those_an_administrator_has_set(bits: int, state: str) -> None:
    (row,) = parse(*map(Haproxy(sip__edge1=(bits, "UP", 0)).ask, (SHOW_STATES, SHOW_STAT)))
    assert row.state == state


def test_a_refusal_puts_back_what_was_set(haproxy: Haproxy) -> None:
    haproxy.rows["web/edge1"][0] = 0
    haproxy.refused = "set server web/edge1 state drain"
    with pytest.raises(CertificatesError, match="Permission denied.*'level admin'"):
        haproxy.run()
    assert haproxy.told == ["set server sip/edge1 state drain", "set server sip/edge1 state ready"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"server": "edge9"},
            r"server: no backend of HAProxy has a server 'edge9'; did you mean edge\d\? \(it has edge1, edge2\)",
        ),
        ({"server": "edge2", "backends": ("web",)}, r"server: backend web has no server 'edge2'; .* \(it has edge1\)"),
        (
            {"backends": ("sipp",)},
            r"backends: HAProxy has no backend 'sipp' with servers; did you mean sip\? \(it has sip, web\)",
        ),
    ],
)
def test_what_is_not_there(haproxy: Haproxy, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        haproxy.run(**options)
    assert haproxy.told == []


@pytest.mark.parametrize(
    ("states", "stat", "message"),
    [
        ("", "", "is not HAProxy's \\(nothing came\\)"),
        ("HTTP/1.0 400 Bad request", "", "'show servers state' is not HAProxy's \\(HTTP/1.0 400"),
        (Haproxy().ask(SHOW_STATES), "Unknown command", "'show stat .* is not HAProxy's"),
        ("Permission denied\n\n", "", "refuses 'show servers state'"),
    ],
)
def test_other_answers(states: str, stat: str, message: str) -> None:
    with pytest.raises(CertificatesError, match=message):
        parse(states, stat)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"server": " "}, "server: is empty"), ({"wait_timeout": 0}, "wait_timeout: 0 is no number")],
)
def test_values_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        change.validate(ServerSpec(**{"server": "edge1", "state": "drain", **options}))


def test_old_pythons_can_read_it() -> None:
    """It runs with the Python of HAProxy's host, of which ansible-core asks less than of the controller's."""
    module = pathlib.Path(servers.__file__).parents[2] / "modules" / "haproxy_server.py"
    for path in (module, pathlib.Path(servers.__file__), pathlib.Path(change.__file__)):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
