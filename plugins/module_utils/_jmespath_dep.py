# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place that imports jmespath. **PRIVATE** to the collection."""

from __future__ import annotations

import traceback
from typing import Any

from ._errors import DependencyError, InputError

JMESPATH_IMPORT_ERROR: str | None = None
try:
    import jmespath
except ImportError:
    JMESPATH_IMPORT_ERROR = traceback.format_exc()


def search(query: str, data: Any) -> Any:
    """What a JMESPath expression finds in plain data.

    :raises DependencyError: the library is missing.
    :raises InputError: the expression is not valid.
    """
    if JMESPATH_IMPORT_ERROR is not None:
        raise DependencyError("query: needs the Python library jmespath on the controller; pip install jmespath")
    try:
        return jmespath.search(query, data)
    except jmespath.exceptions.JMESPathError as error:
        raise InputError(f"query: '{query}' is no valid JMESPath expression: {error}") from error
