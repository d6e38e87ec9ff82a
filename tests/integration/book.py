# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of a module, and what they are run with."""

from __future__ import annotations

import pathlib
import shutil
from datetime import datetime, timedelta, timezone
from typing import Any

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


PASSPHRASE = "Known to the vault"


#: Stand in the examples for something of one's own.
THUMBPRINT = "9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C"


FOLDER = "/srv/pki/edge"


DATE = "2026-12-06T23:00:00+01:00"


def examples_of(file: pathlib.Path) -> str:
    """The examples of a module, as text."""
    text = file.read_text(encoding="utf-8").partition('EXAMPLES = r"""')[2].partition('"""')[0]
    assert text.strip(), f"{file.name} has no examples"
    return text


class Book:
    """A playbook with the examples of a module, and what they need."""

    def __init__(self, pool: Any, module: str) -> None:
        self.pool = pool
        text = examples_of(REPOSITORY / "plugins" / "modules" / f"{module}.py")
        date = datetime.now(timezone.utc) + timedelta(days=10)
        self.examples: str = text.replace(FOLDER, str(pool.inbox)).replace(DATE, f"{date:%Y-%m-%dT%H:%M:%SZ}")
        self.hosts = "edge1"
        self.variables: dict[str, Any] = {"vault_pfx_passphrase": PASSPHRASE}
        #: tasks that come first and register what the examples take from earlier tasks
        self.before: list[dict[str, Any]] = []

    def pfx(self, name: str, *names: str) -> pathlib.Path:
        """A PFX beside the playbook."""
        target: pathlib.Path = self.pool.folder / name
        shutil.copy(self.pool.pfx(PASSPHRASE, *names), target)
        return target

    def imported(self, path: pathlib.Path, *then: dict[str, Any]) -> str:
        """Imports a PFX on edge1 beforehand; gives its thumbprint."""
        task = {"cs_certificate_import": {"path": str(path), "passphrase": PASSPHRASE}, "register": "imported"}
        run = self.pool.tasks(task, *then)
        assert run.rc == 0, run.output
        return str(run.result("task 1")["thumbprint"])

    def own(self, thumbprint: str) -> None:
        """Puts a thumbprint where the examples name one of the user's own."""
        assert THUMBPRINT in self.examples
        self.examples = self.examples.replace(THUMBPRINT, thumbprint)

    def run(self) -> Any:
        """Runs what comes before, then the examples; none may fail."""
        play = {
            "hosts": self.hosts,
            "gather_facts": False,
            "vars": self.variables,
            "pre_tasks": self.before,
            "tasks": yaml.safe_load(self.examples),
        }
        run = self.pool.play([play])
        assert run.rc == 0, run.output
        return run

    def names(self) -> list[str]:
        """The names of the tasks of the examples."""
        return [task["name"] for task in yaml.safe_load(self.examples)]
