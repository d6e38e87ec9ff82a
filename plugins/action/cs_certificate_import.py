# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_import: a certificate and its key are in the store My."""

from __future__ import annotations

from typing import Any

from ..module_utils._remote.common_parameters import report_of, with_common
from ..module_utils._state.request_paths import request_files
from ..module_utils._store.importing import plan_import
from ..plugin_utils._action import CertificatesAction, add_warnings
from ..plugin_utils._importing import (
    ARGUMENT_SPEC,
    CONSTRAINTS,
    bound,
    check_for_all,
    differs,
    import_spec_of,
    public_warnings,
)


class ActionModule(CertificatesAction):
    """Imports the answer of an authority, or a PFX."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Checks the content, imports it where it is missing, and sees that the key is bound to it."""
        spec, warnings = import_spec_of(params, self.find_file, check_mode=self.check_mode)
        files = [request_files(spec.usages, params["work_folder"])] if spec.usages else []
        state = self.server(params, files)
        plan = with_common(plan_import(spec, state), force=params["force"], report=params["report"])
        result, reply = self.carry_out(plan, state)
        if params["public_ca"]:
            warnings += public_warnings(plan.predicted, plan.facts["thumbprint"])
        result["differs"] = differs(state, plan.predicted, plan.facts["thumbprint"])
        if reply and spec.for_all:
            check_for_all(reply.state, spec, plan.facts["thumbprint"])
        elif reply:
            result.update(bound(reply.state, plan.facts["thumbprint"]))
        report = report_of(reply.rows) if reply else None
        if report is not None:
            result["report"] = report
        add_warnings(result, warnings)
        return result
