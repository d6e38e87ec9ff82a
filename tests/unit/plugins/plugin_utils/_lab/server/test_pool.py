# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory may say of a pool."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import (
    SWITCHES,
    AuthorityDescription,
    PoolDescription,
)

NAMES = {"pool_fqdn": "edgepool.example.test", "fqdn": "edge1.example.test"}


def test_defaults() -> None:
    pool = PoolDescription(**NAMES)
    assert (pool.access_edge_fqdn, pool.data_edge_fqdn, pool.av_edge_fqdn, pool.sip_domains) == (
        "access.example.test", "webconf.example.test", "av.example.test", ("example.test",),
    )  # fmt: skip
    assert all(pool.switch(name) is not None for name in SWITCHES)
    assert "XmppServer" not in pool.required_usages
    assert "XmppServer" in PoolDescription(**NAMES, product="2015").required_usages


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"pool_fqdn": "edgepool"}, "'edgepool' is no fully qualified name"),
        ({"product": "2010"}, "it takes 2013, 2015, 2019, se"),
        ({"role": "frontend"}, "it takes edge, front_end, director, mediation"),
        ({"switches": {"staged_rows": "old"}}, "did you mean staged_row?"),
        ({"switches": {"x": 1}}, "known are assignment_needs_restart,"),
        ({"switches": {"staged_row": "neither"}}, "staged_row takes new or old, not 'neither'"),
        ({"switches": {"p7b_leaf_only": "no"}}, "p7b_leaf_only takes true or false"),
        ({"switches": {"graceful_stop_seconds": "long"}}, "a number of seconds"),
    ],
)
def test_refused(variables: dict[str, Any], part: str) -> None:
    with pytest.raises(LabError) as caught:
        PoolDescription(**{**NAMES, **variables})
    assert part in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({}, "config"),
        ({"config": "a\\b", "polciy": "x"}, "takes config"),
        ({"config": "a\\b", "policy": "x"}, "pending"),
    ],
)
def test_ca_refused(value: dict[str, Any], part: str) -> None:
    with pytest.raises(LabError, match=part):
        AuthorityDescription.from_variable(value)


def test_the_password_of_the_ca_is_not_shown() -> None:
    described = AuthorityDescription.from_variable({"config": "a\\b", "password": "Ca-Secret-5521"})
    assert described.password == "Ca-Secret-5521"
    assert "Ca-Secret" not in repr(described)
