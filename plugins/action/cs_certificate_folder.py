# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_folder: a request goes into a folder, its answer is found there."""

from __future__ import annotations

from typing import Any

from ..module_utils._errors import InputError
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._folder import ARGUMENT_SPEC, CONSTRAINTS, collect, public_keys_of, submit


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = CONSTRAINTS

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Puts a request there and looks for its answer, or collects the answers to several requests."""
        folder = params["folder"]
        try:
            if params["csr"] is None:
                return collect(folder, public_keys_of(params, self.task_vars), params["passphrase"])
            return submit(folder, params["csr"], params["name"], check_mode=self.check_mode)
        except OSError as error:
            raise InputError(f"folder: {folder} cannot be used on the controller: {error.strerror or error}") from error
