# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_remove: certificates that nothing uses leave My."""

from __future__ import annotations

from typing import Any

from ..module_utils._store.superseded import plan_removal
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, thumbprint_of


class ActionModule(CertificatesAction):
    """Removes certificates of My, with their keys."""

    ARGUMENT_SPEC = {
        "thumbprints": {"type": "list", "elements": "str", "required": True},
        "delete_key": {"type": "bool", "default": True, "no_log": False},
        **SERVER,
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes what is there and not in use."""
        thumbprints = [thumbprint_of(text, self.check_mode) for text in params["thumbprints"]]
        state = self.server(params)
        plan = plan_removal(thumbprints, state, delete_key=params["delete_key"])
        result, _reply = self.carry_out(plan, state)
        return result
