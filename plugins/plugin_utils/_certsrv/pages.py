# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of AD CS web enrolment say, in any language. **PRIVATE** to the collection.

The pages are translated, their links and the identifiers of their elements are not (product.md#pages-of-web-enrollment
for links and English texts; identifiers as pages of English, French, Russian and Chinese servers in public reports have
them). So structure decides; English texts are the last resort.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

#: A link, in an anchor or in a script, to the certificate of a request; `ReqID=CACert` is none.
_LINK = re.compile(r"certnew\.(?:cer|p7b)\?ReqID=(\d+)", re.IGNORECASE)
_RENEWALS = re.compile(r"\bvar\s+nRenewals\s*=\s*(\d+)\s*;")
_ENGLISH_ID = re.compile(r"\brequest id is\s+(\d+)", re.IGNORECASE)
_ENGLISH_DENIAL = re.compile(r"disposition message is|certificate request (?:was )?denied", re.IGNORECASE)
_QUOTED = re.compile(
    r'"([^"]+)"|\u201e([^\u201c\u201d]+)[\u201c\u201d]|\u201c([^\u201d]+)\u201d|\u00ab([^\u00bb]+)\u00bb'
)
_NUMBER = re.compile(r"\d+")
_DISPOSITION = re.compile(r"\s*([0-9A-Fa-f])\b")
#: Elements that end an open paragraph (HTML, "optional tags").
_BLOCKS = frozenset(["p", "table", "form", "div", "dl", "hr", "h1", "h2", "h3", "ul", "ol", "pre"])
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "base", "area", "col"])
#: Identifiers, in lower case as all keys of `Page.parts`.
_TITLE, _PENDING, _DENIED, _REASON = "locpagetitle", "locinforeqid", "locdenied", "locinforeqidandreason"
_DISPOSITION_LABEL, _MESSAGE_LABEL, _STATUS_LABEL = "locdisplabel", "locdispmsglabel", "loclaststatlabel"

#: CR_DISP_* of certcli.h by number (product.md#dispositions).
DENIED, ISSUED, UNDER_SUBMISSION = 2, 3, 5


@dataclass
class _Open:
    """An element whose text is being collected."""

    tag: str
    key: str
    words: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects what decides: links, hidden fields, options, scripts, texts of elements that have an identifier."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.options: list[str] = []
        self.parts: dict[str, str] = {}
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open: list[_Open] = []
        self._term = ""
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes attributes, and begins to collect the text of an element with an identifier."""
        given = {name: value or "" for name, value in attrs}
        key = given.get("id", "").lower()
        if tag in _BLOCKS:
            self._close("p")
        if tag in ("dt", "dd"):
            self._close("dt", "dd")
        if tag in ("script", "style"):
            self._silent = tag
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "option":
            self.options.append(given.get("value", ""))
        elif tag == "input" and given.get("type", "").lower() == "hidden":
            self.fields[given.get("name", "").lower()] = given.get("value", "")
        elif tag == "dt":
            self._term = key
        elif tag == "dd":
            key = f"{self._term}/dd" if self._term else ""
        elif tag == "title":
            key = "title"
        if key and tag not in _VOID:
            self._open.append(_Open(tag, key))

    def handle_endtag(self, tag: str) -> None:
        """Ends the collection of the innermost element of this name."""
        if tag == self._silent:
            self._silent = ""
        if tag == "dl":
            self._close("dt", "dd")
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].tag == tag:
                self._finish(self._open.pop(index))
                break

    def handle_data(self, data: str) -> None:
        """Gives a text to all open elements."""
        if self._silent:
            self.scripts.append(data)
            return
        self.words.append(data)
        for element in self._open:
            element.words.append(data)

    def close(self) -> None:
        """Ends what the page left open."""
        super().close()
        while self._open:
            self._finish(self._open.pop())

    def _close(self, *tags: str) -> None:
        for element in [element for element in self._open if element.tag in tags]:
            self._open.remove(element)
            self._finish(element)

    def _finish(self, element: _Open) -> None:
        self.parts.setdefault(element.key, "".join(element.words))


@dataclass(frozen=True)
class Page:
    """A page, reduced to what decides.

    :ivar links: targets of anchors, and the text of scripts.
    :ivar fields: hidden fields by name in lower case.
    :ivar options: values of the options of its lists.
    :ivar parts: texts of elements by identifier in lower case; those of C(DD) as C(identifier of DT/dd).
    :ivar text: all that a reader sees, blanks folded.
    """

    links: tuple[str, ...]
    fields: dict[str, str]
    options: tuple[str, ...]
    parts: dict[str, str]
    text: str

    @classmethod
    def read(cls, html: str) -> Page:
        """Reads any text; what is no HTML is a page without structure."""
        reader = _Reader()
        reader.feed(html)
        reader.close()
        return cls(
            links=(*reader.links, *reader.scripts),
            fields=reader.fields,
            options=tuple(reader.options),
            parts=reader.parts,
            text=" ".join("".join(reader.words).split()),
        )

    @property
    def request_id(self) -> int | None:
        """The number of the request that the page is about; None if it names none, or more than one."""
        return self._request_id() or None

    def _request_id(self) -> int | None:
        linked = {number for link in self.links for number in _LINK.findall(link)}
        if len(linked) == 1:
            return int(linked.pop())
        for key in (_PENDING, _REASON):
            found = _NUMBER.search(self._outside_quotes(key))
            if found and not linked:
                return int(found[0])
        if self.fields.get("reqid", "").isdigit() and not linked:
            return int(self.fields["reqid"])
        english = _ENGLISH_ID.search(self.text)
        return int(english[1]) if english and not linked else None

    @property
    def denied(self) -> bool:
        """The page says no: by its structure, by a disposition number, or in English."""
        if self.disposition is not None:
            return self.disposition == DENIED
        if _DENIED in self.parts or _REASON in self.parts:
            return True
        return _PENDING not in self.parts and _ENGLISH_DENIAL.search(self.text) is not None

    @property
    def pending(self) -> bool:
        """The page says that somebody has to decide."""
        if self.disposition is not None:
            return self.disposition == UNDER_SUBMISSION
        return _PENDING in self.parts or "taken under submission" in self.text.lower()

    @property
    def disposition(self) -> int | None:
        """The number that the page of an error gives (hexadecimal digit before the dash), None without one."""
        found = _DISPOSITION.match(self.parts.get(f"{_DISPOSITION_LABEL}/dd", ""))
        return int(found[1], 16) if found else None

    @property
    def message(self) -> str:
        """The authority's own words, as far as the page has them; else what the page says, cut short."""
        told = " ".join(self.parts.get(f"{_MESSAGE_LABEL}/dd", "").split())
        if told:
            return told
        reason = " ".join(self.parts.get(_REASON, "").split())
        quoted = _quoted(reason or (self.text if self.denied else ""))
        if quoted or reason:
            return quoted or reason
        return self.summary

    @property
    def last_status(self) -> str:
        """The status of the authority that the page of an error gives, else an empty text."""
        return " ".join(self.parts.get(f"{_STATUS_LABEL}/dd", "").split())

    @property
    def summary(self) -> str:
        """Heading and begin of the page, for messages about what was not expected."""
        heading = " ".join((self.parts.get(_TITLE) or self.parts.get("title") or "").split())
        shown = self.text if len(self.text) <= 160 else f"{self.text[:160].rstrip()}..."
        return heading if heading and len(self.text) > 400 else shown or heading or "an empty page"

    @property
    def renewals(self) -> int | None:
        """Index of the newest certificate of the authority (page certcarc.asp), None if the page does not say."""
        found = next(filter(None, map(_RENEWALS.search, self.links)), None)
        return int(found[1]) if found else None

    @property
    def templates(self) -> tuple[str, ...]:
        """Names of the templates on offer (page certrqxt.asp); empty if it lists none, as on a stand-alone authority."""
        rows = (value.split(";") for value in self.options)
        return tuple(row[1] for row in rows if len(row) > 2 and row[0].strip() == "E" and row[1])

    def _outside_quotes(self, key: str) -> str:
        return _QUOTED.sub(" ", self.parts.get(key, ""))


def _quoted(text: str) -> str:
    """The first quotation of a text, in the marks of any language; empty if there is none."""
    found = _QUOTED.search(text)
    return str(next(filter(None, found.groups()))).strip() if found else ""
