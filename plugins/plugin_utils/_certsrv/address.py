# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of AD CS web enrolment. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from ...module_utils._errors import InputError

_EXAMPLE = "write it as https://ca01.example.com/certsrv"
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]+")


def base_url(text: str, *, allow_http: bool = False) -> str:
    """The address of the application without a final slash, for example C(https://ca01.example.com/certsrv).

    Taken are a host name alone, an address with or without the path, and the address of one of the pages.

    :param allow_http: takes an address without TLS, too.
    :raises InputError: it is no such address; a password in it is not repeated.
    """
    plain = text.strip()
    if "://" not in plain:
        plain = f"https://{plain}"
    try:
        parts = urlsplit(plain)
        port = parts.port
    except ValueError as error:
        raise InputError(f"url: is no address of a web server; {_EXAMPLE}") from error
    _check(parts, allow_http)
    host = (parts.hostname or "").lower()
    place = f"[{host}]" if ":" in host else host
    segments = [segment for segment in parts.path.split("/") if segment]
    if segments and re.search(r"\.(asp|cer|p7b|crl)$", segments[-1], re.IGNORECASE):
        segments.pop()
    path = "/".join(segments) or "certsrv"
    return f"{parts.scheme.lower()}://{place}{'' if port is None else f':{port}'}/{path}"


def _check(parts: SplitResult, allow_http: bool) -> None:
    """:raises InputError: see L{base_url}."""
    if "@" in parts.netloc:
        raise InputError("url: must not hold a user name or password; use the options username and password")
    shown = parts.geturl()
    if parts.scheme.lower() not in ("http", "https"):
        raise InputError(f"url: '{shown}' is neither https nor http; {_EXAMPLE}")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise InputError(f"url: '{shown}' names no host; {_EXAMPLE}")
    if parts.query or parts.fragment:
        raise InputError(f"url: '{shown}' is the address of a single answer; {_EXAMPLE}")
    if parts.scheme.lower() == "http" and not allow_http:
        raise InputError(
            f"url: '{shown}' is not protected by TLS; use https, which enterprise authorities of Windows Server 2008 and"
            " 2008 R2 demand anyway, or set allow_http: true if the authority offers nothing else"
        )
