# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter usage_names: usages of certificates as the product spells them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: usage_names
short_description: Usages of certificates as the product spells them
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Turns usages in any case into the names that the product's cmdlets take for C(-Type), each once, in the order given.
  - An unknown usage is an error, which names the nearest one.
options:
  _input:
    description: Usages as a list, or as a text with commas between them.
    type: raw
    required: true
seealso:
  - module: sfb.certificates.cs_certificate_request
"""

EXAMPLES = r"""
- name: Take usages from the command line, as in -e usages=internal,accessedgeexternal
  sfb.certificates.cs_certificate_info:
    type: "{{ usages | sfb.certificates.usage_names }}"
"""

RETURN = r"""
_value:
  description: The usages.
  type: list
  elements: str
  sample: [Internal, AccessEdgeExternal]
"""

from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._product.usages import resolve_usages
from ..plugin_utils._filters import named


def usage_names(value: Any) -> list[str]:
    """The product's names of usages.

    :raises InputError: one is unknown, or there is none.
    """
    names = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"takes usages as a list or a text, not {value!r}")
    return list(resolve_usages(list(names))[0])


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("usage_names", usage_names)
