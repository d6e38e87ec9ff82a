# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_report: the certificates of many servers in files for people and for monitoring."""

from __future__ import annotations

from typing import Any

from ..module_utils._jmespath_dep import search
from ..module_utils._report.estate import build_report
from ..module_utils._report.verdict import summary, verdict_of
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._reporting import (
    ARGUMENT_SPEC,
    CONSTRAINTS,
    moment_of_report,
    paths_of,
    report_file,
    report_spec,
    write_report,
)
from ..plugin_utils._text_file import mode_of


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Makes the report and writes what of it is new."""
        mode = mode_of(params["mode"])
        report = build_report(report_spec(params, self.task_vars), moment_of_report(params["now"]))
        result: dict[str, Any] = {"report": report, "status": report["status"]}
        if params["query"]:
            result["query_result"] = search(params["query"], report)
        files = [report_file(kind, path, report, mode) for kind, path in paths_of(params).items()]
        for file in files:
            if file.stale and not self.check_mode:
                write_report(file, report, mode)
        result["changed"] = any(file.changed for file in files)
        result["files"] = [{"format": file.kind, "path": file.path, "changed": file.changed} for file in files]
        told = {file.path: summary(report) for file in files if file.changed}
        result["diff"] = {"before": {}, "after": told}
        verdict = verdict_of(report, params["fail_on"])
        if verdict:
            # Ansible shows all of a failed result, and the report is long
            del result["report"]
        return result | verdict
