# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clerk of the emulated CA: answers the requests that lie in a folder.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import pkcs7, serialization, x509

from ..server import facts
from ..server.content import ContentError, read_content
from ..server.errors import LabError
from ..server.folder import write_atomically
from .adcs import Authority, Order, Terms

FORMATS = ("cer", "der", "p7b")
_REQUESTS = (".req", ".csr", ".txt")
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `kind` is signed, answered, denied or refused; `detail` completes the line."""

    name: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}{': ' if self.detail else ''}{self.detail}"


def _answered_keys(folder: Path) -> set[str]:
    """Public keys (SHA-256) of all certificates in a folder, found by content."""
    found: set[str] = set()
    for path in folder.iterdir():
        if path.is_file() and path.suffix.lower() not in (".pfx", ".p12") and path.stat().st_size <= _LARGEST:
            try:
                certificates = read_content(path.read_bytes(), "")
            except ContentError:
                continue
            for certificate in certificates:
                key = facts.public_key_info(facts.parse(certificate.der))
                found.add(hashlib.sha256(key).hexdigest().upper())
    return found


def _free_name(path: Path) -> Path:
    """The path itself, or with a number if that name is taken by the answer to another request."""
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def _encode(authority: Authority, certificate: x509.Certificate, form: str) -> bytes:
    if form == "p7b":
        return pkcs7.serialize_certificates([certificate, *authority.chain()], serialization.Encoding.DER)
    return certificate.public_bytes(serialization.Encoding.DER if form == "der" else serialization.Encoding.PEM)


def answer_folder(authority: Authority, folder: Path, terms: Terms, *, form: str, deny: bool) -> Iterator[Outcome]:
    """Sign each request of a folder that has no answer there, by public key; the answer lies beside it.

    `form` is one of FORMATS. Raises LabError if the folder cannot be read.
    """
    if not folder.is_dir():
        raise LabError(f"{folder} is no folder; name the folder that holds the requests")
    answered = _answered_keys(folder)
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in _REQUESTS):
        try:
            order = Order.from_csr(path.read_bytes(), name=path.name)
        except LabError as error:
            # A text may be a note or an answer saved as text (product.md#edge-external-interface).
            if path.suffix.lower() != ".txt" or b"CERTIFICATE REQUEST" in path.read_bytes():
                yield Outcome(path.name, "refused", error.message.partition(path.name)[2].lstrip(": ") or error.message)
            continue
        if order.key_id in answered:
            yield Outcome(path.name, "answered", "")
        elif deny:
            yield Outcome(path.name, "denied", facts.show_name(order.subject))
        else:
            certificate = authority.sign(order, terms)
            target = _free_name(path.with_suffix(".p7b" if form == "p7b" else ".cer"))
            write_atomically(target, _encode(authority, certificate, form))
            answered.add(order.key_id)
            thumbprint = facts.thumbprint(certificate.public_bytes(serialization.Encoding.DER))
            detail = f"{facts.show_name(certificate.subject)} -> {target.name} ({thumbprint})"
            yield Outcome(path.name, "signed", detail)
