# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all operations of a task know. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """What operations need to know of the task.

    :ivar host: the server that the task is about.
    :ivar find: finds a file on the controller as Ansible does.
    :ivar work_folder: on the server.
    """

    host: str
    find: Callable[[str], str]
    check_mode: bool
    work_folder: str
