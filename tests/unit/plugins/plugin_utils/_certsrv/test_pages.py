# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pages say: in other languages, other layouts, and if they are none."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.pages import Page
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv_pages import LANGUAGES, Pages
from hypothesis import given
from hypothesis import strategies as st

WORDS = "Denied by Policy Module  0x80094800, Template 4711 is <unknown> & not supported."


@pytest.fixture(params=LANGUAGES)
def pages(request: pytest.FixtureRequest) -> Pages:
    return Pages(request.param, "Lab & Test CA 3")


@pytest.mark.parametrize("scripted", [True, False])
def test_issued(pages: Pages, scripted: bool) -> None:
    page = Page.read(pages.issued(61108, 3, scripted=scripted))
    assert (page.request_id, page.denied, page.pending) == (61108, False, False)


def test_pending(pages: Pages) -> None:
    page = Page.read(pages.pending(25))
    assert (page.request_id, page.denied, page.pending) == (25, False, True)


@pytest.mark.parametrize("number", [9, 0])
def test_denied(pages: Pages, number: int) -> None:
    page = Page.read(pages.denied(number, WORDS))
    assert (page.request_id, page.denied, page.pending) == (number or None, True, False)
    assert page.message == " ".join(WORDS.split())


@pytest.mark.parametrize(
    ("disposition", "denied", "pending"), [(5, False, True), (2, True, False), (1, False, False), (0, False, False)]
)
def test_no_certificate(pages: Pages, disposition: int, denied: bool, pending: bool) -> None:
    page = Page.read(pages.no_certificate(disposition, WORDS, "0x80094014"))
    assert (page.disposition, page.denied, page.pending) == (disposition, denied, pending)
    assert (page.message, page.last_status) == (" ".join(WORDS.split()), "0x80094014")


def test_renewals_and_templates(pages: Pages) -> None:
    assert Page.read(pages.renewals(12)).renewals == 12
    assert Page.read(pages.saved_request(["WebServer", "A & B"])).templates == ("WebServer", "A & B")
    assert Page.read(pages.saved_request([])).templates == ()
    assert Page.read(pages.welcome()).renewals is None


@pytest.mark.parametrize(
    ("html", "number", "denied"),
    [
        ("<p>Certificate Pending<p>Your Request Id is 42.", 42, False),
        ('Your Request Id is 7. The disposition message is "Denied by 3".', 7, True),
        ("<P ID=locInfoReqID>\nL\u2019identificateur de votre requ\u00eate est 25.\n</P><P>Page 3", 25, False),
        ("<P ID=locDenied>\u60a8\u7684\u8bc1\u4e66\u7533\u8bf7\u88ab\u62d2\u7edd</P>", None, True),
        ("<Input Type=Hidden Name=ReqID Value=31>", 31, False),
        (
            '<a href="/certsrv/certnew.cer?ReqID=8&Enc=bin">x</a><a href="CERTNEW.P7B?reqid=8&amp;Enc=b64">y</a>',
            8,
            False,
        ),
        ('<a href="certnew.cer?ReqID=8&">x</a><a href="certnew.cer?ReqID=9&">y</a>', None, False),
        ('<a href="certnew.cer?ReqID=CACert&amp;Renewal=3">x</a>', None, False),
        ("", None, False),
        ("no page at all", None, False),
    ],
)
def test_other_layouts(html: str, number: int | None, denied: bool) -> None:
    page = Page.read(html)
    assert (page.request_id, page.denied) == (number, denied)


@pytest.mark.parametrize("marks", ['"{}"', "\u201e{}\u201c", "\u201c{}\u201d", "\u00ab{}\u00bb", "{}"])
def test_words_of_the_authority_in_any_quotation_marks(marks: str) -> None:
    quoted = marks.format("No 0x80094012")
    page = Page.read(f"<P ID=locDenied>x</P><P ID=locInfoReqIDandReason>{quoted}<Table>4</Table>")
    assert (page.message, page.denied) == ("No 0x80094012", True)


def test_numbers_in_the_words_of_the_authority_are_no_request() -> None:
    assert Page.read('<P ID=locInfoReqIDandReason>The disposition message is "Denied by 80094012".').request_id is None


def test_message_of_an_unknown_page_is_its_begin() -> None:
    page = Page.read("<title>Wiki</title><h1>Hello</h1>" + "word " * 99)
    assert page.message == "Wiki"
    assert Page.read("<h1>Hello</h1><script>secret()</script>").message == "Hello"


@given(st.text(alphabet=st.sampled_from('<>/="!-&;pPdDtTlLoOcCiIrR0123456789 \n\x00\u00e9'), max_size=300))
def test_any_text_is_a_page(text: str) -> None:
    page = Page.read(text)
    assert page.message
    assert "\n" not in page.message
    assert page.request_id is None or page.request_id > 0
