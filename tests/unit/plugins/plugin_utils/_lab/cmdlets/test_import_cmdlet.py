# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import-CsCertificate of a PFX, emulated."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


@pytest.mark.shows("Import-CsCertificate parameter Password")
@pytest.mark.parametrize("exportable", [True, False, None])
@pytest.mark.parametrize(("chain", "count"), [("dropped", 1), ("my", 3)])
def test_import_of_a_pfx(
    lab: Any, forms: SimpleNamespace, ca: Any, exportable: bool | None, chain: str, count: int
) -> None:
    lab.variables = {"switches": {"pfx_chain": chain}}
    more = {} if exportable is None else {"PrivateKeyExportable": exportable}
    password = {"t": "secret", "v": f"={forms.SECRET}"}
    steps = [
        forms.write("<tmp>/a.pfx", ca.pfx(ca.leaf, ca.leaf_key)),
        forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.pfx", Password=password, **more),
    ]
    mine = lab.done(*steps, read=["My:full"])["read"]["My"]["certificates"]
    assert len(mine) == count
    (own,) = (c for c in mine if c["has_key"])
    assert (own["friendly_name"], own["key"]["exportable"]) == ("from a file", exportable is True)


@pytest.mark.shows(
    "Import-CsCertificate error Roll without EffectiveDate",
    "Import-CsCertificate error wrong password",
    "Import-CsCertificate error store out of reach",
)
@pytest.mark.parametrize(
    ("data", "parameters", "expected"),
    [
        ("pfx", {"Password": "Wrong-Secret-8842"}, "CsPassword,Import-CsCertificate"),
        ("pfx", {}, "CsPassword,Import-CsCertificate"),
        ("garbage", {}, "CsFile,Import-CsCertificate"),
        (None, {}, "CsFile,Import-CsCertificate"),
        ("pfx", {"Roll": {"t": "switch", "v": True}}, "CsArgument,Import-CsCertificate"),
        ("pfx", {"Identity": "Global", "Type": ["OAuthTokenIssuer"]}, "CentralMgmtStoreInaccessible"),
    ],
)
def test_import_refused(
    lab: Any, forms: SimpleNamespace, ca: Any, data: str | None, parameters: dict[str, Any], expected: str
) -> None:
    content = ca.pfx(ca.leaf, ca.leaf_key) if data == "pfx" else b"garbage"
    step = forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.pfx", **parameters)
    error = lab.error(*([forms.write("<tmp>/a.pfx", content)] if data else []), step)
    assert expected in error["id"]
