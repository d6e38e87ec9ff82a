# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the step runner in PowerShell 7. Without PowerShell they do not run, and the summary says so."""

from __future__ import annotations

from typing import Any

import pytest

from .calls import make_calls
from .forms import Authority
from .servers import HERE, PWSH, Lab

_NEEDS = "PowerShell 7.4 or later as pwsh on PATH"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without PowerShell these tests are skipped."""
    for item in items:
        if not PWSH and HERE in item.path.parents and "pwsh" in getattr(item, "fixturenames", ("pwsh",)):
            item.add_marker(pytest.mark.skip(reason=f"needs {_NEEDS}"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says in words what has not run."""
    reports = terminalreporter.stats.get("skipped", [])
    number = sum(str(HERE.name) + "/" in report.nodeid and _NEEDS in str(report.longrepr) for report in reports)
    if number:
        terminalreporter.section("PowerShell")
        terminalreporter.line(
            f"{number} tests of cs_invoke.ps1 in PowerShell DID NOT RUN: they need {_NEEDS}. What is known of the script here"
            " comes from reading it (tests/unit/plugins/modules)."
        )


@pytest.fixture(scope="session")
def pwsh() -> str:
    """The program; only tests that need it ask for it."""
    assert PWSH
    return PWSH


@pytest.fixture(scope="session")
def authority() -> dict[str, Authority]:
    """A root, an issuing authority, and a root that issued nothing."""
    root = Authority("Test Root")
    return {"root": root, "sub": Authority("Test Issuing", root), "spare": Authority("Unused Root")}


@pytest.fixture(scope="session")
def lab(pwsh: str, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The servers of all tests."""
    return Lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def single(lab: Lab, authority: dict[str, Authority]) -> dict[str, Any]:
    """The results of all independent calls."""
    return make_calls(lab, authority)
