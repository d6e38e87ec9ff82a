# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is assigned for the whole deployment comes to all internal servers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

OAUTH = "OAuthTokenIssuer"


@pytest.fixture
def front_ends(lab: Any, forms: SimpleNamespace, ca: SimpleNamespace) -> str:
    """Two Front End Servers; the first has a certificate assigned for the deployment. Gives its thumbprint."""
    lab.variables = {"role": "front_end"}
    thumbprint = str(forms.thumb(ca.leaf))
    lab.done(ca.leaf_step, assign(forms, thumbprint))
    return thumbprint


def assign(forms: SimpleNamespace, thumbprint: str) -> dict[str, Any]:
    return forms.cmdlet("Set-CsCertificate", Identity="global", Type=[OAUTH], Thumbprint=thumbprint)


def told(lab: Any, host: str) -> dict[str, Any]:
    """Assignments by usage, and the certificates with keys, of a server."""
    read = lab.done(host=host, read=["My:full", "assignments"])["read"]
    keys = {row["thumbprint"]: row["has_key"] and row["key"]["exportable"] for row in read["My"]["certificates"]}
    return {row["Use"]: (row["Thumbprint"], row["SourceScope"]) for row in read["assignments"]["output"]} | {
        "keys": keys
    }


def test_another_front_end_has_it_with_its_key(lab: Any, front_ends: str) -> None:
    assert told(lab, "fe2") == {OAUTH: (front_ends, "Global"), "keys": {front_ends: False}}
    assert not [name for name in lab.files() if name.startswith("servers/fe2/")]  # reading leaves no trace


def test_what_is_changed_there_stays_together_with_it(
    lab: Any, forms: SimpleNamespace, ca: SimpleNamespace, front_ends: str
) -> None:
    lab.done(*forms.request(types=["Default"]), ca.chain_step, host="fe2")
    assert told(lab, "fe2")[OAUTH] == (front_ends, "Global")
    lab.done(forms.cmdlet("Set-CsCertificate", Type=["Default"], Thumbprint=front_ends), host="fe2")
    assert told(lab, "fe2")["Default"] == (front_ends, "Local")
    assert "Default" not in told(lab, "edge1")


def test_an_edge_does_not_get_it(lab: Any, front_ends: str) -> None:
    lab.variables = {"role": "edge"}
    assert told(lab, "edge7") == {"keys": {}}


def test_it_goes_everywhere_when_it_is_removed(lab: Any, forms: SimpleNamespace, front_ends: str) -> None:
    lab.done(forms.cmdlet("Remove-CsCertificate", Identity="global", Type=[OAUTH], Force=forms.SWITCH), host="fe2")
    assert OAUTH not in told(lab, "edge1")
    assert told(lab, "fe3") == {"keys": {}}
