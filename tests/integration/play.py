# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of a playbook told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Its commands are those of all steps, and no task's that carries them out.
_PLANS = "Plan the steps of the set"


@dataclass
class Play:
    """What a run of a playbook brought."""

    rc: int
    output: str
    recap: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def results(self, task: str) -> dict[str, dict[str, Any]]:
        """The results of a task by host."""
        return {row["host"]: row["result"] for row in self.rows if row["task"] == task}

    def result(self, task: str, host: str = "edge1") -> dict[str, Any]:
        """The result of a task on one host."""
        return self.results(task)[host]

    def total(self, what: str) -> int:
        """A figure of the recap, summed up over the hosts: changed, failures, unreachable."""
        return sum(row[what] for row in self.recap.values())

    def planned(self) -> dict[str, list[str]]:
        """The commands of the plan of a pool, by host."""
        return {host: result["msg"]["commands"] for host, result in self.results("Show the plan").items()}

    def commands(self, host: str) -> list[str]:
        """The commands that the tasks of a host have shown, in order; a task that is censored shows them in the next one."""
        found: list[str] = []
        for row in self.rows:
            if row["host"] == host:
                shown = row["task"] == "Show what was done"
                found += row["result"].get("msg" if shown else "commands", []) if row["task"] != _PLANS else []
        return found

    def message(self, host: str = "edge1") -> str:
        """What all failed tasks of a host say, which is one line: the plan of a pool fails on its first host, and then for each."""
        failed = [row["result"] for row in self.rows if row["outcome"] == "failed" and row["host"] == host]
        texts = {str(result["msg"]) for result in failed}
        assert len(texts) == 1, self.output
        text = texts.pop()
        assert "\n" not in text.strip(), text
        return text
