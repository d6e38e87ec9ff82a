# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of authorities are proved before any server hears of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._request.response import prove_answer
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
POOL = "edgepool.example.com"
NAME = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, POOL)])
KEY = ec.generate_private_key(ec.SECP256R1())
SERVER, CLIENT = x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH
REQUEST = SigningRequest.from_bytes(
    x509.CertificateSigningRequestBuilder()
    .subject_name(NAME)
    .sign(KEY, hashes.SHA256())
    .public_bytes(serialization.Encoding.DER)
)


def answer(key: Any = KEY, *, age: int = 1, days: int = 90, purpose: Any = SERVER) -> bytes:
    """A certificate, as a file."""
    begin = NOW - timedelta(days=age)
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), age, begin, begin + timedelta(days=days))
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def prove(data: bytes, **more: Any) -> Any:
    return prove_answer(data, REQUEST, signer="desk", now=NOW, usages=("Internal",), **more)


def test_of_several_certificates_for_the_key_the_newest_counts() -> None:
    other = answer(ec.generate_private_key(ec.SECP256R1()))
    found = prove(other + answer(age=5) + answer(age=2), names=[POOL])
    assert found.not_before == NOW - timedelta(days=2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (answer(ec.generate_private_key(ec.SECP256R1())), "answers another request, and nothing is imported"),
        (answer(age=91), "expired on 2026-05-31"),
        (answer(purpose=CLIENT), "is not meant for server authentication"),
        (answer()[:-60], "damaged"),
        (b"<html>Please log in</html>", "holds"),
        (b"", "is empty"),
    ],
)
def test_what_is_refused_names_the_signer_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as failure:
        prove(data)
    assert "signer desk: the answer" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_name_that_is_missing() -> None:
    with pytest.raises(InputError, match=r"lacks the name sip\.example\.com; nothing is imported"):
        prove(answer(), names=[POOL, "sip.example.com"])
