# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate signing requests of the wizard, certreq, IIS and the library."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def test_facts_of_an_ordinary_request(forge: Any) -> None:
    """Against the library that made it."""
    key = forge.rsa_keys[0]
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge.example.com")]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("sip.example.com")]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    request = SigningRequest.from_bytes(made.public_bytes(serialization.Encoding.PEM))
    assert request.der == made.public_bytes(serialization.Encoding.DER)
    assert request.pem == made.public_bytes(serialization.Encoding.PEM).decode()
    assert (request.subject, request.common_names) == ("CN=edge.example.com", ("edge.example.com",))
    assert request.dns_names == ("sip.example.com",)
    assert request.extended_key_usage == ("1.3.6.1.5.5.7.3.1",)
    assert (request.key_type, request.key_size, request.signature_valid) == ("RSA", 2048, True)
    facts = request.facts()
    assert json.loads(json.dumps(facts)) == facts


def test_the_key_ties_request_and_certificate(forge: Any) -> None:
    """The public key is how an answer is matched."""
    key = forge.ec_key()
    request = SigningRequest.from_bytes(forge.request("a", key))
    assert request.public_key_sha256 == forge.issue("b", key=key).cert.public_key_sha256


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256"])
def test_signatures_with_old_digests(forge: Any, digest: str) -> None:
    """All requests of IIS are signed with SHA-1, and the library calls them invalid."""
    data = forge.request("www.example.com", forge.rsa_keys[0], digest=digest)
    assert SigningRequest.from_bytes(data).signature_valid
    changed = data.replace(b"www.example.com", b"wwW.example.com")
    assert not SigningRequest.from_bytes(changed).signature_valid


@pytest.mark.parametrize("attribute", ["1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"])
def test_extensions_in_either_attribute(forge: Any, attribute: str) -> None:
    """IIS 5 and 6 ask for extensions through Microsoft's own attribute."""
    data = forge.request("a", forge.ec_key(), extensions=[forge.dns("sip.example.com")], attribute=attribute)
    assert SigningRequest.from_bytes(data).dns_names == ("sip.example.com",)


@pytest.mark.parametrize("label", ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "CERTIFICATE"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_labels_and_encodings(forge: Any, label: str, encoding: str) -> None:
    """By content; certreq and Exchange write UTF-16 and the label with NEW."""
    data = forge.request("a", forge.ec_key())
    lines = base64.encodebytes(data).decode().splitlines()
    text = "\r\n\r\n".join(f"  {line}" for line in [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])
    assert SigningRequest.from_bytes(text.encode(encoding)).der == data


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\0"])
def test_der_and_bare_base64(forge: Any, tail: bytes) -> None:
    """Both without any label."""
    data = forge.request("a", forge.ec_key())
    assert SigningRequest.from_bytes(data + tail).der == data
    assert SigningRequest.from_bytes(base64.b64encode(data) + tail).der == data


def test_what_is_no_request_is_named(forge: Any) -> None:
    """One line with the file's name."""
    cases = {
        forge.issue("a").der: "a certificate, not",
        forge.pkcs7(content_type="1.3.6.1.5.5.7.12.2", content=b"x"): "RequestType = PKCS10",
        forge.issue("a").key_pem(): "a private key, not",
        b"": "is empty",
        b"[NewRequest]\nSubject=x": "INF file",
        forge.request("a", forge.ec_key())[:-5]: "cut short",
    }
    for data, expected in cases.items():
        with pytest.raises(InputError, match=expected) as caught:
            SigningRequest.from_bytes(data, name="edge.req")
        assert "edge.req" in caught.value.message


def test_two_requests_are_refused(forge: Any) -> None:
    """Which one is meant? The same one twice is no question."""
    first, second = (forge.request(name, forge.ec_key()) for name in "ab")
    assert SigningRequest.from_bytes(first + first).der == first
    with pytest.raises(InputError, match="2 certificate requests"):
        SigningRequest.from_bytes(first + second)
