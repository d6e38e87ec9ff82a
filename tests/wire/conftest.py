# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated pools whose servers are reached over WinRM."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.tests.integration.conftest import (
    new_pool,
    once,
    pool,
    stages,
)
from ansible_collections.sfb.certificates.tests.wire.tls import Identity, make_identity

#: Fixtures of the other tests that these use, too.
__all__ = ["new_pool", "once", "pool", "stages"]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """Certificate of the HTTPS listeners."""
    return make_identity(tmp_path_factory.mktemp("identity"))
