# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lifetimes and usages of certificates that public authorities issue."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._product.public_ca import (
    certificate_warnings,
    longest_lifetime,
    request_warnings,
)
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEY = ec.generate_private_key(ec.SECP256R1())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def certificate(begin: datetime, lifetime: timedelta, *purposes: Any) -> Certificate:
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "sip.example.com")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, begin, begin + lifetime)
    builder = builder.add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, *purposes]), False)
    return Certificate.from_der(builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


@pytest.mark.parametrize(
    ("begin", "days"),
    [
        ("2026-03-14T23:59:59", 398),
        ("2026-03-15T00:00:00", 200),
        ("2027-03-14T23:59:59", 200),
        ("2027-03-15T00:00:00", 100),
        ("2029-03-14T23:59:59", 100),
        ("2029-03-15T00:00:00", 47),
        ("2040-01-01T00:00:00", 47),
    ],
)
def test_longest_lifetime(begin: str, days: int) -> None:
    assert longest_lifetime(at(begin)) == days
    fitting = certificate(at(begin), timedelta(days=days, seconds=-1))
    assert certificate_warnings(fitting) == []
    (warning,) = certificate_warnings(certificate(at(begin), timedelta(days=days)))
    assert f"may last {days} days" in warning


def test_client_authentication() -> None:
    client = x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH
    (warning,) = certificate_warnings(certificate(at("2026-11-01"), timedelta(days=90), client))
    assert "client authentication" in warning
    (asked,) = request_warnings(client_eku=True, renew_before=None, now=at("2026-11-01"))
    assert asked.startswith("client_eku: public authorities no longer give")


@pytest.mark.parametrize(
    ("now", "days", "warned"),
    [("2026-11-01", 100, False), ("2026-11-01", 101, True), ("2029-04-01", 23, False), ("2029-04-01", 24, True)],
)
def test_renewal_that_does_not_suit_the_lifetime(now: str, days: int, warned: bool) -> None:
    found = request_warnings(client_eku=False, renew_before=timedelta(days=days), now=at(now))
    assert [text.partition(":")[0] for text in found] == ["renew_before"] * warned


def test_default_renewal_suits_every_lifetime() -> None:
    assert request_warnings(client_eku=False, renew_before=None, now=at("2030-01-01")) == []
