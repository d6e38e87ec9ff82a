# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_chain: authorities in the stores where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._remote.wire import Call
from ..module_utils._store.chain import ChainSpec, plan_chain
from ..module_utils._store.store_checks import MENDS, unread
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._chain import chain_spec
from ..plugin_utils._content import read_content
from ..plugin_utils._options import SERVER


class ActionModule(CertificatesAction):
    """Imports the authorities of a chain file, reports on the stores, and mends what it is asked to."""

    ARGUMENT_SPEC = {
        "path": {"type": "path"},
        "content": {"type": "str"},
        "allow_expired": {"type": "bool", "default": False},
        "mend": {"type": "list", "elements": "str", "choices": list(MENDS), "default": []},
        **SERVER,
    }
    CONSTRAINTS = {"mutually_exclusive": [["path", "content"]]}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Places what is missing or misplaced."""
        mend = tuple(params["mend"])
        if params["path"] is None and params["content"] is None:
            if not mend:
                raise InputError("one of the following is required: path, content, mend")
            spec = ChainSpec((), mend=mend)
        else:
            data, name = read_content(params, self.find_file)
            spec = replace(chain_spec(data, name, params["allow_expired"]), mend=mend)
        state = self.server(params)
        if unread(state, mend):
            state = self.call(Call(full=("Root", "CA")), state).state
        result, _reply = self.carry_out(plan_chain(spec, state), state)
        return result
