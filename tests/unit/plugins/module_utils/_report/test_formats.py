# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON, CSV and metrics: whatever servers tell stays where it belongs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.files import FORMATS, Difference, difference
from prometheus_client.parser import text_string_to_metric_families

#: Texts that try to end what they stand in.
HOSTILE = [
    '</td><script>alert(1)</script><img src=x onerror="alert(2)">',
    "</style></svg></title>&lt;b&gt;",
    '=HYPERLINK("https://evil.example/","x")',
    "@SUM(1)",
    "\t+1",
    'a"} 1\nsfb_certificate_problems{x="y',
    "back\\slash",
    "turned \u202etxet\u2066",
    "nul \x00 and \u2028 line",
]


def text_of(kind: str, report: dict[str, Any]) -> str:
    """A file of a report."""
    return "".join(FORMATS[kind](report))


@pytest.fixture
def hostile(single: Callable[..., dict[str, Any]], now: datetime) -> dict[str, Any]:
    """A report of servers whose every text is hostile."""
    servers: dict[str, Any] = {}
    for number, text in enumerate(HOSTILE):
        made = single(subject=text, issuer=text, friendly_name=text, dns_names=[text], signature_algorithm=text)
        made["usages"][0] |= {"type": text, "problems": [text], "scope": text}
        made["computer"] = dict.fromkeys(("fqdn", "module", "module_version"), text)
        made["topology"] = {"pool_fqdn": text, "problem": text}
        servers[f"{text}{number}"] = made
        servers[f"{number}{text}"] = {"unreachable": True, "msg": text}
    return build_report(ReportSpec(servers, title=HOSTILE[0]), now)


@pytest.fixture
def report(estate: dict[str, Any], now: datetime) -> dict[str, Any]:
    return build_report(ReportSpec(estate), now)


def test_json_is_the_report(report: dict[str, Any]) -> None:
    text = text_of("json", report)
    assert json.loads(text) == report
    assert text.isascii()


def test_csv_has_a_line_for_each_usage(report: dict[str, Any]) -> None:
    lines = list(csv.DictReader(io.StringIO(text_of("csv", report), newline="")))
    uses = [(row["host"], use["type"]) for row in report["servers"] for use in row["usages"]]
    assert [(line["host"], line["type"]) for line in lines if line["type"]] == uses
    alone = {line["host"]: line["problems"] for line in lines if not line["type"]}
    assert sorted(alone) == ["edge2", "edge3", "edge4"]
    assert alone["edge3"] == "Connection timed out after 10 s"
    assert {line["days_left"] for line in lines} == {"30", "400", "900", "-3", ""}


def test_csv_holds_no_formulas(hostile: dict[str, Any]) -> None:
    rows = list(csv.reader(io.StringIO(text_of("csv", hostile), newline="")))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not re.match(r"\s*[=+@\t\r-]", cell), cell
        assert not re.search(r"[\x00-\x1f\u202e\u2028]", cell)


def test_metrics_are_read_by_prometheus(report: dict[str, Any], now: datetime) -> None:
    families = {family.name: family for family in text_string_to_metric_families(text_of("prometheus", report))}
    assert all(family.documentation and family.type == "gauge" for family in families.values())
    assert all(re.search(r"_(seconds|days|problems|assigned|reachable)$", name) for name in families)

    def values(name: str, *labels: str) -> dict[Any, float]:
        samples = families[f"sfb_certificate_{name}"].samples
        return {tuple(sample.labels[label] for label in labels): sample.value for sample in samples}

    assert values("server_reachable", "host") == {
        (host,): float(host != "edge3") for host in ("edge1", "edge2", "edge3", "edge4", "edge10", "fe1")
    }
    ends = values("expiry_timestamp_seconds", "host", "type")
    assert ends["fe1", "Default"] == (now - timedelta(days=3)).timestamp()
    assert values("remaining_days", "host", "type")["edge1", "AccessEdgeExternal"] == 30
    assert values("assigned", "host", "type")["fe1", "WebServicesInternal"] == 0
    problems = values("problems", "host", "severity")
    assert (problems["edge1", "warning"], problems["edge10", "critical"]) == (3, 0)
    assert values("report_timestamp_seconds") == {(): now.timestamp()}
    total = sum(sample.value for sample in families["sfb_certificate_problems"].samples)
    assert total == len(report["problems"])


def test_metrics_keep_hostile_labels_apart(hostile: dict[str, Any]) -> None:
    families = list(text_string_to_metric_families(text_of("prometheus", hostile)))
    assert len(families) == 6
    hosts = [sample.labels["host"] for sample in families[4].samples]
    assert len(hosts) == len(hostile["servers"])
    assert any(host.startswith('a"} 1') for host in hosts)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_only_the_time_is_new(kind: str, estate: dict[str, Any], now: datetime) -> None:
    first, later, next_day = (
        text_of(kind, build_report(ReportSpec(estate), now + timedelta(seconds=seconds))) for seconds in (1, 59, 86401)
    )
    assert difference(kind, [first], iter(first)) == Difference.NONE  # pieces of any length
    assert difference(kind, iter(first), [later]) == (Difference.NONE if kind == "csv" else Difference.TIME)
    assert (first == later) is (kind == "csv")
    assert difference(kind, [first], [next_day]) == Difference.MORE
    for other in (first[:-1], first + "x", first + "\n", ""):
        assert difference(kind, [first], [other]) == difference(kind, [other], [first]) == Difference.MORE
