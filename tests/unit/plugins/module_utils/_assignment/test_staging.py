# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for certificates that take over at a date, for those of the whole deployment, and for their end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.unassign import RemoveSpec, plan_remove
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import

AV = "AudioVideoAuthentication"
OAUTH = "OAuthTokenIssuer"
DAY = dt.timedelta(days=1)


class Staged:
    """A server with two certificates, the first of which is in use, and a date."""

    def __init__(self, site, spec, uses=(AV,), **pool) -> None:
        self.site, self.pool = site, pool
        self.server = site.server(**pool)
        self.server.apply(plan_chain(ChainSpec(site.chain), self.server.state()))
        self.old, self.new = (self._certificate(spec, days) for days in (400, 800))
        self.server.apply(plan_assign(AssignSpec(uses, self.old), self.server.state()))
        self.date = self.server.state().now + 3 * DAY

    def _certificate(self, spec, days: int) -> str:
        state = self.server.apply(plan_request(replace(spec, force=True), self.server.state()))
        answer = self.site.sign(state.requests[0].csr, days=days)
        self.server.apply(plan_import(ImportSpec(file=answer), state))
        return answer.certificates[0].thumbprint

    def spec(self, *uses: str, **more) -> AssignSpec:
        return AssignSpec(uses or (AV,), **{"thumbprint": self.new, "effective_date": self.date} | more)

    def later(self, days: float):
        return self.site.server(**self.pool, clock_offset=days * 86400)


@pytest.fixture(params=["new", "old"])
def staged(request, site, spec) -> Staged:
    """The product shows the staged certificate, or the one in use."""
    return Staged(site, spec, switches={"staged_row": request.param})


@pytest.fixture
def two(site, spec) -> Staged:
    return Staged(site, spec)


def test_stage_then_nothing_then_take_over_then_drop_the_old_one(staged) -> None:
    plan = plan_assign(staged.spec(), staged.server.state())
    date = staged.date.strftime("%Y%m%dT%H%M%SZ")
    assert plan.commands == [
        f"Set-CsCertificate -Type {AV} -Thumbprint {staged.new} -Roll "
        f"-EffectiveDate ([datetime]::ParseExact('{date}', 'yyyyMMddTHHmmssZ', $null))"
    ]
    assert plan.before == {AV: staged.old}
    assert plan.after == {AV: f"{staged.new} from {staged.date:%Y-%m-%dT%H:%M:%SZ} on"}
    after = staged.server.apply(plan)
    assert not plan_assign(staged.spec(), after).steps
    assert not plan_assign(staged.spec(), plan.predicted).steps

    state = staged.later(4).state()
    assert state.assignment(AV).thumbprint == staged.new
    assert not plan_assign(staged.spec(), state).steps  # the date has passed and it is as asked
    remove = RemoveSpec((AV,), previous=True)
    plan = plan_remove(remove, state)
    assert plan.commands == [f"Remove-CsCertificate -Type {AV} -Previous -Force"]
    assert plan.before == {AV: f"{staged.new}, before {staged.old}"}
    assert plan.after == {AV: staged.new}
    after = staged.later(4).apply(plan)
    assert after.assignment(AV).previous_thumbprint is None
    assert not plan_remove(remove, after).steps


def test_what_cannot_be_seen_is_told(staged) -> None:
    staged.server.apply(plan_assign(staged.spec(), staged.server.state()))
    plan = plan_assign(staged.spec(), staged.server.state())
    unseen = staged.pool["switches"]["staged_row"] == "old"
    assert [("cannot be seen" in text) for text in plan.warnings] == [True] * unseen


def test_another_date_is_staged_anew(staged) -> None:
    staged.server.apply(plan_assign(staged.spec(), staged.server.state()))
    later = staged.spec(effective_date=staged.date + DAY)
    plan = plan_assign(later, staged.server.state())
    assert len(plan.steps) == 1
    after = staged.server.apply(plan)
    assert after.assignment(AV).effective_date == staged.date + DAY
    assert not plan_assign(later, after).steps


def test_staged_certificate_is_left_to_its_date_unless_told_otherwise(two) -> None:
    state = two.server.apply(plan_assign(two.spec(), two.server.state()))
    plan = plan_assign(two.spec(effective_date=None), state)
    assert not plan.steps
    assert "to have it at once set roll: false" in plan.warnings[0]
    plan = plan_assign(two.spec(effective_date=None, at_once=True), state)
    assert "only from" in plan.reasons[0]
    after = two.server.apply(plan)
    assert after.assignment(AV).effective_date <= after.now
    assert not plan_assign(two.spec(effective_date=None, at_once=True), after).steps


def test_refusals_of_dates_and_usages(two) -> None:
    state = two.server.state()
    with pytest.raises(InputError, match=r"is not in the future, the server's clock says"):
        plan_assign(two.spec(effective_date=state.now), state)
    with pytest.raises(InputError, match="will have expired"):
        plan_assign(two.spec(effective_date=state.now + 900 * DAY), state)
    with pytest.raises(InputError, match="Internal cannot have an old and a new certificate at the same time"):
        plan_assign(two.spec("Internal"), state)


@pytest.mark.parametrize(("days", "early"), [(3, True), (399.5, True), (399.9, False)])
def test_lead_before_the_end_of_the_old_one(two, days: float, early: bool) -> None:
    state = two.server.state()
    end = state.find("My", two.old).not_after
    date = min(end, state.now + 400 * DAY) - (400 - days) * DAY
    plan = plan_assign(two.spec(effective_date=date), state)
    assert [("tokens made with it are refused" in text) for text in plan.warnings] == [True] * (not early)


def test_usages_without_coexistence_are_told(two) -> None:
    plan = plan_assign(two.spec(AV, "DataEdgeExternal"), two.server.state())
    assert f"-Type {AV},DataEdgeExternal" in plan.commands[0]
    assert "its users have to sign in again" in plan.warnings[0]
    assert plan.warnings[1].startswith("DataEdgeExternal has no certificate until")


def test_previous_stays_while_it_is_in_use(two) -> None:
    state = two.server.apply(plan_assign(two.spec(), two.server.state()))
    with pytest.raises(InputError, match=f"{AV} still uses {two.old}"):
        plan_remove(RemoveSpec((AV,), previous=True), state)
    soon = two.site.server(clock_offset=3 * 86400 + 3600).state()
    assert "tokens made with the previous one" in plan_remove(RemoveSpec((AV,), previous=True), soon).warnings[0]


# ---- the end of assignments ----


def test_remove_then_nothing(site, spec) -> None:
    two = Staged(site, spec, uses=(AV, "Internal"))
    other = RemoveSpec((AV, "Internal"), thumbprint=two.new)
    assert not plan_remove(other, two.server.state()).steps
    remove = RemoveSpec((AV, "Internal", "DataEdgeExternal"), thumbprint=two.old)
    plan = plan_remove(remove, two.server.state())
    assert plan.commands == [f"Remove-CsCertificate -Type {AV},Internal -Force"]
    assert plan.before == {AV: two.old, "Internal": two.old, "DataEdgeExternal": None}
    assert plan.after == dict.fromkeys(remove.usages)
    after = two.server.apply(plan)
    assert after.assignments == plan.predicted.assignments == ()
    assert len(after.store("My")) == 2
    assert not plan_remove(remove, after).steps


# ---- the whole deployment ----


@pytest.fixture
def front_end(site, spec) -> Staged:
    """A Front End Server whose default certificate is in use."""
    spec = replace(spec, need=replace(spec.need, usages=("Default",)))
    return Staged(site, spec, uses=("Default",), role="front_end", domain="example.com")


def test_certificate_of_the_deployment(front_end) -> None:
    spec = front_end.spec(OAUTH, thumbprint=front_end.old, effective_date=None, for_all=True)
    plan = plan_assign(spec, front_end.server.state())
    assert plan.commands == [f"Set-CsCertificate -Identity Global -Type {OAUTH} -Thumbprint {front_end.old}"]
    assert plan.after == {OAUTH: f"{front_end.old}, global"}
    after = front_end.server.apply(plan)
    assert after.assignment(OAUTH).scope == plan.predicted.assignment(OAUTH).scope == "Global"
    assert not plan_assign(spec, after).steps

    staged = front_end.spec(OAUTH, for_all=True)
    after = front_end.server.apply(plan_assign(staged, after))
    assert not plan_assign(staged, after).steps
    assert not plan_remove(RemoveSpec((OAUTH,)), after).steps  # there is none of this server alone
    plan = plan_remove(RemoveSpec((OAUTH,), for_all=True), after)
    assert plan.commands == [f"Remove-CsCertificate -Identity Global -Type {OAUTH} -Force"]
    assert front_end.server.apply(plan).assignment(OAUTH) is None


def test_scope_other_than_documented_is_told(front_end) -> None:
    state = front_end.server.state()
    local = plan_assign(front_end.spec(OAUTH, effective_date=None), state)
    assert "use identity: global" in local.warnings[0]
    plan = plan_assign(front_end.spec(OAUTH, effective_date=None, for_all=True), front_end.server.apply(local))
    assert plan.reasons == (
        f"{OAUTH} has the certificate {front_end.new} on this server only, and not for the deployment",
    )
    both = plan_assign(front_end.spec("Default", effective_date=None, for_all=True), state)
    assert "assign Default on each server" in both.warnings[0]
