# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The usages that users may write."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES, resolve_usages
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.sampled_from(sorted(USAGES)), min_size=1))
def test_any_case_and_order_without_doubles(names: list[str]) -> None:
    mixed = [name.upper() if index % 2 else name.lower() for index, name in enumerate(names)]
    found, _warnings = resolve_usages(mixed)
    assert list(found) == list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("Intrenal", "Internal"),
        ("AccessEdge", "AccessEdgeExternal"),
        ("XMPPServr", "XmppServer"),
        ("oauth", "OAuthTokenIssuer"),
    ],
)
def test_unknown_usage_names_the_nearest(wrong: str, nearest: str) -> None:
    with pytest.raises(InputError, match=f"unknown usage '{wrong}'; did you mean {nearest}"):
        resolve_usages([wrong])


def test_no_usage() -> None:
    with pytest.raises(InputError, match="no usage is given"):
        resolve_usages([])


def test_both_spellings_of_xmpp() -> None:
    assert resolve_usages(["XMPPServer"])[0] == ("XmppServer",)


def test_usage_that_the_help_does_not_name_is_a_warning() -> None:
    assert resolve_usages(["TenantAdmin"], "Set-CsCertificate")[1] == [
        "type: the help of Set-CsCertificate does not name the usage TenantAdmin"
    ]
    assert resolve_usages(["Internal", "OAuthTokenIssuer"], "Set-CsCertificate")[1] == []
