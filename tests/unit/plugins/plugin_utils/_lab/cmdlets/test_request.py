# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request-CsCertificate."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import Authority
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import AuthorityDescription
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

NAME = "Request-CsCertificate"
CONFIG = "ca.example.test\\Test CA"
VENDOR = "Microsoft.Rtc.Management.Common.Certificates.CertificateException"


def csr_of(result: dict[str, Any], step: int = 1) -> x509.CertificateSigningRequest:
    data = base64.b64decode(result["steps"][step]["data"])
    assert data.startswith(b"-----BEGIN NEW CERTIFICATE REQUEST-----\r\n")
    assert data.endswith(b"-----END NEW CERTIFICATE REQUEST-----\r\n")
    return x509.load_pem_x509_csr(data.replace(b"NEW ", b""))


def names_of(csr: x509.CertificateSigningRequest) -> list[str]:
    try:
        extension = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


EDGE = ["access.example.test", "webconf.example.test", "sip.example.test"]


@pytest.mark.parametrize(
    ("types", "more", "subject", "names"),
    [
        (["Internal"], {}, "edgepool.example.test", []),
        (
            ["internal"],
            {"DomainName": "a.test, b.test,,A.test"},
            "edgepool.example.test",
            ["a.test", "b.test", "A.test"],
        ),
        (["AccessEdgeExternal"], {}, "access.example.test", EDGE),
        (["DataEdgeExternal", "AudioVideoAuthentication"], {"DomainName": EDGE[0]}, "access.example.test", EDGE),
        (["AccessEdgeExternal"], {"AllSipDomain": True}, "access.example.test", [*EDGE, "sip.example.org"]),
        (["Internal", "AccessEdgeExternal"], {}, "access.example.test", EDGE),
    ],
)
def test_names_come_from_the_topology(
    lab: Any, forms: SimpleNamespace, types: list[str], more: dict[str, Any], subject: str, names: list[str]
) -> None:
    if "AllSipDomain" in more:
        more = {"AllSipDomain": forms.SWITCH}
    csr = csr_of(lab.done(*forms.request(types=types, **more)))
    assert csr.is_signature_valid
    assert csr.subject.rfc4514_string() == f"CN={subject}"
    assert names_of(csr) == names


def test_all_parameters(lab: Any, forms: SimpleNamespace) -> None:
    more = {"Organization": 'Ex "A", B', "OU": "IT", "City": "Bonn", "State": "NRW", "Country": "DE"}
    result = lab.done(*forms.request(ClientEKU=True, KeySize=1024, FriendlyName="one", **more), read=["REQUEST:full"])
    csr = csr_of(result)
    key = csr.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    assert [a.value for a in csr.subject] == ["DE", "NRW", "Bonn", 'Ex "A", B', "IT", "edgepool.example.test"]
    purposes = csr.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    (waiting,) = result["read"]["REQUEST"]["certificates"]
    assert (waiting["friendly_name"], waiting["has_key"], "issuer" in waiting) == ("one", True, False)
    assert x509.load_der_x509_certificate(base64.b64decode(waiting["der"])).public_key() == key


def test_elliptic_curve(lab: Any, forms: SimpleNamespace) -> None:
    result = lab.done(*forms.request(KeyAlg="ECDH_P384"), read=["REQUEST:full"])
    key = csr_of(result).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"
    assert result["read"]["REQUEST"]["certificates"][0]["key"]["kind"] == "ECDsaCng"


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("asked", [True, False, None])
def test_exportable(lab: Any, forms: SimpleNamespace, default: bool, asked: bool | None) -> None:
    lab.variables = {"switches": {"key_exportable_default": default}}
    step = forms.request()[0]
    if asked is None:
        del step["parameters"]["PrivateKeyExportable"]
    else:
        step["parameters"]["PrivateKeyExportable"]["v"] = asked
    (waiting,) = lab.done(step, read=["REQUEST:full"])["read"]["REQUEST"]["certificates"]
    assert waiting["key"]["exportable"] is (default if asked is None else asked)


@pytest.mark.parametrize("returns", [True, False])
def test_what_comes_back(lab: Any, forms: SimpleNamespace, returns: bool) -> None:
    lab.variables = {"switches": {"request_returns_object": returns}}
    row = {
        "_type": "System.Management.Automation.PSCustomObject",
        "RequestStatus": "Offline",
        "RequestId": 0,
        "Thumbprint": None,
    }
    assert lab.done(*forms.request())["steps"][0]["output"] == ([row] if returns else [])


def test_offline_requests_are_not_listed(lab: Any, forms: SimpleNamespace) -> None:
    assert lab.done(*forms.request(), read=["requests"])["read"]["requests"]["output"] == []


def test_friendly_names_are_unique(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(*forms.request(FriendlyName="Edge"), ca.leaf_step)
    for name in ("edge", "From a file"):
        error = lab.error(forms.request(FriendlyName=name)[0])
        assert error["id"] == f"CsArgument,{NAME}"
        assert "already exists" in error["message"]


@pytest.mark.parametrize(
    ("parameters", "kind", "part"),
    [
        (
            {"Type": ["WebServicesInternal"]},
            "System.InvalidOperationException",
            "The computer does not need a certificate",
        ),
        ({"Output": ""}, "System.ArgumentException", "Neither"),
        ({"ComputerFqdn": "edge1.example.test"}, "System.ArgumentException", "Central Management Store"),
        ({"CA": CONFIG}, "System.ArgumentException", "Unable to contact certification authority"),
        ({"Country": "Germany"}, "System.ArgumentException", "subject"),
        ({"DomainName": "b\u00fcro.example.test"}, "System.ArgumentException", "domain name"),
        ({"Output": "C:\\nowhere\\a.req"}, "System.IO.DirectoryNotFoundException", "C:\\nowhere\\a.req"),
    ],
)
def test_refused(lab: Any, forms: SimpleNamespace, parameters: dict[str, Any], kind: str, part: str) -> None:
    step = forms.request()[0]
    step["parameters"].update({k: forms.typed(v) for k, v in parameters.items()})
    error = lab.error(step)
    assert kind in [c["type"] for c in error["chain"]]
    assert part in error["message"]
    assert error["command"] == NAME
    lab.done()
    assert lab.files() == {"servers": b"", "servers/edge1": b""} or "keys-taken" in lab.files()


@pytest.mark.parametrize("variables", [{"domain": "example.test"}, {"switches": {"cms_inaccessible": False}}])
def test_computer_in_the_cms(lab: Any, forms: SimpleNamespace, variables: dict[str, Any]) -> None:
    lab.variables = variables
    lab.done(*forms.request(ComputerFqdn="edge1.example.test"))


def online(lab: Any, policy: str, **more: Any) -> None:
    lab.variables = {**lab.variables, "ca": AuthorityDescription(config=CONFIG, policy=policy, **more)}


def ask(forms: SimpleNamespace, *, types: list[str] | None = None, **more: Any) -> dict[str, Any]:
    step: dict[str, Any] = forms.cmdlet(NAME, New=forms.SWITCH, Type=types or ["Internal"], CA=CONFIG, **more)
    return step


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("warns", [True, False])
def test_issued_online(lab: Any, forms: SimpleNamespace, trusted: bool, warns: bool) -> None:
    online(lab, "issued", account="EXAMPLE\\clerk", password="Ca-Secret-5521")
    lab.variables["switches"] = {"request_warns_chain": warns}
    issuing, root = Authority(lab.folder).chain()
    places = {forms.thumb(issuing): "CA", forms.thumb(root): "Root"}
    chain = Authority(lab.folder).chain_path.read_bytes()
    if trusted:
        lab.done({"op": "cert_import", "data": forms.b64(chain), "stores": places})
    secret = {"t": "secret", "v": "=Ca-Secret-5521"}
    step = ask(forms, CaAccount="EXAMPLE\\clerk", CaPassword=secret, FriendlyName="online")
    result = lab.done(step, read=["My:full", "REQUEST:full", "requests"])
    (answer,) = result["steps"][0]["output"]
    (mine,) = result["read"]["My"]["certificates"]
    assert (answer["RequestStatus"], answer["Thumbprint"]) == ("Issued", mine["thumbprint"])
    assert (mine["has_key"], mine["friendly_name"]) == (True, "online")
    assert result["read"]["REQUEST"]["certificates"] == result["read"]["requests"]["output"] == []
    assert len(result["steps"][0]["warnings"]) == (0 if trusted or not warns else 1)


@pytest.mark.parametrize(
    ("policy", "more", "kind", "part"),
    [
        ("denied", {}, VENDOR, "Denied by Policy Module"),
        ("template", {"Template": "Web Server 2"}, VENDOR, "template that is not supported"),
        ("unreachable", {}, "System.ArgumentException", "Unable to contact certification authority"),
        ("issued", {"CA": "other\\CA"}, "System.ArgumentException", "Unable to contact certification authority"),
        ("issued", {"CaPassword": "Wrong-Secret-8842"}, "System.ArgumentException", "logged on with the correct"),
    ],
)
def test_refused_by_the_ca(
    lab: Any, forms: SimpleNamespace, policy: str, more: dict[str, Any], kind: str, part: str
) -> None:
    account = {"account": "x", "password": "Ca-Secret-5521"} if "CaPassword" in more else {}
    online(lab, policy, **account)
    error = lab.error(ask(forms, **{k: v for k, v in more.items() if k != "CA"}) if "CA" not in more else {
        **ask(forms), "parameters": {**ask(forms)["parameters"], "CA": forms.typed(more["CA"])}
    })  # fmt: skip
    assert (error["chain"][0]["type"], error["command"]) == (kind, NAME)
    assert part in error["message"]


def test_pending_requests(lab: Any, forms: SimpleNamespace) -> None:
    online(lab, "pending")
    steps = [ask(forms, FriendlyName="one"), ask(forms, KeyAlg="ECDH_P256"), ask(forms, types=["AccessEdgeExternal"])]
    result = lab.done(*steps, read=["requests", "REQUEST:full"])
    assert [s["output"][0]["RequestStatus"] for s in result["steps"]] == ["Pending"] * 3
    rows = result["read"]["requests"]["output"]
    assert [(r["RequestStatus"], r["CA"]) for r in rows] == [("Pending", CONFIG)] * 3
    ids = [r["RequestId"] for r in rows]
    assert len(set(ids)) == 3

    def act(what: str, *number: int) -> dict[str, Any]:
        parameters = {what: forms.SWITCH, **({"RequestId": number[0]} if number else {})}
        step: dict[str, Any] = forms.cmdlet(NAME, **parameters)
        return step

    assert len(lab.done(act("Retrieve"), read=["requests"])["read"]["requests"]["output"]) == 3
    assert [r["RequestId"] for r in lab.done(act("List", ids[1]))["steps"][0]["output"]] == [ids[1]]
    online(lab, "issued")
    read = lab.done(act("Retrieve", ids[0]), act("Retrieve", ids[1]), read=["My:full", "requests"])["read"]
    assert [c["key"]["kind"] for c in read["My"]["certificates"]] == ["RSACryptoServiceProvider", "ECDsaCng"]
    assert [r["RequestId"] for r in read["requests"]["output"]] == [ids[2]]
    online(lab, "revoked")
    error = lab.error(act("Retrieve"))
    assert "not supported: revoked" in error["message"]
    online(lab, "denied")
    assert "Denied by Policy Module" in lab.error(act("Retrieve"))["message"]
    read = lab.done(act("Clear", ids[2]), read=["requests", "REQUEST:full"])["read"]
    assert read["requests"]["output"] == read["REQUEST"]["certificates"] == []


def test_what_was_retrieved_stays_when_the_next_one_fails(lab: Any, forms: SimpleNamespace) -> None:
    online(lab, "pending")
    lab.done(ask(forms))
    online(lab, "revoked")
    lab.done({**ask(forms)})
    online(lab, "issued")
    result = lab.call(forms.cmdlet(NAME, Retrieve=forms.SWITCH), read=["My:full", "requests"])
    assert result["steps"][0]["ok"] is False
    assert len(result["read"]["My"]["certificates"]) == len(result["read"]["requests"]["output"]) == 1
