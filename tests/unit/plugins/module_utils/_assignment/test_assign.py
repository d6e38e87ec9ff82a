# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for exports and assignments, and what speaks against a certificate."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.readiness import describe_usages
from ansible_collections.sfb.certificates.plugins.module_utils._certificate.requirements import renewal_time
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.exporting import plan_export
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates


def ready(site, spec, *, chain: bool = True, exportable: bool = True, **terms):
    """A server that has a certificate; the server and its state."""
    server = site.server()
    if chain:
        server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    if not exportable:
        spec = replace(spec, parameters={"PrivateKeyExportable": False})
    state = server.apply(plan_request(spec, server.state()))
    return server, server.apply(plan_import(ImportSpec(file=site.sign(state.requests[0].csr, **terms)), state))


def test_assign_then_nothing(site, spec) -> None:
    server, state = ready(site, spec)
    thumbprint = state.store("My")[0].thumbprint
    plan = plan_assign(AssignSpec(("Internal",), thumbprint), state)
    assert plan.commands == [f"Set-CsCertificate -Type Internal -Thumbprint {thumbprint}"]
    assert (plan.before, plan.after) == ({"Internal": None}, {"Internal": thumbprint})
    after = server.apply(plan)
    assert after.assignment("Internal").thumbprint == plan.predicted.assignment("Internal").thumbprint == thumbprint
    assert not plan_assign(AssignSpec(("Internal",), thumbprint), after).steps
    (usage,) = describe_usages(after, ["Internal"])
    assert usage["problems"] == []
    assert usage["days_left"] in (728, 729, 730)


def test_only_open_usages_are_assigned(site, spec) -> None:
    server, state = ready(site, spec)
    thumbprint = state.store("My")[0].thumbprint
    state = server.apply(plan_assign(AssignSpec(("Internal",), thumbprint), state))
    plan = plan_assign(AssignSpec(("Internal", "AudioVideoAuthentication"), thumbprint), state)
    assert plan.commands == [f"Set-CsCertificate -Type AudioVideoAuthentication -Thumbprint {thumbprint}"]


def test_refusals(site, spec) -> None:
    _server, state = ready(site, spec, chain=False)
    thumbprint = state.store("My")[0].thumbprint
    with pytest.raises(InputError, match="its chain does not build"):
        plan_assign(AssignSpec(("Internal",), thumbprint), state)
    with pytest.raises(InputError, match="import it first"):
        plan_assign(AssignSpec(("Internal",), "AB" * 20), state)


def test_expired_and_missing_names_are_refused_together(site, spec) -> None:
    _server, state = ready(site, spec, days=10)
    thumbprint = state.store("My")[0].thumbprint
    later = site.server(clock_offset=20 * 86400).state()
    with pytest.raises(InputError, match=r"it expired on .*; it lacks the name other\.example\.com"):
        plan_assign(AssignSpec(("Internal",), thumbprint, ("other.example.com",)), later)
    (usage,) = describe_usages(later, ["Internal"])
    assert usage["problems"] == ["no certificate is assigned"]


def test_export_holds_the_whole_path(site, spec) -> None:
    server, state = ready(site, spec)
    thumbprint = state.store("My")[0].thumbprint
    plan = plan_export(thumbprint, "secret", state)
    assert not plan.changed
    assert len(plan.steps[0].wire["chain"]) == 2
    assert server.call(Call(steps=plan.steps)).error is None


def test_export_of_the_certificate_alone(site, spec) -> None:
    server, state = ready(site, spec)
    row = state.store("My")[0]
    plan = plan_export(row.thumbprint, "secret", state, with_chain=False)
    assert "-ChainOption EndEntityCertOnly" in plan.commands[0]
    data = base64.b64decode(server.call(Call(steps=plan.steps)).rows[0]["data"])
    file = read_certificates(data, passphrase="secret")
    assert [item.thumbprint for item in file.certificates] == [row.thumbprint]
    assert file.friendly_name == row.friendly_name


def test_refusals_of_exports(site, spec) -> None:
    _server, state = ready(site, spec, exportable=False)
    thumbprint = state.store("My")[0].thumbprint
    with pytest.raises(
        InputError, match="is not exportable; request again with private_key_exportable: true, there is no other"
    ):
        plan_export(thumbprint, "secret", state)
    with pytest.raises(InputError, match="is in My on this server"):
        plan_export("AB" * 20, "secret", state)


@pytest.mark.parametrize(("days", "before"), [(730, 45), (90, 30), (47, 47 / 3)])
def test_renewal_is_due_45_days_or_a_third_before_the_end(site, spec, days: int, before: float) -> None:
    _server, state = ready(site, spec, days=days)
    certificate = state.store("My")[0].certificate
    due = certificate.not_after - renewal_time(certificate, None)
    assert abs(due - dt.timedelta(days=before)) < dt.timedelta(hours=1)
    assert certificate.not_after - renewal_time(certificate, dt.timedelta(days=3)) == dt.timedelta(days=3)


def test_certificate_that_is_due_leads_to_a_request(site, spec) -> None:
    server, state = ready(site, spec, days=90)
    thumbprint = state.store("My")[0].thumbprint
    server.apply(plan_assign(AssignSpec(("Internal",), thumbprint), state))
    assert not plan_request(spec, server.state()).steps
    later = site.server(clock_offset=70 * 86400)
    plan = plan_request(spec, later.state())
    assert any("due for renewal" in reason for reason in plan.reasons)
