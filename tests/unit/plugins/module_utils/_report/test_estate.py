# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report finds, and that it is the same for the same input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.problem import Limits
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import StoredCertificate

Single = Callable[..., dict[str, Any]]


def found(report: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """Severity, kind, host or pool, usage of all problems."""
    return {(row["severity"], row["kind"], row["host"] or row["pool"], row["type"]) for row in report["problems"]}


@pytest.fixture
def judge(now: datetime) -> Callable[..., list[tuple[str, str, str]]]:
    """What is wrong with one server: severity, kind, text."""

    def judged(info: dict[str, Any], **limits: int) -> list[tuple[str, str, str]]:
        report = build_report(ReportSpec({"edge1": info}, limits=Limits(**limits)), now)
        return [(row["severity"], row["kind"], row["text"]) for row in report["problems"]]

    return judged


def test_an_estate(estate: dict[str, Any], now: datetime) -> None:
    sets = {"edge3": "edge_site1", "edge1": "edge_site1", "edge2": "edge_site1", "edge4": "edge_site9"}
    report = build_report(ReportSpec(estate, sets, title="Example"), now)
    assert [row["host"] for row in report["servers"]] == ["edge1", "edge2", "edge3", "edge4", "edge10", "fe1"]
    assert {row["pool"]: row["servers"] for row in report["pools"]} == {
        "edge_site9": ["edge4"],
        "edgepool1.example.com": ["edge1", "edge2", "edge3"],
        "edgepool2.example.com": ["edge10"],
        "frontends.example.com": ["fe1"],
    }
    external = ["AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"]
    notes = {("edge1", "extended_key_usage", "AccessEdgeExternal"), ("edge10", "staged", "AudioVideoAuthentication")}
    for host in ("edge2", "edge10"):
        notes |= {(host, kind, "AccessEdgeExternal") for kind in ("extended_key_usage", "lifetime")}
        notes |= {(host, "lifetime", "DataEdgeExternal")}
    assert found(report) == {
        ("critical", "unreachable", "edge3", ""),
        ("critical", "unread", "edge4", ""),
        ("critical", "mismatch", "edgepool1.example.com", "AudioVideoAuthentication"),
        ("critical", "validity", "fe1", "Default"),
        ("critical", "missing", "fe1", "WebServicesInternal"),
        ("warning", "mismatch", "edgepool1.example.com", "AccessEdgeExternal"),
        ("warning", "mismatch", "edgepool1.example.com", "DataEdgeExternal"),
        *(("warning", "expiry", "edge1", usage) for usage in external),
        ("warning", "clock", "edge2", ""),
        *(("info", kind, host, usage) for host, kind, usage in notes),
    }
    assert len(report["problems"]) == len(found(report))  # what the server told of the end is not told twice
    assert report["status"] == "critical"
    assert [row["status"] for row in report["pools"]] == ["critical", "critical", "ok", "critical"]
    summary = report["summary"]
    assert (summary["servers"], summary["read"], summary["certificates"]) == (6, 4, 4)
    assert (summary["next_end"]["host"], summary["next_end"]["days_left"]) == ("fe1", -3)


def test_order_of_the_input_does_not_matter(estate: dict[str, Any], now: datetime) -> None:
    for result in estate.values():
        result["unknown_key"] = {"of": "a later version"}
    turned = dict(reversed(estate.items()))
    for result in turned.values():
        for name in ("usages", "certificates"):
            if name in result:
                result[name] = list(result[name])
    texts = {json.dumps(build_report(ReportSpec(servers), now)) for servers in (estate, turned)}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("left", "lifetime", "severity"),
    [
        (46, 730, None),
        (45, 730, None),
        (44.9, 730, "warning"),
        (14, 730, "warning"),
        (13.9, 730, "critical"),
        # a certificate of 47 days is not a warning all its life
        (20, 47, None),
        (15, 47, "warning"),
        (7, 47, "critical"),
        (0.5, 730, "critical"),
    ],
)
def test_limits_of_days(judge: Any, single: Single, left: float, lifetime: float, severity: str | None) -> None:
    problems = judge(single(left=left, lifetime=lifetime))
    assert [(worse, kind) for worse, kind, _text in problems] == ([(severity, "expiry")] if severity else [])


def test_other_limits(judge: Any, single: Single) -> None:
    assert [row[0] for row in judge(single(left=90), critical_days=60, warning_days=100)] == ["warning"]
    assert [row[0] for row in judge(single(left=50), critical_days=60, warning_days=100)] == ["critical"]


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ("no certificate is assigned, says a later version", "missing"),
        ("the assigned certificate is not in the store My", "store"),
        ("its private key is not on this server", "key"),
        ("its chain does not build: root X is not trusted", "chain"),
        ("it lacks the name sip.example.com", "names"),
        ("it is not meant for server authentication", "extended_key_usage"),
        ("something that a later version says", "certificate"),
    ],
)
def test_what_the_server_tells_is_critical(judge: Any, single: Single, problem: str, kind: str) -> None:
    assert judge(single("Internal", problem)) == [("critical", kind, problem)]


def test_checks_tell_the_kind(judge: Any, single: Single) -> None:
    checks = [{"check": "names", "ok": False, "detail": "ihm fehlt"}, {"check": "chain", "ok": True, "detail": "x"}]
    assert judge(single("Internal", "ihm fehlt", row={"checks": checks})) == [("critical", "names", "ihm fehlt")]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"signature_algorithm": "sha1WithRSAEncryption"}, "signed with sha1WithRSAEncryption"),
        ({"signature_algorithm": "rsassaPss"}, "RSASSA-PSS"),
        ({"key_size": 1024}, "1024 bits"),
    ],
)
def test_algorithms(judge: Any, single: Single, facts: dict[str, Any], text: str) -> None:
    ((severity, kind, told),) = judge(single(**facts))
    assert (severity, kind, text in told) == ("warning", "algorithm", True)


def test_a_short_ec_key_is_no_short_rsa_key(judge: Any, single: Single) -> None:
    assert judge(single(key_type="EC", key_size=256)) == []


@pytest.mark.parametrize(
    ("usage", "lifetime", "told"), [("DataEdgeExternal", 200, 0), ("DataEdgeExternal", 201, 1), ("Internal", 700, 0)]
)
def test_lifetimes_of_public_authorities(judge: Any, single: Single, usage: str, lifetime: int, told: int) -> None:
    kinds = [kind for _severity, kind, _text in judge(single(usage, left=lifetime, lifetime=lifetime))]
    assert kinds.count("lifetime") == told


def test_a_staged_certificate(judge: Any, single: Single, now: datetime) -> None:
    date = (now + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    calm = judge(single(row={"effective_date": date}))
    assert [(severity, kind) for severity, kind, _text in calm] == [("info", "staged")]
    late = judge(single(row={"effective_date": date}, left=19))
    assert ("critical", "staged") in [(severity, kind) for severity, kind, _text in late]


def test_members_that_change_at_different_times(single: Single, now: datetime) -> None:
    date = (now + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    one, other = single("AudioVideoAuthentication"), single("AudioVideoAuthentication", row={"effective_date": date})
    report = build_report(ReportSpec({"edge1": one, "edge2": other}), now)
    (row,) = [row for row in report["problems"] if row["severity"] == "warning"]
    assert (row["kind"], row["text"]) == (
        "staged",
        f"the servers do not change at the same time: no change on edge1; {date} on edge2",
    )


@pytest.mark.parametrize(
    ("usage", "severities"),
    [
        ("Internal", ["info"]),
        ("AudioVideoAuthentication", ["critical"]),
        ("Default", []),
        ("OAuthTokenIssuer", ["warning"]),
    ],
)
def test_members_with_different_certificates(single: Single, now: datetime, usage: str, severities: list[str]) -> None:
    servers = {"edge1": single(usage, left=300), "edge2": single(usage, left=301)}
    report = build_report(ReportSpec(servers), now)
    assert [row["severity"] for row in report["problems"] if row["kind"] == "mismatch"] == severities


def test_hygiene_as_it_was_told(judge: Any, single: Single) -> None:
    thumbprint = "C8B3195F40E7D26A8C0D7B53E1F6942A05DD37B8"
    problems = [f"CN=CA ({thumbprint}) is in Root, but not self-signed; services may not start"]
    problems += ["Root holds 101 certificates; with more", "CN=X (41E0) in Root expired on 2020-01-01T00:00:00Z"]
    hygiene = {"misplaced": [{"thumbprint": thumbprint}], "problems": problems}
    assert judge(single(more={"hygiene": hygiene})) == [
        ("critical", "hygiene", problems[0]),
        ("warning", "hygiene", problems[1]),
        ("info", "hygiene", problems[2]),
    ]


def test_hygiene_of_a_state(judge: Any, single: Single) -> None:
    good = StoredCertificate("Root", "A" * 40, "CN=R", "CN=R").brief()
    roots = [good, StoredCertificate("Root", "B" * 40, "CN=CA", "CN=R").brief()]
    told = judge(single(more={"server": {"stores": {"Root": roots}}}))
    assert [(severity, kind) for severity, kind, _text in told] == [("critical", "hygiene")]
    assert "CN=CA (BBBB" in told[0][2]
    many = judge(single(more={"server": {"stores": {"Root": [good] * 101}}}))
    assert [(severity, "101 certificates" in text) for severity, _kind, text in many] == [("warning", True)]
    assert judge(single(more={"server": {"stores": {"Root": [*roots, []]}}})) == []


def test_other_things_of_a_server(judge: Any, single: Single) -> None:
    more = {
        "clock_skew": 301,
        "topology": {"pool_fqdn": "x.example.com", "problem": "access\ndenied"},
        "requests": [{"friendly_name": "Edge", "record": {"requested": "2026-11-20T00:00:00Z"}}, {"record": None}],
    }
    told = judge(single(more=more))
    assert [(severity, kind) for severity, kind, _text in told] == [
        ("warning", "clock"),
        ("info", "request"),
        ("info", "request"),
        ("info", "topology"),
    ]
    assert told[0][2].startswith("its clock is 5 minutes ahead of")
    assert told[3][2].endswith(": access denied")


@pytest.mark.parametrize("value", ["x", ["x"], {"changed": False}, {"stdout": "x"}, 7])
def test_other_results_are_refused(value: Any, now: datetime) -> None:
    with pytest.raises(InputError, match=r"^servers: what is given for edge1 is no result of"):
        build_report(ReportSpec({"edge1": value}), now)


@pytest.mark.parametrize("value", [None, {}, {"unreachable": True}])
def test_a_server_that_was_not_read(value: Any, now: datetime) -> None:
    report = build_report(ReportSpec({"edge1": value}), now)
    assert (report["status"], report["servers"][0]["state"], report["servers"][0]["pool"]) == (
        "critical",
        "unreachable",
        "",
    )


def test_rows_that_are_damaged_are_not_judged(single: Single, now: datetime) -> None:
    damaged = single(not_after="never", key_size="big", extended_key_usage="x", dns_names=None)
    damaged |= {"usages": [*damaged["usages"], None, {"type": ""}], "requests": "x", "required": {}, "clock_skew": None}
    report = build_report(ReportSpec({"edge1": damaged}), now)
    (use,) = report["servers"][0]["usages"]
    assert (use["days_left"], use["not_after"], report["problems"]) == (None, None, [])
