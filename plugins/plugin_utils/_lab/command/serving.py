# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the commands of a lab that serve something have in common.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from ..server.folder import LabFolder

#: Adds a command to the parser of a lab: its name, what it does (gives the exit status), its help.
Add = Callable[[str, Callable[[LabFolder, argparse.Namespace], int], str], argparse.ArgumentParser]


def tell_and_wait(text: str) -> None:
    """Print where something is served, and wait until standard input ends or the user interrupts."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    try:
        while sys.stdin.read(4096):
            pass
    except KeyboardInterrupt:
        pass
