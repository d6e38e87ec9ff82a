# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of cs_certificate_export: a certificate with key and chain, as a PFX."""

from __future__ import annotations

import secrets
from typing import Any

from ..module_utils._state.state import State
from ..module_utils._state.unknown import Unknown
from ..module_utils._store.exporting import plan_export, public_chain
from ..module_utils._x509.p7b import write_p7b
from ..module_utils._x509.pem import encode
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._options import SERVER, thumbprint_of

#: Length of a passphrase made here, in bytes of randomness.
_RANDOM_BYTES = 24


class ActionModule(CertificatesAction):
    """Exports a certificate, or the public chain above it; what is exported goes into the result and nowhere else."""

    ARGUMENT_SPEC = {
        "format": {"type": "str", "choices": ["pfx", "chain", "p7b"], "default": "pfx"},
        "thumbprint": {"type": "str"},
        "passphrase": {"type": "str", "no_log": True},
        "chain": {"type": "bool", "default": True},
        **SERVER,
    }
    CONSTRAINTS = {"required_if": [["format", "pfx", ["thumbprint"]]]}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Exports under the passphrase given, or under one made for this call."""
        given = params["thumbprint"]
        thumbprint = thumbprint_of(given, self.check_mode) if given else None
        state = self.server(params)
        if thumbprint is None or params["format"] != "pfx":
            return _chain(thumbprint, state, as_p7b=params["format"] == "p7b")
        passphrase = params["passphrase"] or secrets.token_urlsafe(_RANDOM_BYTES)
        plan = plan_export(thumbprint, passphrase, state, with_chain=params["chain"])
        result, reply = self.carry_out(plan, state)
        result["content"] = reply.rows[0]["data"] if reply else str(Unknown("export"))
        result["passphrase"] = passphrase
        result["_ansible_no_log"] = True
        return result


def _chain(thumbprint: str | None, state: State, *, as_p7b: bool) -> dict[str, Any]:
    """The authorities as PEM or PKCS#7; nothing of it is secret, and the state has it all."""
    chain = public_chain(thumbprint, state)
    whole = [item.der for item in chain]
    return {
        "changed": False,
        "content": write_p7b(whole) if as_p7b else "".join(encode(item, "CERTIFICATE") for item in whole),
        "certificates": [item.facts() for item in chain],
        "server": state.to_dict(),
    }
