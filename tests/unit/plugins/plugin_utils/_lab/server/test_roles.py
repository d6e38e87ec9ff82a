# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: which usages, services and names they have; other computers of the topology; -Report."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.roles import computers_from_variable
from cryptography import x509

EDGE = {"fqdn": "edge7.example.test", "pool_fqdn": "edges.example.test", "access_edge_fqdn": "sip.example.test"}


def asked(lab: Any, forms: SimpleNamespace, types: list[str], **more: Any) -> tuple[str, list[str]]:
    """Common name and DNS names of a request that the product makes."""
    result = lab.done(*forms.request(types=types, **more))
    csr = x509.load_pem_x509_csr(base64.b64decode(result["steps"][1]["data"]).replace(b"NEW ", b""))
    common = csr.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)[0].value
    names = [e.value for e in csr.extensions if e.oid == x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
    return str(common), names[0].get_values_for_type(x509.DNSName) if names else []


POOL = {"pool_fqdn": "fe.example.test", "fqdn": "fe1.example.test"}
WEB = ["dialin.example.test", "meet.example.test"]


@pytest.mark.parametrize(
    ("role", "types", "subject", "names"),
    [
        ("front_end", ["Default"], "fe.example.test", ["fe.example.test", "fe1.example.test", "sip.example.test"]),
        (
            "front_end",
            ["WebServicesInternal"],
            "fe.example.test",
            ["fe.example.test", "fe1.example.test", "webint.example.test", *WEB],
        ),
        (
            "director",
            ["WebServicesExternal"],
            "fe.example.test",
            ["fe.example.test", "fe1.example.test", "webext.example.test", *WEB],
        ),
        ("front_end", ["OAuthTokenIssuer"], "example.test", ["example.test"]),
        ("mediation", ["Default"], "fe.example.test", ["fe.example.test", "fe1.example.test"]),
    ],
)
def test_names_of_internal_roles(
    lab: Any, forms: SimpleNamespace, role: str, types: list[str], subject: str, names: list[str]
) -> None:
    lab.variables = {**POOL, "role": role}
    assert asked(lab, forms, types) == (subject, names)


@pytest.mark.parametrize(
    ("role", "usage"), [("front_end", "Internal"), ("mediation", "WebServicesInternal"), ("edge", "Default")]
)
def test_a_role_refuses_the_usages_of_others(lab: Any, forms: SimpleNamespace, role: str, usage: str) -> None:
    lab.variables = {"role": role}
    error = lab.error(forms.request(types=[usage])[0])
    assert error["message"] == "The computer does not need a certificate of the given type."


def test_what_internal_roles_are(lab: Any) -> None:
    lab.variables = {**POOL, "role": "front_end"}
    read = lab.done(read=["computer", "services", "topology"])["read"]
    assert (read["computer"]["joined"], read["computer"]["domain"]) == (True, "example.test")
    assert [row["Name"] for row in read["services"]["output"]] == ["RTCSRV", "RTCMEDSRV", "REPLICA", "RTCCLSAGT"]
    assert read["topology"]["edge"]["output"] == []


@pytest.mark.parametrize("name", ["edge7.example.test", "EDGE7"])
def test_a_front_end_requests_for_an_edge(lab: Any, forms: SimpleNamespace, name: str) -> None:
    lab.variables = {**POOL, "role": "front_end", "computers": computers_from_variable([EDGE])}
    assert asked(lab, forms, ["Internal"], ComputerFqdn=name) == ("edges.example.test", [])


def test_a_front_end_does_not_where_the_switch_says_so(lab: Any, forms: SimpleNamespace) -> None:
    switches = {"request_for_other_computer": False}
    lab.variables = {**POOL, "role": "front_end", "computers": computers_from_variable([EDGE]), "switches": switches}
    error = lab.error(forms.request(types=["Internal"], ComputerFqdn="edge7")[0])
    assert "does not need a certificate" in error["message"]


def test_a_computer_that_the_topology_does_not_have(lab: Any, forms: SimpleNamespace) -> None:
    lab.variables = {**POOL, "role": "front_end"}
    error = lab.error(forms.request(types=["Default"], ComputerFqdn="fe9")[0])
    assert error["message"] == 'Cannot find computer "fe9".'


def test_the_topology_has_all_pools(lab: Any, forms: SimpleNamespace) -> None:
    lab.variables = {"computers": computers_from_variable([EDGE, {"fqdn": "fe1.example.test", "role": "front_end"}])}
    steps = [forms.cmdlet(name) for name in ("Get-CsComputer", "Get-CsPool")]
    steps += [forms.cmdlet("Get-CsService", **{name: forms.SWITCH}) for name in ("EdgeServer", "WebServer")]
    found = [[row["Identity"] for row in step["output"]] for step in lab.done(*steps)["steps"]]
    assert found == [
        ["edge1.example.test", "edge7.example.test", "fe1.example.test"],
        ["edgepool.example.test", "edges.example.test", "fe1.example.test"],
        ["EdgeServer:edgepool.example.test", "EdgeServer:edges.example.test"],
        ["WebServer:fe1.example.test"],
    ]


@pytest.mark.parametrize(
    "rows", [["edge7"], [{"pool_fqdn": "a.test"}], [{"fqdn": "a.test", "color": 1}], [{"fqdn": "a.test", "role": "x"}]]
)
def test_refused_computers(rows: list[Any]) -> None:
    with pytest.raises(LabError, match="sfb_lab_computers"):
        computers_from_variable(rows)


def test_report(lab: Any, forms: SimpleNamespace) -> None:
    steps = forms.request(Report="<tmp>/log.html")
    report = lab.done(*steps, forms.read("<tmp>/log.html"))["steps"][2]
    text = base64.b64decode(report["data"]).decode()
    assert text.startswith("<html>")
    assert "-Type Internal" in text
