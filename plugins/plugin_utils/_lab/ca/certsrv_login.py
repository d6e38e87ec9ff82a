# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins of the emulated web enrolment: Basic, NTLM, client certificates (product.md#authentication-at-web-enrollment).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import importlib
import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..server.errors import LabError
from ..server.folder import write_atomically

METHODS = ("ntlm", "basic", "certificate", "none")
_USERS_VARIABLE = "NTLM_USER_FILE"


def load_spnego() -> Any:
    """The library that speaks NTLM, needed for nothing else. Raises LabError without it."""
    try:
        return importlib.import_module("spnego")
    except ImportError:
        raise LabError("NTLM needs the Python library pyspnego; pip install pyspnego, or choose basic") from None


class Login:
    """Who may come in, and how.

    Attributes:
        methods: of METHODS; none lets everybody in.
        users: passwords by name, `DOMAIN\\name`.
        channel: hash of the server's certificate that NTLM must be bound to (Extended Protection: required), if any.
    """

    def __init__(self, methods: tuple[str, ...], users: Mapping[str, str], channel: bytes | None = None) -> None:
        self.methods = methods
        self.users = dict(users)
        self.channel = channel
        if "ntlm" in methods:
            load_spnego()

    @contextlib.contextmanager
    def known(self, path: Path) -> Iterator[None]:
        """While the block runs, the users of NTLM lie where the library looks for them, in this process.

        The file has lines `DOMAIN:name:password`.
        """
        if "ntlm" not in self.methods:
            yield
            return
        lines = [":".join([*_split(name), password]) for name, password in self.users.items()]
        write_atomically(path, ("\n".join(lines) + "\n").encode("utf-8"), mode=0o600)
        before = os.environ.get(_USERS_VARIABLE)
        os.environ[_USERS_VARIABLE] = str(path)
        try:
            yield
        finally:
            del os.environ[_USERS_VARIABLE]
            if before is not None:
                os.environ[_USERS_VARIABLE] = before


class Visit:
    """The login of one connection: NTLM and client certificates count for all that comes over it."""

    def __init__(self, login: Login, connection: Any) -> None:
        self._login = login
        self._context: Any = None
        self.user = "" if "none" not in login.methods else "anonymous"
        if "certificate" in login.methods and isinstance(connection, ssl.SSLSocket):
            self._certificate(connection)

    def offers(self) -> list[str]:
        """Headers WWW-Authenticate of a refusal; IIS offers Negotiate along with NTLM."""
        methods = self._login.methods
        ntlm = ["Negotiate", "NTLM"] if "ntlm" in methods else []
        return [*ntlm, *(['Basic realm="certsrv"'] if "basic" in methods else [])]

    def enter(self, header: str) -> list[str] | None:
        """Take a header Authorization; None if the visitor is in, else the headers WWW-Authenticate to answer with."""
        scheme, _blank, text = header.partition(" ")
        try:
            token = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            token = b""
        if scheme.lower() == "basic" and "basic" in self._login.methods:
            return None if self._basic(token) else self.offers()
        if scheme.lower() in ("ntlm", "negotiate") and "ntlm" in self._login.methods and token:
            return self._ntlm(scheme, token)
        return None if self.user else self.offers()

    def _basic(self, token: bytes) -> bool:
        name, _colon, password = token.decode("utf-8", "replace").partition(":")
        expected = self._login.users.get(name)
        fits = expected is not None and hmac.compare_digest(expected.encode(), password.encode())
        self.user = name if fits else ""
        return fits

    def _ntlm(self, scheme: str, token: bytes) -> list[str] | None:
        spnego = load_spnego()
        try:
            if self._context is None:
                self._context = spnego.server(protocol="ntlm", channel_bindings=self._bindings())
            answer = self._context.step(token)
        except Exception:
            # whatever is wrong with a token, the visitor stays out
            self._context, self.user = None, ""
            return self.offers()
        if self._context.complete:
            self.user = str(self._context.client_principal)
            self._context = None
            return None
        return [f"{scheme} {base64.b64encode(answer or b'').decode('ascii')}"]

    def _bindings(self) -> Any:
        if self._login.channel is None:
            return None
        bindings = importlib.import_module("spnego.channel_bindings")
        return bindings.GssChannelBindings(application_data=b"tls-server-end-point:" + self._login.channel)

    def _certificate(self, connection: ssl.SSLSocket) -> None:
        connection.do_handshake()
        found: dict[str, Any] = connection.getpeercert() or {}
        names = [value for part in found.get("subject", ()) for key, value in part if key == "commonName"]
        self.user = names[-1] if names else ""


def channel_hash(certificate_der: bytes) -> bytes:
    """What `tls-server-end-point` binds to for a certificate signed with SHA-256 (RFC 5929, section 4.1)."""
    return hashlib.sha256(certificate_der).digest()


def _split(name: str) -> tuple[str, str]:
    domain, slash, user = name.partition("\\")
    return (domain, user) if slash else ("", name)
