# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated pool for each test, and a way to run playbooks on it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.module_utils._steps.render import render_step
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Certsrv, Settings, serve
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command.main import main as run_command
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from ansible_collections.sfb.certificates.tests.documented import Examples
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from .killing import run_until
from .play import Play

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
COMMAND = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command"

#: Variables of all hosts: the password that the emulated web enrolment takes of LAB\\clerk, and one that it does not.
CERTSRV_SECRETS = {"certsrv_password": "Lab-Password-1", "wrong_password": "Wrong-Secret-5"}


class Pool:
    """An emulated pool in a folder of its own, with the emulated authority beside it."""

    def __init__(self, folder: pathlib.Path, key_pool: pathlib.Path) -> None:
        self.folder = folder
        self.key_pool = key_pool
        self.lab = folder / "lab"
        self.inbox = folder / "inbox"
        self.inventory = folder / "inventory.yml"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")} | {
            "PYTHONPATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(pathlib.Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "rows",
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible-tmp"),
            "ANSIBLE_FORKS": "6",
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # what a run has compiled, the next one takes; see the callback rows
            "SFB_LAB_KEY_POOL": str(key_pool),
            "LC_ALL": "C.UTF-8",
        }
        self.inbox.mkdir()
        self.command("init")
        self.describe({"edge_site1": ["edge1", "edge2", "edge3"]})

    @property
    def chain(self) -> pathlib.Path:
        """The chain of the authority, as certsrv gives it."""
        return self.lab / "adcs" / "certnew.p7b"

    def describe(
        self,
        sets: dict[str, list[str]],
        hosts: dict[str, dict[str, Any]] | None = None,
        internal: dict[str, dict[str, Any]] | None = None,
        **variables: Any,
    ) -> None:
        """Writes the inventory: sets with their servers, variables of single hosts, variables of all Edge Servers.

        :param internal: servers that are no Edge Servers, with their variables.
        """
        groups = {
            name: {
                "hosts": {host: (hosts or {}).get(host, {}) for host in members},
                "vars": {"edge_set": name, "sfb_lab_pool_fqdn": f"{name.replace('_', '-')}.example.com"},
            }
            for name, members in sets.items()
        }
        lab = {
            "ansible_connection": "sfb.certificates.lab",
            "sfb_lab_path": str(self.lab),
            "sfb_lab_sip_domains": ["example.com", "example.net"],
        }
        edge = {"edge_folder": str(self.inbox), "edge_chain_file": str(self.chain)}
        inventory: dict[str, Any] = {"edge": {"vars": lab | edge | variables, "children": groups}}
        if internal:
            pool = {"sfb_lab_pool_fqdn": "frontends.example.com", "sfb_lab_role": "front_end"}
            inventory["front_end"] = {"vars": lab | pool, "hosts": internal}
        self.inventory.write_text(yaml.safe_dump(inventory))

    def play(self, playbook: str | list[dict[str, Any]], *words: str, **environment: str) -> Play:
        """Runs a playbook of the collection by name, or the plays given.

        :param words: further words of the command line.
        """
        command, settings = self._started(playbook, words, environment)
        run = subprocess.run(
            command,
            env=settings,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return self._played(run.returncode, run.stdout)

    def killed(
        self,
        playbook: str | list[dict[str, Any]],
        *words: str,
        after: int | Callable[[], bool],
        timeout: float = 120,
        **environment: str,
    ) -> Play:
        """Runs a playbook like L{play}, and kills it with all its processes.

        :param after: so many remote calls of this run, or when this is true; a run that ends before is not killed.
        :param timeout: seconds; neither until then fails the test.
        :returns: what there was until then; rc is -9 if the run was killed.
        """
        mark = self._calls_made()
        reached = after if callable(after) else lambda: self._calls_made() - mark >= after
        command, settings = self._started(playbook, words, environment)
        return self._played(*run_until(command, reached, environment=settings, folder=self.folder, timeout=timeout))

    def _calls_made(self) -> int:
        """How many remote calls there were; whole lines, for somebody may be writing one."""
        path = self.lab / "journal.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def _started(
        self, playbook: str | list[dict[str, Any]], words: tuple[str, ...], environment: dict[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """Command line and environment of a run."""
        if not isinstance(playbook, str):
            path = self.folder / "play.yml"
            path.write_text(yaml.safe_dump(playbook, sort_keys=False))
            playbook = str(path)
        self._rows.unlink(missing_ok=True)
        command = [str(BIN / "ansible-playbook"), playbook, "-i", str(self.inventory), *words]
        return command, self.environment | {"ROWS_FILE": str(self._rows)} | environment

    @property
    def _rows(self) -> pathlib.Path:
        return self.folder / "rows.jsonl"

    def _played(self, rc: int, output: str) -> Play:
        """What a run brought; a line that it was killed at counts for nothing."""
        lines = self._rows.read_text().splitlines(keepends=True) if self._rows.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("\n")]
        recap = found.pop()["recap"] if found and "recap" in found[-1] else {}
        assert "Traceback (most recent call last)" not in output, output
        return Play(rc, output, recap, found)

    def tasks(self, *tasks: dict[str, Any], hosts: str = "edge1", words: tuple[str, ...] = ()) -> Play:
        """Runs tasks on hosts; short module names are those of the collection."""
        named = [_task(number, task) for number, task in enumerate(tasks, 1)]
        return self.play([{"hosts": hosts, "gather_facts": False, "tasks": named}], *words)

    def role(self, name: str, *words: str, hosts: str = "edge1", **variables: Any) -> Play:
        """Runs one role of the collection with variables of its own."""
        roles = [{"role": f"sfb.certificates.{name}", "vars": variables}]
        return self.play([{"hosts": hosts, "gather_facts": False, "roles": roles}], *words)

    def refused(self, cases: dict[str, dict[str, dict[str, Any]]]) -> tuple[Play, bool]:
        """Runs tasks that must fail, by host and name; tells whether the lab is as before."""
        plays = [
            {
                "hosts": host,
                "gather_facts": False,
                "tasks": [_task(0, task) | {"name": name, "ignore_errors": True} for name, task in tasks.items()],
            }
            for host, tasks in cases.items()
        ]
        before = self.digest()
        play = self.play(plays)
        return play, self.digest() == before

    def command(self, *words: str) -> str:
        """Runs a command of the laboratory, such as the clerk of the authority.

        Here, for another process takes a second; but output and environment are those of all threads.
        """
        arguments = ["--lab", str(self.lab), *words]
        if threading.current_thread() is not threading.main_thread():
            run = subprocess.run(
                [sys.executable, "-m", COMMAND, *arguments],
                env=self.environment,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            status, shown = run.returncode, run.stdout
        else:
            output = io.StringIO()
            with (
                mock.patch.dict(os.environ, {KEY_POOL_VARIABLE: str(self.key_pool)}),
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
            ):
                status = run_command(arguments)
            shown = output.getvalue()
        assert status == 0, shown
        return shown

    def sign(self, *words: str) -> str:
        """The clerk signs what lies in the folder for requests."""
        return self.command("sign", str(self.inbox), *words)

    def pfx(self, passphrase: str, *names: str) -> pathlib.Path:
        """A PFX as Windows makes it, with a certificate of the authority for these names, and its chain."""
        folder = self.folder / names[0]
        folder.mkdir()
        key = load_key(sorted(self.key_pool.glob("*.pem"))[-1].read_bytes())
        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, names[0])])
        others = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(others, critical=False)
        pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (folder / "request.req").write_bytes(pem)
        self.command("sign", str(folder))
        certificate = x509.load_pem_x509_certificate((folder / "request.cer").read_bytes())
        protection = serialization.PrivateFormat.PKCS12.encryption_builder().hmac_hash(hashes.SHA1())
        protection = protection.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        chain = pkcs7.load_der_pkcs7_certificates(self.chain.read_bytes())
        data = pkcs12.serialize_key_and_certificates(
            b"Edge", key, certificate, chain, protection.build(passphrase.encode())
        )
        path = folder / "server.pfx"
        path.write_bytes(data)
        return path

    def journal(self) -> list[dict[str, Any]]:
        """All remote calls so far."""
        path = self.lab / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def calls(self, host: str, since: int = 0) -> list[dict[str, Any]]:
        """The remote calls of one host after a number of the journal."""
        return [row for row in self.journal()[since:] if row["host"] == host]

    def commands(self, host: str, since: int = 0) -> list[str]:
        """The PowerShell of all steps that the journal has for a host, in order."""
        return [command for call in self.calls(host, since) for step in call["steps"] for command in render_step(step)]

    def writing(self, since: int) -> list[str]:
        """The steps of the journal after a number that change anything, of all servers."""
        steps = [step for call in self.journal()[since:] for step in call["steps"]]
        return [step["op"] for step in steps if step["op"] not in ("read_file", "cert_export")]

    def take(self, stage: pathlib.Path) -> None:
        """Goes on from servers and requests that were kept; see L{stages}."""
        for name in ("lab", "inbox"):
            shutil.rmtree(self.folder / name)
            shutil.copytree(stage / name, self.folder / name)

    def digest(self) -> str:
        """A hash over names and contents of the lab's files but the journal."""
        total = hashlib.sha256()
        for path in sorted(self.lab.rglob("*")):
            if path.name != "journal.jsonl":
                total.update(str(path.relative_to(self.lab)).encode())
                total.update(path.read_bytes() if path.is_file() else b"")
        return total.hexdigest()

    def server(self, host: str) -> dict[str, Any]:
        """The state of an emulated server as it lies on the disk."""
        return json.loads((self.lab / "servers" / host / "server.json").read_text())

    def edit(self, host: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Changes the state of an emulated server behind the back of the product."""
        state = self.server(host)
        change(state)
        (self.lab / "servers" / host / "server.json").write_text(json.dumps(state))


def _task(number: int, task: dict[str, Any]) -> dict[str, Any]:
    modules = {name: f"sfb.certificates.{name}" for name in task if name.startswith("cs_")}
    return {"name": f"task {number}"} | {modules.get(name, name): value for name, value in task.items()}


@pytest.fixture(scope="session")
def new_pool(key_pool: pathlib.Path) -> Callable[[pathlib.Path], Pool]:
    """Makes a pool in a folder that is there, for fixtures that several tests share."""
    return lambda folder: Pool(folder, key_pool)


@pytest.fixture
def pool(tmp_path: pathlib.Path, key_pool: pathlib.Path) -> Pool:
    """Three fresh Edge Servers of one set."""
    return Pool(tmp_path, key_pool)


@pytest.fixture
def make_pool(tmp_path: pathlib.Path, key_pool: pathlib.Path) -> Callable[[str], Pool]:
    """Makes several pools in one test."""

    def make(name: str) -> Pool:
        (tmp_path / name).mkdir()
        return Pool(tmp_path / name, key_pool)

    return make


@pytest.fixture
def world(pool: Pool) -> Any:
    """The world that the examples of the documentation speak of, without an inventory; see L{World}."""
    from .world import World  # which needs this file itself

    return World(pool)


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> Examples:
    """The examples that the test has declared with C(runs)."""
    return Examples(request.function.examples)


@pytest.fixture
def emulate(pool: Pool) -> Iterator[Callable[..., Certsrv]]:
    """Starts an emulated web enrolment in front of the pool's authority; its secrets are variables of all hosts."""
    (pool.folder / "group_vars").mkdir()
    (pool.folder / "group_vars" / "all.json").write_text(json.dumps(CERTSRV_SECRETS))
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serve(LabFolder(pool.lab), Settings(**settings)))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[pathlib.Path], None]], pathlib.Path]:
    """Fills a folder once for all workers of a run of the tests."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def make(name: str, fill: Callable[[pathlib.Path], None]) -> pathlib.Path:
        with open(root / f"{name}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (root / name).exists():
                draft = root / f"{name}.new"
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                fill(draft)
                draft.rename(root / name)
        return root / name

    return make


#: What edge1 asks for at all stages; the same as the role edge asks for by default.
REQUEST = {"type": ["Internal"], "private_key_exportable": True, "key_size": 2048}


@pytest.fixture(scope="session")
def stages(
    once: Callable[[str, Callable[[pathlib.Path], None]], pathlib.Path], new_pool: Callable[[pathlib.Path], Pool]
) -> pathlib.Path:
    """Folders for L{Pool.take}: the chain is on edge1 and a request was made there, its answer was imported, all is done."""

    def fill(folder: pathlib.Path) -> None:
        (folder / "pool").mkdir()
        pool = new_pool(folder / "pool")

        def keep(name: str) -> None:
            for part in ("lab", "inbox"):
                shutil.copytree(pool.folder / part, folder / name / part)

        run = pool.tasks(
            {"cs_certificate_chain": {"path": str(pool.chain)}},
            {"cs_certificate_request": REQUEST, "register": "request"},
            {"cs_certificate_folder": {"folder": str(pool.inbox), "csr": "{{ request.csr }}"}},
        )
        assert run.rc == 0, run.output
        keep("requested")
        pool.sign()
        (answer,) = pool.inbox.glob("*.cer")
        run = pool.tasks({"cs_certificate_import": {"path": str(answer)}})
        assert run.rc == 0, run.output
        keep("imported")
        run = pool.play("sfb.certificates.edge_internal")
        assert run.rc == 0, run.output
        keep("finished")

    return once("stages", fill)
