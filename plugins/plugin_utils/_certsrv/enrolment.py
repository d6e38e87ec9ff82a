# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request, from the first submission to the certificate, and never a second submission by accident.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ...module_utils._errors import InputError
from ...module_utils._x509.certificate import format_time
from ...module_utils._x509.request import SigningRequest
from .._patience import Patience
from .client import Certsrv, Result
from .failures import CertsrvError
from .record import Record, RecordFile

TEMPLATE = "CertificateTemplate"
#: HRESULTs in the words of a denial, which are in no language: code, advice (product.md#errors-of-a-request,
#: product.md#dispositions).
_ADVICE = (
    ("0x80094800", "name a template that the authority publishes, by its name and not its display name"),
    ("0x80094801", "set template"),
    ("0x80094012", "the account needs the right Enroll on the template"),
    ("0x80094014", "ask who denied it"),
)


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What is asked for.

    :ivar attributes: request attributes by name, the template among them.
    :ivar record: where submissions are noted; without it, only the request with L{request_id} is looked for.
    :ivar request_id: of a request that the authority has.
    :ivar resubmit: submits whatever the record says.
    """

    csr: SigningRequest
    attributes: Mapping[str, str]
    record: RecordFile | None = None
    request_id: int | None = None
    resubmit: bool = False

    @property
    def csr_sha256(self) -> str:
        """SHA-256 of the request's bytes, upper-case hexadecimal digits."""
        return hashlib.sha256(self.csr.der).hexdigest().upper()


@dataclass(frozen=True)
class Outcome:
    """What was done and what came of it.

    :ivar submitted: the request was submitted, or would be in check mode.
    :ivar request_id: None only in check mode.
    :ivar result: None only in check mode, if the request is not submitted yet.
    """

    submitted: bool
    request_id: int | None = None
    result: Result | None = None
    warnings: tuple[str, ...] = ()


class DeniedError(CertsrvError):
    """The authority said no; it may have given a number."""

    def __init__(self, message: str, request_id: int | None) -> None:
        super().__init__(message)
        self.request_id = request_id


def enrol(client: Certsrv, wanted: Enrolment, *, patience: Patience, check_mode: bool) -> Outcome:
    """Looks for the answer to a request that was submitted before, else submits it.

    :raises DeniedError: the authority said no.
    :raises CertificatesError: the record speaks against it, or the authority cannot be asked.
    """
    seen = wanted.record.load() if wanted.record else None
    record = _known(wanted, client.base, seen)
    number = wanted.request_id or (record.request_id if record else None)
    if number is not None:
        result = _await(client, number, Patience() if check_mode else patience)
        if result.disposition != "denied" or record is None or record.attributes == wanted.attributes:
            return _taken(client, wanted, Outcome(False, number, result), record, check_mode)
    offered = client.templates()
    warnings = _warnings(wanted, offered)
    if check_mode:
        return Outcome(True, warnings=warnings)
    number = _submit(client, wanted, seen, offered)
    result = _await(client, number, patience)
    return _taken(client, wanted, Outcome(True, number, result, warnings), None, check_mode)


def _known(wanted: Enrolment, base: str, record: Record | None) -> Record | None:
    """The record, if it is of this request and settles what to do.

    :raises InputError: a person has to decide.
    """
    if record is None or wanted.record is None or wanted.resubmit or record.csr_sha256 != wanted.csr_sha256:
        return None
    if wanted.request_id is not None:
        return replace(record, url=base, request_id=wanted.request_id)
    path = wanted.record.path
    if record.url != base:
        raise InputError(
            f"record: {path} says that this request was submitted at {record.url}, and not at {base}; set url to that,"
            " name another record, or set resubmit: true to submit it here"
        )
    if record.lost:
        raise InputError(
            f"record: {path} says that this request was submitted at {base} at {record.marked} and that the answer was"
            f" lost, unless another task is submitting it right now; look there for a request of {record.subject or 'its subject'}"
            " from that time, then set request_id to its number, or resubmit: true if there is none"
        )
    return record


def _await(client: Certsrv, number: int, patience: Patience) -> Result:
    """The result of a request, after waiting for its approval if that is wanted.

    :raises CertsrvError: there is none; failures that may pass are borne while there is time.
    """
    found: Result | CertsrvError
    for _try in patience.tries():
        found = _look(client, number)
        if isinstance(found, Result) and found.disposition != "pending":
            break
    if isinstance(found, CertsrvError):
        raise found
    return found


def _look(client: Certsrv, number: int) -> Result | CertsrvError:
    """The result of a request as it is now, or a failure that may pass.

    :raises CertsrvError: one that will not.
    """
    try:
        return client.fetch(number)
    except CertsrvError as error:
        if not error.passing:
            raise
        return error


def _submit(client: Certsrv, wanted: Enrolment, seen: Record | None, offered: tuple[str, ...]) -> int:
    """Submits the request between mark and note; gives its number.

    :param seen: the record on which the decision to submit rests.
    :raises DeniedError: the authority said no at once.
    :raises CertificatesError: another task was faster, or the answer is none.
    """
    file = wanted.record
    if file is None:
        raise InputError("record: is missing; without it a request is not submitted")
    now = format_time(datetime.now(timezone.utc))
    mark = Record(
        url=client.base,
        csr_sha256=wanted.csr_sha256,
        public_key_sha256=wanted.csr.public_key_sha256,
        subject=wanted.csr.subject,
        attributes=dict(wanted.attributes),
        marked=now,
    )
    with file.turn():
        if file.load() != seen:
            raise InputError(
                f"record: {file.path}: another task uses it, too; run again, or name a record for each request"
            )
        file.save(mark)
    try:
        said = client.submit(wanted.csr.pem, wanted.attributes)
    except CertsrvError as error:
        if error.sent:
            raise CertsrvError(
                f"{error}; the authority may have the request all the same: look for it there, then set request_id to"
                f" its number, or resubmit: true if there is none (noted in {file.path})"
            ) from None
        if seen:
            file.save(seen)
        else:
            file.remove()
        raise
    disposition = "denied" if said.denied else ""
    file.save(replace(mark, request_id=said.request_id, disposition=disposition))
    if said.denied or said.request_id is None:
        raise _denial(client, wanted, said.request_id, said.message, offered)
    return said.request_id


def _taken(client: Certsrv, wanted: Enrolment, outcome: Outcome, record: Record | None, check_mode: bool) -> Outcome:
    """The outcome once it is proved and noted.

    :param record: as it is, None if this run wrote it.
    :raises DeniedError: the authority said no.
    :raises CertsrvError: the certificate has another key than the request.
    """
    number, result = outcome.request_id, outcome.result
    if number is None or result is None:
        return outcome
    certificate = result.certificate
    if certificate is not None and certificate.public_key_sha256 != wanted.csr.public_key_sha256:
        raise CertsrvError(
            f"{client.base}: request {number} is that of another key ({certificate.subject or 'without a subject'}); check"
            " request_id and record"
        )
    if wanted.record and not check_mode:
        disposition = "denied" if result.disposition == "denied" else ""
        noted = record or wanted.record.load()
        if noted is None or noted.csr_sha256 != wanted.csr_sha256:
            noted = Record(
                url=client.base,
                csr_sha256=wanted.csr_sha256,
                public_key_sha256=wanted.csr.public_key_sha256,
                subject=wanted.csr.subject,
                attributes=dict(wanted.attributes),
                marked=format_time(datetime.now(timezone.utc)),
            )
        noted = replace(noted, request_id=number, disposition=disposition)
        if noted != wanted.record.load():
            with wanted.record.turn():
                wanted.record.save(noted)
    if result.disposition == "denied":
        raise _denial(client, wanted, number, result.message, ())
    return outcome


def _denial(
    client: Certsrv, wanted: Enrolment, number: int | None, words: str, offered: tuple[str, ...]
) -> DeniedError:
    known = next((text for code, text in _ADVICE if code in words.lower()), None)
    advice = known or "change what it names"
    if known and "publishes" in known and offered:
        advice += f"; it offers {', '.join(offered)}"
    named = f"request {number}" if number else "the request"
    asked = wanted.attributes.get(TEMPLATE)
    shown = f" (template {asked})" if asked else ""
    told = words.rstrip(". ")
    return DeniedError(
        f"{client.base}: the authority denied {named}{shown}: {told} ({advice}; to submit the same again set resubmit: true)",
        number,
    )


def _warnings(wanted: Enrolment, offered: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    template = wanted.attributes.get(TEMPLATE, "")
    if template and offered and template.lower() not in [name.lower() for name in offered]:
        found.append(
            f"template: the authority does not list '{template}' for this account, only {', '.join(offered)}; it lists no"
            " templates for newer kinds of keys, so this may be right"
        )
    if any(name.lower() == "san" for name in wanted.attributes):
        found.append(
            "attributes: an authority that takes names from san (EDITF_ATTRIBUTESUBJECTALTNAME2) lets anybody have any"
            " name, others ignore it; ask for the names in the request instead"
        )
    return tuple(found)
