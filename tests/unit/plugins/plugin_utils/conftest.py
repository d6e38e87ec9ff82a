# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of operations share."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE

from .bench import Bench


@pytest.fixture
def bench(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, key_pool: pathlib.Path) -> Bench:
    """A server without certificates whose services run."""
    monkeypatch.setenv(KEY_POOL_VARIABLE, str(key_pool))
    return Bench(tmp_path, monkeypatch)
