# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of the controller, which `running_at` and `upcoming` of a service are written in.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt


def real_time() -> dt.datetime:
    """Now, whatever the clocks of the emulated servers say."""
    return dt.datetime.now(dt.timezone.utc)
