# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter thumbprint: a thumbprint as Windows takes it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: thumbprint
short_description: A thumbprint as Windows takes it
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Takes blanks, colons and the hidden characters that the certificate dialog of Windows copies out of a thumbprint, and
    returns it as 40 upper-case hexadecimal digits. Anything else is an error.
options:
  _input:
    description: The thumbprint (SHA-1) as somebody wrote it.
    type: str
    required: true
seealso:
  - module: sfb.certificates.cs_certificate_assign
"""

EXAMPLES = r"""
- name: Look for a certificate by the thumbprint that somebody copied from a dialog
  ansible.builtin.debug:
    msg: "{{ info.certificates | selectattr('thumbprint', 'eq', copied | sfb.certificates.thumbprint) }}"
"""

RETURN = r"""
_value:
  description: The thumbprint.
  type: str
  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
"""

from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._x509.text import normalize_thumbprint
from ..plugin_utils._filters import named


def thumbprint(value: Any) -> str:
    """A normalised thumbprint.

    :raises InputError: it has not 40 hexadecimal digits.
    """
    if not isinstance(value, str):
        raise InputError(f"takes a thumbprint as text, not a value of type {type(value).__name__}; put it in quotes")
    return normalize_thumbprint(value)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("thumbprint", thumbprint)
