# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner in PowerShell 7: the internal certificate of two servers, then a staged roll."""

from __future__ import annotations

import base64
import datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from .forms import (
    SECRETS,
    b64,
    cmdlet,
    der,
    error,
    flag,
    items,
    make_pfx,
    not_after,
    path,
    read,
    secret,
    succeeded,
    switch,
    text,
    thumb,
    utc_now,
    when,
    write,
)


@pytest.fixture(scope="module")
def flow(lab, authority):
    first, second = lab.host("edge1"), lab.host("edge2", switches={"staged_row": "old"})
    root, sub = authority["root"].cert, authority["sub"].cert
    chain = {
        "op": "cert_import",
        "data": b64(pkcs7.serialize_certificates([sub, root], serialization.Encoding.DER)),
        "stores": {thumb(root): "Root", thumb(sub): "CA"},
    }
    state = ["My:full", "Root:brief", "CA:brief", "REQUEST:full", "assignments"]

    def request(name, *usages):
        return [
            cmdlet(
                "Request-CsCertificate",
                New=switch(),
                Type=items(*usages),
                PrivateKeyExportable=flag(),
                Output=path(f"<tmp>/{name}.req"),
            ),
            read(name + ".req"),
        ]

    a = lab.run(
        [
            (
                "request",
                first,
                {
                    "steps": [chain]
                    + request("int", "Internal")
                    + request("av1", "AudioVideoAuthentication")
                    + request("av2", "AudioVideoAuthentication"),
                    "read": state,
                },
            ),
            ("chain", second, {"steps": [chain], "read": state}),
        ]
    )
    answers = [authority["sub"].sign(base64.b64decode(a["request"]["steps"][n]["data"])) for n in (2, 4, 6)]
    steps = []
    for number_, answer in enumerate(answers):
        steps += [
            write(f"{number_}.cer", der(answer)),
            cmdlet("Import-CsCertificate", Path=path(f"<tmp>/{number_}.cer")),
        ]
    for answer in answers:
        steps.append(
            {
                "op": "cert_export",
                "thumbprint": thumb(answer),
                "chain": [b64(der(sub)), b64(der(root))],
                "password": "=" + SECRETS["pfx"],
            }
        )
    b = lab.run([("answer", first, {"steps": steps, "read": state})])
    exported = [base64.b64decode(s["data"]) for s in b["answer"]["steps"][-3:]]
    bring = [
        {
            "op": "cert_import",
            "data": b64(exported[0]),
            "password": "=" + SECRETS["pfx"],
            "exportable": True,
            "stores": {thumb(answers[0]): "My"},
        }
    ]
    for number_ in (1, 2):
        bring += [
            write(f"{number_}.pfx", exported[number_]),
            cmdlet(
                "Import-CsCertificate",
                Path=path(f"<tmp>/{number_}.pfx"),
                Password=secret(SECRETS["pfx"]),
                PrivateKeyExportable=flag(),
            ),
            {"op": "delete_file", "path": f"=<tmp>/{number_}.pfx"},
        ]
    start = utc_now() + datetime.timedelta(days=3)

    def assign(answer, usage, **more):
        return cmdlet("Set-CsCertificate", Type=items(usage), Thumbprint=text(thumb(answer)), **more)  # noqa: E731

    settle = [assign(answers[0], "Internal"), assign(answers[1], "AudioVideoAuthentication")]
    staged = assign(answers[2], "AudioVideoAuthentication", Roll=switch(), EffectiveDate=when(start))
    expired = authority["sub"].issue(answers[0].subject, authority["spare"].key.public_key(), days=(-9, -2))
    stranger = authority["spare"].issue(answers[0].subject, authority["sub"].key.public_key())
    bad = []
    for label, cert, key, _signer in (
        ("expired", expired, authority["spare"].key, sub),
        ("no chain", stranger, authority["sub"].key, sub),
    ):
        bad.append(
            (
                "bad " + label,
                second,
                {
                    "steps": [
                        {
                            "op": "cert_import",
                            "data": b64(make_pfx(key, cert, [], SECRETS["pfx"])),
                            "password": "=" + SECRETS["pfx"],
                            "stores": {thumb(cert): "My"},
                        },
                        assign(cert, "Internal"),
                    ]
                },
            )
        )
    c = lab.run(
        [
            ("settle 1", first, {"steps": settle, "read": state}),
            ("settle 2", second, {"steps": bring + settle, "read": state}),
            ("roll 1", first, {"steps": [staged], "read": state}),
            ("roll 2", second, {"steps": [staged], "read": state}),
            ("roll without date", first, {"steps": [assign(answers[2], "AudioVideoAuthentication", Roll=switch())]}),
            (
                "no such certificate",
                first,
                {"steps": [cmdlet("Set-CsCertificate", Type=items("Internal"), Thumbprint=text("AB" * 20))]},
            ),
            (
                "previous",
                first,
                {
                    "steps": [
                        cmdlet(
                            "Remove-CsCertificate",
                            Type=items("AudioVideoAuthentication"),
                            Previous=switch(),
                            Force=switch(),
                        )
                    ],
                    "read": state,
                },
            ),
            ("in use", first, {"steps": [cmdlet("Remove-CsCertificate", Type=items("Internal"))], "read": state}),
            (
                "removed",
                first,
                {"steps": [cmdlet("Remove-CsCertificate", Type=items("Internal"), Force=switch())], "read": state},
            ),
            (
                "restart",
                first,
                {
                    "steps": [cmdlet("Stop-CsWindowsService"), cmdlet("Start-CsWindowsService", Name=text("RTCSRV"))],
                    "read": ["services"],
                },
            ),
        ]
        + bad
    )
    return dict(a, **b, **c, answers=answers, start=start)


def assigned(result):
    return {r["Use"]: r for r in result["read"]["assignments"]["output"]}


def test_flow_request(flow):
    succeeded(flow["request"]), succeeded(flow["chain"])
    assert len(flow["request"]["read"]["REQUEST"]["certificates"]) == 3
    assert flow["answers"][0].subject.rfc4514_string() == "CN=edgepool.example.test"


def test_flow_answer(flow):
    succeeded(flow["answer"])
    read = flow["answer"]["read"]
    assert read["REQUEST"]["certificates"] == []
    assert len(read["My"]["certificates"]) == 3
    assert all(c["has_key"] and c["key"]["exportable"] for c in read["My"]["certificates"])
    assert all(s["warnings"] == [] for s in flow["answer"]["steps"] if "warnings" in s)


@pytest.mark.parametrize("label", ["settle 1", "settle 2"])
def test_flow_assign(flow, label):
    succeeded(flow[label])
    rows = assigned(flow[label])
    assert rows["Internal"]["Thumbprint"] == thumb(flow["answers"][0])
    assert rows["AudioVideoAuthentication"]["Thumbprint"] == thumb(flow["answers"][1])
    row = rows["AudioVideoAuthentication"]
    assert set(row) == {
        "_type",
        "Issuer",
        "NotAfter",
        "NotBefore",
        "SerialNumber",
        "Subject",
        "AlternativeNames",
        "Thumbprint",
        "EffectiveDate",
        "PreviousThumbprint",
        "UpdateTime",
        "Use",
        "SourceScope",
    }
    assert row["_type"] == "Microsoft.Rtc.Management.Deployment.CertificateReference"
    assert row["AlternativeNames"] == ["access.example.test", "conf.example.test", "sip.example.test"]
    assert row["NotAfter"] == not_after(flow["answers"][1]).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_flow_staged_roll(flow):
    succeeded(flow["roll 1"]), succeeded(flow["roll 2"])
    row = assigned(flow["roll 1"])["AudioVideoAuthentication"]
    assert (row["Thumbprint"], row["PreviousThumbprint"]) == (thumb(flow["answers"][2]), thumb(flow["answers"][1]))
    assert row["EffectiveDate"] == flow["start"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert assigned(flow["roll 2"])["AudioVideoAuthentication"]["Thumbprint"] == thumb(flow["answers"][1])
    assert "effective date" in error(flow["roll without date"])["message"]
    assert assigned(flow["previous"])["AudioVideoAuthentication"]["PreviousThumbprint"] is None


def test_flow_remove(flow):
    assert "in use" in error(flow["in use"])["message"]
    assert "Internal" in assigned(flow["in use"])
    assert "Internal" not in assigned(flow["removed"])


def test_flow_refusals(flow):
    assert "not found" in error(flow["no such certificate"])["message"]
    assert "expired" in error(flow["bad expired"])["message"]
    assert "chain" in error(flow["bad no chain"])["message"]


def test_flow_restart(flow):
    assert {s["Name"]: s["Status"] for s in flow["restart"]["read"]["services"]["output"]} == {
        "RTCSRV": "Running",
        "RTCMRAUTH": "Stopped",
    }
