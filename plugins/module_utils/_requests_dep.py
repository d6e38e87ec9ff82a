# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only door to requests and to its ways of authentication. **PRIVATE** to the collection.

Without the libraries this file and all that import it still load; the functions tell the user what to install.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._errors import DependencyError

REQUESTS_IMPORT_ERROR: str | None = None
"""Why requests cannot be imported, None if it can."""

try:
    import requests
except ImportError as _error:
    REQUESTS_IMPORT_ERROR = str(_error)
    requests = None  # type: ignore[assignment]

__all__ = ["REQUESTS_IMPORT_ERROR", "kerberos_auth", "ntlm_auth", "requests", "require_requests"]

_WHERE = "install it where Ansible runs, for the same Python: pip install"


def require_requests() -> None:
    """Raises `DependencyError` unless requests is there."""
    if REQUESTS_IMPORT_ERROR is not None:
        raise DependencyError(
            f"the Python library requests cannot be imported ({REQUESTS_IMPORT_ERROR}); {_WHERE} requests"
        )


def ntlm_auth(username: str, password: str) -> Any:
    """NTLM with channel binding, so that servers that demand Extended Protection let it in (RFC 5929).

    :param username: C(DOMAIN\\user) or C(user@domain).
    :raises DependencyError: requests_ntlm is missing.
    """
    try:
        module = importlib.import_module("requests_ntlm")
    except ImportError as error:
        raise DependencyError(
            f"auth: ntlm needs the Python library requests_ntlm ({error}); {_WHERE} requests_ntlm"
        ) from error
    return module.HttpNtlmAuth(username, password)


def kerberos_auth() -> Any:
    """Negotiate with the Kerberos ticket of the user who runs Ansible.

    :raises DependencyError: neither requests_kerberos nor requests_gssapi is there.
    """
    for name, kind in (("requests_kerberos", "HTTPKerberosAuth"), ("requests_gssapi", "HTTPSPNEGOAuth")):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return getattr(module, kind)(mutual_authentication=module.OPTIONAL)
    raise DependencyError(
        f"auth: kerberos needs the Python library requests_kerberos or requests_gssapi; {_WHERE} requests_kerberos,"
        " or use auth: ntlm"
    )
