# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter days_left: whole days until a certificate or a date."""

from __future__ import annotations

DOCUMENTATION = r"""
name: days_left
short_description: Whole days until a certificate ends, or until a date
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Whole days from now to the end of a certificate's validity, or to a date, rounded down; negative if that has passed.
options:
  _input:
    description:
      - A date or time as V(2026-12-01) or V(2026-12-01T10:00:00Z), such as C(not_after) of the facts of a certificate.
        Without a time zone it is UTC.
      - Or one certificate, as P(sfb.certificates.certificate_facts#filter) takes it.
    type: raw
    required: true
  now:
    description: Time to count from, in the same form. If not given, the clock of the controller.
    type: raw
requirements:
  - On the controller, the Python library cryptography 42.0.0 or newer, if the input is a certificate.
seealso:
  - plugin: sfb.certificates.certificate_facts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Warn of a chain file that ends within a year
  ansible.builtin.debug:
    msg: The authority ends soon
  when: lookup('ansible.builtin.file', 'root.cer') | sfb.certificates.days_left < 365

- name: Count from a fixed day
  ansible.builtin.debug:
    msg: "{{ '2026-12-01T10:00:00Z' | sfb.certificates.days_left(now='2026-11-21') }}"
"""

RETURN = r"""
_value:
  description: The number of days.
  type: int
  sample: 10
"""

from datetime import datetime
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._x509.moments import parse_moment
from ..plugin_utils._filters import certificates_of, named, now_of

#: Longer texts are certificates.
_LONGEST_DATE = 40


def days_left(value: Any, now: Any = None) -> int:
    """Days until a certificate or a date.

    :raises InputError: the value is neither, or C(now) is no time.
    """
    return (_end(value) - now_of(now)).days


def _end(value: Any) -> datetime:
    if not isinstance(value, (str, bytes)) or (isinstance(value, str) and len(value.strip()) <= _LONGEST_DATE):
        return parse_moment(value, "the value")
    found = certificates_of(value)
    if len(found) != 1:
        raise InputError(f"the value holds {len(found)} certificates, not one; give the one that is meant")
    return found[0].not_after


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("days_left", days_left)
