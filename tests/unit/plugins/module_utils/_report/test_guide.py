# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide says what the report holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._report import estate as core
from ansible_collections.sfb.certificates.plugins.module_utils._report import use_findings
from ansible_collections.sfb.certificates.plugins.module_utils._report.formats import to_prometheus

ROOT = Path(core.__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guides" / "report.md").read_text(encoding="utf-8")


@pytest.fixture
def report(estate: dict[str, Any], now: datetime) -> dict[str, Any]:
    return core.build_report(core.ReportSpec(estate), now)


def section(title: str) -> list[list[str]]:
    """The rows of the tables of a section, without their heads."""
    text = GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > 1
    return [[cell.strip() for cell in row] for row in rows[1:]]


def keys(value: Any, above: str = "") -> Iterator[str]:
    """The paths of all keys, as the guide writes them."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item, above)
    elif isinstance(value, dict):
        for name, item in value.items():
            path = f"{above}{name}"
            yield path
            yield from keys(item, f"{path}[]." if isinstance(item, list) else f"{path}.")


def test_keys(report: dict[str, Any]) -> None:
    told = [row[0].strip("`") for row in section("Structure of the JSON file")]
    assert len(told) == len(set(told))
    assert set(told) == set(keys(report))


def test_kinds_and_severities(report: dict[str, Any]) -> None:
    told = {(kind, row[1]) for row in section("What is judged") for kind in re.findall(r"`(\w+)`", row[0])}
    assert {(row["kind"], row["severity"]) for row in report["problems"]} <= told
    by_server = {*use_findings._CHECKS.values(), *use_findings._BEGINS.values()}
    assert {(kind, "critical") for kind in by_server} <= told


def test_metrics(report: dict[str, Any]) -> None:
    told = [row[0].strip("`") for row in section("As a check of monitoring")]
    assert told == re.findall(r"^# TYPE (\w+) gauge$", "".join(to_prometheus(report)), re.MULTILINE)
