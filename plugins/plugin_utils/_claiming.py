# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the claim on a server. **PRIVATE** to the collection."""

from __future__ import annotations

from typing import Any

from ._options import SERVER, WORK

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
