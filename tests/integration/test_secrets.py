# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are where they have to be and nowhere else, up to -vvvv.

A filter of these tests, run in a last play, keeps the secrets that a run made itself: passphrase and content of the copy
that travels from server to server.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

EDGE = "sfb.certificates.edge_internal"
KEEP = """
import json


class FilterModule:
    def filters(self):
        return {"keep": keep}


def keep(value, path):
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({name: str(value[name]) for name in ("passphrase", "content")}, stream)
    return "kept"
"""


def squeeze(text: str) -> str:
    """A text without blanks, so that folding hides nothing."""
    return re.sub(r"(\\[nrt]|\s)+", "", text)


def forms(secret: str) -> set[str]:
    """A secret, and how it could be disguised: as JSON or YAML, in base64."""
    found = {secret, json.dumps(secret)[1:-1], secret.replace("'", "''")}
    found |= {
        base64.b64encode(secret.encode(encoding)).decode("ascii").rstrip("=")[:-1]
        for encoding in ("utf-8", "utf-16-le")
    }
    return {squeeze(form) for form in found}


def private_keys(pool) -> list[str]:
    """A telling part of each private key of the lab: the middle of its PEM."""
    found = []
    for path in pool.lab.rglob("keys/*.pem"):
        body = "".join(path.read_text().splitlines()[1:-1])
        found.append(body[len(body) // 2 : len(body) // 2 + 120])
    return found


class Watcher:
    """Collects arguments, and temporary files, of all processes that the tests start while it runs."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.arguments: set[str] = set()
        self.files: dict[str, str] = {}
        self._end = threading.Event()

    def _look(self) -> None:
        parents: dict[int, int] = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        mine = {os.getpid()}
        while more := {child for child, parent in parents.items() if parent in mine} - mine:
            mine |= more
        for number in mine - {os.getpid()}:
            with contextlib.suppress(OSError):
                self.arguments.add((pathlib.Path("/proc") / str(number) / "cmdline").read_text(errors="replace"))
        with contextlib.suppress(OSError):
            for path in self.folder.rglob("*"):
                with contextlib.suppress(OSError):
                    self.files[str(path)] = path.read_text(errors="replace")

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self._look()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watches while the block runs."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()


class Run:
    """A run at -vvvv, all that it left behind, and the secrets that it made."""

    def __init__(self, pool, tasks: list[dict[str, Any]] | str, *words: str) -> None:
        self.pool = pool
        self.kept = pool.folder / "kept.json"
        self.kept.unlink(missing_ok=True)
        filters = pool.folder / "filters"
        filters.mkdir(exist_ok=True)
        (filters / "keep.py").write_text(KEEP)
        log = pool.folder / "ansible.log"
        watcher = Watcher(pool.folder / "ansible-tmp")
        last = {"name": "Keep", "ansible.builtin.debug": {"msg": "{{ exported | keep(path) }}"}}
        # as the module has returned it, or as the role keeps it
        exported = "{{ edge_export_result | default((edge_obtained | default({})).Internal | default({})) }}"
        kept = {"path": str(self.kept), "exported": exported}
        last |= {"vars": kept, "when": "exported.content is defined", "no_log": True}
        plays: list[dict[str, Any]] = [{"import_playbook": tasks}] if isinstance(tasks, str) else list(tasks)
        with watcher.watching():
            self.play = pool.play(
                [*plays, {"hosts": "edge1", "gather_facts": False, "tasks": [last]}],
                "-vvvv",
                *words,
                ANSIBLE_LOG_PATH=str(log),
                ANSIBLE_FILTER_PLUGINS=str(filters),
            )
        self.watcher = watcher
        self.log = log.read_text()
        assert "TASK" in self.log
        assert watcher.arguments

    def copy(self) -> dict[str, str]:
        """Passphrase and content of the copy."""
        found: dict[str, str] = json.loads(self.kept.read_text())
        return found

    def places(self) -> dict[str, str]:
        """Where a secret must not be."""
        lab = [path for path in self.pool.lab.rglob("*") if path.is_file() and path.parent.name != "keys"]
        left = [path for path in (self.pool.folder / "ansible-tmp").rglob("*") if path.is_file()]
        return {
            "output": self.play.output,
            "log": self.log,
            "results": json.dumps(self.play.rows),
            "arguments of processes": "\n".join(self.watcher.arguments),
            "temporary files": "\n".join(self.watcher.files.values()),
            "left files": "\n".join(path.read_text(errors="replace") for path in left),
            "lab": "\n".join(path.read_text(errors="replace") for path in lab),
            "requests": "\n".join(path.read_text() for path in self.pool.inbox.iterdir()),
        }

    def assert_hidden(self, *secrets: str) -> None:
        """None of the secrets, nor a private key, is in any of the places."""
        assert all(len(secret) >= 8 for secret in secrets)
        wanted = {form for secret in (*secrets, *private_keys(self.pool)) for form in forms(secret)}
        for place, text in self.places().items():
            squeezed = squeeze(text)
            assert [form for form in wanted if form in squeezed] == [], place


def pieces(content: str) -> list[str]:
    """Parts of a PFX in base64, of which none may show up."""
    return [content[start : start + 64] for start in range(0, len(content) - 64, 700)]


def test_whole_procedure(pool, stages) -> None:
    pool.take(stages / "requested")
    check = Run(pool, EDGE, "--check", "--diff")
    assert check.play.rc == 0, check.play.output
    shown = check.copy()["passphrase"]
    check.assert_hidden(shown)

    pool.sign()
    real = Run(pool, EDGE, "--diff")
    assert real.play.rc == 0, real.play.output
    copy = real.copy()
    assert len(copy["content"]) > 4000
    assert len(copy["passphrase"]) >= 32
    assert copy["passphrase"] != shown
    assert len(private_keys(pool)) == 5  # of three servers and two authorities
    real.assert_hidden(copy["passphrase"], *pieces(copy["content"]))
    # the watch works: what is no secret is found in these places
    thumbprint = pool.server("edge2")["assignments"]["Internal"]["thumbprint"]
    for place in ("output", "log", "results", "lab"):
        assert thumbprint in real.places()[place], place
    assert "ansible-playbook" in real.places()["arguments of processes"]
    # passwords and whatever may hold a key are masked in the journal
    steps = [step for call in pool.journal() for step in call["steps"] if "password" in step]
    assert {step["password"] for step in steps} == {"********"}
    assert {step["data"] for step in steps if "data" in step} == {"********"}


def test_copy_that_fails(pool, stages) -> None:
    pool.take(stages / "imported")
    chain = pool.role("edge_chain", hosts="edge2,edge3", edge_chain_file=str(pool.chain))
    assert chain.rc == 0
    pool.describe({"edge_site1": ["edge1", "edge2", "edge3"]}, {"edge2": {"sfb_lab_elevated": False}})
    run = Run(pool, EDGE, "--diff")
    assert "Access is denied" in run.play.message("edge2")
    run.assert_hidden(run.copy()["passphrase"], *pieces(run.copy()["content"]))


def test_answer_that_is_wrong(pool, stages) -> None:
    pool.take(stages / "requested")
    pool.sign("--not-before", "2020-01-01T00:00:00Z", "--days", "30")
    run = Run(pool, EDGE, "--diff")
    assert "expired on 2020-01-31" in run.play.message()
    run.assert_hidden("no secret but the keys")


@pytest.mark.parametrize("no_log", [True, False])
def test_passphrases_of_the_user(pool, no_log: bool) -> None:
    right, wrong = "Geheim! 'Kein' \"Mensch\" weiss \\es", "Wrong: but {still} nobody's business"
    path = pool.pfx(right, "edge-site1.example.com")
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    variables = pool.folder / "secret.json"
    variables.write_text(json.dumps({"right": right, "wrong": wrong, "pfx": content}))

    def task(passphrase: str, method: str = "store", **more: Any) -> dict[str, Any]:
        options = {"content": "{{ pfx }}", "passphrase": f"{{{{ {passphrase} }}}}", "method": method}
        return {"sfb.certificates.cs_certificate_import": options, "no_log": no_log, "register": "i"} | more

    export = {"thumbprint": "{{ i.thumbprint }}", "passphrase": "{{ right }}"}
    tasks = [
        task("wrong", ignore_errors=True),
        task("right", ignore_errors=True, vars={"sfb_lab_elevated": False}),
        task("right", check_mode=True),
        task("right"),
        task("right"),
        task("right", "product", delegate_to="edge2", ignore_errors=True, vars={"sfb_lab_elevated": False}),
        task("right", "product", delegate_to="edge2"),
        {"sfb.certificates.cs_certificate_export": export, "no_log": no_log, "register": "edge_export_result"},
    ]
    play = {"hosts": "edge1", "gather_facts": False, "vars_files": [str(variables)], "tasks": tasks}
    run = Run(pool, [play], "--diff")
    assert run.play.rc == 0, run.play.output
    assert [row["outcome"] for row in run.play.rows[:3]] == ["failed", "failed", "ok"]
    assert run.copy()["passphrase"] == right
    run.assert_hidden(right, wrong, *pieces(content), *pieces(run.copy()["content"]))
    if not no_log:
        assert "wrong passphrase" in run.play.rows[0]["result"]["msg"]
        for row in (run.play.rows[1], run.play.rows[5]):
            assert "Access is denied" in row["result"]["msg"]
    assert len(pool.server("edge2")["stores"]["My"]) == 1


def test_password_for_the_authority(pool) -> None:
    right, wrong = "Geheim! 'Kein' \"Mensch\" weiss \\es", "Wrong: but {still} nobody's business"
    config, account = "ca1.example.com\\Lab Issuing CA", "EXAMPLE\\clerk"
    variables = pool.folder / "secret.json"
    variables.write_text(json.dumps({"right": right, "wrong": wrong}))
    ca = {"config": config, "account": account, "password": "{{ right }}"}
    pool.describe({"edge_site1": ["edge1"]}, sfb_lab_ca=ca)

    def task(password: str, **more: Any) -> dict[str, Any]:
        options = {"type": ["Internal"], "ca": config, "ca_account": account, "ca_password": f"{{{{ {password} }}}}"}
        return {"sfb.certificates.cs_certificate_request": options | {"report": True}, "register": "request"} | more

    denied = {"vars": {"sfb_lab_ca": ca | {"policy": "denied"}}, "ignore_errors": True}
    tasks = [
        task("wrong", ignore_errors=True),
        task("right", **denied),
        task("right", check_mode=True),
        task("right"),
        {"ansible.builtin.debug": {"var": "request"}},
        task("right"),
    ]
    run = Run(
        pool, [{"hosts": "edge1", "gather_facts": False, "vars_files": [str(variables)], "tasks": tasks}], "--diff"
    )
    assert run.play.rc == 0, run.play.output
    results = [row["result"] for row in run.play.rows[:6]]
    assert "correct credentials" in results[0]["msg"]
    assert "Denied by Policy Module" in results[1]["msg"]
    assert f"-CA '{config}' -CaAccount {account} -CaPassword ******** -Report" in results[3]["commands"][-1]
    assert "Request-CsCertificate" in results[3]["report"]
    assert results[5]["request_state"] == "fulfilled"
    run.assert_hidden(right, wrong)


def test_secrets_are_found_where_they_are(pool) -> None:
    """The net has no hole: a task that shows a secret is caught."""
    secret = "This one is shown on purpose, and long enough to be folded by the output of YAML in any case"
    run = Run(pool, [{"hosts": "edge1", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": secret}}]}])
    with pytest.raises(AssertionError):
        run.assert_hidden(secret)
    assert squeeze(secret) in squeeze(run.places()["log"])
