# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers made by hand, for planners that only look at them: certificates, assignments, services, claims."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner
from ansible_collections.sfb.certificates.plugins.module_utils._state.service import Service
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import Assignment, State
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import Key, StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = dt.datetime(2026, 11, 21, 10, 20, 30, tzinfo=dt.timezone.utc)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
AV, OAUTH, ACCESS, DATA, INTERNAL = (
    "AudioVideoAuthentication",
    "OAuthTokenIssuer",
    "AccessEdgeExternal",
    "DataEdgeExternal",
    "Internal",
)
OLD, NEW, THIRD = "A" * 40, "B" * 40, "C" * 40
ME = Owner("controller1", "here", 100, "1")
OTHER = Owner("controller2", "there", 200, "2")


def stored(thumbprint: str, end: dt.datetime = NOW + 300 * DAY, **more: Any) -> StoredCertificate:
    """A certificate of My of which nothing is known but what is given; nothing speaks against it."""
    key = {"has_key": True, "key": Key(exportable=True)}
    return StoredCertificate("My", thumbprint, "CN=edge", "CN=ca", not_after=end, **(key | more))


def server(
    *assignments: Assignment, now: dt.datetime = NOW, certificates: tuple[StoredCertificate, ...] = (), **more: Any
) -> State:
    """A server; both OLD and NEW are there unless other certificates are given."""
    mine = certificates or (stored(OLD), stored(NEW))
    return State({"time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, mine, tuple(assignments), **more)


def running(*names: str, status: str = "Running") -> tuple[Service, ...]:
    """Services of one status."""
    return tuple(Service(name, status=status) for name in names or ("RTCSRV", "RTCMRAUTH"))


def claim(owner: Owner = OTHER, **more: Any) -> Claim:
    """A claim for two hours."""
    return Claim(**{"owner": owner, "purpose": "edge_site1", "since": NOW, "until": NOW + 2 * HOUR} | more)


@functools.cache
def authority() -> tuple[ec.EllipticCurvePrivateKey, Certificate]:
    """A certification authority, made once."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, issued("ca", NOW - 3000 * DAY, NOW + 3000 * DAY, signer=key, ca=True)


def issued(
    name: str,
    begin: dt.datetime,
    end: dt.datetime,
    *,
    signer: ec.EllipticCurvePrivateKey | None = None,
    ca: bool = False,
    names: tuple[str, ...] = (),
) -> Certificate:
    """A real certificate of the authority."""
    key = signer or ec.generate_private_key(ec.SECP256R1())
    subject, issuer = (x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)]) for text in (name, "ca"))
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(text) for text in names]), False)
    made = builder.sign(signer or authority()[0], hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def root() -> StoredCertificate:
    """The authority in Root."""
    return StoredCertificate.of(authority()[1], "Root")


def own(certificate: Certificate, **more: Any) -> StoredCertificate:
    """A real certificate in My, with its key."""
    return StoredCertificate.of(certificate, "My", **({"has_key": True, "key": Key(exportable=True)} | more))
