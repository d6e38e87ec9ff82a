# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callback for the tests: every result as a line of JSON in the file that ROWS_FILE names."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pathlib
from importlib.machinery import SourceFileLoader

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import connection_loader
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionPkgLoaderBase

DOCUMENTATION = """
name: rows
type: notification
short_description: Results as lines of JSON
description: Appends one line of JSON for each result to the file that ROWS_FILE names.
"""
#: The emulated authority, the endpoints, and the command line of the lab.
_NO_PART_OF_CALLS = ("certsrv", "enrollment_queue", "folder_signer")


def _keep_code():
    """Takes the modules of the collection as Python has compiled them; Ansible would do that again in each run."""
    compiled = _AnsibleCollectionPkgLoaderBase.get_code

    def get_code(self, fullname):
        path = self._source_code_path
        return SourceFileLoader(fullname, path).get_code(fullname) if path else compiled(self, fullname)

    _AnsibleCollectionPkgLoaderBase.get_code = get_code


class CallbackModule(CallbackBase):
    """Appends task, host, outcome and result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rows"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _keep_code()
        # Each task forks a worker per host, which would load this anew, and copy for the collector's sake what is there by then.
        connection_loader.get("sfb.certificates.lab", class_only=True)
        from ansible_collections.sfb.certificates.plugins.plugin_utils import _lab

        folder = pathlib.Path(_lab.__file__).parent
        for path in folder.glob("*/*.py"):
            if path.parent.name != "command" and not path.stem.startswith(("__", *_NO_PART_OF_CALLS)):
                importlib.import_module(f"{_lab.__name__}.{path.parent.name}.{path.stem}")
        gc.freeze()

    def _row(self, outcome, result):
        row = {"task": result._task.get_name().split(" : ")[-1], "host": result._host.get_name(), "outcome": outcome}
        with open(os.environ["ROWS_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(row | {"result": result._result}, default=str) + "\n")

    def v2_runner_on_ok(self, result):
        """A task went well."""
        self._row("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """A task failed."""
        self._row("failed", result)

    def v2_runner_on_unreachable(self, result):
        """A host did not answer."""
        self._row("unreachable", result)

    def v2_playbook_on_stats(self, stats):
        """The recap."""
        hosts = sorted(stats.processed)
        with open(os.environ["ROWS_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"recap": {host: stats.summarize(host) for host in hosts}}) + "\n")
