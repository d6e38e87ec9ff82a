# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the emulated server reports when something fails is recognised and explained."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._failures.failures import explain, recognise
from ansible_collections.sfb.certificates.plugins.module_utils._failures.known_failures import FAILURES
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import Step
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import hold
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import AuthorityDescription

CONFIG = "ca.example.test\\Test Issuing"
PASSWORD = "Ca-Secret-5521"
#: The lab does not emulate these: a full disk, an open file, the network to the authority, its manager, another version
#: of the product, and what the script's last line is for.
NOT_IN_THE_LAB = {
    "the step runner could not write its result",
    "the RPC server of the certification authority cannot be reached",
    "the account may not enroll with the template",
    "a certificate manager denied the request",
    "the product's module lacks a cmdlet",
    "a file is in use on the server",
    "the disk of the server is full",
}

Tools = SimpleNamespace
Case = tuple[dict[str, Any], Callable[[Tools], list[dict[str, Any]]], str, str]


def online(tools: Tools, **more: Any) -> list[dict[str, Any]]:
    """An online request."""
    parameters = {"New": tools.forms.SWITCH, "Type": ["Internal"], "CA": CONFIG, **more}
    return [tools.forms.cmdlet("Request-CsCertificate", **parameters)]


def authority(policy: str = "issued", **more: Any) -> dict[str, Any]:
    """A pool with a certification authority."""
    return {"ca": AuthorityDescription(config=CONFIG, policy=policy, **more)}


def assign(tools: Tools, cert: Any, *types: str) -> dict[str, Any]:
    """The assignment of a certificate."""
    step: dict[str, Any] = tools.forms.cmdlet(
        "Set-CsCertificate", Type=list(types or ["Internal"]), Thumbprint=tools.forms.thumb(cert)
    )
    return step


def export(tools: Tools) -> dict[str, Any]:
    """The export of the leaf."""
    return {"op": "cert_export", "thumbprint": tools.forms.thumb(tools.ca.leaf), "password": f"={tools.forms.SECRET}"}


def bare(tools: Tools) -> dict[str, Any]:
    """The leaf without its key."""
    forms, leaf = tools.forms, tools.ca.leaf
    return {"op": "cert_import", "data": forms.b64(forms.der(leaf)), "stores": {forms.thumb(leaf): "My"}}


def wrong(tools: Tools) -> dict[str, Any]:
    """The leaf's PFX with another passphrase."""
    return {**tools.ca.leaf_step, "password": "=Wrong-Secret-8842"}


def lose_key(tools: Tools) -> list[dict[str, Any]]:
    """The leaf is there, its key file is gone."""
    tools.lab.done(tools.ca.leaf_step)
    for path in tools.lab.folder.path.rglob("*.pem"):
        path.unlink()
    return [export(tools)]


def stop_slowly(tools: Tools) -> list[dict[str, Any]]:
    """A graceful stop that lasts longer than the limit."""
    return [tools.forms.cmdlet("Stop-CsWindowsService", Graceful=tools.forms.SWITCH)]


def remove(tools: Tools) -> list[dict[str, Any]]:
    """Without -Force the product asks."""
    forms, leaf = tools.forms, tools.ca.leaf
    return [tools.ca.leaf_step, assign(tools, leaf), forms.cmdlet("Remove-CsCertificate", Type=["Internal"])]


def unchained(tools: Tools) -> list[dict[str, Any]]:
    """The leaf without its authorities."""
    return [{**tools.ca.leaf_step, "stores": {tools.forms.thumb(tools.ca.leaf): "My"}}, assign(tools, tools.ca.leaf)]


#: By case: variables of the pool, steps of which the last one fails, the meaning, a part of the line.
CASES: dict[str, Case] = {
    "no module": (
        {"switches": {"module_name": "Other"}},
        lambda t: [t.forms.cmdlet("Get-CsCertificate")],
        "the product's PowerShell module is missing",
        "install the administrative tools",
    ),
    "slow": (
        {"switches": {"graceful_stop_seconds": 601}},
        stop_slowly,
        "a cmdlet took too long",
        "Stop-CsWindowsService did not end within 600 s (look at the server",
    ),
    "path": ({}, lambda t: [t.forms.read("relative")], "a path of the server cannot be used", "C:\\Certificates"),
    "no key": ({}, lambda t: [bare(t), export(t)], "the certificate has no key on this server", "from a PFX"),
    "gone": ({}, lambda t: [export(t)], "a certificate is no longer there", "run again"),
    "parameter": (
        {},
        lambda t: [t.forms.cmdlet("Get-CsCertificate", Nonsense="x")],
        "the product does not know a parameter",
        "Get-CsCertificate has no parameter 'Nonsense' (leave the option out",
    ),
    "op": ({}, lambda t: [{"op": "none"}], "the step runner refused the call", "please report"),
    "store": (
        {},
        lambda t: [{"op": "cert_remove", "thumbprint": "AB" * 20, "store": "Disallowed"}],
        "the step runner refused the call",
        "please report",
    ),
    "cmdlet": ({}, lambda t: [t.forms.cmdlet("Get-Process")], "the step runner refused the call", "please report"),
    "management store": (
        authority(),
        lambda t: online(t, ComputerFqdn="edge1.example.test"),
        "the topology cannot be read through the Central Management Store",
        "leave computer_fqdn out",
    ),
    "management store for all servers": (
        {},
        lambda t: [
            t.forms.cmdlet("Set-CsCertificate", Type=["OAuthTokenIssuer"], Identity="Global", Thumbprint="AB" * 20),
        ],
        "the Central Management Store cannot be reached for an assignment of all servers",
        "run this on a Front End Server",
    ),
    "unreachable": (
        authority("unreachable"),
        online,
        "the certification authority cannot be reached",
        "Request-CsCertificate: Unable to contact certification authority",
    ),
    "no account": (
        authority(account="X\\ca", password=PASSWORD),
        online,
        "a network logon carries no credentials on to the certification authority (double hop)",
        "become_method: runas, or give ca_account",
    ),
    "wrong account": (
        authority(account="X\\ca", password=PASSWORD),
        lambda t: online(t, CaAccount="X\\ca", CaPassword={"t": "secret", "v": "=Wrong-Secret-8842"}),
        "the certification authority refuses the account that was given",
        "check ca_account (DOMAIN\\user) and ca_password",
    ),
    "no rights to ask": (
        {**authority(), "elevated": False},
        online,
        "access denied while a certification authority was asked",
        "become: true",
    ),
    "template": (
        authority("template"),
        online,
        "the certification authority does not publish the template",
        "by its name and not its display name",
    ),
    "denied": (
        authority("denied"),
        online,
        "the policy of the certification authority denies the request",
        "the right Enroll on it",
    ),
    "revoked": (
        authority("revoked"),
        lambda t: [*online(t), t.forms.cmdlet("Request-CsCertificate", Retrieve=t.forms.SWITCH)],
        "the request was revoked",
        "state: absent and this request_id",
    ),
    "role": (
        {},
        lambda t: [t.ca.leaf_step, assign(t, t.ca.leaf, "WebServicesInternal")],
        "the usage belongs to another role",
        "role of this server",
    ),
    "friendly name": (
        {},
        lambda t: [*t.forms.request("a", FriendlyName="Edge"), t.forms.request("b", FriendlyName="Edge")[0]],
        "the friendly name is taken",
        "another friendly_name",
    ),
    "passphrase": ({}, lambda t: [wrong(t)], "the PFX cannot be opened", "check the passphrase"),
    "not exportable": (
        {},
        lambda t: [{**t.ca.leaf_step, "exportable": False}, export(t)],
        "the private key is not exportable",
        "private_key_exportable: true",
    ),
    "key lost": ({}, lose_key, "the private key cannot be opened", "Keyset does not exist"),
    "provider": (
        {"product": "2013", "switches": {"pfx_provider": "ksp"}},
        lambda t: [t.ca.leaf_step, assign(t, t.ca.leaf)],
        "the private key lies in a key storage provider",
        "lies in a KSP",
    ),
    "garbage": (
        {},
        lambda t: [{"op": "cert_import", "data": t.forms.b64(b"garbage"), "stores": {}}],
        "the file holds no certificate",
        ".p7b",
    ),
    "chain": (
        {},
        unchained,
        "an authority of the chain is not trusted, or none is there",
        "import the chain of the certification authority first",
    ),
    "question": ({}, remove, "a cmdlet asked a question", "nobody can answer"),
    "value": (
        {},
        lambda t: [t.forms.cmdlet("Get-CsCertificate", Type=["NoSuchType"])],
        "a value does not fit the product's parameter",
        "Get-CsCertificate: ",
    ),
    "folder": (
        {},
        lambda t: [t.forms.write("C:\\nowhere\\x", b"x")],
        "a file or folder is missing on the server",
        "check the path",
    ),
    "file": (
        {},
        lambda t: [t.forms.cmdlet("Import-CsCertificate", Path="C:\\none.cer")],
        "a file or folder is missing on the server",
        "check the path",
    ),
    "no rights": ({"elevated": False}, lambda t: [t.ca.leaf_step], "access is denied", "become_method: runas"),
}


@pytest.fixture
def tools(lab: Any, forms: SimpleNamespace, ca: Any) -> Tools:
    """What the cases are made of."""
    return SimpleNamespace(lab=lab, forms=forms, ca=ca)


@pytest.mark.parametrize("name", CASES)
def test_failure_of_a_step_is_explained(tools: Tools, name: str) -> None:
    variables, make, meaning, part = CASES[name]
    tools.lab.variables = variables
    steps = make(tools)
    error = tools.lab.error(*steps)
    step = Step({"parameters": {}, **steps[-1]})
    found = recognise(error, step)
    assert found is not None, error
    assert found.meaning == meaning
    line = explain(error, step)
    assert part in line
    assert "\n" not in line


def test_a_refused_call_is_explained(lab: Any, forms: SimpleNamespace) -> None:
    lab.done(forms.write("<tmp>/a", b"1"))
    with hold(lab.folder.server("edge1").path) as mine:
        assert mine
        busy = lab.call(forms.write("<tmp>/a", b"1"), lock_timeout=0)["fatal"]
    assert "another run is changing this server; wait for it" in explain(busy, None)
    assert "install the collection anew" in explain(lab.call(contract=2)["fatal"], None)


def test_a_writing_step_in_check_mode_is_a_mistake_of_the_collection(lab: Any, forms: SimpleNamespace) -> None:
    (step,) = lab.call(forms.write("<tmp>/a", b"1"), _ansible_check_mode=True)["steps"]
    assert "refused in check mode: write_file (this is a mistake of the collection" in explain(step["errors"][0], None)


def test_every_failure_is_shown_or_known_to_be_out_of_reach() -> None:
    shown = {case[2] for case in CASES.values()} | {
        "another run is active",
        "controller and step runner do not fit together",
    }
    assert not shown & NOT_IN_THE_LAB
    assert {failure.meaning for failure in FAILURES} == shown | NOT_IN_THE_LAB
