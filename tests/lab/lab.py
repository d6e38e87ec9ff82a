# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laboratory behind `make lab` and `make lab-check`: an emulated pool, its authority, and the playbook on it."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
COMMAND = "ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command"
INVENTORY = """\
# An emulated pool. On real servers: ansible_connection winrm, and no sfb_lab_ variables.
edge:
  vars:
    ansible_connection: sfb.certificates.lab
    sfb_lab_path: {lab}
    sfb_lab_sip_domains: [example.com, example.net]
    edge_folder: {lab}/adcs-inbox
    edge_chain_file: {lab}/adcs/certnew.p7b
{signer}  children:
    edge_site1:
      hosts:
        edge[1:{pool}]:
      vars:
        edge_set: edge_site1
        sfb_lab_pool_fqdn: edgepool1.example.com
        sfb_lab_access_edge_fqdn: sip.example.com
        sfb_lab_data_edge_fqdn: webconf.example.com
        sfb_lab_av_edge_fqdn: av.example.com
"""
#: By signer: the variables that choose it. The password is one that only the emulated web enrolment knows.
SIGNERS = {
    "folder": "",
    "certsrv": """\
    edge_signer: certsrv
    edge_signer_url: {url}
    edge_signer_username: LAB\\clerk
    edge_signer_password: Lab-Password-1
    edge_signer_ca_bundle: {lab}/adcs/certnew.p7b
""",
    "online": """\
    edge_signer: online
    edge_signer_ca: ca1.example.com\\Lab Issuing CA
    sfb_lab_ca: {{config: ca1.example.com\\Lab Issuing CA}}
""",
    "local_ca": """\
    edge_signer: local_ca
    edge_signer_ca_certificate: {lab}/adcs/Lab Issuing CA.cer
    edge_signer_ca_private_key: {lab}/adcs/keys/Lab Issuing CA.pem
""",
}


class Lab:
    """One emulated pool in a folder of its own."""

    def __init__(self, folder: pathlib.Path, pool: int, signer: str = "folder", url: str = "") -> None:
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        self.environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections"),
        }
        folder.mkdir(parents=True, exist_ok=True)
        chosen = SIGNERS[signer].format(lab=folder, url=url)
        self.inventory.write_text(INVENTORY.format(lab=folder, pool=pool, signer=chosen))
        self.command("init", quiet=True)

    def command(self, *words: str, quiet: bool = False) -> str:
        """Runs a command of the laboratory (the authority's clerk, the journal) and shows what it says."""
        run = subprocess.run(
            [sys.executable, "-m", COMMAND, "--lab", str(self.folder), *words],
            env=self.environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if not quiet:
            print(run.stdout, end="", flush=True)
        if run.returncode:
            raise SystemExit(run.returncode)
        return run.stdout

    def play(self, *words: str) -> None:
        """Runs the playbook; its output is shown as it comes."""
        call = [str(BIN / "ansible-playbook"), "playbooks/edge_internal.yml", "-i", str(self.inventory), *words]
        print("\n$ " + " ".join(_short(word) for word in call), flush=True)
        run = subprocess.run(call, env=self.environment, cwd=REPOSITORY, check=False)
        if run.returncode:
            raise SystemExit(run.returncode)

    def digest(self) -> str:
        """A hash over names and contents of all files but the journal."""
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.name != "journal.jsonl":
                total.update(str(path.relative_to(self.folder)).encode())
                total.update(path.read_bytes() if path.is_file() else b"")
        return total.hexdigest()


def _short(word: str) -> str:
    path = pathlib.Path(word)
    if path.is_absolute() and path.is_relative_to(REPOSITORY):
        return path.name if path.parent == BIN else str(path.relative_to(REPOSITORY))
    return word


@contextlib.contextmanager
def web_enrolment(folder: pathlib.Path, signer: str) -> Iterator[str]:
    """The address of an emulated web enrolment while the block runs; empty if the signer needs none."""
    if signer != "certsrv":
        yield ""
        return
    folder.mkdir(parents=True, exist_ok=True)
    call = [sys.executable, "-m", COMMAND, "--lab", str(folder), "certsrv"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / ".cache" / "collections")}
    # it ends with its standard input
    with subprocess.Popen(
        call, env=environment, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


def run(folder: pathlib.Path, pool: int, signer: str) -> None:
    """First run, the authority signs, second run, what came of it; other signers than the folder need one run."""
    with web_enrolment(folder, signer) as url:
        _run(Lab(folder, pool, signer, url), folder, signer)


def _run(lab: Lab, folder: pathlib.Path, signer: str) -> None:
    mark = lab.command("mark", quiet=True).strip()
    inbox = folder / "adcs-inbox"
    inbox.mkdir(exist_ok=True)
    lab.play()
    if signer == "folder":
        print("\n$ the clerk of the emulated certification authority signs what lies in its folder", flush=True)
        if not lab.command("sign", str(inbox)).rstrip().endswith("signed: 0"):
            lab.play()
    print()
    lab.command("summary", "--since", mark)


def check(folder: pathlib.Path, pool: int) -> None:
    """Check mode of the whole procedure on a fresh pool; proves that nothing was changed."""
    shutil.rmtree(folder, ignore_errors=True)
    lab = Lab(folder, pool)
    before = lab.digest()
    lab.play("--check", "--diff")
    after = lab.digest()
    print(f"\nfolder of the laboratory before: {before}\nfolder of the laboratory after:  {after}")
    if before != after:
        raise SystemExit("lab-check: check mode has changed something")
    print("check mode changed nothing")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["run", "check"])
    parser.add_argument("--pool", type=int, default=3, help="number of Edge Servers")
    parser.add_argument("--signer", choices=sorted(SIGNERS), default="folder", help="how requests reach the authority")
    arguments = parser.parse_args()
    if arguments.pool < 1:
        parser.error("--pool: at least one server")
    name = f"pool-{arguments.pool}"
    if arguments.action == "run":
        folder = name if arguments.signer == "folder" else f"{name}-{arguments.signer}"
        run(REPOSITORY / ".sfb-lab" / folder, arguments.pool, arguments.signer)
    else:
        check(REPOSITORY / ".sfb-lab" / f"{name}-check", arguments.pool)


if __name__ == "__main__":
    main()
