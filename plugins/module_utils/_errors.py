# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that the user may see.

**PRIVATE** to the collection.
"""

from __future__ import annotations


class CertificatesError(Exception):
    """Base of all errors of the collection whose text is meant for the user.

    The text is one line (line breaks and runs of blanks are folded) and tells what is wrong, where, and what to do.
    """

    def __init__(self, message: str) -> None:
        self.message: str = " ".join(message.split())
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class InputError(CertificatesError):
    """A file, an argument or another input of the user cannot be used as it is."""


class DependencyError(CertificatesError):
    """A Python library that the controller needs is missing or too old."""
