# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the claim on a server. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..module_utils._errors import InputError
from ._options import SERVER, WORK, duration_of

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "purpose": {"type": "str", "default": ""},
    "valid_for": {"type": "str", "default": "2h"},
    "turn": {"type": "bool", "default": False},
    "take_over": {"type": "bool", "default": False},
    **SERVER,
    **WORK,
}


#: How long before its end, in seconds by the controller's clock, a claim is looked at anew before it is given up.
MARGIN = 600


def lasting(params: Mapping[str, Any]) -> timedelta:
    """How long a claim is valid.

    :raises InputError: no time at all.
    """
    lasts = duration_of(params["valid_for"], "valid_for")
    if not lasts:
        raise InputError(f"valid_for: '{params['valid_for']}' is no time at all; give at least 1h")
    return lasts
