# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What code, tests and documents cite is there: headings of docs/reference, sections of RFCs, and no document that nobody has.

A citation is C(<page>.md#<heading>), with C(docs/reference/) before it or not. CONTRIBUTING.md says how to cite.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.sfb.certificates.tests.documented import REPOSITORY

REFERENCE = REPOSITORY / "docs" / "reference"
PAGES = {path.name for path in REFERENCE.glob("*.md")} - {"README.md"}
PLACES = ("plugins", "roles", "playbooks", "powershell", "tests", "docs", "findings", "meta", "changelogs/fragments")
FILES = ("README.md", "CONTRIBUTING.md", "Makefile", "galaxy.yml")
#: They have the words that are looked for: this test, and the figures of the repository with their test.
OWN = {"test_citations.py", "house.py", "test_house.py"}
TEXTS = {".py", ".yml", ".yaml", ".md", ".ps1", ".psm1", ".sh", ".j2", ".txt", ".rst"}

#: A name before the mark: in code the name of a page; links of Markdown to other pages are looked at with all links.
_CITATION = re.compile(r"(?<![\w/.-])(?P<folder>docs/reference/)?(?P<page>[a-z_]+\.md)#(?P<heading>[\w-]*)")
#: The end of a line with what begins the next one, for a citation that continues there.
_BREAK = re.compile(r"\s*\n\s*(?:#:?\s+)?")
#: Documents that are not in the repository, by the words that they were cited with; a search for these finds nothing here.
PRODUCT, RULES, POWERSHELL = "reference", "design".upper(), "-".join(("powershell", "facts"))
_ABSENT = re.compile(
    rf"\b[Rr]eference,? (?:sections? |rows? )?\d|\b[Tt]he {PRODUCT}(?:,| says\b|'s section)|\b{RULES}\b|{POWERSHELL}"
    r"|cs-certificates|\b[Ff]acts? \d|§ ?\d|\.\./shared|\bV: ?[A-F]\d"
)
_SECTION = re.compile(r"(?<!RFC \d{4}, )\b[Ss]ections? \d")
_RFC = re.compile(r"\bRFC ?\d+,? (?:sec\.|§|chapter|\d)|\bRFC(?:-|\d)\d*")


@functools.cache
def headings(page: Path) -> tuple[str, ...]:
    """The headings of a page as links name them."""
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return tuple(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)


def texts() -> Iterator[Path]:
    """All files that may cite something."""
    for place in PLACES:
        for path in sorted((REPOSITORY / place).rglob("*")):
            hidden = {"output", "__pycache__"} & set(path.relative_to(REPOSITORY).parts)
            if path.suffix in TEXTS and not hidden and path.is_file() and path.name not in OWN:
                yield path
    yield from (REPOSITORY / name for name in FILES)


def citations(text: str, *, markdown: bool) -> Iterator[tuple[str, str]]:
    """Page and heading of each citation."""
    for match in _CITATION.finditer(text):
        if match["folder"] or not markdown or match["page"] in PAGES:
            yield match["page"], match["heading"]


def problems(text: str, *, markdown: bool = False, reference: bool = False) -> list[str]:
    """What is wrong with the citations of a text.

    :param reference: it is one of the pages that are cited, which have marks.
    """
    found = []
    for page, heading in citations(text, markdown=markdown):
        if page not in PAGES:
            found.append(f"{page}#{heading}: docs/reference has no such page")
        elif heading not in headings(REFERENCE / page):
            found.append(f"{page}#{heading}: the page has no such heading")
    flat = _BREAK.sub(" ", text)
    for pattern, meaning in (
        (_ABSENT, "a document that is not in the repository"),
        (_SECTION, "a section of no RFC; cite a heading of docs/reference, or RFC 5280, section 6"),
        (_RFC, "the form is RFC 5280, section 6"),
    ):
        rows = pattern.finditer(flat)
        found += [f"{row[0]}: {meaning}" for row in rows if not (reference and row[0].startswith("V:"))]
    return found


def test_every_citation_is_resolved() -> None:
    wrong = {}
    for path in texts():
        text = path.read_text(encoding="utf-8")
        found = problems(text, markdown=path.suffix == ".md", reference=path.parent == REFERENCE)
        if found:
            wrong[str(path.relative_to(REPOSITORY))] = found
    assert wrong == {}


def test_citations_are_seen_in_all_places() -> None:
    seen = {
        path.relative_to(REPOSITORY).parts[:2]
        for path in texts()
        if path.suffix == ".py" and any(citations(path.read_text(encoding="utf-8"), markdown=False))
    }
    assert {
        ("plugins", "module_utils"),
        ("plugins", "plugin_utils"),
        ("tests", "unit"),
        ("tests", "integration"),
    } <= seen


def test_headings_are_unique() -> None:
    for name in PAGES:
        found = headings(REFERENCE / name)
        assert len(found) == len(set(found)), name


@pytest.mark.parametrize(
    "text",
    [
        "product.md#certificate-types",
        "Source: docs/reference/rules.md#secrets, product.md#get-cscertificate.",
        "RFC 7093,\n    section 2, method 1",
        "sections of a page, and the first section",
    ],
)
def test_good_citations(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("product.md#no-such-heading", "no such heading"),
        ("(product.md#, rules.md#secrets)", "no such heading"),
        ("design.md#rules", "no such page"),
        ("docs/reference/facts.md#json", "no such page"),
        (f"({PRODUCT} section 1.1)", "not in the repository"),
        (f"({PRODUCT}\n# sections 1.1 and 6)", "not in the repository"),
        (f"({PRODUCT} 6 row 3)", "not in the repository"),
        (f"the {PRODUCT} says so", "not in the repository"),
        (f'{RULES}, "Rules", 4', "not in the repository"),
        (f"{POWERSHELL} 3.1", "not in the repository"),
        ("cs-certificates.md", "not in the repository"),
        ("as fact 3 has it", "not in the repository"),
        ("`" + "/".join(("..", "shared", "data")) + "`", "not in the repository"),
        ("[V: A1]", "not in the repository"),
        ("see section 6", "a section of no RFC"),
        ("RFC 5280, 4.2.1.9", "the form is"),
    ],
)
def test_bad_citations(text: str, problem: str) -> None:
    assert problem in "; ".join(problems(text))


def test_links_of_other_pages_are_no_citations() -> None:
    assert problems("[there](signers.md#acme)", markdown=True) == []


# ---- marks ----


def _named(text: str) -> set[str]:
    """Names of sources such as A1 and S4, ranges such as A1-A5 and "A1 to A5" included."""
    found = set(re.findall(r"\b[A-FS]\d+[a-z]*\b", text))
    for letter, first, last in re.findall(r"\b([A-FS])(\d+)(?:-| to )[A-FS](\d+)\b", text):
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_verified_statements_name_a_source() -> None:
    text, _mark, sources = (REFERENCE / "product.md").read_text(encoding="utf-8").partition("\n## Sources\n")
    named = {name for mark in re.findall(r"V: ([^\]]*)", text) for name in _named(mark)}
    known = _named(sources)
    lettered = {name for name in named if re.fullmatch(r"B6[a-z]", name)}  # one folder of pages, which have letters
    assert {"A1", "B7", "C5", "D1", "E5", "F6", "S4"} <= named
    assert named - lettered - known == set()
    assert {name[-1] for name in lettered} <= set(re.findall(r"\b([a-z]) Cert", sources))


def test_pages_have_marks() -> None:
    product = (REFERENCE / "product.md").read_text(encoding="utf-8")
    assert all(mark in product for mark in ("[V: ", "[I]", "[U]"))
    powershell = (REFERENCE / "powershell.md").read_text(encoding="utf-8")
    assert all(mark in powershell for mark in ("(T)", "(T20", "(S)", "(K)"))
