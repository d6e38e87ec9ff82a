# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world that the documentation speaks of, on emulated servers: its hosts, files, accounts and addresses."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import yaml
from ansible_collections.sfb.certificates.tests.documented import Block

from .conftest import BIN, CERTSRV_SECRETS, COMMAND, Play, Pool

CA = "ca01.contoso.net\\contoso-CA"
#: Pools by the group of their servers, and what is not an Edge Server.
_POOLS = {"edge_site1": "edgepool1.contoso.net", "edge_site2": "edgepool2.contoso.net"}
_FRONT_END = {
    "sfb_lab_role": "front_end",
    "sfb_lab_pool_fqdn": "pool1.contoso.net",
    "sfb_lab_ca": {"config": CA},
    "sfb_lab_computers": [{"fqdn": "edge1.contoso.net", "pool_fqdn": "edgepool1.contoso.net", "role": "edge"}],
}
#: Passwords that examples take from a vault. That of the account for web enrolment is one that the emulated one knows.
_VAULT = {
    "vault_edge_password": "Edge-Secret-1",
    "vault_certadmin_password": "Admin-Secret-2",
    "vault_enrol_password": CERTSRV_SECRETS["certsrv_password"],
    "vault_pfx_passphrase": "Pfx-Secret-3",
    "vault_ca_passphrase": "Ca-Secret-4",
}


class World:
    """A folder with inventory, files and variables as the examples expect them.

    What cannot be true anywhere but at Contoso is replaced in the text of examples (L{replaced}), and so are connections, so
    that a host of an example is an emulated server. Everything else stays as it stands.

    :ivar replaced: texts of examples, and what stands in their place.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.folder = pool.folder
        self.requests = self.folder / "requests"
        pki = self.folder / "pki"
        self.replaced = {
            "CONTOSO\\enrol": "LAB\\clerk",
            "/srv/pki/edge": str(pki / "edge"),
            "/srv/pki/": f"{pki}/",
            "/srv/www/certificates": str(self.folder / "www"),
            "/var/lib/node_exporter/textfile": str(self.folder / "textfile"),
            "/usr/local/bin/ask-office": str(self.folder / "ask-office"),
        }
        for name in ("files", "host_vars", "group_vars", "textfile", "pki/edge"):
            (self.folder / name).mkdir(exist_ok=True, parents=True)
        self._put_chain()
        for host in ("fe1", "fe1.contoso.net"):
            (self.folder / "host_vars" / f"{host}.json").write_text(json.dumps(_FRONT_END))
        for group, fqdn in _POOLS.items():
            (self.folder / "group_vars" / f"{group}.json").write_text(json.dumps({"sfb_lab_pool_fqdn": fqdn}))
        (self.folder / "world.json").write_text(json.dumps({"sfb_lab_path": str(pool.lab), **_VAULT}))

    def _put_chain(self) -> None:
        for name in ("certnew.p7b", "contoso-root.cer", "root.cer", "public-chain.p7b", "winrm-ca.pem"):
            shutil.copy(self.pool.chain, self.folder / "files" / name)

    def secret(self, name: str) -> str:
        """What the vault has under a name."""
        return _VAULT[name]

    def text(self, block: Block) -> str:
        """An example with the replacements."""
        text = re.sub(r"(?m)^( *ansible_connection:) .*$", r"\1 sfb.certificates.lab", block.text)
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        return text

    def data(self, block: Block) -> Any:
        """An example as data, with the replacements."""
        return yaml.safe_load(self.text(block))

    def inventory(self, *blocks: Block) -> None:
        """Makes examples of inventories the inventory, all in one file."""
        groups = {name: group for block in blocks for name, group in self.data(block).items()}
        self.pool.inventory.write_text(yaml.safe_dump(groups, sort_keys=False))

    def of_two_servers(self, front_end: str = "fe1") -> None:
        """Two servers of a set that are called as in the examples of the roles, and a Front End Server."""
        hosts = {f"edge{number}": {"sfb_lab_fqdn": f"edge{number}.contoso.net"} for number in (1, 2)}
        internal = {front_end: {"front_end_chain_file": str(self.pool.chain)}}
        self.pool.describe({"edge_site1": list(hosts)}, hosts, internal=internal)

    def host(self, name: str, **variables: Any) -> None:
        """Makes a host of an example without a connection an emulated server, with further variables."""
        lab = {"ansible_connection": "sfb.certificates.lab", **variables}
        (self.folder / "host_vars" / f"{name}.json").write_text(json.dumps(lab))

    def variables(self, group: str, *blocks: Block) -> None:
        """Puts variables of examples into a file of a group, beside the inventory."""
        found = {name: value for block in blocks for name, value in self.data(block).items()}
        (self.folder / "group_vars" / f"{group}.yml").write_text(yaml.safe_dump(found))

    def take(self, stage: pathlib.Path) -> None:
        """Goes on from servers that were kept, with the names that they have; see L{stages}."""
        self.pool.take(stage)
        self._put_chain()
        for group in _POOLS:
            (self.folder / "group_vars" / f"{group}.json").unlink()

    def sign(self) -> None:
        """The clerk of the authority signs what lies in the folder for requests; answers get names of their own."""
        self.pool.command("sign", str(self.requests))
        for number, path in enumerate(sorted(self.requests.glob("*.cer"))):
            path.rename(path.with_name(f"answer{number or ''}.cer"))

    def clerk(self) -> list[str]:
        """The command that signs what lies in the folder for requests, for a task."""
        return [sys.executable, "-m", COMMAND, "--lab", str(self.pool.lab), "sign", str(self.requests)]

    def run(self, words: list[str], *more: str) -> Play:
        """Runs the words of a command of Ansible, on the emulated servers."""
        more = ("-e", f"@{self.folder / 'world.json'}", *more)
        if words[0] == "ansible-playbook":
            return self.pool.play(words[1], *words[2:], *more)
        assert words[0] == "ansible", words
        run = subprocess.run(
            [str(BIN / "ansible"), *words[1:], *more],
            env=self.pool.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return Play(run.returncode, run.stdout)

    def console(self, block: Block) -> list[Play]:
        """Runs the commands of Ansible of an example, one after the other, each well; a remark of an answer has it signed."""
        done = []
        for line, words in zip(block.text.splitlines(), block.commands, strict=True):
            if not words and "signed" in line:
                self.sign()
            elif words and words[0] in ("ansible", "ansible-playbook"):
                done.append(self.run(words))
                assert done[-1].rc == 0, f"{' '.join(words)}\n{done[-1].output}"
        return done

    def plays(self, *plays: dict[str, Any]) -> Play:
        """Runs plays in one playbook, all of them to their end."""
        run = self.pool.play(list(plays), "-e", f"@{self.folder / 'world.json'}")
        assert run.rc == 0, run.output
        assert {play["name"] for play in plays} <= set(re.findall(r"(?m)^PLAY \[(.+?)\]", run.output)), run.output
        return run

    def script(self, name: str, text: str, status: int = 0) -> str:
        """Runs a script of an example with the programs of the environment; gives its output."""
        path = self.folder / name
        path.write_text(text)
        # ansible-playbook takes the emulated servers from a file that no example names
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        wrapper = programs / "ansible-playbook"
        wrapper.write_text(f'#!/bin/sh\nexec "{BIN}/ansible-playbook" "$@" -e "@{self.folder}/world.json"\n')
        wrapper.chmod(0o755)
        environment = self.pool.environment | {"PATH": f"{programs}:{os.environ['PATH']}"}
        run = subprocess.run(
            ["bash", str(path)],
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == status, run.stdout
        return run.stdout

    def assigned(self, host: str, usage: str = "Internal") -> str:
        """The thumbprint that a usage of a server has."""
        return str(self.pool.server(host)["assignments"][usage]["thumbprint"])
