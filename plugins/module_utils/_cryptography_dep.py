# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only door to the library `cryptography`.

**PRIVATE** to the collection.

Without the library this file and all that import it still load; `require_cryptography` tells the user what to install.
Nothing from here may be needed while a module loads (no base class, default value or decorator).
"""

from __future__ import annotations

from ._errors import DependencyError

MINIMUM_VERSION = "42.0.0"
"""Oldest version that the collection is tested with (PKCS#12 encryption builder, dates with time zone)."""

CRYPTOGRAPHY_IMPORT_ERROR: str | None = None
"""Why the library cannot be imported, None if it can."""

try:
    from cryptography import __version__ as CRYPTOGRAPHY_VERSION
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
except ImportError as error:
    CRYPTOGRAPHY_IMPORT_ERROR = str(error)
    CRYPTOGRAPHY_VERSION = "0"
    x509 = None  # type: ignore[assignment]
    hashes = None  # type: ignore[assignment]
    serialization = None  # type: ignore[assignment]
    dsa = None  # type: ignore[assignment]
    ec = None  # type: ignore[assignment]
    ed448 = None  # type: ignore[assignment]
    ed25519 = None  # type: ignore[assignment]
    padding = None  # type: ignore[assignment]
    rsa = None  # type: ignore[assignment]
    pkcs7 = None  # type: ignore[assignment]
    pkcs12 = None  # type: ignore[assignment]
    InvalidSignature = Exception  # type: ignore[assignment,misc]
    UnsupportedAlgorithm = Exception  # type: ignore[assignment,misc]

__all__ = [
    "CRYPTOGRAPHY_IMPORT_ERROR",
    "CRYPTOGRAPHY_VERSION",
    "MINIMUM_VERSION",
    "InvalidSignature",
    "UnsupportedAlgorithm",
    "dsa",
    "ec",
    "ed448",
    "ed25519",
    "hashes",
    "padding",
    "pkcs7",
    "pkcs12",
    "require_cryptography",
    "rsa",
    "serialization",
    "x509",
]


def _major(version: str) -> int:
    """The first number of a version text, 0 if it has none."""
    first = version.split(".", 1)[0]
    return int(first) if first.isdigit() else 0


def require_cryptography() -> None:
    """Raise `DependencyError` unless the library is there in a version that will do."""
    advice = (
        f"install it where Ansible runs, for the same Python: pip install 'cryptography>={_major(MINIMUM_VERSION)}'"
    )
    if CRYPTOGRAPHY_IMPORT_ERROR is not None:
        raise DependencyError(
            f"the Python library cryptography cannot be imported ({CRYPTOGRAPHY_IMPORT_ERROR}); {advice}"
        )
    if _major(CRYPTOGRAPHY_VERSION) < _major(MINIMUM_VERSION):
        raise DependencyError(
            f"the Python library cryptography is {CRYPTOGRAPHY_VERSION}, at least {MINIMUM_VERSION} is needed; {advice}"
        )
