# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the record and the CSR of a request lie on a server. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import InputError

#: Folder on the servers; only system and administrators may open it.
WORK_FOLDER = "C:\\ProgramData\\sfb.certificates"


@dataclass(frozen=True)
class RequestFiles:
    """The paths of one request, named after its usages.

    One record and one CSR lie there for a set of usages; a new request replaces them. The CSR carries the public
    key, which is what identifies the request (rules.md#identity-of-a-request); the record is written before the key
    exists and so does not repeat it.
    """

    name: str
    record: str
    csr: str

    @property
    def is_default(self) -> bool:
        """True if the CSR lies beside its record."""
        return self.csr.rpartition(".")[0] == self.record.rpartition(".")[0]


def is_absolute(path: str) -> bool:
    """Tells whether a text is an absolute Windows path."""
    return re.match(r"[A-Za-z]:\\|\\\\[^\\]", path) is not None


def request_files(usages: Sequence[str], folder: str = WORK_FOLDER, output: str | None = None) -> RequestFiles:
    """The paths for a request of these usages; their order does not matter.

    :param folder: an absolute Windows path.
    :param output: path of the CSR; None for one beside the record.
    :raises InputError: one of them is no absolute Windows path.
    """
    if output is not None and not is_absolute(output):
        raise InputError(f"output: '{output}' is no absolute Windows path such as C:\\Certificates\\edge.req")
    if not is_absolute(folder):
        raise InputError(f"work_folder: '{folder}' is no absolute Windows path such as {WORK_FOLDER}")
    name = "-".join(sorted(usage.lower() for usage in usages))
    base = folder.rstrip("\\") + "\\" + name
    return RequestFiles(name=name, record=base + ".json", csr=output or base + ".req")
