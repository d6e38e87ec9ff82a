# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for answers and for PFX files."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._core.unknown import Unknown
from ansible_collections.sfb.certificates.plugins.module_utils._core.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._plans.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._plans.exporting import plan_export
from ansible_collections.sfb.certificates.plugins.module_utils._plans.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._plans.request import plan_request
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
