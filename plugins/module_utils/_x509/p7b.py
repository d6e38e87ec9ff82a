# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes certificates as PKCS#7.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._cryptography_dep import pkcs7, serialization, x509


def write_p7b(certificates: Iterable[bytes]) -> str:
    """A PKCS#7 without signature (RFC 2315, section 9.1) that holds certificates, as PEM (RFC 7468, section 8).

    Windows takes it as C(.p7b). Raises ValueError if one is no encoded certificate.
    """
    loaded = [x509.load_der_x509_certificate(der) for der in certificates]
    return pkcs7.serialize_certificates(loaded, serialization.Encoding.PEM).decode("ascii")
