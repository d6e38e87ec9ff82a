# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import-, Set-, Get- and Remove-CsCertificate: all parameter sets, parameters and usages."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.roles import ROLES, usages_of

IMPORT, SET, GET, REMOVE = (f"{verb}-CsCertificate" for verb in ("Import", "Set", "Get", "Remove"))
DOMAIN = {"domain": "example.test"}


def usages(cmdlet: str) -> list[Any]:
    """All usages, each with the row that it shows."""
    return [pytest.param(name, marks=pytest.mark.shows(f"{cmdlet} usage {name}")) for name in USAGES]


def role_of(usage: str) -> str | None:
    """A role that needs a usage in 2015, when all were there; None if no source names one."""
    return next((role for role in ROLES if usage in usages_of(role, "2015")), None)


def server_for(usage: str) -> dict[str, Any]:
    """A server that takes a usage, if there is one."""
    return {"product": "2015", "role": role_of(usage) or "edge", **DOMAIN}


def assigned(result: dict[str, Any]) -> set[str]:
    return {row["Use"] for row in result["read"]["assignments"]["output"]}


def pfx(forms: SimpleNamespace, ca: Any) -> dict[str, Any]:
    step: dict[str, Any] = forms.write("<tmp>/a.pfx", ca.pfx(ca.leaf, ca.leaf_key))
    return step


def password(forms: SimpleNamespace) -> dict[str, str]:
    return {"t": "secret", "v": f"={forms.SECRET}"}


def given(forms: SimpleNamespace, ca: Any, usage: str) -> list[dict[str, Any]]:
    """The steps that give a usage a certificate for all servers, which works wherever the product takes the usage."""
    return [ca.leaf_step, forms.cmdlet(SET, Identity="Global", Type=[usage], Thumbprint=forms.thumb(ca.leaf))]


@pytest.mark.parametrize("usage", usages(SET))
def test_set_takes_the_usages_of_the_role(lab: Any, forms: SimpleNamespace, ca: Any, usage: str) -> None:
    lab.variables = server_for(usage)
    step = forms.cmdlet(SET, Type=[usage], Thumbprint=forms.thumb(ca.leaf))
    if role_of(usage) or usage == "External":
        assert assigned(lab.done(ca.leaf_step, step, read=["assignments"])) == {usage}
    else:
        assert "does not need a certificate" in lab.error(ca.leaf_step, step)["message"]


@pytest.mark.shows(f"{IMPORT} set CMS", f"{IMPORT} parameter Identity", f"{IMPORT} parameter Type")
@pytest.mark.parametrize("usage", usages(IMPORT))
def test_import_for_all_servers(lab: Any, forms: SimpleNamespace, ca: Any, usage: str) -> None:
    lab.variables = server_for(usage)
    step = forms.cmdlet(IMPORT, Path="<tmp>/a.pfx", Password=password(forms), Identity="Global", Type=[usage])
    assert assigned(lab.done(pfx(forms, ca), step, read=["assignments"])) == {usage}


@pytest.mark.shows(f"{GET} set (one)", f"{GET} parameter Type", f"{GET} parameter Identity")
@pytest.mark.parametrize("usage", usages(GET))
def test_get_filters_by_usage_and_scope(lab: Any, forms: SimpleNamespace, ca: Any, usage: str) -> None:
    lab.variables = server_for(usage)
    other = "Default" if usage == "Internal" else "Internal"
    queries = [forms.cmdlet(GET, Type=[usage]), forms.cmdlet(GET, Type=[other]), forms.cmdlet(GET, Identity="Global")]
    result = lab.done(*given(forms, ca, usage), *queries)
    assert [[row["Use"] for row in step["output"]] for step in result["steps"][2:]] == [[usage], [], [usage]]


@pytest.mark.shows(f"{REMOVE} set (one)", f"{REMOVE} parameter Type", f"{REMOVE} parameter Force")
@pytest.mark.parametrize("usage", usages(REMOVE))
def test_remove_takes_each_usage(lab: Any, forms: SimpleNamespace, ca: Any, usage: str) -> None:
    lab.variables = server_for(usage)
    remove = forms.cmdlet(REMOVE, Type=[usage], Identity="Global", Force=forms.SWITCH)
    assert assigned(lab.done(*given(forms, ca, usage), remove, read=["assignments"])) == set()


@pytest.mark.shows(f"{SET} set Path", f"{SET} parameter Path", f"{SET} parameter Password", f"{SET} parameter Identity")
def test_set_by_path(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = DOMAIN
    step = forms.cmdlet(SET, Type=["Internal"], Path="<tmp>/a.pfx", Password=password(forms), Identity="Global")
    assert assigned(lab.done(ca.chain_step, pfx(forms, ca), step, read=["assignments"])) == {"Internal"}
    alone = forms.cmdlet(SET, Type=["Internal"], Path="<tmp>/a.pfx", Password=password(forms))
    assert lab.error(pfx(forms, ca), alone)["id"] == f"MissingMandatoryParameter,{SET}"


@pytest.mark.shows(f"{SET} set CertificateReference", f"{SET} parameter Reference")
def test_set_by_reference_takes_no_text(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    """The contract has no objects; what Request returned cannot be handed on."""
    step = forms.cmdlet(SET, Type=["Internal"], Reference=forms.thumb(ca.leaf))
    assert "was not found in the computer store" in lab.error(ca.leaf_step, step)["message"]
    both = forms.cmdlet(SET, Type=["Internal"], Reference="x", Thumbprint=forms.thumb(ca.leaf))
    assert lab.error(both)["id"] == f"AmbiguousParameterSet,{SET}"


@pytest.mark.shows(f"{SET} parameter Type", f"{SET} parameter Thumbprint", f"{SET} set Thumbprint")
@pytest.mark.parametrize("missing", ["Type", "Thumbprint"])
def test_set_needs_usage_and_certificate(lab: Any, forms: SimpleNamespace, ca: Any, missing: str) -> None:
    parameters = {"Type": ["Internal"], "Thumbprint": forms.thumb(ca.leaf)}
    assert assigned(lab.done(ca.leaf_step, forms.cmdlet(SET, **parameters), read=["assignments"])) == {"Internal"}
    error = lab.error(forms.cmdlet(SET, **{name: value for name, value in parameters.items() if name != missing}))
    assert (error["id"], missing in error["message"]) == (f"MissingMandatoryParameter,{SET}", True)


@pytest.mark.shows(f"{IMPORT} set Local", f"{IMPORT} parameter Path", f"{IMPORT} parameter PrivateKeyExportable")
def test_exportable_is_of_the_set_for_one_server(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = DOMAIN
    given = {"Path": "<tmp>/a.pfx", "Password": password(forms), "PrivateKeyExportable": True}
    result = lab.done(pfx(forms, ca), forms.cmdlet(IMPORT, **given), read=["My:full", "assignments"])
    assert [row["key"]["exportable"] for row in result["read"]["My"]["certificates"] if row["has_key"]] == [True]
    assert assigned(result) == set()
    error = lab.error(forms.cmdlet(IMPORT, **given, Identity="Global", Type=["OAuthTokenIssuer"]))
    assert error["id"] == f"AmbiguousParameterSet,{IMPORT}"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.shows(f"{name} parameter Report", f"{name} parameter NetportId"))
        for name in (SET, GET, REMOVE)
    ]
    + [pytest.param(IMPORT, marks=pytest.mark.shows(f"{IMPORT} parameter Report"))],
)
def test_log_and_the_reserved_parameter(lab: Any, forms: SimpleNamespace, ca: Any, name: str) -> None:
    parameters = {
        IMPORT: {"Path": "<tmp>/a.pfx", "Password": password(forms)},
        SET: {"Type": ["Internal"], "Thumbprint": forms.thumb(ca.leaf), "NetportId": "1"},
        GET: {"NetportId": "1"},
        REMOVE: {"Type": ["Internal"], "NetportId": "1"},
    }[name]
    log = "<tmp>/report.html"
    result = lab.done(ca.leaf_step, pfx(forms, ca), forms.cmdlet(name, Report=log, **parameters), forms.read(log))
    text = base64.b64decode(result["steps"][3]["data"]).decode()
    assert f"<title>{name}</title>" in text
    assert forms.SECRET not in text


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.shows(f"{name} parameter Force")) for name in (SET, IMPORT)]
)
def test_force_changes_nothing_of_the_outcome(lab: Any, forms: SimpleNamespace, ca: Any, name: str) -> None:
    parameters = {
        IMPORT: {"Path": "<tmp>/a.pfx", "Password": password(forms)},
        SET: {"Type": ["Internal"], "Thumbprint": forms.thumb(ca.leaf)},
    }[name]
    steps = [ca.leaf_step, pfx(forms, ca)]
    assert lab.done(*steps, forms.cmdlet(name, Force=forms.SWITCH, **parameters))["steps"][2]["ok"]
    wrong = {"Password": "Wrong-Secret-8842"} if name == IMPORT else {"Thumbprint": "0" * 40}
    assert not lab.call(*steps, forms.cmdlet(name, Force=forms.SWITCH, **parameters | wrong))["steps"][2]["ok"]
