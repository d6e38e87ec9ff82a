# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollover leaves behind: which certificates may go, and how they go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._assignment.assign import AssignSpec, plan_assign
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._store.importing import ImportSpec, plan_import
from ansible_collections.sfb.certificates.plugins.module_utils._store.superseded import (
    kept_by,
    plan_removal,
    replaced_certificates,
    used_by,
)
from hypothesis import given
from hypothesis import strategies as st

from ..rolling import ACCESS, AV, DAY, HOUR, INTERNAL, NOW, OAUTH, issued, own, server

NAMES = ("edge.example.com",)
OLDEST, OLD, NEW = (
    issued("edge.example.com", NOW - days * DAY, NOW + 400 * DAY, names=NAMES) for days in (900, 500, 1)
)
USES = (INTERNAL, ACCESS, AV, OAUTH)


def edge(*assignments: Assignment, more: tuple[StoredCertificate, ...] = (), **kept: object) -> State:
    """A server with all three certificates."""
    return server(*assignments, certificates=(own(OLDEST), own(OLD), own(NEW), *more), **kept)


def row(use: str, new=NEW, old=None, date=None) -> Assignment:
    return Assignment(use, new.thumbprint, old.thumbprint if old else None, date)


def replaced(*states: State | None, thumbprint: str = NEW.thumbprint, usages=USES, names=NAMES) -> list[list[str]]:
    """What may go, by server."""
    known = {f"edge{number}": state for number, state in enumerate(states, 1)}
    found = replaced_certificates([(thumbprint, usages, names)], known)
    assert set(found) <= set(known)
    return [[item.thumbprint for item in found.get(host, [])] for host in known]


BOTH = [OLDEST.thumbprint, OLD.thumbprint]


# ---- what may go ----


def test_older_ones_for_the_same_purpose_may_go() -> None:
    assert replaced(edge(row(INTERNAL)), edge(row(ACCESS))) == [BOTH, BOTH]
    assert replaced(edge(row(INTERNAL, old=OLD))) == [BOTH], "as previous one it is worth nothing to this usage"


@pytest.mark.parametrize("use", [AV, OAUTH])
def test_previous_of_a_coexisting_usage_stays_on_all_servers(use: str) -> None:
    assert replaced(edge(row(use, old=OLD, date=NOW - DAY)), edge(row(use))) == [[OLDEST.thumbprint]] * 2


def test_nothing_goes_while_something_is_staged() -> None:
    assert replaced(edge(row(AV, old=OLD, date=NOW + HOUR)), edge(row(AV))) == [[], []]
    assert replaced(edge(row(INTERNAL), row(AV, OLD, date=NOW + HOUR))) == [[]], "nor if it cannot be seen what"


def test_nothing_goes_while_a_server_cannot_be_reached() -> None:
    assert replaced(edge(row(INTERNAL)), None) == [[], []]


def test_nothing_goes_before_the_new_one_is_in_use() -> None:
    assert replaced(edge(row(INTERNAL, OLD))) == [[]]
    assert replaced(edge()) == [[]]


def test_what_another_server_uses_stays_everywhere() -> None:
    assert replaced(edge(row(INTERNAL)), edge(row(ACCESS, OLD))) == [[OLDEST.thumbprint]] * 2


@pytest.mark.parametrize(
    "other",
    [
        own(issued("other.example.com", NOW - 500 * DAY, NOW + DAY, names=NAMES)),
        own(issued("edge.example.com", NOW - 500 * DAY, NOW + DAY, names=("other.example.com",))),
        own(issued("edge.example.com", NOW - HOUR, NOW + DAY, names=NAMES)),
        own(issued("edge.example.com", NOW - DAY, NOW + DAY, names=NAMES)),
        own(issued("edge.example.com", NOW - 500 * DAY, NOW + DAY, names=NAMES), has_key=False, key=None),
        replace(own(issued("edge.example.com", NOW - 500 * DAY, NOW + DAY, names=NAMES)), der=None),
        replace(own(issued("edge.example.com", NOW - 500 * DAY, NOW + DAY, names=NAMES)), store="REQUEST"),
    ],
    ids=["subject", "names", "newer", "as old", "no key", "unread", "request"],
)
def test_certificates_of_other_purposes_stay(other: StoredCertificate) -> None:
    assert replaced(edge(row(ACCESS), more=(other,))) == [BOTH]


def test_a_server_without_the_new_one_loses_nothing() -> None:
    without = server(certificates=(own(OLDEST), own(OLD)))
    assert replaced(edge(row(INTERNAL)), without) == [BOTH, []]


def test_several_certificates_of_a_set_name_each_only_once() -> None:
    later = issued("edge.example.com", NOW - HOUR, NOW + 500 * DAY, names=NAMES)
    state = edge(row(INTERNAL), row(ACCESS, later), more=(own(later),))
    successors = [(item.thumbprint, (use,), NAMES) for item, use in ((NEW, INTERNAL), (later, ACCESS))]
    found = replaced_certificates(successors, {"edge1": state})
    assert [item.thumbprint for item in found["edge1"]] == BOTH


CERTIFICATES = st.sampled_from([OLDEST, OLD, NEW])
DATES = st.none() | st.integers(-99, 0).map(lambda hours: NOW + hours * HOUR)
ASSIGNMENTS = st.lists(
    st.builds(row, st.sampled_from(USES), CERTIFICATES, st.none() | CERTIFICATES, DATES),
    max_size=4,
    unique_by=lambda item: item.use,
)


@given(assigned=st.lists(ASSIGNMENTS, min_size=1, max_size=3), successor=CERTIFICATES)
def test_nothing_goes_that_any_server_needs(assigned: list[list[Assignment]], successor) -> None:
    states = {f"edge{number}": edge(*rows) for number, rows in enumerate(assigned)}
    found = replaced_certificates([(successor.thumbprint, USES, NAMES)], states)
    needed = {item.thumbprint for rows in assigned for item in rows}
    needed |= {item.previous_thumbprint for rows in assigned for item in rows if item.use in (AV, OAUTH)}
    gone = {item.thumbprint for rows in found.values() for item in rows}
    assert not gone & (needed | {successor.thumbprint})
    for host, rows in found.items():
        # what is left in the way are usages that forget it; then it can be removed
        free = replace(
            states[host],
            assignments=tuple(
                replace(item, previous_thumbprint=None)
                if item.use in kept_by(gone_one.thumbprint, states[host])
                else item
                for gone_one in rows[:1]
                for item in states[host].assignments
            ),
        )
        assert plan_removal([rows[0].thumbprint], free, delete_key=True).steps


# ---- who uses what ----


def test_used_by_and_kept_by() -> None:
    state = edge(
        row(INTERNAL, old=OLD), row(AV, old=OLD, date=NOW - DAY), row(ACCESS, OLD, date=NOW + DAY), row(OAUTH, OLDEST)
    )
    assert used_by(OLD.thumbprint, state) == [
        "Internal keeps it beside its certificate",
        "AudioVideoAuthentication keeps it beside its certificate",
        "AccessEdgeExternal has it from a date on",
    ]
    assert used_by(OLDEST.thumbprint, state) == ["OAuthTokenIssuer has it"]
    assert used_by("F" * 40, state) == []
    assert kept_by(OLD.thumbprint, state) == [INTERNAL], "the others still make use of it, or have it"
    assert kept_by(NEW.thumbprint, state) == []


# ---- removal ----


@pytest.mark.parametrize(
    ("assignment", "why"),
    [
        (row(INTERNAL, OLD), "Internal has it"),
        (row(INTERNAL, NEW, OLD), "Internal keeps it beside its certificate"),
        (row(AV, OLD, NEW, NOW + DAY), "AudioVideoAuthentication has it from a date on"),
        (row(AV, NEW, OLD, NOW + DAY), "AudioVideoAuthentication keeps it beside its certificate"),
    ],
)
def test_what_is_in_use_stays_and_nothing_else_goes(assignment: Assignment, why: str) -> None:
    with pytest.raises(InputError, match=rf"CN=edge.example.com \({OLD.thumbprint}\) is in use and stays: {why}$"):
        plan_removal([OLDEST.thumbprint, OLD.thumbprint], edge(assignment), delete_key=True)


def test_what_is_not_there_is_passed_over() -> None:
    plan = plan_removal(["F" * 40], edge(), delete_key=True)
    assert (plan.steps, plan.changed, plan.facts, plan.before) == ((), False, {"removed": []}, {"My": []})


@pytest.mark.parametrize("delete_key", [True, False])
def test_removal_on_an_emulated_server(site, spec, delete_key: bool) -> None:
    edge1 = site.server()
    edge1.apply(plan_chain(ChainSpec(site.chain), edge1.state()))
    made = []
    for _number in range(2):
        state = edge1.apply(plan_request(replace(spec, force=True), edge1.state()))
        answer = site.sign(state.requests[0].csr)
        edge1.apply(plan_import(ImportSpec(file=answer), state))
        made.append(answer.certificates[0].thumbprint)
    old, new = made
    state = edge1.apply(plan_assign(AssignSpec((INTERNAL,), new), edge1.state()))

    plan = plan_removal([old, "F" * 40, old], state, delete_key=delete_key)
    assert plan.facts == {"removed": [old]}
    assert plan.commands == [
        f"Remove-Item -LiteralPath Cert:\\LocalMachine\\My\\{old}" + (" -DeleteKey" if delete_key else "")
    ]
    assert plan.reasons[0].startswith(f"nothing uses {old} CN=")
    assert plan.after == {"My": []}
    reply = edge1.call(Call(steps=plan.steps), state)
    assert reply.error is None
    assert reply.rows[0]["key_deleted"] is delete_key
    assert [item.thumbprint for item in reply.state.store("My")] == [new]
    assert reply.state.certificates == plan.predicted.certificates
    assert not plan_removal([old], reply.state, delete_key=delete_key).steps
