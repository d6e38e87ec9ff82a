# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import-, Set-, Get-, Remove-CsCertificate, services and topology."""

from __future__ import annotations

import base64
import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

SET = "Set-CsCertificate"


def assigned(result: dict[str, Any]) -> dict[str, Any]:
    return {row["Use"]: row for row in result["read"]["assignments"]["output"]}


def place(forms: SimpleNamespace, ca: Any, cert: Any, key: Any = None) -> dict[str, Any]:
    """Put a certificate into My, with a key if one is given."""
    data = ca.pfx(cert, key, []) if key else forms.der(cert)
    stores = {forms.thumb(cert): "My"}
    return {"op": "cert_import", "data": forms.b64(data), "password": f"={forms.SECRET}", "stores": stores}


def assign(forms: SimpleNamespace, cert: Any, *types: str, **more: Any) -> dict[str, Any]:
    step: dict[str, Any] = forms.cmdlet(SET, Type=list(types or ["Internal"]), Thumbprint=forms.thumb(cert), **more)
    return step


@pytest.fixture
def two(ca: Any) -> SimpleNamespace:
    """Two more leaves of the same key."""
    public = ca.leaf_key.public_key()
    return SimpleNamespace(one=ca.issuing.issue("one.example.test", public), two=ca.issuing.issue("two", public))


def test_answer_to_a_request(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    result = lab.done(ca.chain_step, *forms.request(FriendlyName="Edge internal"), read=["REQUEST:full"])
    waiting = result["read"]["REQUEST"]["certificates"][0]
    answer = ca.issuing.answer(base64.b64decode(result["steps"][2]["data"]))
    steps = [forms.write("<tmp>/a.cer", forms.der(answer)), forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.cer")]
    result = lab.done(*steps, assign(forms, answer), read=[*forms.ALL])
    assert result["steps"][1]["warnings"] == []
    (mine,) = result["read"]["My"]["certificates"]
    assert result["read"]["REQUEST"]["certificates"] == []
    assert (mine["friendly_name"], mine["key"]) == ("Edge internal", waiting["key"])
    row = assigned(result)["Internal"]
    assert set(row) == {
        *("_type", "Issuer", "NotAfter", "NotBefore", "SerialNumber", "Subject", "AlternativeNames", "Thumbprint"),
        *("EffectiveDate", "PreviousThumbprint", "UpdateTime", "Use", "SourceScope"),
    }
    assert row["_type"] == "Microsoft.Rtc.Management.Deployment.CertificateReference"
    assert row["NotAfter"] == answer.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert int(row["SerialNumber"], 16) == answer.serial_number
    assert (row["Thumbprint"], row["PreviousThumbprint"], row["SourceScope"]) == (forms.thumb(answer), None, "Local")


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
@pytest.mark.parametrize(("only_leaf", "count"), [(True, 1), (False, 3)])
def test_answer_as_chain(lab: Any, forms: SimpleNamespace, ca: Any, encoding: Any, only_leaf: bool, count: int) -> None:
    lab.variables = {"switches": {"p7b_leaf_only": only_leaf}}
    answer = ca.issuing.answer(base64.b64decode(lab.done(*forms.request())["steps"][1]["data"]))
    data = pkcs7.serialize_certificates([answer, *ca.chain], encoding)
    result = lab.done(
        forms.write("<tmp>/a.p7b", data), forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.p7b"), read=["My:full"]
    )
    mine = result["read"]["My"]["certificates"]
    assert len(mine) == count
    assert [c["thumbprint"] for c in mine if c["has_key"]] == [forms.thumb(answer)]


@pytest.mark.shows("Set-CsCertificate error no private key")
def test_answer_on_another_server_has_no_key(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    answer = ca.issuing.answer(base64.b64decode(lab.done(*forms.request())["steps"][1]["data"]))
    steps = [forms.write("<tmp>/a.cer", forms.der(answer)), forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.cer")]
    result = lab.done(ca.chain_step, *steps, host="edge2", read=["My:full"])
    assert result["steps"][2]["warnings"] == ["No private key belongs to the imported certificate."]
    assert [c["has_key"] for c in result["read"]["My"]["certificates"]] == [False]
    assert "has no private key" in lab.error(assign(forms, answer), host="edge2")["message"]


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


def test_import_for_all_servers_needs_the_domain(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = {"domain": "example.test"}
    step = forms.cmdlet(
        "Import-CsCertificate", Path="<tmp>/a.pfx", Password=forms.SECRET, Identity="global", Type=["OAuthTokenIssuer"]
    )
    result = lab.done(forms.write("<tmp>/a.pfx", ca.pfx(ca.leaf, ca.leaf_key)), step, read=["assignments"])
    assert assigned(result)["OAuthTokenIssuer"]["SourceScope"] == "Global"


@pytest.mark.shows("Remove-CsCertificate parameter Previous")
def test_previous_certificate_is_kept(lab: Any, forms: SimpleNamespace, ca: Any, two: Any) -> None:
    places = [ca.chain_step, *(place(forms, ca, c, ca.leaf_key) for c in (two.one, two.two))]
    result = lab.done(*places, *(assign(forms, c) for c in (two.one, two.two, two.two)), read=["assignments"])
    row = assigned(result)["Internal"]
    assert (row["Thumbprint"], row["PreviousThumbprint"]) == (forms.thumb(two.two), forms.thumb(two.one))
    remove = forms.cmdlet("Remove-CsCertificate", Type=["Internal"], Previous=forms.SWITCH)
    assert assigned(lab.done(remove, read=["assignments"]))["Internal"]["PreviousThumbprint"] is None


@pytest.mark.shows("Set-CsCertificate parameter Roll", "Set-CsCertificate parameter EffectiveDate")
@pytest.mark.parametrize("shown", ["new", "old"])
def test_staged_roll(lab: Any, forms: SimpleNamespace, ca: Any, two: Any, shown: str) -> None:
    lab.variables = {"switches": {"staged_row": shown}}
    start = dt.datetime.now(dt.timezone.utc).replace(microsecond=0) + dt.timedelta(days=3)
    places = [ca.chain_step, *(place(forms, ca, c, ca.leaf_key) for c in (two.one, two.two))]
    roll = assign(forms, two.two, "AudioVideoAuthentication", Roll=forms.SWITCH, EffectiveDate=start)
    result = lab.done(*places, assign(forms, two.one, "AudioVideoAuthentication"), roll, read=["assignments"])
    row = assigned(result)["AudioVideoAuthentication"]
    assert row["EffectiveDate"] == start.strftime("%Y-%m-%dT%H:%M:%SZ")
    old, new = forms.thumb(two.one), forms.thumb(two.two)
    assert (row["Thumbprint"], row["PreviousThumbprint"]) == ((new, old) if shown == "new" else (old, None))
    lab.variables["clock_offset"] = 4 * 86400
    row = assigned(lab.done(read=["assignments"]))["AudioVideoAuthentication"]
    assert (row["Thumbprint"], row["PreviousThumbprint"]) == (new, old)


@pytest.mark.shows("Set-CsCertificate error Roll without EffectiveDate")
def test_roll_needs_a_date(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    error = lab.error(ca.leaf_step, assign(forms, ca.leaf, Roll=forms.SWITCH))
    assert (error["id"], error["command"]) == ("CsArgument,Set-CsCertificate", SET)
    assert "effective date" in error["message"]


@pytest.mark.shows("Set-CsCertificate error chain is invalid", "Set-CsCertificate error expired")
def test_unfit_certificates_are_not_assigned(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    public = ca.leaf_key.public_key()
    expired = ca.issuing.issue("old", public, days=(-9, -2))
    future = ca.issuing.issue("future", public, days=(2, 9))
    stranger = ca.spare.issue("stranger", public)
    lab.done(ca.chain_step, *(place(forms, ca, c, ca.leaf_key) for c in (expired, future, stranger)))
    for cert, part in ((expired, "has expired"), (future, "is invalid"), (stranger, "chain")):
        error = lab.error(assign(forms, cert))
        assert (error["id"], error["category"]) == ("CsFailure,Set-CsCertificate", "InvalidOperation")
        assert part in error["message"]
    missing = forms.cmdlet(SET, Type=["Internal"], Thumbprint="AB" * 20)
    assert lab.error(missing)["message"] == (
        f"Certificate with thumbprint {'AB' * 20} was not found in the computer store."
    )
    lab.variables = {"clock_offset": 5 * 86400}
    lab.done(assign(forms, future))


@pytest.mark.parametrize("strict", [True, False])
def test_an_intermediate_in_root_breaks_the_chain(lab: Any, forms: SimpleNamespace, ca: Any, strict: bool) -> None:
    lab.variables = {"switches": {"misplaced_root_breaks_chain": strict}}
    wrong = {**ca.chain_step, "stores": dict.fromkeys(ca.chain_step["stores"], "Root")}
    steps = [wrong, place(forms, ca, ca.leaf, ca.leaf_key), assign(forms, ca.leaf)]
    if not strict:
        lab.done(*steps)
        return
    assert "is invalid" in lab.error(*steps)["message"]
    lab.done({"op": "cert_remove", "store": "Root", "thumbprint": forms.thumb(ca.issuing.cert)}, ca.chain_step)
    lab.done(assign(forms, ca.leaf))


def test_missing_intermediate(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    root_only = {**ca.chain_step, "stores": {forms.thumb(ca.root.cert): "Root"}}
    error = lab.error(root_only, place(forms, ca, ca.leaf, ca.leaf_key), assign(forms, ca.leaf))
    assert "is invalid" in error["message"]


@pytest.mark.shows("Set-CsCertificate error usage of another role")
@pytest.mark.parametrize(("usage", "switch", "fits"), [
    ("Default", True, False), ("WebServicesInternal", True, False), ("XmppServer", True, False),
    ("External", True, True), ("External", False, False), ("AccessEdgeExternal", True, True),
])  # fmt: skip
def test_usages_of_an_edge(lab: Any, forms: SimpleNamespace, ca: Any, usage: str, switch: bool, fits: bool) -> None:
    lab.variables = {"switches": {"external_usage_on_edge": switch}}
    if fits:
        lab.done(ca.leaf_step, assign(forms, ca.leaf, usage))
    else:
        assert "does not need a certificate" in lab.error(ca.leaf_step, assign(forms, ca.leaf, usage))["message"]


@pytest.mark.shows("Set-CsCertificate error key of a KSP (buffer too small)")
@pytest.mark.parametrize(
    ("product", "switches", "fits"),
    [
        ("2013", {}, False),
        ("2019", {}, True),
        ("2013", {"ksp_accepted": True}, True),
        ("2019", {"ksp_accepted": False}, False),
    ],
)
def test_keys_of_a_ksp(
    lab: Any, forms: SimpleNamespace, ca: Any, product: str, switches: dict[str, Any], fits: bool
) -> None:
    lab.variables = {"product": product, "switches": {"pfx_provider": "ksp", **switches}}
    if fits:
        lab.done(ca.leaf_step, assign(forms, ca.leaf))
    else:
        error = lab.error(ca.leaf_step, assign(forms, ca.leaf))
        assert error["chain"][0]["hresult"] == "0x80090028"
        assert "buffer supplied to a function was too small" in error["message"]


@pytest.mark.shows("Remove-CsCertificate error prompt without Force")
def test_remove(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step, assign(forms, ca.leaf))
    remove = forms.cmdlet("Remove-CsCertificate", Type=["Internal"])
    error = lab.error(remove)
    assert "is in use" in error["message"]
    assert error["chain"][0]["type"].endswith("HostException")
    force = forms.cmdlet("Remove-CsCertificate", Type=["Internal"], Force=forms.SWITCH)
    result = lab.done(force, read=["assignments", "My:brief"])
    assert assigned(result) == {}
    assert len(result["read"]["My"]["certificates"]) == 1
    assert lab.done(force)["steps"][0]["warnings"] == ["No certificate is assigned to Internal."]


@pytest.mark.shows("Remove-CsCertificate parameter Identity")
@pytest.mark.parametrize("scope", ["Global", None])
def test_remove_looks_at_the_scope(lab: Any, forms: SimpleNamespace, ca: Any, scope: str | None) -> None:
    lab.variables = {"domain": "example.test"}
    which = {"Identity": scope} if scope else {}
    other = {} if scope else {"Identity": "Global"}
    force = {"Type": ["Internal"], "Force": forms.SWITCH}
    lab.done(ca.leaf_step, assign(forms, ca.leaf, **which))
    result = lab.done(forms.cmdlet("Remove-CsCertificate", **force, **other), read=["assignments"])
    assert result["steps"][0]["warnings"] == ["No certificate is assigned to Internal."]
    assert set(assigned(result)) == {"Internal"}
    assert assigned(lab.done(forms.cmdlet("Remove-CsCertificate", **force, **which), read=["assignments"])) == {}


def test_remove_for_all_servers_needs_the_domain(lab: Any, forms: SimpleNamespace) -> None:
    error = lab.error(forms.cmdlet("Remove-CsCertificate", Type=["OAuthTokenIssuer"], Identity="Global"))
    assert error["id"] == "CentralMgmtStoreInaccessible,Remove-CsCertificate"


def test_previous_certificate_is_in_use_until_the_date(lab: Any, forms: SimpleNamespace, ca: Any, two: Any) -> None:
    start = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=3)
    lab.done(ca.chain_step, *(place(forms, ca, c, ca.leaf_key) for c in (two.one, two.two)))
    roll = {"Roll": forms.SWITCH, "EffectiveDate": start}
    lab.done(assign(forms, two.one), assign(forms, two.two, **roll))
    previous = {"Type": ["Internal"], "Previous": forms.SWITCH}
    error = lab.error(forms.cmdlet("Remove-CsCertificate", **previous))
    assert "The previous certificate for Internal is in use" in error["message"]
    lab.variables["clock_offset"] = 4 * 86400
    result = lab.done(forms.cmdlet("Remove-CsCertificate", **previous), read=["assignments"])
    assert assigned(result)["Internal"]["PreviousThumbprint"] is None


@pytest.mark.parametrize("name", ["Import", "Set"])
@pytest.mark.parametrize("bits", [1024, 2048])
def test_tokens_need_a_long_key(lab: Any, forms: SimpleNamespace, ca: Any, name: str, bits: int) -> None:
    lab.variables = {"domain": "example.test"}
    key = rsa.generate_private_key(65537, bits)
    leaf = ca.issuing.issue("oauth.example.test", key.public_key())
    everywhere = {"Identity": "Global", "Type": ["OAuthTokenIssuer"]}
    password = {"t": "secret", "v": f"={forms.SECRET}"}
    steps = {
        "Import": [
            forms.write("<tmp>/a.pfx", ca.pfx(leaf, key)),
            forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.pfx", Password=password, **everywhere),
        ],
        "Set": [
            ca.chain_step,
            place(forms, ca, leaf, key),
            forms.cmdlet(SET, Thumbprint=forms.thumb(leaf), **everywhere),
        ],
    }[name]
    if bits < 2048:
        assert "shorter than 2048 bits" in lab.error(*steps)["message"]
    else:
        assert assigned(lab.done(*steps, read=["assignments"]))["OAuthTokenIssuer"]["Thumbprint"] == forms.thumb(leaf)


@pytest.mark.shows("Import-CsCertificate error no private key")
def test_what_is_stored_for_all_servers_has_its_key(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = {"domain": "example.test"}
    step = forms.cmdlet("Import-CsCertificate", Path="<tmp>/a.cer", Identity="Global", Type=["OAuthTokenIssuer"])
    error = lab.error(forms.write("<tmp>/a.cer", forms.der(ca.leaf)), step)
    assert error["message"] == "The certificate to be stored has no private key."


def test_a_certificate_gone_from_the_store_is_still_assigned(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step, assign(forms, ca.leaf), {"op": "cert_remove", "thumbprint": forms.thumb(ca.leaf)})
    row = assigned(lab.done(read=["assignments"]))["Internal"]
    assert (row["Thumbprint"], row["Subject"], row["NotAfter"]) == (forms.thumb(ca.leaf), None, None)


def test_get_filters(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step, assign(forms, ca.leaf, "Internal", "AccessEdgeExternal"))
    result = lab.done(
        forms.cmdlet("Get-CsCertificate", Type=["internal"]), forms.cmdlet("Get-CsCertificate", Identity="global"),
        forms.cmdlet("Test-CsCertificateConfiguration"),
    )  # fmt: skip
    assert [[r["Use"] for r in s["output"]] for s in result["steps"][:2]] == [["Internal"], []]
    exists = {r["Use"]: r["Exists"] for r in result["steps"][2]["output"]}
    assert exists == {
        "Internal": True, "AccessEdgeExternal": True, "DataEdgeExternal": False, "AudioVideoAuthentication": False,
    }  # fmt: skip


def test_set_by_path(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = {"domain": "example.test"}
    step = forms.cmdlet(SET, Type=["Internal"], Path="<tmp>/a.pfx", Password=forms.SECRET, Identity="Global")
    steps = [ca.chain_step, forms.write("<tmp>/a.pfx", ca.pfx(ca.leaf, ca.leaf_key)), step]
    assert assigned(lab.done(*steps, read=["assignments"]))["Internal"]["Thumbprint"] == forms.thumb(ca.leaf)


@pytest.mark.parametrize("name", ["Request", "Import", "Set", "Remove"])
def test_writing_needs_an_administrator(lab: Any, forms: SimpleNamespace, ca: Any, name: str) -> None:
    lab.variables = {"elevated": False}
    step = {
        "Request": forms.request()[0],
        "Import": forms.cmdlet("Import-CsCertificate", Path="<tmp>/x"),
        "Set": assign(forms, ca.leaf),
        "Remove": forms.cmdlet("Remove-CsCertificate", Type=["Internal"]),
    }[name]
    assert lab.error(step)["id"] == f"CsAccess,{name}-CsCertificate"


def test_services(lab: Any, forms: SimpleNamespace) -> None:
    stop, start = "Stop-CsWindowsService", "Start-CsWindowsService"
    result = lab.done(forms.cmdlet(stop), forms.cmdlet(start, Name="rtcsrv"), read=["services"])
    status = {s["Name"]: s["Status"] for s in result["read"]["services"]["output"]}
    assert {n for n, s in status.items() if s == "Running"} == {"RTCSRV"}
    assert "RTCMRAUTH" in status
    error = lab.error(forms.cmdlet(stop, Name="RTC*"))
    assert (error["id"], error["category"]) == (f"CsService,{stop}", "ObjectNotFound")
    lab.done(forms.cmdlet(start), forms.cmdlet(stop, LeaveClsAgentRunning=forms.SWITCH))
    rows = lab.done(read=["services"])["read"]["services"]["output"]
    assert [s["Name"] for s in rows if s["Status"] == "Running"] == ["RTCCLSAGT"]
    assert lab.error(forms.cmdlet(stop, ComputerName="other.example.test"))["id"] == f"CsService,{stop}"


def test_a_graceful_stop_may_last(lab: Any, forms: SimpleNamespace) -> None:
    lab.variables = {"switches": {"graceful_stop_seconds": 90}}
    step = {**forms.cmdlet("Stop-CsWindowsService", Graceful=forms.SWITCH), "timeout": 60}
    result = lab.call(step, read=["services"])
    assert result["steps"][0]["errors"][0]["id"] == "CsInvoke.Timeout"
    assert {s["Status"] for s in result["read"]["services"]["output"]} == {"StopPending"}
    result = lab.done({**step, "timeout": 120}, read=["services"])
    assert {s["Status"] for s in result["read"]["services"]["output"]} == {"Stopped"}


@pytest.mark.parametrize("inaccessible", [True, False])
def test_topology_switch(lab: Any, forms: SimpleNamespace, inaccessible: bool) -> None:
    lab.variables = {"switches": {"topology_inaccessible": inaccessible}}
    section = lab.done(read=["topology"])["read"]["topology"]
    assert section["ok"] is not inaccessible
    assert section["computer"]["ok"]
    if inaccessible:
        assert section["edge"]["errors"][0]["id"] == "CentralMgmtStoreInaccessible,Get-CsService"
    else:
        assert section["edge"]["output"][0]["AccessEdgeExternalFqdn"] == "access.example.test"
    lab.done(forms.cmdlet("Get-CsTopology", LocalStore=forms.SWITCH, AsXml=forms.SWITCH))


@pytest.mark.parametrize("variables", [{}, {"domain": "example.test"}, {"switches": {"cms_inaccessible": False}}])
def test_replication_is_asked_inside(lab: Any, forms: SimpleNamespace, variables: dict[str, Any]) -> None:
    lab.variables = variables
    steps = [
        forms.cmdlet("Get-CsManagementStoreReplicationStatus"),
        forms.cmdlet("Invoke-CsManagementStoreReplication"),
    ]
    if variables:
        assert lab.done(*steps)["steps"][0]["output"][0]["UpToDate"] is True
    else:
        assert "CentralMgmtStoreInaccessible" in lab.error(steps[0])["id"]
    assert lab.done(forms.cmdlet("Test-CsReplica"))["steps"][0]["output"] == []


@pytest.mark.parametrize(
    ("name", "parameters", "count"),
    [
        ("Get-CsPool", {}, 1), ("Get-CsPool", {"Identity": "edgepool.example.test"}, 1),
        ("Get-CsPool", {"Identity": "other.example.test"}, None), ("Get-CsComputer", {"Identity": "x"}, None),
        ("Get-CsComputer", {"Pool": "other.example.test"}, 0), ("Get-CsSipDomain", {"Identity": "example.org"}, 1),
        ("Get-CsService", {"Registrar": {"t": "switch", "v": True}}, 0), ("Get-CsTopology", {}, 1),
    ],
)  # fmt: skip
def test_topology_cmdlets(
    lab: Any, forms: SimpleNamespace, name: str, parameters: dict[str, Any], count: int | None
) -> None:
    step = forms.cmdlet(name, **parameters)
    if count is None:
        assert lab.error(step)["category"] == "ObjectNotFound"
    else:
        assert len(lab.done(step)["steps"][0]["output"]) == count
