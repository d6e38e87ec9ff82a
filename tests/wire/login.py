# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins of the emulated WinRM service: Basic for each request, NTLM for a connection."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv_login import Login, load_spnego


class Visit:
    """The login of one connection.

    :ivar context: the session that encrypts messages, once NTLM has let the visitor in.
    """

    def __init__(self, login: Login, *, basic: bool) -> None:
        self._login = login
        self._basic_allowed = basic and "basic" in login.methods
        self._pending: Any = None
        self.context: Any = None

    def offers(self) -> list[str]:
        """Headers WWW-Authenticate of a refusal; the service calls NTLM by the name Negotiate only."""
        negotiate = ["Negotiate"] if "ntlm" in self._login.methods else []
        return [*negotiate, *(['Basic realm="WSMAN"'] if self._basic_allowed else [])]

    def enter(self, header: str) -> list[str] | None:
        """Takes a header Authorization; None if the visitor is in, else the headers WWW-Authenticate to answer with."""
        scheme, _blank, text = header.partition(" ")
        try:
            token = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            token = b""
        if scheme.lower() == "basic" and self._basic_allowed:
            return None if self._fits(token) else self.offers()
        if scheme.lower() == "negotiate" and "ntlm" in self._login.methods and token:
            return self._negotiate(token)
        return None if self.context is not None and not header else self.offers()

    def _fits(self, token: bytes) -> bool:
        name, _colon, password = token.decode("utf-8", "replace").partition(":")
        expected = self._login.users.get(name)
        return expected is not None and hmac.compare_digest(expected.encode(), password.encode())

    def _negotiate(self, token: bytes) -> list[str] | None:
        spnego = load_spnego()
        self.context = None
        try:
            if self._pending is None:
                self._pending = spnego.server(protocol="ntlm", channel_bindings=self._bindings(spnego))
            answer = self._pending.step(token)
        except Exception:
            # whatever is wrong with a token, the visitor stays out
            self._pending = None
            return self.offers()
        if self._pending.complete:
            self.context, self._pending = self._pending, None
            return None
        return [f"Negotiate {base64.b64encode(answer or b'').decode('ascii')}"]

    def _bindings(self, spnego: Any) -> Any:
        """What NTLM has to be bound to over TLS (CbtHardeningLevel of the service)."""
        if self._login.channel is None:
            return None
        data = b"tls-server-end-point:" + self._login.channel
        return spnego.channel_bindings.GssChannelBindings(application_data=data)
