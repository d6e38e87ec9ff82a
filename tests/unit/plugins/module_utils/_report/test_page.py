# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: well-formed, harmless, and complete without colour."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.page import to_html
from ansible_collections.sfb.certificates.plugins.module_utils._report.style import STYLE
from ansible_collections.sfb.certificates.plugins.module_utils._report.timeline import timeline

VOID = {"meta", "link", "br"}
HOSTILE = '</text></svg></td></style><script>alert("1")</script><img src=//evil.example onload=x>\u202e'


class Page(HTMLParser):
    """Elements with their attributes, and the text in them; fails on elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self.open and self.open[-1] != "style" else ""

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def report(estate: dict[str, Any], now: datetime) -> dict[str, Any]:
    return build_report(ReportSpec(estate, title="Example & Co"), now)


@pytest.fixture
def page(report: dict[str, Any]) -> Page:
    return Page("".join(to_html(report)))


def test_the_page_loads_and_runs_nothing(report: dict[str, Any], page: Page) -> None:
    tags = {name for name, _attributes in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "a", "audio", "video"}
    for name, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on")]
        assert not set(attributes) & {"src", "srcset", "style"}
        assert attributes.get("href") in (None, "data:,"), name
    assert "@import" not in STYLE
    assert "url(" not in STYLE
    assert set(re.findall(r"url\(([^)]*)\)", "".join(to_html(report)))) <= {
        f"#fill-{s}" for s in ("ok", "warning", "critical")
    }


def test_what_servers_tell_is_text(single: Callable[..., dict[str, Any]], now: datetime) -> None:
    made = single(subject=HOSTILE)
    made["usages"][0] |= {"type": HOSTILE, "problems": [HOSTILE]}
    made["computer"]["fqdn"] = made["topology"]["pool_fqdn"] = HOSTILE
    servers = {"edge1": made, HOSTILE: {"unreachable": True, "msg": HOSTILE}}
    text = "".join(to_html(build_report(ReportSpec(servers, title=HOSTILE), now)))
    hostile = Page(text)
    assert not {name for name, _attributes in hostile.elements} & {"script", "img"}
    assert '<script>alert("1")</script>' in hostile.text
    assert "\u202e" not in text


def test_headings_tables_and_picture_have_names(page: Page) -> None:
    assert page.of("html") == [{"lang": "en"}]
    assert "Example & Co" in page.text
    identifiers = [value["id"] for _name, value in page.elements if value.get("id")]
    assert len(identifiers) == len(set(identifiers))
    for _name, attributes in page.elements:
        for named in (attributes.get("aria-labelledby") or "").split():
            assert named in identifiers
    assert len(page.of("table")) == len(page.of("caption")) > 4
    assert {row.get("scope") for row in page.of("th")} == {"row", "col"}
    (picture,) = page.of("svg")
    assert (picture["role"], picture["aria-labelledby"]) == ("img", "timeline-title timeline-description")
    assert len(page.of("h1")) == len(page.of("main")) == 1


def test_cells_that_stand_below_each_other_say_what_they_are(report: dict[str, Any]) -> None:
    text = "".join(to_html(report))
    tables = re.findall(r'<table role="table" class="(\w+)">(.*?)</table>', text, re.DOTALL)
    assert {name for name, _table in tables} == {"problems", "pool", "servers"}
    for name, table in tables:
        heads = re.findall(r"<th [^>]*>(\w+)</th>", table.partition("</thead>")[0])
        told = re.findall(rf'\.{name} td:nth-child\((\d)\)::before {{ content: "(\w+): "; }}', text)
        assert told == [(str(number), head) for number, head in enumerate(heads[1:], 2)]
        for row in table.partition("<tbody")[2].split("<tr")[1:]:
            assert len(re.findall(r"<t[hd]", row)) == len(heads)


def test_states_are_words_and_patterns(report: dict[str, Any], page: Page) -> None:
    for word in ("Critical", "Warning", "Note", "OK", "CRITICAL", "WARNING", "NO CERTIFICATE", "not reached"):
        assert word in page.text
    assert all(problem["text"] in page.text for problem in report["problems"])
    fills = {row["fill"] for row in page.of("rect") if row.get("class") == "bar"}
    assert fills == {"url(#fill-ok)", "url(#fill-warning)", "url(#fill-critical)"}
    assert len(page.of("pattern")) == 3


def test_the_picture_is_xml_with_a_bar_for_each_certificate(report: dict[str, Any]) -> None:
    picture = ElementTree.fromstring("".join(timeline(report)))
    bars = [row for row in picture.iter("rect") if row.get("class") == "bar"]
    certificates = [row for pool in report["pools"] for use in pool["usages"] for row in use["certificates"]]
    assert len(bars) == len(certificates)
    ends = []
    for shape in bars:
        begin, width = float(str(shape.get("x"))[:-1]), float(str(shape.get("width"))[:-1])
        assert begin >= 0
        assert begin + width <= 100.7
        ends.append(begin + width)
    pairs = sorted(zip((row["not_after"] for row in certificates), ends, strict=True))
    assert [end for _date, end in pairs] == sorted(ends)
    (today,) = {row.get("x1") for row in picture.iter("line") if row.get("class") == "today"}
    expired = min(pairs)[1]
    assert expired < float(str(today)[:-1]) < pairs[1][1]


def test_a_report_without_any_certificate(now: datetime) -> None:
    page = Page("".join(to_html(build_report(ReportSpec({"edge1": None}), now))))
    assert "Pool not known" in page.text
    assert "No usage is known" in page.text


def luminance(colour: str) -> float:
    digits = colour * 2 if len(colour) == 3 else colour
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_of_all_texts() -> None:
    """WCAG 2.2, 1.4.6: at least 7:1; a rule without a background of its own stands on white or the grey of heads."""
    colours = re.findall(r"([^{}]+)\{([^{}]*)\}", STYLE)
    checked = 0
    for selector, rule in colours:
        text = re.search(r"(?<![-\w])(?:color|fill): #([0-9a-f]{3,6})\b", rule)
        if not text:
            continue
        back = re.search(r"background: #([0-9a-f]{3,6})", rule)
        for ground in [back[1]] if back else ["fff", "efefef"]:
            light, dark = sorted((luminance(text[1]), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 7, selector
            checked += 1
    assert checked >= 12
