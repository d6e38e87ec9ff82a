# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts tasks, and the bytes of their results, for `make scale`."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: scale_results
type: aggregate
short_description: counts tasks and bytes of results
description:
  - Writes a JSON object to the file that the environment variable E(SFB_SCALE_RESULTS) names.
  - C(no_log) has no effect, for what it hides from callbacks could not be counted.
"""


class CallbackModule(CallbackBase):
    """Counts each result once, that of a loop as a whole."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "scale_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tasks = 0
        self.bytes = 0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Hides nothing; the workers get the task after this."""
        task.no_log = False

    def _count(self, result: Any, *_more: Any, **_named: Any) -> None:
        self.tasks += 1
        self.bytes += len(json.dumps(result._result, default=str))

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_skipped = v2_runner_on_unreachable = _count

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Writes the file at the end of the run."""
        with open(os.environ["SFB_SCALE_RESULTS"], "w", encoding="utf-8") as stream:
            json.dump({"tasks": self.tasks, "bytes": self.bytes}, stream)
