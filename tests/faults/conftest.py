# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools whose certificates are to be renewed, at little cost."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from ansible_collections.sfb.certificates.tests.integration.conftest import Pool, new_pool, once, stages

from .site import Site

#: Fixtures of the other tests that these use, too.
__all__ = ["new_pool", "once", "stages"]


@pytest.fixture
def site(tmp_path: pathlib.Path, new_pool: Callable[[pathlib.Path], Pool], stages: pathlib.Path) -> Site:
    """Two servers with one certificate; the run under test wants one with another name more, and gets it at once."""
    for name in ("pool", "notes"):
        (tmp_path / name).mkdir()
    pool = new_pool(tmp_path / "pool")
    pool.take(stages / "finished")
    made = Site(
        pool,
        tmp_path / "notes",
        ("edge1", "edge2"),
        ({"type": ["Internal"]},),
        {"edge_domain_names": ["new.example.com"]},
    )
    made.describe()
    return made
