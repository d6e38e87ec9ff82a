# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract as its document, the script, the emulator and the documentation of the module have it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.sfb.certificates.tests.tools.powershell_source import READABLE, RUNNER, Script

ROOT = Path(__file__).resolve().parents[4]
LAB = ROOT / "plugins" / "plugin_utils" / "_lab"


def names_in(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


class Document:
    """docs/CONTRACT.md."""

    def __init__(self) -> None:
        self.text = (ROOT / "docs" / "CONTRACT.md").read_text(encoding="utf-8")

    def section(self, title: str) -> str:
        """The text under a heading, up to the next one."""
        return re.split(r"(?m)^#+ ", self.text.split(f"# {title}\n", 1)[1])[0]

    def rows(self, title: str, heading: str) -> list[list[str]]:
        """The cells of the table under a heading whose first column is called like this."""
        tables = re.findall(r"(?m)(?:^\|.*\n)+", self.section(title))
        (table,) = (found for found in tables if re.match(rf"\| `?{heading}`? \|", found))
        return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table.splitlines()[2:]]

    @property
    def input(self) -> dict[str, str]:
        """Fields of a call, with their defaults as the document writes them."""
        found = {}
        for cells in self.rows("Input", "Field"):
            defaults = names_in(cells[2]) or [part.strip() for part in cells[2].split(",")]
            if len(names_in(cells[0])) > 1:
                defaults = [part.strip(" `") for part in cells[2].split(",")]
            found |= dict(zip(names_in(cells[0]), defaults, strict=True))
        return found

    @property
    def operations(self) -> dict[str, set[str]]:
        """Each op with its fields."""
        found = {}
        for cells in self.rows("Steps", "op"):
            found[names_in(cells[0])[0]] = set(names_in(_unbracketed(cells[1])))
        return found

    @property
    def answers(self) -> dict[str, set[str]]:
        """Each op with the fields that its result has besides C(ok)."""
        rows = {names_in(cells[0])[0]: _unbracketed(cells[2]) for cells in self.rows("Steps", "op")}
        return {op: set(names_in(text.partition(":")[0])) for op, text in rows.items()}

    @property
    def imported(self) -> set[str]:
        """The fields of a certificate in the result of C(cert_import)."""
        (text,) = (cells[2] for cells in self.rows("Steps", "op") if cells[0] == "`cert_import`")
        return {*names_in(_unbracketed(text).partition(":")[2]), *self.certificate}

    @property
    def certificate(self) -> set[str]:
        """The fields that each row of a certificate has, but for C(issuer), which may be missing."""
        return {name for cells in self.rows("Certificates", "Field") for name in names_in(cells[0])} - {"issuer"}

    @property
    def kinds(self) -> set[str]:
        """The kinds of values."""
        return {name for cells in self.rows("Steps", "t") for name in names_in(cells[0])}

    @property
    def sections(self) -> set[str]:
        """The sections; stores with both endings."""
        found = {name for cells in self.rows("Sections", "Section") for name in names_in(cells[0])}
        stores = {name.partition(":")[0] for name in found if ":" in name}
        return {name for name in found if ":" not in name} | {f"{s}:{d}" for s in stores for d in ("full", "brief")}

    def fields_of(self, title: str, first: str) -> set[str]:
        """The fields that a row of the sections names."""
        (cells,) = (row for row in self.rows(title, "Section") if row[0] == f"`{first}`")
        return set(names_in(cells[1]))

    @property
    def cmdlets(self) -> list[str]:
        """The list of cmdlets, the short forms (Stop- and Start-X) written out."""
        text = re.search(r"`cmdlet`: allowed are(.*?), spelled", self.text, re.DOTALL)
        assert text
        found: list[str] = []
        verbs: list[str] = []
        for word in re.split(r",\s*|\s+and\s+|\s+", text[1].strip()):
            if word.endswith("-"):
                verbs.append(word)
            elif word:
                noun = word.partition("-")[2]
                found += [verb + noun for verb in verbs] + [word]
                verbs = []
        return found

    @property
    def error_ids(self) -> set[str]:
        """Names of the runner's own errors."""
        text = re.search(r"Ids of the runner: `CsInvoke\.` \+(.*?)\. All other", self.text, re.DOTALL)
        assert text
        return set(names_in(text[1]))


def _unbracketed(text: str) -> str:
    """A cell without its brackets, in which values and defaults stand."""
    return re.sub(r"\([^)]*\)", "", text)


class Runner:
    """cs_invoke.ps1."""

    def __init__(self) -> None:
        self.script = Script(READABLE.read_bytes())
        self.source = READABLE.read_text(encoding="ascii")

    def function(self, name: str) -> str:
        """The source of a function."""
        (found,) = (text for text in self.script.texts("function_statement") if text.startswith(f"function {name}"))
        return found

    @property
    def cmdlets(self) -> list[str]:
        """The list of cmdlets."""
        found = re.search(r"\$script:Allowed = @\((.*?)\)", self.source, re.DOTALL)
        assert found
        return re.findall(r"'([^']+)'", found[1])

    @property
    def operations(self) -> set[str]:
        """The ops."""
        return set(re.findall(r"(?m)^ {8}'(\w+)' \{", self.function("Invoke-Step")))

    @property
    def kinds(self) -> set[str]:
        """The kinds of values."""
        body = self.function("ConvertTo-Value")
        return set(re.findall(r"(?m)^ {8}'(\w+)' \{", body)) | set(
            re.findall(r"'(\w+)'", re.findall(r"\$_ -in (.*?) \}", body)[0])
        )

    @property
    def sections(self) -> set[str]:
        """The sections."""
        body = self.function("Read-Section")
        stores = re.search(r"\\A\((.*?)\):\((.*?)\)", body)
        assert stores
        found = set(re.findall(r"(?m)^ {8}'(\w+)' \{", body))
        return found | {f"{store}:{detail}" for store in stores[1].split("|") for detail in stores[2].split("|")}

    @property
    def fields(self) -> set[str]:
        """Every field that the script looks up by name."""
        found = {text.split()[2].rstrip(")") for name, _found, text in self.script.commands if name == "Get-Field"}
        return {name.strip("'") for name in found if name.startswith("'")}

    @property
    def defaults(self) -> dict[str, str]:
        """Defaults of fields, as the script writes them."""
        return dict(re.findall(r"Get-Field [$()\w' -]+? '(\w+)' ('[^']*'|\d+|@\('[^)]*\))", self.source))

    @property
    def error_ids(self) -> set[str]:
        """Names of the script's own errors."""
        return set(re.findall(r"Stop-Step '(\w+)'", self.source)) | set(re.findall(r'"CsInvoke\.(\w+)"\}', self.source))


def calls_in(folder: Path, function: str, argument: int) -> set[str]:
    """The text literals that a function gets as its argument of this number anywhere in a folder."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == function:
                value = node.args[argument] if len(node.args) > argument else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.add(value.value)
    return found


def module_documentation() -> dict[str, Any]:
    """The options of cs_invoke.yml."""
    found: dict[str, Any] = yaml.safe_load(RUNNER.with_suffix(".yml").read_text(encoding="utf-8"))
    options: dict[str, Any] = found["DOCUMENTATION"]["options"]
    return options
