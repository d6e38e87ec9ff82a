# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter usage_changes: what has become of the certificates of usages."""

from __future__ import annotations

DOCUMENTATION = r"""
name: usage_changes
short_description: What has become of the certificates of usages
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Compares the usages of a server with what they were at an earlier time, and tells it in lines for people.
  - The roles P(sfb.certificates.edge#role) and P(sfb.certificates.front_end#role) end with it.
options:
  _input:
    description: The usages now, RV(sfb.certificates.cs_certificate_info#module:usages).
    type: list
    elements: dict
    required: true
  before:
    description: The usages of the same server at an earlier time, in the same form. One that is missing here had no certificate.
    type: list
    elements: dict
    required: true
  staged:
    description:
      - The result of M(sfb.certificates.cs_certificate_assign) if it staged a certificate in between. Of it C(thumbprint) and
        C(not_after) count.
      - It is needed only since a server may show the certificate in use until the other takes over, see
        RV(sfb.certificates.cs_certificate_info#module:usages[].staged). A result without these keys, such as that of a task
        that was skipped, is none.
    type: dict
seealso:
  - module: sfb.certificates.cs_certificate_info
  - module: sfb.certificates.cs_certificate_assign
"""

EXAMPLES = r"""
- name: See what the server uses
  sfb.certificates.cs_certificate_info:
    type: [Internal]
  register: before

- name: Assign a certificate
  sfb.certificates.cs_certificate_assign:
    type: [Internal]
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    server: "{{ before.server }}"
  register: assigned

- name: See what the server uses now, without another remote call
  sfb.certificates.cs_certificate_info:
    type: [Internal]
    server: "{{ assigned.server }}"
  register: now

- name: Tell what has changed
  ansible.builtin.debug:
    msg: "{{ now.usages | sfb.certificates.usage_changes(before.usages, staged=assigned) }}"
"""

RETURN = r"""
_value:
  description:
    - A line for each usage, in the order of the input. Empty if all of them have what they had.
    - The usage; the first 8 digits of the old and the new thumbprint, or of the only one if it has stayed, V(none) where there
      is no certificate; until when the new one is valid, V(-) if that is not known; from when on it is used, if it is staged.
  type: list
  elements: str
  sample:
    - AccessEdgeExternal  none->9C1F7D3A  2028-11-19
    - AudioVideoAuthentication  41E07B96->9C1F7D3A  2028-11-19  from 2026-11-25T17:00:00Z
    - DataEdgeExternal  9C1F7D3A  2028-11-19
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._assignment.usage_changes import change_lines
from ..module_utils._errors import InputError
from ..plugin_utils._filters import named


def usage_changes(value: Any, before: Any = None, staged: Any = None) -> list[str]:
    """The usages of a server, compared with those of an earlier time, as lines.

    :raises InputError: the usages are none of M(cs_certificate_info), or C(staged) is no result.
    """
    if staged is not None and not isinstance(staged, Mapping):
        raise InputError(
            f"staged: takes the result of cs_certificate_assign, not a value of type {type(staged).__name__}"
        )
    return change_lines(_rows(value, "the value"), _rows(before, "before"), staged or {})


def _rows(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) and "type" in row for row in value):
        raise InputError(f"{name}: it is no list of usages; give the key usages of a result of cs_certificate_info")
    return list(value)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("usage_changes", usage_changes)
