# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One contract: its document, the step runner, the emulator and the core say the same."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._failures.known_failures import FAILURES
from ansible_collections.sfb.certificates.plugins.module_utils._product.cmdlets import CMDLETS
from ansible_collections.sfb.certificates.plugins.module_utils._remote import wire
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from ansible_collections.sfb.certificates.plugins.module_utils._steps.render import render_step
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca import adcs
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.cmdlets import table as cmdlets
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import runner as emulator
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from cryptography.hazmat.primitives import hashes, serialization

from .contract import LAB, Document, Runner, calls_in, module_documentation

DOCUMENT, RUNNER = Document(), Runner()
DER = serialization.Encoding.DER
SECRET = "Pfx-Secret-7319"
#: What the emulated cmdlets take for a kind.
FITS = {
    "text": {"string", "KeyAlg"},
    "path": {"string"},
    "secret": {"string", "securestring"},
    "list": {"CertType[]", "string[]"},
    "int": {"int"},
    "bool": {"bool"},
    "switch": {"switch"},
    "date": {"datetime"},
}


@pytest.fixture
def pool() -> PoolDescription:
    """The pool that the calls are for."""
    return PoolDescription(pool_fqdn="edgepool.example.com", fqdn="edge1.example.com")


@pytest.fixture
def lab(tmp_path: Path, key_pool: Path, monkeypatch: pytest.MonkeyPatch) -> LabFolder:
    """An emulated server."""
    monkeypatch.setenv(KEY_POOL_VARIABLE, str(key_pool))
    return LabFolder(tmp_path)


def encoded() -> list[steps.Step]:
    """A step of each function of the encoder, with all that it can send."""
    thumbprint = "AB" * 20
    return [
        steps.cmdlet("Get-CsCertificate", Type=["Internal"]),
        steps.write_file("C:\\a.req", b"a", replace=True, make_folder=True),
        steps.read_file("C:\\a.req"),
        steps.delete_file("C:\\a.req"),
        steps.cert_import(b"a", {thumbprint: "My"}, password=SECRET, exportable=True),
        steps.cert_export(thumbprint, password=SECRET, chain=[b"a"]),
        steps.cert_remove(thumbprint, store="Root"),
    ]


# ---- the document, the script and the emulator ----


def test_operations() -> None:
    assert set(DOCUMENT.operations) == RUNNER.operations
    assert set(emulator._HANDLERS) == RUNNER.operations


def test_fields() -> None:
    documented = {*DOCUMENT.input, "op", "t", "v"}.union(*DOCUMENT.operations.values())
    assert RUNNER.fields - {"_ansible_check_mode"} == documented
    # the emulator has one lock for each server, whatever its name
    assert calls_in(LAB, "get_field", 1) - {"_ansible_check_mode", ""} == documented - {"lock"}


def test_kinds() -> None:
    assert DOCUMENT.kinds == RUNNER.kinds == set(FITS)
    assert DOCUMENT.kinds == {kind for known in CMDLETS.values() for kind in known.parameters.values()}


def test_sections(lab: LabFolder, pool: PoolDescription) -> None:
    assert DOCUMENT.sections == RUNNER.sections
    read = run_contract({"contract": 1, "read": sorted(DOCUMENT.sections)}, pool, lab, "edge1")["read"]
    assert all(section["ok"] for section in read.values())
    assert DOCUMENT.fields_of("Sections", "computer") == set(read["computer"]) - {"ok"}
    assert {name for name in read["topology"] if name != "ok"} == {"computer", "edge", "sip_domains"}
    body = RUNNER.function("Read-Computer")
    assert all(f" {name} = " in body for name in DOCUMENT.fields_of("Sections", "computer"))


def test_cmdlets() -> None:
    assert set(DOCUMENT.cmdlets) == set(RUNNER.cmdlets) == set(cmdlets.CMDLETS)
    assert len(DOCUMENT.cmdlets) == len(RUNNER.cmdlets) == len(cmdlets.CMDLETS)


def test_ids_of_errors() -> None:
    assert DOCUMENT.error_ids == RUNNER.error_ids
    # what the emulator returns is always JSON
    assert calls_in(LAB, "stop_step", 0) == DOCUMENT.error_ids - {"Output"}
    assert {
        part.partition(".")[2] for row in FAILURES for part in row.identifiers if "CsInvoke" in part
    } == DOCUMENT.error_ids


def test_defaults() -> None:
    plain = {name: value.strip("'") for name, value in RUNNER.defaults.items()}
    modules = plain.pop("modules").strip("@()").replace("'", '"')
    assert f"[{modules}]" == DOCUMENT.input["modules"]
    assert {name: plain[name] for name in ("store_location", "lock", "lock_timeout")} == {
        name: DOCUMENT.input[name] for name in ("store_location", "lock", "lock_timeout")
    }
    assert (plain["timeout"], plain["store"]) == ("600", "My")
    assert "`timeout` in seconds (default 600)" in DOCUMENT.text
    assert "`store` (default `My`)" in DOCUMENT.text


def test_documentation_of_the_module() -> None:
    options = module_documentation()
    assert set(options) == set(DOCUMENT.input)
    parts = options["steps"]["suboptions"]
    assert set(parts) == {"op"}.union(*DOCUMENT.operations.values())
    assert set(parts["op"]["choices"]) == set(DOCUMENT.operations)
    assert parts["timeout"]["default"] == int(RUNNER.defaults["timeout"])
    assert parts["store"]["default"] == RUNNER.defaults["store"].strip("'")
    assert str(options["lock_timeout"]["default"]) == DOCUMENT.input["lock_timeout"]
    assert options["lock"]["default"] == DOCUMENT.input["lock"]
    assert set(options["store_location"]["choices"]) == {"LocalMachine", "CurrentUser"}


# ---- the core ----


def test_encoder_sends_what_is_documented() -> None:
    sent = {step.wire["op"]: set(step.wire) - {"op"} for step in encoded()}
    assert set(sent) <= set(DOCUMENT.operations)
    assert set(DOCUMENT.operations) - set(sent) <= {"cert_set"}
    for op, fields in sent.items():
        assert fields <= DOCUMENT.operations[op], op
    arguments = wire.Call(steps=encoded(), files=[request_files(["Internal"])], topology=True).arguments()
    assert set(arguments) <= set(DOCUMENT.input)
    assert set(arguments["read"]) <= DOCUMENT.sections


def test_every_operation_can_be_shown() -> None:
    fields = {"path": "=C:\\a", "name": "Get-CsCertificate", "parameters": {}, "stores": {}, "friendly_name": "=x"}
    for op, names in DOCUMENT.operations.items():
        step = {"op": op, **{name: fields.get(name, "AB" * 20) for name in names}}
        assert isinstance(render_step(step), list)


@pytest.mark.parametrize("name", sorted(CMDLETS))
def test_table_of_cmdlets(name: str) -> None:
    assert name in RUNNER.cmdlets
    emulated = {parameter.name: parameter.kind for parameter in cmdlets.CMDLETS[name].parameters}
    for parameter, kind in CMDLETS[name].parameters.items():
        assert emulated[parameter] in FITS[kind], parameter
    # in check mode the runner lets through what begins with Get- or Test-
    assert CMDLETS[name].reads_only <= name.startswith(("Get-", "Test-"))


# ---- what the emulator refuses and returns ----


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"op": "cert_move"}, "CsInvoke.Protocol"),
        ({"op": "Cmdlet", "name": "Get-CsCertificate"}, "CsInvoke.Protocol"),
        ({"op": "cmdlet", "name": "Get-CsUser"}, "CsInvoke.Forbidden"),
        (
            {"op": "cmdlet", "name": "Get-CsCertificate", "parameters": {"Typ": {"t": "list", "v": ["=Internal"]}}},
            "CsInvoke.Parameter",
        ),
        (
            {"op": "cmdlet", "name": "Get-CsCertificate", "parameters": {"Identity": {"t": "string", "v": "=x"}}},
            "CsInvoke.Protocol",
        ),
        ({"op": "cert_remove", "thumbprint": "AB" * 20, "store": "AuthRoot"}, "CsInvoke.Store"),
    ],
)
def test_what_is_unknown_is_refused(lab: LabFolder, pool: PoolDescription, step: dict[str, Any], expected: str) -> None:
    result = run_contract({"contract": 1, "steps": [step], "read": ["stores"]}, pool, lab, "edge1")
    assert result["steps"][0]["errors"][0]["id"] == expected
    assert result["read"]["stores"]["errors"][0]["id"] == "CsInvoke.Protocol"


def test_rows_have_the_documented_fields(lab: LabFolder, pool: PoolDescription) -> None:
    authority = adcs.Authority(lab)
    chain = Path(authority.prepare()).read_bytes()
    request = steps.cmdlet(
        "Request-CsCertificate",
        New=True,
        Type=["Internal"],
        PrivateKeyExportable=True,
        Output="C:\\Users\\Public\\a.req",
    )
    first = run_contract(
        wire.Call([request, steps.read_file("C:\\Users\\Public\\a.req")]).arguments(), pool, lab, "edge1"
    )
    csr = base64.b64decode(first["steps"][1]["data"])
    answer = authority.sign(adcs.Order.from_csr(csr), adcs.Terms(now=dt.datetime.now(dt.timezone.utc)))
    thumbprint = answer.fingerprint(hashes.SHA1()).hex().upper()
    places = {c.fingerprint(hashes.SHA1()).hex().upper(): "Root" for c in authority.chain()}
    wired = [
        steps.cert_import(chain, places),
        steps.write_file("<tmp>/a.cer", answer.public_bytes(DER)),
        steps.cmdlet("Import-CsCertificate", Path="<tmp>/a.cer"),
        steps.delete_file("<tmp>/a.cer"),
        steps.cert_export(thumbprint, password=SECRET),
        steps.Step({"op": "cert_set", "thumbprint": thumbprint, "friendly_name": "=Edge"}),
        steps.cert_remove(thumbprint, store="My"),
    ]
    second = run_contract(wire.Call(wired).arguments(), pool, lab, "edge1")
    assert second["failed_step"] is None
    operations = ["cmdlet", "read_file", *(step.wire["op"] for step in wired)]
    assert set(operations) == set(DOCUMENT.operations)
    for op, row in zip(operations, [*first["steps"], *second["steps"]], strict=True):
        assert set(row) == {"ok", *DOCUMENT.answers[op]}, op
    root, issuing = sorted(second["steps"][0]["certificates"], key=lambda row: "issuer" in row)
    assert (set(root), set(issuing)) == (DOCUMENT.imported, DOCUMENT.imported | {"issuer"})
    told = second["read"]["Root"]["certificates"]
    assert [set(row) - {"issuer", "der"} for row in told] == [DOCUMENT.certificate] * 2
    # and the core reads it
    assert wire.decode(second, wire.Call(wired)).error is None
