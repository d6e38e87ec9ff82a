# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers are taken out of a real HAProxy and put back: module haproxy_server and role load_balancer."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.endpoints import serve_endpoints
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.tests.lab.balancer import MISSING, Balancer, find_haproxy
from ansible_collections.sfb.certificates.tests.lab.member import Member
from ansible_collections.sfb.certificates.tests.lab.monitor import Monitor, summary
from ansible_collections.sfb.certificates.tests.lab.traffic import Client
from ansible_collections.sfb.certificates.tests.wire.tls import make_identity
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from .conftest import BIN

pytestmark = pytest.mark.skipif(
    find_haproxy() is None,
    reason=f"the tests of the load balancer were not run: {MISSING}",
)
HAPROXY = "sfb.certificates.haproxy_server"
HOSTS = ("edge1", "edge2", "edge3")
NEVER = {"ignore_errors": True}
CHECK = {"check_mode": True, "diff": True}


@pytest.fixture
def balancer(tmp_path: pathlib.Path) -> Iterator[Balancer]:
    """HAProxy in front of three servers that keep sessions; two backends, the second one has edge1 only."""
    identity = make_identity(tmp_path)
    with contextlib.ExitStack() as stack:
        places = {host: stack.enter_context(Member(identity.file)).place for host in HOSTS}
        sets = {"access": places, "webconf": {"edge1": places["edge1"]}}
        yield stack.enter_context(Balancer(sets, tmp_path))


def states(balancer: Balancer, host: str = "edge1") -> list[str]:
    """The state of a server in its backends."""
    return [row.state for row in balancer.servers() if row.name == host]


def hold(port: int) -> ssl.SSLSocket:
    """A session through a frontend."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10))


@contextlib.contextmanager
def later(condition: Callable[[], bool], act: Callable[[], object]) -> Iterator[None]:
    """Does something a moment after a condition has come true, beside the block."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(0.05):
            if condition():
                time.sleep(0.5)
                act()
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_sessions_end_or_do_not(pool, balancer: Balancer) -> None:
    """Check mode, time limit both ways, sessions that end, rerun, and back."""
    here = {"socket": str(balancer.socket), "server": "edge1"}
    drain, ready = here | {"state": "drain"}, here | {"state": "ready", "wait": True, "wait_timeout": 30}
    mark = pool.folder / "mark"
    session = hold(balancer.ports["webconf"])
    with session, later(mark.exists, session.close):
        run = pool.tasks(
            {HAPROXY: drain | {"wait": True}} | CHECK,
            {HAPROXY: drain | {"wait": True, "wait_timeout": 1}} | NEVER,
            {HAPROXY: here | {"state": "ready"}} | CHECK,
            {HAPROXY: drain | {"wait": True, "wait_timeout": 1, "on_timeout": "force"}},
            {HAPROXY: drain} | CHECK,
            {"ansible.builtin.file": {"path": str(mark), "state": "touch"}},
            {HAPROXY: drain | {"wait": True, "wait_timeout": 60}},
            {HAPROXY: ready | {"backends": ["access"]}},
            {HAPROXY: ready},
            {HAPROXY: ready},
            {HAPROXY: ready} | CHECK,
            {HAPROXY: here | {"state": "maint", "backends": ["webconf"]}},
            hosts="localhost",
            words=("--diff",),
        )
    assert run.rc == 0, run.output
    result = {number: run.result(f"task {number}", "localhost") for number in range(1, 13)}
    commands = [f"set server {name}/edge1 state drain" for name in ("access", "webconf")]
    both = {"access/edge1": "drain", "webconf/edge1": "drain"}
    assert (result[1]["changed"], result[1]["commands"], result[1]["diff"]["after"]) == (True, commands, both)
    assert "webconf/edge1: drain" in run.output
    told = result[2]["msg"]
    assert told.startswith("edge1 still has sessions after 1 s, 1 in webconf, so it was put back to ready; run again")
    assert result[3]["changed"] is False
    assert (result[4]["changed"], result[4]["commands"]) == (True, commands)
    assert result[4]["warnings"] == ["edge1 still has sessions after 1 s, 1 in webconf; went on, as on_timeout says"]
    assert [row["sessions"] for row in result[4]["servers"]] == [0, 1]
    assert [result[number]["changed"] for number in (5, 7)] == [False, False]
    assert [(row["state"], row["status"], row["sessions"]) for row in result[7]["servers"]] == [
        ("drain", "DRAIN", 0)
    ] * 2
    assert result[8]["commands"] == ["set server access/edge1 state ready"]
    assert [(row["backend"], row["status"]) for row in result[8]["servers"]] == [("access", "UP")]
    assert result[9]["commands"] == ["set server webconf/edge1 state ready"]
    assert [(row["server"], row["state"], row["check"]) for row in result[9]["servers"]] == [
        ("edge1", "ready", "Layer6 check passed")
    ] * 2
    assert [result[number]["changed"] for number in (10, 11, 12)] == [False, False, True]
    assert states(balancer) == ["ready", "maint"]


def test_what_is_refused(pool, balancer: Balancer) -> None:
    drain = {"socket": str(balancer.socket), "server": "edge1", "state": "drain"}
    back = {"socket": str(balancer.socket), "server": "edge2", "state": "ready", "wait": True, "wait_timeout": 1}
    cases = {
        "unknown server": (drain | {"server": "edge9"}, "server: no backend of HAProxy has a server 'edge9'; did you"),
        "server of another backend": (
            drain | {"server": "edge2", "backends": ["access", "webconf"]},
            "server: backend webconf has no server 'edge2'; did you mean edge1? (it has edge1)",
        ),
        "unknown backend": (
            drain | {"backends": ["acess"]},
            "backends: HAProxy has no backend 'acess' with servers; did you mean access? (it has access, webconf)",
        ),
        "no socket": (drain | {"socket": "/nowhere/admin.sock"}, "/nowhere/admin.sock: there is no such file"),
        "no path": (drain | {"socket": "admin"}, "socket: 'admin' is neither the path of a socket nor host:port"),
        "not HAProxy": (
            drain | {"socket": f"127.0.0.1:{balancer.ports['access']}", "timeout": 2},
            "is not HAProxy's (nothing came)",
        ),
        "nobody there": (drain | {"socket": "127.0.0.1:1"}, "nobody listens"),
        "no time": (drain | {"wait_timeout": 0}, "wait_timeout: 0 is no number of seconds"),
        "no time for an answer": (drain | {"timeout": 0}, "timeout: 0 is no number of seconds"),
        "no server": (drain | {"server": " "}, "server: is empty"),
        "strange state": (drain | {"state": "off"}, "value of state must be one of: ready, drain, maint"),
        "a server that is down": (back, "access/edge2 is DOWN", "it stays ready"),
    }
    balancer.ask("set server access/edge2 addr 127.0.0.1 port 1")
    balancer.ask("set server access/edge2 state drain")
    run, _same = pool.refused({"localhost": {name: {HAPROXY: case[0]} for name, case in cases.items()}})
    told = {row["task"]: row["result"]["msg"] for row in run.rows if row["outcome"] == "failed"}
    assert sorted(told) == sorted(cases), run.output
    for name, (_given, *parts) in cases.items():
        assert all(part in told[name] for part in parts), told[name]
        assert "\n" not in told[name].strip()
    assert states(balancer) == ["ready", "ready"]
    assert states(balancer, "edge2") == ["ready"]


def roots_of(pool: Any) -> pathlib.Path:
    """A PEM file with the root of the pool's authority."""
    chain = pkcs7.load_der_pkcs7_certificates(pool.chain.read_bytes())
    (root,) = [row for row in chain if row.subject == row.issuer]
    path: pathlib.Path = pool.folder / "root.pem"
    path.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def site(pool, stages: pathlib.Path) -> Iterator[dict[str, dict[str, tuple[str, int]]]]:
    """The internal interface of three emulated servers with a certificate that they serve."""
    pool.take(stages / "finished")
    run = pool.tasks({"cs_windows_service": {"state": "restarted"}}, hosts="edge")
    assert run.rc == 0, run.output
    with serve_endpoints(LabFolder(pool.lab), HOSTS) as ports:
        yield {"edge_site1": {host: ("127.0.0.1", ports[host]["Internal:5061"]) for host in HOSTS}}


def included(entry: str, **variables: Any) -> dict[str, Any]:
    """A task that runs the role."""
    role = {"name": "sfb.certificates.load_balancer", "tasks_from": entry}
    return {"name": entry, "ansible.builtin.include_role": role, "vars": variables}


def test_servers_one_after_the_other(pool, site) -> None:
    """While each server is drained, stopped, started and put back, nobody is turned away and two of three serve."""
    roots, (name,) = roots_of(pool), site
    with Balancer(site, pool.folder) as balancer:
        play = {
            "hosts": "edge",
            "gather_facts": False,
            "serial": 1,
            "any_errors_fatal": True,
            "vars": {"load_balancer_kind": "haproxy", "load_balancer_socket": str(balancer.socket)},
            "tasks": [
                included("drain", load_balancer_on_timeout="fail", load_balancer_drain_timeout=30),
                {"name": "stop", "sfb.certificates.cs_windows_service": {"state": "stopped"}},
                {"name": "start", "sfb.certificates.cs_windows_service": {"state": "started"}},
                included("restore"),
            ],
        }
        with (
            Monitor(site, roots, balancer) as monitor,
            Client({name: ("127.0.0.1", balancer.ports[name])}, roots) as client,
        ):
            record, tally = monitor.records[name], client.tallies[name]
            run = pool.play([play])
        told = "\n".join(summary(client, monitor))
        assert run.rc == 0, run.output
        assert run.total("changed") == 12, run.output
        assert {row.state for row in balancer.servers()} == {"ready"}
    assert tally.failed == {}, told
    assert record.violations == [], told
    # a server may be back so soon that no sample has met it without its services
    assert (record.in_rotation, record.in_service) == (2, 2), told
    assert record.serving >= 2, told
    assert record.samples > 20, told
    assert tally.ok > 100, told
    assert list(tally.seen) == [pool.server("edge1")["assignments"]["Internal"]["thumbprint"]], told


# ---- the role ----

#: Tasks of a user: they note what they were called with.
NOTE = """\
- name: Note what is known
  ansible.builtin.copy:
    content: "{{ load_balancer_member }} {{ load_balancer_backends | join(' ') }} {{ load_balancer_drain_timeout }}"
    dest: "{{ playbook_dir }}/{{ load_balancer_member }}.ENTRY"
    mode: "0600"
  delegate_to: localhost
"""


def by_name(run: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """The results of a run by entry point and task, for tasks of the role that had something to do."""
    return {(row["host"], row["task"]): row["result"] for row in run.rows if row["outcome"] != "skipped"}


def custom(pool: Any) -> dict[str, Any]:
    """Variables for tasks of the user, which are beside the playbook and elsewhere."""
    (pool.folder / "out.yml").write_text("---\n" + NOTE.replace("ENTRY", "out"))
    (pool.inbox / "back.yml").write_text("---\n" + NOTE.replace("ENTRY", "back"))
    return {
        "load_balancer_kind": "custom",
        "load_balancer_drain_tasks": "out.yml",
        "load_balancer_restore_tasks": str(pool.inbox / "back.yml"),
        "load_balancer_backends": ["one", "two"],
    }


def test_role(pool, balancer: Balancer) -> None:
    """Each kind for edge1, which is reached as another account; in check mode, for real, and again."""
    # what is meant for the servers must not reach the host of the balancer
    account = {"ansible_become_method": "ansible.builtin.runas", "ansible_become_user": "CONTOSO\\certadmin"}
    pool.describe({"edge_site1": list(HOSTS)}, ansible_become=True, ansible_become_pass="Become-Secret-8215", **account)
    haproxy = {"load_balancer_kind": "haproxy", "load_balancer_socket": str(balancer.socket)}
    both = [included(entry, **variables) for variables in (haproxy, custom(pool)) for entry in ("drain", "restore")]
    out, back = "Take the server out of HAProxy's rotation", "Put the server back into HAProxy's rotation"
    manual = [included(entry, load_balancer_kind="manual") for entry in ("drain", "restore")]

    run = pool.tasks(*both, *manual, words=("--check", "--diff"))
    assert (run.rc, run.total("changed"), states(balancer)) == (0, 1, ["ready", "ready"]), run.output
    said = [row["result"]["msg"] for row in run.rows if row["task"] == "Say what would be done"]
    assert said == [
        "edge1 would be taken out of the load balancer by out.yml",
        f"edge1 would be put back into the load balancer by {pool.inbox / 'back.yml'}",
        "edge1 would be taken out of the load balancer by hand",
        "edge1 would be put back into the load balancer by hand",
    ]
    assert by_name(run)["edge1", out]["diff"]["after"] == {"access/edge1": "drain", "webconf/edge1": "drain"}
    assert not list(pool.folder.glob("edge1.*"))

    twice = [included("drain", **haproxy, load_balancer_drain_timeout="0"), included("drain", **haproxy)]
    seen = {"name": "see", HAPROXY: {"socket": str(balancer.socket), "server": "edge1", "state": "drain"}}
    run = pool.tasks(
        included("main", **haproxy),
        included("drain"),
        included("restore"),
        *twice,
        seen | {"check_mode": True, "delegate_to": "localhost", "vars": {"ansible_become": False}},
        included("restore", **haproxy),
        *both[2:],
    )
    assert run.rc == 0, run.output
    assert states(balancer) == ["ready", "ready"]
    assert [row["result"]["changed"] for row in run.rows if row["task"] == out] == [True, False]
    assert by_name(run)["edge1", "see"]["commands"] == []
    assert [row["status"] for row in by_name(run)["edge1", back]["servers"]] == ["UP", "UP"]
    assert run.result("See that HAProxy has the server")["changed"] is False
    told = by_name(run)["edge1", "Say that there is nothing to take the server out of"]["msg"]
    assert told.startswith("DNS load balancing: clients of Lync 2010 or later leave edge1 by themselves")
    assert [(pool.folder / f"edge1.{entry}").read_text() for entry in ("out", "back")] == ["edge1 one two 60"] * 2
    assert pool.journal() == []


def test_nobody_answers(pool) -> None:
    """Without a terminal a server is not taken for drained; a member that HAProxy lacks is told before anything."""
    run = pool.tasks(included("drain", load_balancer_kind="manual"))
    assert run.rc != 0
    assert run.message() == (
        "nobody has confirmed that edge1 is out of the load balancer; run in a terminal and for one server at a time, "
        "or set load_balancer_kind to haproxy or custom"
    )


#: Runs a command in a terminal of its own, and hands on what it gets.
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


class Terminal:
    """A command at a terminal.

    :ivar shown: all that it has shown.
    """

    def __init__(self, pool: Any, *command: str) -> None:
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, *command],
            env=pool.environment,
            cwd=pool.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def wait(self, text: str, seconds: float) -> bool:
        """Whether it shows a text in time, after what was shown so far; no text stands for the end."""
        assert self._process.stdout is not None
        end, seen = time.monotonic() + seconds, len(self.shown)
        while not text or text not in self.shown[seen:]:
            ready, _w, _x = select.select([self._process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not part:
                return bool(ready) and not text
            self.shown += part.decode("utf-8", "replace")
        return True

    def answer(self, text: str) -> None:
        """Types a line; what is typed before the question is ready for it is thrown away by Ansible."""
        assert self._process.stdin is not None
        for _attempt in range(5):
            time.sleep(0.5)
            self._process.stdin.write(f"{text}\r".encode())
            self._process.stdin.flush()
            if self.wait("TASK [", 10):
                return
        pytest.fail(f"the answer was not taken: {self.shown}")

    def close(self) -> int:
        """Ends it, at the latest after a while; gives its status."""
        ended = self.wait("", 60)
        if not ended:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return self._process.wait() if ended else -1


@pytest.mark.parametrize(("answers", "status"), [(("edge1", "edge1"), 0), (("yes",), 2)])
def test_somebody_answers(pool, answers: tuple[str, ...], status: int) -> None:
    """At a terminal the name of the server confirms that it is out, and that it is back; nothing else does."""
    tasks = [included(entry, load_balancer_kind="manual") for entry in ("drain", "restore")]
    playbook = pool.folder / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "edge1", "gather_facts": False, "tasks": tasks}]))
    terminal = Terminal(pool, str(BIN / "ansible-playbook"), str(playbook), "-i", str(pool.inventory))
    try:
        for answer in answers:
            assert terminal.wait("Then type edge1:", 60), terminal.shown
            terminal.answer(answer)
    finally:
        found = terminal.close()
    assert found == status, terminal.shown
    assert ("nobody has confirmed" in terminal.shown) == (status != 0)
