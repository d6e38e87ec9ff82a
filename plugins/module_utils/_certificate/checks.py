# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at before a certificate serves a usage, one check each. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import InputError
from .._product.names import missing_names
from .._state.state import State
from .._state.stored import StoredCertificate, format_time
from .._x509.certificate import Certificate
from .._x509.chain import Chain, build_chain

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
_ANY_USAGE = "2.5.29.37.0"
_KSP = "Microsoft Software Key Storage Provider"
#: The usage that asks for a key of some length, and that length in bits (product.md#oauth-certificate).
_LONG_KEY = ("OAuthTokenIssuer", 2048)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    :ivar name: which one, a word of the documentation of cs_certificate_assign.
    :ivar ok: None if it cannot be told yet (check mode).
    :ivar detail: what was found; what speaks against the certificate if it is not ok.
    :ivar lasting: only another certificate can cure it.
    """

    name: str
    ok: bool | None
    detail: str
    lasting: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Gives the check as a module returns it."""
        return {"check": self.name, "ok": self.ok, "detail": self.detail}


class UnfitError(InputError):
    """A certificate must not be assigned.

    :ivar checks: all that was looked at.
    """

    def __init__(self, message: str, checks: Sequence[Check]) -> None:
        super().__init__(message)
        self.checks = tuple(checks)


def certificate_checks(
    row: StoredCertificate, state: State, names: Sequence[str] = (), usages: Sequence[str] = ()
) -> tuple[Check, ...]:
    """All that is looked at before a certificate of My is assigned.

    Source: product.md#set-cscertificate, product.md#certificate-request-returned, product.md#field-problems,
    product.md#checks-before-an-assignment; rules.md#checks-before-assignment.

    :param names: FQDNs that it must carry for the usages.
    """
    here = Check("in_store", True, "it is in the store My")
    certificate = row.certificate
    if certificate is None:
        waits = f"the certificate is {row.thumbprint}"
        later = ("private_key", "key_provider", "validity", "server_authentication", "chain", "names")
        return (here, *(Check(name, None, waits) for name in later))
    found = [
        here,
        key_check(row),
        provider_check(row, state),
        validity_check(certificate, state),
        usage_check(certificate),
        chain_check(certificate, state),
        names_check(certificate, names, usages),
    ]
    if _LONG_KEY[0] in usages:
        found.append(length_check(certificate))
    return tuple(found)


def failed(checks: Iterable[Check]) -> tuple[str, ...]:
    """The texts of the checks that speak against a certificate."""
    return tuple(check.detail for check in checks if check.ok is False)


def key_check(row: StoredCertificate) -> Check:
    """The private key is here and can be opened (product.md#import-on-another-server)."""
    if not row.has_key:
        return Check("private_key", False, "its private key is not on this server")
    if not row.usable_key and row.key:
        return Check("private_key", False, f"its private key cannot be opened ({row.key.error})")
    exportable = row.key.exportable if row.key else None
    told = {True: "exportable", False: "not exportable", None: "whether it is exportable cannot be told"}[exportable]
    return Check("private_key", True, f"its private key is on this server, {told}")


def provider_check(row: StoredCertificate, state: State) -> Check:
    """The provider of the key is one that the product takes (product.md#ksp-key)."""
    provider = row.key.provider if row.key else None
    if state.computer.get("module") == "Lync" and provider == _KSP:
        return Check("key_provider", False, f"its key lies in the {_KSP}, which Lync Server does not take")
    return Check("key_provider", True, f"its key lies in the {provider}" if provider else "its provider is not known")


def validity_check(certificate: Certificate, state: State) -> Check:
    """It is valid by the server's clock."""
    begin, end = format_time(certificate.not_before), format_time(certificate.not_after)
    if certificate.not_after <= state.now:
        return Check("validity", False, f"it expired on {end}")
    if certificate.not_before > state.now:
        clock = format_time(state.now)
        return Check(
            "validity", False, f"it is valid only from {begin} on (the server's clock says {clock})", lasting=False
        )
    return Check("validity", True, f"it is valid from {begin} until {end}")


def usage_check(certificate: Certificate) -> Check:
    """A server may use it (product.md#all-certificates)."""
    if serves(certificate):
        return Check("server_authentication", True, "it is meant for server authentication")
    return Check("server_authentication", False, "it is not meant for server authentication")


def serves(certificate: Certificate) -> bool:
    """True if a certificate may be used by a server (product.md#all-certificates)."""
    usage = certificate.extended_key_usage
    return usage is None or SERVER_AUTH in usage or _ANY_USAGE in usage


def chain_check(certificate: Certificate, state: State) -> Check:
    """Its chain builds on the server.

    Source: product.md#misplaced-ca-certificate, product.md#missing-ca-certificate,
    product.md#expired-certificate-in-a-chain.
    """
    chain = build_chain(certificate, candidates=state.known_certificates(), trusted=state.trusted(), now=state.now)
    if chain.good or _issuer_in_brief(chain, state):
        return Check("chain", True, f"its chain leads up to {chain.certificates[-1].subject}")
    return Check("chain", False, "its chain does not build: " + "; ".join(chain.problems), lasting=False)


def _issuer_in_brief(chain: Chain, state: State) -> bool:
    """True if the chain ends below an authority that is in a store, but whose bytes were not read.

    The server sends the bytes of all authorities that issued what it has (contract, "Sections"), so that this is so only
    for a certificate that is yet to be imported; when it is, the chain is judged in full.
    """
    last = chain.certificates[-1]
    brief = (row for store in ("Root", "CA") for row in state.store(store) if row.der is None)
    return not chain.complete and any(row.subject == last.issuer for row in brief)


def names_check(certificate: Certificate, names: Sequence[str], usages: Sequence[str]) -> Check:
    """It carries the names that are asked for.

    Source: product.md#edge-certificates, product.md#certificates-of-internal-servers.
    """
    missing = missing_names(certificate, names, usages)
    if missing:
        return Check("names", False, f"it lacks the name {', '.join(missing)}")
    return Check("names", True, f"it carries {', '.join(names)}" if names else "no name is asked for")


def length_check(certificate: Certificate) -> Check:
    """Its key is long enough for the tokens that servers issue each other (product.md#oauth-certificate)."""
    usage, least = _LONG_KEY
    size = certificate.key_size
    if certificate.key_type == "RSA" and size is not None and size < least:
        return Check("key_length", False, f"its key has {size} bits, {usage} needs at least {least}")
    return Check("key_length", True, f"its key has {size} bits" if size else "its key has no length of its own")
