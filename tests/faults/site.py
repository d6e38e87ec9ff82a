# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated pool whose certificates are near their end, and the run that gives it new ones."""

from __future__ import annotations

import copy
import json
import pathlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.sfb.certificates.tests.faults.moments import Moment
from ansible_collections.sfb.certificates.tests.faults.tap import Fault, prepare
from ansible_collections.sfb.certificates.tests.integration.conftest import Play, Pool

PLAYBOOK = "sfb.certificates.rollover"
SET = "edge_site1"
#: One that all servers are assigned in their turns, and one of which a usage is staged.
CERTIFICATES = (
    {"type": ["Internal"]},
    {"type": ["AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]},
)
#: The certificates in use have had 170 of their 200 days.
LIFETIME, AGE = 200, 170


@dataclass
class Site:
    """A pool, and the folder for what the tests write of it, which is no part of what a run leaves behind.

    :ivar certificates: what the run is about.
    :ivar variables: further ones of the run.
    """

    pool: Pool
    notes: pathlib.Path
    hosts: tuple[str, ...]
    certificates: Sequence[Mapping[str, Any]] = CERTIFICATES
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def events(self) -> pathlib.Path:
        """What became of the servers; see L{watch}."""
        return self.notes / "events.jsonl"

    def run(self, name: str, fault: Fault | None = None) -> Play:
        """Runs the rollover as users do; a fault may wait, then the run is killed there."""
        fault = fault or Fault()
        settings = self.settings(name, fault)
        if fault.do in ("before", "after"):
            return self.pool.killed(PLAYBOOK, after=(self.notes / name / "reached").exists, timeout=240, **settings)
        return self.pool.play(PLAYBOOK, **settings)

    def settings(self, name: str, fault: Fault) -> dict[str, str]:
        """The environment of a run with a fault; `name` is that of the folder with what is known of the run."""
        own = str(pathlib.Path(__file__).parent / "callback")
        usages = [usage for row in self.certificates for usage in row["type"]]
        (self.notes / "usages.json").write_text(json.dumps(usages))
        # one server after another makes a record that has its calls in the same order each time
        one_by_one: dict[str, str] = {"ANSIBLE_FORKS": "1"} if fault.record else {}
        return (
            prepare(self.notes / name, fault)
            | one_by_one
            | {
                "ANSIBLE_CALLBACK_PLUGINS": f"{self.pool.environment['ANSIBLE_CALLBACK_PLUGINS']}:{own}",
                "ANSIBLE_CALLBACKS_ENABLED": "rows,faults",
            }
        )

    def server(self, host: str) -> pathlib.Path:
        """The folder of a server."""
        return self.pool.lab / "servers" / host

    def copy(self, folder: pathlib.Path) -> Site:
        """The same pool, with all that is on it, in another folder; of the notes, what became of the servers is taken along."""
        copied = replace(self, pool=moved(self.pool, folder / "pool"), notes=folder / "notes")
        shutil.copytree(self.pool.folder, copied.pool.folder, symlinks=True)
        copied.notes.mkdir()
        if self.events.exists():
            shutil.copy2(self.events, copied.events)
        copied.describe()
        return copied

    def at(self, moment: Moment) -> Site:
        """The pool as it was at a moment of a run; to be looked at only, for paths in its inventory lead elsewhere."""
        return replace(self, pool=moved(self.pool, moment.pool), notes=moment.folder)

    def another_controller(self, folder: pathlib.Path) -> Site:
        """Another run's view of the same servers: only what a run writes for itself has a folder of its own."""
        folder.mkdir(parents=True)
        other = replace(self, pool=moved(self.pool, folder))
        other.pool.lab, other.pool.inbox = self.pool.lab, folder
        other.describe()
        return other

    def describe(self, **variables: Any) -> None:
        """Writes the inventory; without variables that of the run under test, whose authority answers at once."""
        authority = self.pool.lab / "adcs"
        signer = {
            "edge_signer": "local_ca",
            "edge_signer_ca_certificate": str(authority / "Lab Issuing CA.cer"),
            "edge_signer_ca_private_key": str(authority / "keys" / "Lab Issuing CA.pem"),
        }
        chosen = variables or signer | self.variables
        self.pool.describe({SET: list(self.hosts)}, rollover_certificates=list(self.certificates), **chosen)


def moved(pool: Pool, folder: pathlib.Path) -> Pool:
    """The same pool in another folder."""
    other = copy.copy(pool)
    other.folder, other.lab, other.inbox = folder, folder / "lab", folder / "inbox"
    other.inventory = folder / "inventory.yml"
    other.environment = pool.environment | {"ANSIBLE_LOCAL_TEMP": str(folder / "ansible-tmp")}
    return other


def build(folder: pathlib.Path, key_pool: pathlib.Path, size: int) -> Site:
    """Makes a pool of so many servers, with certificates that a run under test renews."""
    (folder / "pool").mkdir(parents=True)
    (folder / "notes").mkdir()
    site = Site(Pool(folder / "pool", key_pool), folder / "notes", tuple(f"edge{n}" for n in range(1, size + 1)))
    site.describe(edge_renew_before="1d")
    first = site.pool.play(PLAYBOOK)
    assert first.rc == 0, first.output
    begin = datetime.now(timezone.utc) - timedelta(days=AGE)
    site.pool.sign("--days", str(LIFETIME), "--not-before", f"{begin:%Y-%m-%dT%H:%M:%SZ}")
    second = site.pool.play(PLAYBOOK)
    assert second.rc == 0, second.output
    for path in site.pool.inbox.iterdir():
        path.unlink()
    return site
