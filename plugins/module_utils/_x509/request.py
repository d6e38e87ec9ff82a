# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of one certificate signing request (PKCS#10).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from .._errors import InputError
from . import content, der, pem
from .extensions import Extensions, read_extensions
from .keys import read_key, read_signature_algorithm, verify
from .names import read_name

# The second one is Microsoft's older attribute (szOID_CERT_EXTENSIONS), written by IIS 5 and 6.
_EXTENSION_REQUESTS = ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")

_ADVICE = {
    content.CERTIFICATE: "give the request that was made for it",
    content.CMC_REQUEST: "make a plain one (certreq: RequestType = PKCS10)",
    content.PRIVATE_KEY: "give the request made with this key, never the key itself",
}


@dataclass(frozen=True, eq=False, repr=False)
class SigningRequest:
    """What a request says; made by `SigningRequest.from_bytes`. Fields as in `Certificate`."""

    der: bytes
    subject: str
    common_names: tuple[str, ...]
    dns_names: tuple[str, ...]
    extended_key_usage: tuple[str, ...] | None
    key_usage: tuple[str, ...] | None
    template: str | None
    public_key_der: bytes
    public_key_sha256: str
    key_type: str
    key_size: int | None
    key_curve: str | None
    signature_algorithm: str
    unreadable_extensions: tuple[str, ...]

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str = "certificate request") -> SigningRequest:
        """Read the one request of a file (DER, PEM, base64 alone; text as in `read_certificates`).

        Raises `InputError`, one line with `name` in it.
        """
        return _from_bytes(bytes(data), name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningRequest) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<SigningRequest {self.subject or '(empty subject)'} (key {self.public_key_sha256})>"

    @property
    def pem(self) -> str:
        """The request as a certification authority takes it: label CERTIFICATE REQUEST, LF."""
        return pem.encode(self.der, "CERTIFICATE REQUEST")

    @cached_property
    def signature_valid(self) -> bool:
        """The request is signed with its own key, SHA-1 included; False too if the algorithm cannot be verified."""
        signed, algorithm, signature = der.read(self.der).fields(3)
        verdict = verify(
            spki=self.public_key_der, algorithm=algorithm, signed=signed.encoded, signature=der.bits(signature)
        )
        return verdict is True

    def facts(self) -> dict[str, Any]:
        """All facts as plain data for JSON, without the bytes."""
        return {
            "subject": self.subject,
            "common_names": list(self.common_names),
            "dns_names": list(self.dns_names),
            "extended_key_usage": None if self.extended_key_usage is None else list(self.extended_key_usage),
            "key_usage": None if self.key_usage is None else list(self.key_usage),
            "template": self.template,
            "public_key_sha256": self.public_key_sha256,
            "key_type": self.key_type,
            "key_size": self.key_size,
            "key_curve": self.key_curve,
            "signature_algorithm": self.signature_algorithm,
            "signature_valid": self.signature_valid,
            "unreadable_extensions": list(self.unreadable_extensions),
        }


def _requested_extensions(attributes: list[der.Node]) -> Extensions:
    """The extensions asked for: the standard attribute, else Microsoft's. Raises `DerError`."""
    values: dict[str, der.Node] = {}
    for attribute in attributes:
        parts = attribute.expect(der.SEQUENCE).fields(2)
        oid = der.oid_text(parts[0].expect(der.OID).content)
        if oid in _EXTENSION_REQUESTS:
            values[oid] = parts[1].expect(der.SET).fields(1)[0]
    for oid in _EXTENSION_REQUESTS:
        if oid in values:
            return read_extensions(values[oid])
    return Extensions()


@lru_cache(maxsize=1024)
def _from_bytes(data: bytes, name: str) -> SigningRequest:
    """Read a request; a plan looks at each of a pool several times, so the last are kept."""
    found = content.find_objects(data, name)
    requests = [item for item in found if item.kind == content.REQUEST]
    if len(requests) > 1 and len({item.data for item in requests}) > 1:
        raise InputError(f"{name} holds {len(requests)} certificate requests; give one")
    if not requests:
        kind = found[0].kind
        advice = _ADVICE.get(kind, "give the file that the request was written to")
        raise InputError(f"{name} holds {kind}, not a certificate request (PKCS#10); {advice}")
    try:
        return _parse(requests[0].data)
    except der.DerError as error:
        raise InputError(f"{name} holds a damaged certificate request ({error}); get it again") from error


def _parse(data: bytes) -> SigningRequest:
    """RFC 2986, section 4. Raises `DerError`."""
    info, algorithm, signature = der.read(data).expect(der.SEQUENCE).fields(3)
    fields = info.fields(3, 4)
    subject, spki = fields[1].encoded, fields[2].encoded
    der.bits(signature)
    extensions = _requested_extensions(fields[3].children() if len(fields) > 3 else [])
    text, common_names = read_name(subject)
    key = read_key(fields[2])
    return SigningRequest(
        der=data,
        subject=text,
        common_names=common_names,
        dns_names=extensions.dns_names,
        extended_key_usage=extensions.extended_key_usage,
        key_usage=extensions.key_usage,
        template=extensions.template,
        public_key_der=spki,
        public_key_sha256=hashlib.sha256(spki).hexdigest().upper(),
        key_type=key.type,
        key_size=key.size,
        key_curve=key.curve,
        signature_algorithm=read_signature_algorithm(algorithm).name,
        unreadable_extensions=extensions.unreadable_extensions,
    )
