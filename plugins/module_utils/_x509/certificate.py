# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of one X.509 certificate.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, lru_cache
from typing import Any

from .._errors import InputError
from . import der
from .extensions import Extensions, read_extensions
from .keys import read_key, read_signature_algorithm, verify
from .names import read_name

_HOST_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")


def format_time(moment: datetime) -> str:
    """`2026-12-01T10:00:00Z`; `moment` is an aware time."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def normalize_host_name(name: str) -> str:
    """Lower case, no final dot, A-labels where it can be converted (RFC 5890)."""
    plain = name.strip().rstrip(".").lower()
    if not plain.isascii():
        try:
            plain = plain.encode("idna").decode("ascii")
        except UnicodeError:
            return plain
    return plain


@dataclass(frozen=True, eq=False, repr=False)
class Certificate:
    """What a certificate says. Made only by `Certificate.from_der`; two are equal if their bytes are.

    Attributes:
        thumbprint, sha256: SHA-1 and SHA-256 of the bytes, upper-case hexadecimal digits.
        subject, issuer: as Windows shows them, the last RDN first.
        common_names: of the subject, most specific first.
        dns_names: dNSName of the SAN as written, empty ones left out.
        serial_number: upper-case hexadecimal digits of the encoded number, as Windows shows it.
        not_before, not_after: aware times in UTC.
        public_key_sha256: SHA-256 of the SubjectPublicKeyInfo, upper-case hexadecimal digits.
        is_ca: basicConstraints says cA; a version 1 certificate cannot say so, see `may_issue`.
        self_issued: subject and issuer are the same bytes; `self_signed` is the stronger fact.
        key_usage, extended_key_usage: names of RFC 5280 and OIDs; None if the extension is absent.
        key_size: in bits. template: name or OID of the AD CS template.
        unreadable_extensions: OIDs of malformed or repeated extensions, whose facts are None or empty.
    """

    der: bytes
    thumbprint: str
    sha256: str
    version: int
    subject: str
    issuer: str
    subject_der: bytes
    issuer_der: bytes
    common_names: tuple[str, ...]
    dns_names: tuple[str, ...]
    serial_number: str
    not_before: datetime
    not_after: datetime
    public_key_der: bytes
    public_key_sha256: str
    key_type: str
    key_size: int | None
    key_curve: str | None
    signature_algorithm: str
    signature_digest: str | None
    is_ca: bool
    path_length: int | None
    self_issued: bool
    key_usage: tuple[str, ...] | None
    extended_key_usage: tuple[str, ...] | None
    subject_key_identifier: str | None
    authority_key_identifier: str | None
    crl_distribution_points: tuple[str, ...]
    template: str | None
    unreadable_extensions: tuple[str, ...]

    @classmethod
    def from_der(cls, data: bytes) -> Certificate:
        """Read exactly one encoded certificate. Raises `InputError` if the bytes are none."""
        return _from_der(bytes(data))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<Certificate {self}>"

    def __str__(self) -> str:
        """Subject and thumbprint, as used in messages."""
        return f"{self.subject or '(empty subject)'} ({self.thumbprint})"

    @cached_property
    def self_signed(self) -> bool:
        """The certificate is signed with its own key, verified.

        Where the algorithm cannot be verified (GOST), the same names and no other key identifier count.
        """
        if not self.self_issued:
            return False
        verdict = self._signed_by(self)
        if verdict is None:
            return self.authority_key_identifier in (None, self.subject_key_identifier)
        return verdict

    @property
    def may_issue(self) -> bool:
        """The certificate can be a CA's: it says so, or it is a self-signed one of version 1 or 2.

        Those versions have no extensions; as a trust anchor such a certificate is accepted (RFC 5280, section 6.1.4 k).
        A self-signed certificate of version 3 without cA is a server's own and no CA.
        """
        return self.is_ca or (self.version < 3 and self.self_signed)

    def issued(self, other: Certificate) -> bool:
        """This certificate's name and key made `other`: the names chain and the signature is verified.

        Where the algorithm cannot be verified (GOST), equal key identifiers count.
        """
        if other.issuer_der != self.subject_der:
            return False
        verdict = other._signed_by(self)
        if verdict is None:
            key_id = other.authority_key_identifier
            return other == self and self.self_signed or (key_id is not None and key_id == self.subject_key_identifier)
        return verdict

    def names(self) -> frozenset[str]:
        """Lower-case DNS names: those of the SAN; if it has none, the most specific common name.

        That counts only if it looks like a host name (RFC 6125, section 6.4.4).
        """
        if self.dns_names:
            return frozenset(map(normalize_host_name, self.dns_names))
        first = normalize_host_name(self.common_names[0]) if self.common_names else ""
        return frozenset([first]) if _HOST_NAME.fullmatch(first) and not _IPV4.fullmatch(first) else frozenset()

    def covers(self, name: str, *, allow_wildcard: bool = False) -> bool:
        """One of `names` is `name`; with `allow_wildcard` also `*.` in place of its first label.

        Source: RFC 6125, section 6.4.3.

        Off unless asked for: wildcard names are not supported on Edge (product.md#wildcard-names).
        """
        wanted = normalize_host_name(name)
        names = self.names()
        if wanted in names:
            return True
        _label, dot, parent = wanted.partition(".")
        return allow_wildcard and bool(dot) and not wanted.startswith("*") and f"*.{parent}" in names

    def expired(self, now: datetime) -> bool:
        """The last moment of validity is before `now` (aware)."""
        return now > self.not_after

    def days_left(self, now: datetime) -> int:
        """Whole days from `now` (aware) to the end of validity, rounded down; negative if it has expired."""
        return (self.not_after - now).days

    def facts(self) -> dict[str, Any]:
        """All facts as plain data for JSON, times as `2026-12-01T10:00:00Z`, without the bytes."""
        return {
            "thumbprint": self.thumbprint,
            "sha256": self.sha256,
            "subject": self.subject,
            "issuer": self.issuer,
            "common_names": list(self.common_names),
            "dns_names": list(self.dns_names),
            "serial_number": self.serial_number,
            "not_before": format_time(self.not_before),
            "not_after": format_time(self.not_after),
            "public_key_sha256": self.public_key_sha256,
            "key_type": self.key_type,
            "key_size": self.key_size,
            "key_curve": self.key_curve,
            "signature_algorithm": self.signature_algorithm,
            "is_ca": self.is_ca,
            "self_issued": self.self_issued,
            "self_signed": self.self_signed,
            "key_usage": None if self.key_usage is None else list(self.key_usage),
            "extended_key_usage": None if self.extended_key_usage is None else list(self.extended_key_usage),
            "subject_key_identifier": self.subject_key_identifier,
            "authority_key_identifier": self.authority_key_identifier,
            "crl_distribution_points": list(self.crl_distribution_points),
            "template": self.template,
            "unreadable_extensions": list(self.unreadable_extensions),
        }

    def _signed_by(self, issuer: Certificate) -> bool | None:
        """The signature fits the key of `issuer`; None if that cannot be found out. Names are not compared."""
        return _fits(self.der, issuer.public_key_der)


@lru_cache(maxsize=2048)
def _from_der(data: bytes) -> Certificate:
    """Read a certificate; servers of a pool have mostly the same ones, so the last are kept."""
    try:
        return _parse(data)
    except der.DerError as error:
        raise InputError(f"the data is not an X.509 certificate, or a damaged one ({error})") from error


@lru_cache(maxsize=4096)
def _fits(data: bytes, public_key: bytes) -> bool | None:
    """The signature of a certificate fits a key; as with L{_from_der}, the servers of a pool have mostly the same ones."""
    tbs, algorithm, signature = der.read(data).fields(3)
    inner = tbs.children()[2 if tbs.children()[0].tag == 0xA0 else 1]
    if inner.encoded != algorithm.encoded:
        return False
    return verify(spki=public_key, algorithm=algorithm, signed=tbs.encoded, signature=der.bits(signature))


def _parse(data: bytes) -> Certificate:
    """RFC 5280, section 4.1. Raises `DerError`."""
    outer = der.read(data).expect(der.SEQUENCE)
    if outer.end != len(data):
        raise der.DerError(f"{len(data) - outer.end} bytes follow the certificate")
    tbs, algorithm, signature = outer.fields(3)
    fields = tbs.expect(der.SEQUENCE).fields(6, 10)
    version = der.integer(fields.pop(0).fields(1)[0]) + 1 if fields[0].tag == 0xA0 else 1
    if len(fields) < 6:
        raise der.DerError("fields are missing")
    serial, _inner_algorithm, issuer, validity, subject, spki = fields[:6]
    not_before, not_after = (der.time(part) for part in validity.expect(der.SEQUENCE).fields(2))
    der.integer(serial)
    der.bits(signature)
    extensions = Extensions()
    for part in fields[6:]:
        if part.tag == 0xA3:
            extensions = read_extensions(part.fields(1)[0])
    issuer_der, subject_der, spki_der = issuer.encoded, subject.encoded, spki.encoded
    subject_text, common_names = read_name(subject_der)
    key = read_key(spki)
    signature_facts = read_signature_algorithm(algorithm)
    return Certificate(
        der=data,
        thumbprint=hashlib.sha1(data, usedforsecurity=False).hexdigest().upper(),
        sha256=hashlib.sha256(data).hexdigest().upper(),
        version=version,
        subject=subject_text,
        issuer=read_name(issuer_der)[0],
        subject_der=subject_der,
        issuer_der=issuer_der,
        common_names=common_names,
        serial_number=serial.content.hex().upper(),
        not_before=not_before,
        not_after=not_after,
        public_key_der=spki_der,
        public_key_sha256=hashlib.sha256(spki_der).hexdigest().upper(),
        key_type=key.type,
        key_size=key.size,
        key_curve=key.curve,
        signature_algorithm=signature_facts.name,
        signature_digest=signature_facts.digest,
        self_issued=subject_der == issuer_der,
        **vars(extensions),
    )
