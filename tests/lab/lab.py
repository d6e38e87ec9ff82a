# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laboratory behind `make lab` and `make lab-check`: an emulated pool, its authority, and the playbook on it."""

from __future__ import annotations

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

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
  children:
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


class Lab:
    """One emulated pool in a folder of its own."""

    def __init__(self, folder: pathlib.Path, pool: int) -> None:
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        self.environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections"),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self.inventory.write_text(INVENTORY.format(lab=folder, pool=pool))
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


def run(folder: pathlib.Path, pool: int) -> None:
    """First run, the authority signs, second run, what came of it."""
    lab = Lab(folder, pool)
    mark = lab.command("mark", quiet=True).strip()
    inbox = folder / "adcs-inbox"
    inbox.mkdir(exist_ok=True)
    lab.play()
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
    parser.add_argument("--signer", choices=["folder"], default="folder", help="how requests reach the authority")
    arguments = parser.parse_args()
    if arguments.pool < 1:
        parser.error("--pool: at least one server")
    name = f"pool-{arguments.pool}"
    if arguments.action == "run":
        run(REPOSITORY / ".sfb-lab" / name, arguments.pool)
    else:
        check(REPOSITORY / ".sfb-lab" / f"{name}-check", arguments.pool)


if __name__ == "__main__":
    main()
