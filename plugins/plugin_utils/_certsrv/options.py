# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules for AD CS web enrolment share. **PRIVATE** to the collection."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._x509 import pem
from ...module_utils._x509.files import read_certificates
from .address import base_url
from .client import Certsrv
from .session import AUTHS, Session, Site

SITE: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True},
    "auth": {"type": "str", "choices": list(AUTHS), "default": "ntlm"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "ca_bundle": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "allow_http": {"type": "bool", "default": False},
    "use_proxy": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 30},
}
_LIMIT = 8 * 1024 * 1024


@contextlib.contextmanager
def open_certsrv(params: Mapping[str, Any], find: Callable[[str], str]) -> Iterator[Certsrv]:
    """A session with the web enrolment that the options name.

    :param find: finds a file on the controller as Ansible does.
    :raises CertificatesError: an option is wrong, or a library is missing.
    """
    if params["timeout"] < 1:
        raise InputError(f"timeout: {params['timeout']} is too short; give a number of seconds from 1")
    base = base_url(params["url"], allow_http=params["allow_http"])
    client_cert, client_key = (find(path) if (path := params[name]) else None for name in ("client_cert", "client_key"))
    with contextlib.ExitStack() as stack:
        ca_bundle = None
        if params["ca_bundle"]:
            bundle = stack.enter_context(tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".pem"))
            bundle.write(_trusted(params["ca_bundle"], find))
            bundle.flush()
            ca_bundle = bundle.name
        site = Site(
            base=base,
            auth=params["auth"],
            username=params["username"],
            password=params["password"],
            ca_bundle=ca_bundle,
            validate_certs=params["validate_certs"],
            client_cert=client_cert,
            client_key=client_key,
            timeout=params["timeout"],
            use_proxy=params["use_proxy"],
        )
        yield Certsrv(stack.enter_context(Session(site)))


def site_warnings(params: Mapping[str, Any]) -> list[str]:
    """What about the options is worth a word."""
    found = []
    plain = params["url"].strip().lower().startswith("http://")
    if not params["validate_certs"] and not plain:
        found.append(
            "validate_certs: is off, so anybody on the way can read the login and change the answer; set ca_bundle"
        )
    if plain and params["auth"] == "basic":
        found.append("auth: basic over http shows the password to anybody on the way; use https")
    return found


def _trusted(path: str, find: Callable[[str], str]) -> str:
    """The certificates of a file of any kind as the text of a PEM file, which is what OpenSSL needs.

    :raises InputError: there are none in it.
    """
    found = find(path)
    try:
        if os.path.getsize(found) > _LIMIT:
            raise InputError(f"ca_bundle: {path} is larger than 8 MB and no file of certificates")
        with open(found, "rb") as stream:
            certificates = read_certificates(stream.read(), name=f"ca_bundle: {path}").certificates
    except OSError as error:
        raise InputError(f"ca_bundle: {path} cannot be read on the controller: {error.strerror or error}") from error
    return "".join(pem.encode(certificate.der, "CERTIFICATE") for certificate in certificates)
