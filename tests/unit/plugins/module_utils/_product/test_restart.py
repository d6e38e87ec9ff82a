# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether services must be restarted after certificates were assigned."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._product.restart import restart_after
from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES

AV = "AudioVideoAuthentication"


@pytest.mark.parametrize(
    ("usages", "staged", "needed", "reason"),
    [
        (["AccessEdgeExternal"], [], True, "the vendor restarts all services"),
        (["DataEdgeExternal"], [], True, "the vendor restarts all services"),
        ([AV], [], True, "the vendor restarts all services"),
        ([AV], [AV], False, "takes over at the effective date without a restart"),
        (["OAuthTokenIssuer"], ["OAuthTokenIssuer"], False, "without a restart"),
        (["OAuthTokenIssuer"], [], True, "not documented"),
        (["Internal"], [], True, "not documented"),
        (["Default"], [], True, "not documented"),
        (["WebServicesExternal"], [], True, "web server"),
        (["DataEdgeExternal"], ["DataEdgeExternal"], True, f"only {AV} and OAuthTokenIssuer"),
    ],
)
def test_rules(usages: list[str], staged: list[str], needed: bool, reason: str) -> None:
    found = restart_after(usages, staged)
    assert found.needed is needed
    (told,) = found.reasons
    assert told.startswith(f"{usages[0]}: ")
    assert reason in told


def test_one_usage_that_needs_it_is_enough() -> None:
    found = restart_after([AV, "Internal"], [AV])
    assert found.needed
    assert [text.partition(":")[0] for text in found.reasons] == [AV, "Internal"]


def test_every_usage_has_a_verdict_and_nothing_changed_has_none() -> None:
    assert all(restart_after([usage]).needed for usage in USAGES)
    for policy in ("auto", "always", "never"):
        assert not restart_after([], policy=policy).needed


def test_policies_overrule() -> None:
    assert restart_after([AV], [AV], "always").needed
    never = restart_after(["AccessEdgeExternal"], policy="never")
    assert not never.needed
    assert never.reasons == ("AccessEdgeExternal: the policy is never",)
    with pytest.raises(InputError, match=r"unknown policy 'sometimes'; it takes auto, always, never"):
        restart_after([AV], policy="sometimes")
