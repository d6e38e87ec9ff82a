# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the cmdlets."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._product.cmdlets import CMDLETS
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import cmdlet
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.cmdlets.table import CMDLETS as EMULATED

WRITING = ("Request-CsCertificate", "Import-CsCertificate", "Set-CsCertificate", "Remove-CsCertificate")


def never_sent() -> list[Any]:
    """Each writing cmdlet with each parameter that asks or only shows."""
    return [
        pytest.param(name, parameter, marks=pytest.mark.shows(f"{name} parameter {parameter}"))
        for name in WRITING
        for parameter in ("WhatIf", "Confirm")
    ]


@pytest.mark.parametrize(("name", "parameter"), never_sent())
def test_what_asks_or_only_shows_is_never_sent(name: str, parameter: str) -> None:
    assert parameter.lower() in EMULATED[name].known()  # the product has it
    with pytest.raises(KeyError):
        cmdlet(name, **{parameter: True})


@pytest.mark.parametrize("name", list(CMDLETS))
def test_all_that_is_sent_is_known_to_the_product(name: str) -> None:
    assert {parameter.lower() for parameter in CMDLETS[name].parameters} <= set(EMULATED[name].known())
