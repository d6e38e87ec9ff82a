# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_export: a certificate with key and chain, as a PFX."""

from __future__ import annotations

import secrets
from typing import Any

from ..module_utils._core.unknown import Unknown
from ..module_utils._plans.exporting import plan_export
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, thumbprint_of

#: Length of a passphrase made here, in bytes of randomness.
_RANDOM_BYTES = 24


class ActionModule(CertificatesAction):
    """Exports a certificate; the PFX goes into the result and nowhere else."""

    ARGUMENT_SPEC = {
        "thumbprint": {"type": "str", "required": True},
        "passphrase": {"type": "str", "no_log": True},
        **SERVER,
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Exports under the passphrase given, or under one made for this call."""
        thumbprint = thumbprint_of(params["thumbprint"], self.check_mode)
        passphrase = params["passphrase"] or secrets.token_urlsafe(_RANDOM_BYTES)
        state = self.server(params)
        plan = plan_export(thumbprint, passphrase, state)
        result, reply = self.carry_out(plan, state)
        result["content"] = reply.rows[0]["data"] if reply else str(Unknown("export"))
        result["passphrase"] = passphrase
        result["_ansible_no_log"] = True
        return result
