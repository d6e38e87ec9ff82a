# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of docs/CMDLETS.md: what the five certificate cmdlets have, and which test shows it.

Rows come from the cmdlets' own parameters, sets and usages as the emulator has them, and from the documented errors; tests
say what they show with the marker ``shows``. ``python tests/tools/cmdlets.py`` writes the file, ``--check`` compares it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = _ROOT / "docs" / "CMDLETS.md"
sys.path.insert(0, str(_ROOT / ".cache" / "collections"))

from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES  # noqa: E402
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.cmdlets.table import CMDLETS  # noqa: E402

NAMES = (
    "Request-CsCertificate",
    "Import-CsCertificate",
    "Set-CsCertificate",
    "Get-CsCertificate",
    "Remove-CsCertificate",
)
_MODULES = {
    "Request-CsCertificate": "cs_certificate_request",
    "Import-CsCertificate": "cs_certificate_import",
    "Set-CsCertificate": "cs_certificate_assign",
    "Get-CsCertificate": "cs_certificate_info",
    "Remove-CsCertificate": "cs_certificate_assign",
}
#: Documented errors: product.md#cmdlets, product.md#field-problems.
ERRORS: Mapping[str, tuple[str, ...]] = {
    "Request-CsCertificate": (
        "CentralMgmtStoreInaccessible",
        "Unable to contact certification authority",
        "logged on with the correct credentials",
        "certificate template that is not supported",
        "Denied by Policy Module",
        "The computer does not need a certificate",
        "chain is invalid (warning)",
        "friendly name is taken",
        "state of a request is not supported (revoked)",
    ),
    "Import-CsCertificate": ("Roll without EffectiveDate", "wrong password", "no private key", "store out of reach"),
    "Set-CsCertificate": (
        "Roll without EffectiveDate",
        "no private key",
        "chain is invalid",
        "expired",
        "key of a KSP (buffer too small)",
        "usage of another role",
        "store out of reach",
    ),
    "Get-CsCertificate": (),
    "Remove-CsCertificate": ("prompt without Force",),
}


@dataclass(frozen=True, order=True)
class Row:
    """One thing that a cmdlet has."""

    cmdlet: str
    kind: str
    name: str
    detail: str = ""

    @property
    def key(self) -> str:
        """How a test names the row."""
        return f"{self.cmdlet} {self.kind} {self.name}"


def rows() -> list[Row]:
    """All rows, in the order of the page."""
    found = []
    for name in NAMES:
        cmdlet = CMDLETS[name]
        sets = sorted({item for parameter in cmdlet.parameters for item in parameter.sets})
        found += [Row(name, "set", item) for item in sets or ["(one)"]]
        found += [
            Row(name, "parameter", parameter.name, ", ".join(sorted(set(parameter.sets))) or "all")
            for parameter in cmdlet.parameters
        ]
        found += [Row(name, "parameter", item, "all; never sent") for item in _NEVER if cmdlet.should_process]
        letter = next(letter for letter, text in _LETTERS.items() if text == name)
        for usage in USAGES.values():
            detail = "in its help" if letter in usage.documented else "not in its help"
            found.append(Row(name, "usage", usage.name, detail))
        found += [Row(name, "error", text) for text in ERRORS[name]]
    return found


#: What asks or only shows; check mode takes their place, since nobody answers and -WhatIf does not keep every cmdlet back
#: (product.md#service-cmdlets, product.md#whatif).
_NEVER = ("WhatIf", "Confirm")
_LETTERS = dict(zip("RISGD", NAMES, strict=True))


class _Collector:
    """Notes which tests show what."""

    def __init__(self) -> None:
        self.shown: dict[str, set[str]] = {}

    def pytest_collection_modifyitems(self, items: Iterable[pytest.Item]) -> None:
        """Reads the markers of all collected tests."""
        for item in items:
            for marker in item.iter_markers("shows"):
                for key in marker.args:
                    self.shown.setdefault(key, set()).add(item.nodeid.partition("[")[0])


def collect() -> dict[str, set[str]]:
    """The tests by what they show."""
    collector = _Collector()
    words = ["--collect-only", "-q", f"--rootdir={_ROOT}", "-c", str(_ROOT / "pyproject.toml")]
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        status = pytest.main([*words, str(_ROOT / "tests")], plugins=[collector])
    if status:
        raise SystemExit(f"the tests cannot be collected:\n{told.getvalue()[-2000:]}")
    return collector.shown


def page(shown: Mapping[str, set[str]]) -> str:
    """The page as Markdown."""
    lines = [
        "# The certificate cmdlets",
        "",
        "What the five cmdlets have, how a playbook says it, and the test that shows it on the emulated product.",
        "Written by `make cmdlets` from the tests; a test compares it.",
        "",
    ]
    for name in NAMES:
        lines += ["", f"## {name}", "", f"Module: `sfb.certificates.{_MODULES[name]}`.", ""]
        lines += ["| | | Parameter set, or help | Test |", "|---|---|---|---|"]
        for row in rows():
            if row.cmdlet == name:
                label = f"-{row.name}" if row.kind == "parameter" else row.name
                lines.append(f"| {row.kind} | `{label}` | {row.detail} | {_tests(shown.get(row.key, set()))} |")
    return "\n".join(lines) + "\n"


def _tests(found: Iterable[str]) -> str:
    """At most three tests, by file and name."""
    names = [f"`{test.removeprefix('tests/')}`" for test in sorted(found)]
    return "<br>".join(names[:3])


def problems(shown: Mapping[str, set[str]]) -> list[str]:
    """What the tests lack, or say of rows that are none."""
    known = {row.key for row in rows()}
    found = [f"no test shows: {row.key}" for row in rows() if row.key not in shown]
    return found + [f"a test shows what is no row: {key}" for key in sorted(set(shown) - known)]


def main(arguments: Sequence[str]) -> int:
    """Writes the page, or compares it; gives the exit status."""
    parser = argparse.ArgumentParser(description="The table of docs/CMDLETS.md.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    shown = collect()
    text = page(shown)
    found = problems(shown)
    if options.check and (not _PAGE.exists() or _PAGE.read_text(encoding="utf-8") != text):
        found.append(f"{_PAGE.relative_to(_ROOT)} is not what the tests say; run make cmdlets")
    if not options.check:
        _PAGE.write_text(text, encoding="utf-8")
    print("\n".join(found) or f"{len(rows())} rows, each with a test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
