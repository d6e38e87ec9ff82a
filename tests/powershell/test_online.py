# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner in PowerShell 7: requests to a certification authority."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from .forms import SECRETS, b64, cmdlet, der, error, items, number, secret, succeeded, switch, text, thumb


@pytest.fixture(scope="module")
def online(lab, authority):
    file = lab.root / "ca.pfx"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"ca", authority["root"].key, authority["root"].cert, None, serialization.NoEncryption()
        )
    )
    config = "ca.example.test\\Test Root"
    account = {"account": "EXAMPLE\\requester", "password": SECRETS["ca"]}
    root = {
        "op": "cert_import",
        "data": b64(der(authority["root"].cert)),
        "stores": {thumb(authority["root"].cert): "Root"},
    }

    def request(kind="Internal", **more):
        return cmdlet("Request-CsCertificate", New=switch(), Type=items(kind), CA=text(config), **more)

    credentials = {"CaAccount": text(account["account"]), "CaPassword": secret(account["password"])}
    calls = []
    for name, ca, steps in (
        ("issued", dict(account, policy="issued"), [root, request(**credentials)]),
        ("unchained", {"policy": "issued"}, [request()]),
        (
            "pending",
            {"policy": "pending"},
            [request(FriendlyName=text("one")), request(KeyAlg=text("ECDH_P256")), request("AccessEdgeExternal")],
        ),
        ("denied", {"policy": "denied"}, [request()]),
        ("template", {"policy": "template"}, [request(Template=text("Web Server 2"))]),
        (
            "credentials",
            dict(account, policy="issued"),
            [request(CaAccount=text(account["account"]), CaPassword=secret(SECRETS["wrong"]))],
        ),
        ("unreachable", {"policy": "unreachable"}, [request()]),
        ("not needed", {"policy": "issued"}, [request("WebServicesInternal")]),
        ("no topology", {"policy": "issued"}, [request(ComputerFqdn=text("edge.example.test"))]),
        ("silent", {"policy": "issued"}, [root, request()]),
        ("neither", {"policy": "issued"}, [cmdlet("Request-CsCertificate", New=switch(), Type=items("Internal"))]),
    ):
        switches = {"no topology": {"cms_inaccessible": True}, "silent": {"request_returns_object": False}}.get(
            name, {}
        )
        lab.host(
            "ca-" + name.replace(" ", "-"),
            ca=dict(ca, config=config, pfx=str(file)),
            needs=["Internal", "AccessEdgeExternal"],
            switches=switches,
        )
        calls.append(
            (name, "ca-" + name.replace(" ", "-"), {"steps": steps, "read": ["requests", "My:full", "REQUEST:full"]})
        )
    results = lab.run(calls)
    state = lab.state("ca-pending")
    for row, decision in zip(state["requests"], ("issued", "issued", "revoked"), strict=False):
        row["Decision"] = decision
    lab.set_state("ca-pending", state)
    ids = [r["RequestId"] for r in state["requests"]]
    asked = lambda what, n: cmdlet("Request-CsCertificate", RequestId=number(ids[n]), **{what: switch()})  # noqa: E731
    wanted = ["requests", "My:full", "REQUEST:full"]
    results.update(
        lab.run(
            [
                ("retrieved", "ca-pending", {"steps": [asked("Retrieve", 0), asked("Retrieve", 1)], "read": wanted}),
                (
                    "revoked",
                    "ca-pending",
                    {"steps": [cmdlet("Request-CsCertificate", Retrieve=switch())], "read": wanted},
                ),
                ("cleared", "ca-pending", {"steps": [asked("Clear", 2)], "read": wanted}),
            ]
        )
    )
    return results


def test_online_issued(online):
    answer = succeeded(online["issued"])[1]["output"][0]
    assert answer["RequestStatus"] == "Issued"
    mine = online["issued"]["read"]["My"]["certificates"]
    assert [c["thumbprint"] for c in mine] == [answer["Thumbprint"]]
    assert mine[0]["has_key"]
    assert online["issued"]["steps"][1]["warnings"] == []
    assert "is invalid" in online["unchained"]["steps"][0]["warnings"][0]
    assert succeeded(online["silent"])[1]["output"] == []
    assert len(online["silent"]["read"]["My"]["certificates"]) == 1


def test_online_pending(online):
    assert [s["output"][0]["RequestStatus"] for s in succeeded(online["pending"])] == ["Pending"] * 3
    assert len(online["pending"]["read"]["requests"]["output"]) == 3
    assert len(online["pending"]["read"]["REQUEST"]["certificates"]) == 3
    succeeded(online["retrieved"])
    assert len(online["retrieved"]["read"]["My"]["certificates"]) == 2
    assert len(online["retrieved"]["read"]["requests"]["output"]) == 1
    assert {c["key"]["kind"][:5] for c in online["retrieved"]["read"]["My"]["certificates"]} == {"RSAOp", "ECDsa"}
    assert "revoked" in error(online["revoked"])["message"]
    assert len(online["revoked"]["read"]["requests"]["output"]) == 1
    succeeded(online["cleared"])
    assert online["cleared"]["read"]["requests"]["output"] == []
    assert online["cleared"]["read"]["REQUEST"]["certificates"] == []


@pytest.mark.parametrize(
    ("label", "kind", "message"),
    [
        ("denied", "Microsoft.Rtc.Management.Common.Certificates.CertificateException", "Denied by Policy Module"),
        (
            "template",
            "Microsoft.Rtc.Management.Common.Certificates.CertificateException",
            "certificate template that is not supported",
        ),
        ("credentials", "System.ArgumentException", "logged on with the correct credentials"),
        ("unreachable", "System.ArgumentException", "Unable to contact certification authority"),
        ("not needed", "System.InvalidOperationException", "The computer does not need a certificate"),
        ("no topology", "System.ArgumentException", "Central Management Store"),
        ("neither", "System.ArgumentException", "Neither"),
    ],
)
def test_online_refused(online, label, kind, message):
    row = error(online[label])
    assert row["chain"][0]["type"] == kind
    assert message in row["message"]
    assert row["command"] == "Request-CsCertificate"
