# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The desk of the emulated authority: takes requests in, issues, holds, denies, and keeps its own log of all that.

The log lies in the folder `adcs/certsrv` of a lab, so that a request can be approved while the server runs.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import serialization, x509

from ..server import facts
from ..server.errors import LabError
from ..server.folder import LabFolder, hold
from .adcs import Authority, Order, Terms

#: CR_DISP_* (product.md#dispositions).
ERROR, DENIED, ISSUED, PENDING = 1, 2, 3, 5
#: Words of the authority (product.md#pages-of-web-enrollment; hexadecimal codes are those of winerror.h).
TAKEN = "Taken Under Submission"
_UNREADABLE = "Error Parsing Request  ASN1 bad tag value met. 0x8009310b (ASN: 267)"
_NO_TEMPLATE = (
    "Denied by Policy Module  0x80094800, The request was for a certificate template that is not supported by the"
    " Active Directory Certificate Services policy: {}."
)
_NO_ATTRIBUTE = "Denied by Policy Module  0x80094801, The request does not contain a certificate template."
_BY_HAND = "Denied by LAB\\Administrator"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How the authority decides.

    Attributes:
        templates: names that it publishes; empty for a stand-alone authority, which ignores templates.
        hold: leaves requests pending until they are approved (product.md#pages-of-web-enrollment).
        deny: words with which it denies all requests, empty to deny none.
        drop: DNS names that it leaves out (product.md#missing-names: names missing in the certificate).
    """

    templates: tuple[str, ...] = ("WebServer", "User")
    hold: bool = False
    deny: str = ""
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """A request in the database: `disposition` is a CR_DISP number, `certificate` PEM."""

    request_id: int
    time: str
    user: str
    attributes: Mapping[str, str]
    subject: str
    public_key_sha256: str
    csr: str
    disposition: int = PENDING
    message: str = ""
    certificate: str = ""


class Desk:
    """Requests of one lab."""

    def __init__(self, lab: LabFolder, policy: Policy | None = None) -> None:
        self.authority = Authority(lab)
        self.policy = policy or Policy()
        self.folder = lab.adcs / "certsrv"
        self._log = self.folder / "requests.jsonl"

    def prepare(self) -> None:
        """Make authority and folder if they are not there."""
        self.authority.prepare()
        self.folder.mkdir(parents=True, exist_ok=True)

    def rows(self) -> list[Row]:
        """All requests, oldest first; the log has one line for the submission and one for each decision."""
        found: dict[int, Row] = {}
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        for line in lines:
            entry: dict[str, Any] = json.loads(line)
            number = entry["request_id"]
            found[number] = replace(found[number], **entry) if number in found else Row(**entry)
        return list(found.values())

    def find(self, number: int) -> Row | None:
        """A request by its number."""
        return next((row for row in self.rows() if row.request_id == number), None)

    def submit(self, csr: str, *, user: str, attributes: str) -> Row:
        """Take a request in and decide at once, as far as the policy does."""
        self.prepare()
        given = _attributes(attributes)
        try:
            order = Order.from_csr(csr.encode("utf-8"))
        except LabError:
            order = None
        with hold(self.folder):
            row = Row(
                request_id=len(self.rows()) + 1,
                time=dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                user=user,
                attributes=given,
                subject=facts.show_name(order.subject) if order else "",
                public_key_sha256=order.key_id if order else "",
                csr=csr,
                message=TAKEN,
            )
            self._note(row, **{name: value for name, value in vars(row).items() if name != "request_id"})
            refusal = self._refusal(given) if order else _UNREADABLE
            if refusal:
                return self._note(row, disposition=DENIED, message=refusal)
            return row if self.policy.hold else self._issue(row)

    def approve(self, number: int) -> Row:
        """Issue a pending or denied request by hand. Raises LabError if there is none."""
        with self._turn():
            return self._issue(self._open_row(number, PENDING, DENIED))

    def deny(self, number: int) -> Row:
        """Deny a pending request by hand (product.md#dispositions). Raises LabError if there is none."""
        with self._turn():
            row = self._open_row(number, PENDING)
            return self._note(row, disposition=DENIED, message=_BY_HAND)

    def _turn(self) -> Any:
        self.prepare()
        return hold(self.folder)

    def _open_row(self, number: int, *dispositions: int) -> Row:
        row = self.find(number)
        if row is None or row.disposition not in dispositions:
            waiting = ", ".join(str(row.request_id) for row in self.rows() if row.disposition in dispositions)
            raise LabError(f"request {number} does not wait for that; these do: {waiting or 'none'}")
        return row

    def _refusal(self, attributes: Mapping[str, str]) -> str:
        """Why the policy denies a request, empty if it does not."""
        if self.policy.deny:
            return self.policy.deny
        template = attributes.get("certificatetemplate")
        if self.policy.templates and template is None:
            return _NO_ATTRIBUTE
        known = [name.lower() for name in self.policy.templates]
        return _NO_TEMPLATE.format(template) if known and str(template).lower() not in known else ""

    def _issue(self, row: Row) -> Row:
        terms = Terms(now=dt.datetime.now(dt.timezone.utc), drop=self.policy.drop)
        try:
            made = self.authority.sign(Order.from_csr(row.csr.encode("utf-8")), terms)
        except LabError as error:
            return self._note(row, disposition=DENIED, message=error.message)
        pem = made.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return self._note(row, disposition=ISSUED, message="Issued", certificate=pem)

    def _note(self, row: Row, **news: Any) -> Row:
        """Write a line; gives the row as it is then."""
        line = json.dumps({"request_id": row.request_id, **news}) + "\n"
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode("utf-8"))
        finally:
            os.close(descriptor)
        return replace(row, **news)


def _attributes(text: str) -> dict[str, str]:
    """Request attributes: lines `name:value`, names in any case (product.md#calls-of-web-enrollment)."""
    pairs = (line.partition(":") for line in text.replace("\r", "\n").split("\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _colon, value in pairs}


def certificate_of(row: Row) -> x509.Certificate:
    """The certificate of an issued request."""
    return x509.load_pem_x509_certificate(row.certificate.encode("ascii"))
