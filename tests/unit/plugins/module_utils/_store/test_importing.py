# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for answers and for PFX files."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.unknown import Unknown
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.exporting import plan_export
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import CertificateFile, read_certificates


@pytest.fixture
def requested(site, spec):
    """A server with a request, and the state of it."""
    server = site.server()
    return server, server.apply(plan_request(spec, server.state()))


def test_answer_gets_the_key_that_waits(site, spec, requested) -> None:
    server, state = requested
    answer = site.sign(state.requests[0].csr)
    plan = plan_import(ImportSpec(file=answer, usages=("Internal",), names=spec.need.names), state)
    assert plan.commands == ["Import-CsCertificate -Path <tmp>\\answer.cer"]
    after = server.apply(plan)
    (row,) = after.store("My")
    assert (row.thumbprint, row.usable_key, row.exportable) == (answer.certificates[0].thumbprint, True, True)
    assert after.store("REQUEST") == ()
    assert after.store("My")[0].friendly_name == plan.predicted.store("My")[0].friendly_name
    assert not plan_import(ImportSpec(file=answer), after).steps


def test_answer_brings_authorities_that_are_missing(site, requested) -> None:
    server, state = requested
    leaf = site.sign(state.requests[0].csr).certificates
    file = CertificateFile(kind="pkcs7", certificates=(*leaf, *site.chain), key_certificate=None, friendly_name=None)
    after = server.apply(plan_import(ImportSpec(file=file), state))
    assert [len(after.store(name)) for name in ("Root", "CA", "My")] == [1, 1, 1]


def test_refusals_of_answers(site, requested) -> None:
    _server, state = requested
    csr = state.requests[0].csr
    stranger = site.server("edge2")
    with pytest.raises(InputError, match="fits no request that waits on this server"):
        plan_import(ImportSpec(file=site.sign(csr)), stranger.state())
    with pytest.raises(InputError, match="holds authorities only"):
        plan_import(ImportSpec(file=CertificateFile("pkcs7", site.chain, None, None)), state)
    with pytest.raises(InputError, match="expired on"):
        plan_import(ImportSpec(file=site.sign(csr)), site.server(clock_offset=800 * 86400).state())
    with pytest.raises(InputError, match=r"lacks the name other\.example\.com; nothing is imported"):
        plan_import(ImportSpec(file=site.sign(csr), usages=("Internal",), names=("other.example.com",)), state)
    with pytest.raises(InputError, match="it answers another request"):
        plan_import(ImportSpec(file=site.sign(csr), public_key="AB" * 32), state)
    with pytest.raises(InputError, match="is not the certificate"):
        plan_import(ImportSpec(file=site.sign(csr), thumbprint="AB" * 20), state)
    with pytest.raises(InputError, match="no request waits here that could be answered"):
        plan_import(ImportSpec(file=None), stranger.state())


@pytest.fixture
def pfx(site, requested) -> bytes:
    """The certificate of a server with its key and chain."""
    server, state = requested
    state = server.apply(plan_chain(ChainSpec(site.chain), state))
    answer = site.sign(state.requests[0].csr)
    state = server.apply(plan_import(ImportSpec(file=answer), state))
    plan = plan_export(answer.certificates[0].thumbprint, "secret", state)
    return base64.b64decode(server.call(Call(steps=plan.steps)).rows[0]["data"])


def pfx_spec(pfx: bytes, **changes) -> ImportSpec:
    file = read_certificates(pfx, passphrase="secret")
    return replace(ImportSpec(file=file, content=base64.b64encode(pfx).decode(), passphrase="secret"), **changes)


def test_pfx_brings_key_and_chain(site, pfx) -> None:
    other = site.server("edge2")
    plan = plan_import(pfx_spec(pfx), other.state())
    after = other.apply(plan)
    assert [len(after.store(name)) for name in ("Root", "CA", "My")] == [1, 1, 1]
    assert after.store("My")[0].exportable
    for name in ("Root", "CA", "My"):
        assert {row.thumbprint for row in after.store(name)} == {row.thumbprint for row in plan.predicted.store(name)}
    assert not plan_import(pfx_spec(pfx), after).steps


def test_pfx_that_is_here_with_a_closed_key_is_told(site, pfx) -> None:
    other = site.server("edge2")
    after = other.apply(plan_import(pfx_spec(pfx, exportable=False), other.state()))
    assert not after.store("My")[0].exportable
    plan = plan_import(pfx_spec(pfx), after)
    assert not plan.steps
    assert "Remove the certificate with its key first" in plan.warnings[0]


def test_unknown_pfx_of_check_mode_has_the_same_command(site, pfx) -> None:
    state = site.server("edge2").state()
    unknown = plan_import(ImportSpec(file=None, passphrase="", thumbprint=Unknown("issue")), state)
    (command,) = unknown.commands
    assert command.replace("(known after issue)", "X") == (
        "Import-PfxCertificate -FilePath <tmp>\\X.pfx -CertStoreLocation Cert:\\LocalMachine\\My -Password ******** -Exportable"
    )
    assert all(step.unknown for step in unknown.steps)


# ---- imported by the product ----

OAUTH = "OAuthTokenIssuer"


@pytest.mark.parametrize("chain", ["dropped", "my"])
@pytest.mark.parametrize("exportable", [True, False])
def test_pfx_by_the_product(site, pfx, chain: str, exportable: bool) -> None:
    other = site.server("edge2", switches={"pfx_chain": chain})
    spec = pfx_spec(pfx, by_product=True, exportable=exportable)
    plan = plan_import(spec, other.state())
    assert plan.commands[2:] == [
        "Import-CsCertificate -Path <tmp>\\certificate.pfx -Password ******** "
        f"-PrivateKeyExportable ${str(exportable).lower()}"
    ]
    after = other.apply(plan)
    assert [len(after.store(name)) for name in ("Root", "CA")] == [1, 1]
    row = after.find("My", plan.facts["thumbprint"])
    assert (row.usable_key, row.exportable) == (True, exportable)
    assert row.friendly_name == plan.predicted.find("My", row.thumbprint).friendly_name != ""
    assert not plan_import(spec, after).steps


def test_pfx_for_the_deployment(site, pfx) -> None:
    server = site.server("fe1", role="front_end", domain="example.com")
    spec = pfx_spec(pfx, usages=(OAUTH,), for_all=True)
    plan = plan_import(spec, server.state())
    thumbprint = plan.facts["thumbprint"]
    assert plan.commands[2:] == [
        f"Import-CsCertificate -Identity Global -Type {OAUTH} -Path <tmp>\\certificate.pfx -Password ********"
    ]
    assert (plan.before, plan.after) == ({OAUTH: None}, {OAUTH: f"{thumbprint}, global"})
    after = server.apply(plan)
    assert after.assignment(OAUTH).thumbprint == thumbprint
    assert after.assignment(OAUTH).scope == plan.predicted.assignment(OAUTH).scope == "Global"
    assert not plan_import(spec, after).steps


@pytest.mark.parametrize("shown", ["new", "old"])
def test_pfx_is_staged_for_the_deployment(site, spec, pfx, requested, shown: str) -> None:
    server = site.server("fe1", role="front_end", domain="example.com", switches={"staged_row": shown})
    server.apply(plan_import(pfx_spec(pfx, usages=(OAUTH,), for_all=True), server.state()))
    origin, state = requested
    state = origin.apply(plan_request(replace(spec, force=True), state))
    answer = site.sign(state.requests[0].csr)
    state = origin.apply(plan_import(ImportSpec(file=answer), state))
    export = plan_export(answer.certificates[0].thumbprint, "secret", state)
    other = base64.b64decode(origin.call(Call(steps=export.steps)).rows[0]["data"])
    date = server.state().now + timedelta(days=2)
    staged = pfx_spec(other, usages=(OAUTH,), for_all=True, effective_date=date)
    plan = plan_import(staged, server.state())
    assert (
        f"-Password ******** -Roll -EffectiveDate ([datetime]::ParseExact('{date:%Y%m%dT%H%M%SZ}'" in plan.commands[-1]
    )
    after = server.apply(plan)
    assert after.assignment(OAUTH).effective_date == date
    assert not plan_import(staged, after).steps


def test_refusals_for_the_deployment(site, pfx, requested) -> None:
    _server, state = requested
    with pytest.raises(InputError, match="type: is needed with identity: global"):
        plan_import(pfx_spec(pfx, for_all=True), state)
    with pytest.raises(InputError, match="is no PFX; with identity: global the certificate comes with its key"):
        plan_import(ImportSpec(file=site.sign(state.requests[0].csr), usages=(OAUTH,), for_all=True), state)
    plan = plan_import(pfx_spec(pfx, usages=(OAUTH,), for_all=True), state)
    reply = site.server().call(Call(steps=plan.steps))
    assert "run this on a Front End Server" in reply.error


@pytest.mark.parametrize("more", [{"by_product": True}, {"for_all": True, "usages": (OAUTH,)}])
def test_unknown_pfx_has_the_command_of_the_known_one(site, pfx, more) -> None:
    state = site.server("fe1", role="front_end", domain="example.com").state()
    unknown = plan_import(ImportSpec(file=None, passphrase="x", thumbprint=Unknown("issue"), **more), state)
    assert unknown.commands == plan_import(pfx_spec(pfx, **more), state).commands[2:]
    assert unknown.predicted.find("My", "(known after issue)") is not None
