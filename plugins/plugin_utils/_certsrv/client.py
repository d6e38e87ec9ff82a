# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AD CS web enrolment can be asked for. **PRIVATE** to the collection.

Source of calls, fields and content types: product.md#calls-of-web-enrollment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...module_utils._errors import InputError
from ...module_utils._x509.certificate import Certificate
from ...module_utils._x509.files import read_certificates
from ...module_utils._x509.text import decode_text
from .failures import CertsrvError
from .pages import ISSUED, Page
from .session import Answer, Session

_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Submission:
    """What the authority said to a request: its number (None if it gave none), whether it said no, and its words."""

    request_id: int | None
    denied: bool
    message: str


@dataclass(frozen=True)
class Result:
    """What became of a request.

    :ivar disposition: C(issued), C(pending) or C(denied).
    :ivar message: the authority's words, if it is not issued.
    :ivar data: the file of the certificate, and the certificate, if it is issued.
    """

    disposition: str
    message: str = ""
    data: bytes = b""
    certificate: Certificate | None = None


class Certsrv:
    """The pages of one authority, in one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.base = session.site.base

    def templates(self) -> tuple[str, ...]:
        """Names of the templates that the page for saved requests offers this account; empty if it lists none.

        Serves as the test of address, trust and login ahead of a submission.

        :raises CertsrvError: the page cannot be had.
        """
        return self._page("certrqxt.asp").templates

    def submit(self, csr: str, attributes: Mapping[str, str]) -> Submission:
        """Submits a request, once.

        :param csr: PKCS#10 as PEM.
        :param attributes: request attributes by name, the template among them.
        :raises CertsrvError: the answer is none or not understood; its C(sent) tells whether the request may have
            arrived.
        """
        form = {
            "Mode": "newreq",
            "CertRequest": csr,
            "CertAttrib": "".join(f"{name}:{value}\r\n" for name, value in attributes.items()),
            "FriendlyType": "Saved-Request Certificate",
            "TargetStoreFlags": "0",
            "SaveCert": "yes",
        }
        page = _read_page(self._session.post("certfnsh.asp", form))
        number = page.request_id
        if page.denied or (number is None and page.disposition is not None):
            return Submission(number, True, page.message)
        if number is None:
            raise CertsrvError(
                f"{self.base}/certfnsh.asp: the answer names no request and is not understood: {page.summary}"
            )
        return Submission(number, False, "")

    def fetch(self, request_id: int) -> Result:
        """What became of a request.

        :raises CertsrvError: the authority does not know it, or the answer is not understood.
        """
        place = f"{self.base}/certnew.cer?ReqID={request_id}"
        answer = self._session.get("certnew.cer", ReqID=request_id, Enc="b64")
        if _is_file(answer):
            certificate = _certificates(answer.data, place)[0]
            return Result("issued", data=answer.data, certificate=certificate)
        page = _read_page(answer)
        if page.pending:
            return Result("pending", page.message)
        if page.denied:
            return Result("denied", page.message)
        words = page.message + (f" ({page.last_status})" if page.last_status else "")
        if page.disposition == ISSUED:
            raise CertsrvError(f"{place}: the certificate was issued but is not handed out: {words}")
        if page.disposition is not None:
            raise CertsrvError(
                f"{place}: the authority has no answer to request {request_id}: {words}; check request_id"
            )
        raise CertsrvError(f"{place}: a page came where a certificate was due: {page.summary}")

    def fetch_chain(self, request_id: int) -> bytes:
        """The certificate of an issued request with its chain, as PKCS#7.

        :raises CertsrvError: the answer is something else.
        """
        return self._file("certnew.p7b", ReqID=request_id, Enc="b64")

    def renewals(self) -> int:
        """Index of the newest certificate of the authority; 0 if it was never renewed.

        :raises CertsrvError: the page does not say it.
        """
        page = self._page("certcarc.asp")
        if page.renewals is None:
            raise CertsrvError(
                f"{self.base}/certcarc.asp: does not tell how often the authority was renewed: {page.summary}; check url"
            )
        return page.renewals

    def authority_chain(self, renewal: int) -> bytes:
        """The chain of one certificate of the authority, as PKCS#7.

        :param renewal: its index.
        :raises CertsrvError: the answer is something else.
        """
        return self._file("certnew.p7b", ReqID="CACert", Renewal=renewal, Enc="bin")

    def _file(self, page: str, **query: object) -> bytes:
        place = f"{self.base}/{page}?" + "&".join(f"{key}={value}" for key, value in query.items() if key != "Enc")
        answer = self._session.get(page, **query)
        if not _is_file(answer):
            told = _read_page(answer)
            raise CertsrvError(f"{place}: a page came where certificates were due: {told.message}")
        _certificates(answer.data, place)
        return answer.data

    def _page(self, page: str) -> Page:
        return _read_page(self._session.get(page))


def _is_file(answer: Answer) -> bool:
    """The answer is a file: by its content type, or by its content if the type is that of a page.

    Servers are seen that give certificates the type of a page even to browsers.
    """
    begin = answer.data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith((b"-----BEGIN CERTIFICATE", b"-----BEGIN PKCS7", b"0\x82", b"0\x80")):
        return True
    return answer.content_type not in _PAGES and not begin.startswith(b"<")


def _certificates(data: bytes, place: str) -> tuple[Certificate, ...]:
    try:
        return read_certificates(data, name="the answer").certificates
    except InputError as error:
        raise CertsrvError(f"{place}: {error}; try again", passing=True) from error


def _read_page(answer: Answer) -> Page:
    return Page.read(decode_text(answer.data))
