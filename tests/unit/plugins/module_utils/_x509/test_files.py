# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate files as Windows, certsrv, public CAs and people leave them."""

from __future__ import annotations

import base64
import hmac
import warnings
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from ansible_collections.sfb.certificates.plugins.module_utils._x509.pfx import build_pfx
from ansible_collections.sfb.certificates.plugins.module_utils._x509.pfx_mac import mac_key, passphrase_fits
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def _no_warnings() -> Any:
    """No warning of the library may reach the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def root(forge: Any) -> Any:
    return forge.issue("Root", ca=True)


@pytest.fixture(scope="module")
def leaf(forge: Any, root: Any) -> Any:
    return forge.issue("edge.example.com", root, key=forge.rsa_keys[0])


def pem(data: bytes, label: str = "CERTIFICATE", *, end: str = "\n", indent: str = "", width: int = 64) -> str:
    """A PEM block in any shape."""
    digits = base64.b64encode(data).decode()
    lines = [digits[start : start + width] for start in range(0, len(digits), width)]
    return end.join(indent + line for line in [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]) + end


def refusal(data: bytes, **arguments: Any) -> str:
    """The message with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_certificates(data, name="answer.cer", **arguments)
    assert "answer.cer" in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\0\0\0", b"\n\x1a"])
def test_der_with_what_may_follow(leaf: Any, tail: bytes) -> None:
    """Blanks and zeros behind the DER are no part of it."""
    result = read_certificates(leaf.der + tail)
    assert (result.kind, result.certificates) == ("certificates", (leaf.cert,))
    assert (result.key_certificate, result.friendly_name) == (None, None)


def test_several_der_certificates_in_one_file(root: Any, leaf: Any) -> None:
    """Concatenated, each once, in the order of the file."""
    assert read_certificates(leaf.der + b"\r\n" + root.der + leaf.der).certificates == (leaf.cert, root.cert)


SHAPES = {
    "plain": lambda data: pem(data).encode(),
    "crlf": lambda data: pem(data, end="\r\n").encode(),
    "no last line end": lambda data: pem(data).strip().encode(),
    "utf-8 mark": lambda data: b"\xef\xbb\xbf" + pem(data, end="\r\n").encode(),
    "utf-16-le mark": lambda data: b"\xff\xfe" + pem(data, end="\r\n").encode("utf-16-le"),
    "utf-16-be mark": lambda data: b"\xfe\xff" + pem(data).encode("utf-16-be"),
    "utf-16-le": lambda data: pem(data, end="\r\n").encode("utf-16-le"),
    "utf-16-be": lambda data: pem(data, end="\r\n").encode("utf-16-be"),
    "indented": lambda data: pem(data, indent="    ").encode(),
    "double-spaced": lambda data: pem(data, end="\r\n\r\n", indent="\t").encode(),
    "one line": lambda data: pem(data, width=100000).encode(),
    "hidden characters": lambda data: pem(data, end="\u200e\n\u00a0").encode(),
    "s_client": lambda data: ("subject=CN = a\nissuer=CN = b\n" + pem(data) + "---\nServer: x\n").encode(),
    "latin-1 around": lambda data: b"Gr\xfc\xdfe\n" + pem(data).encode(),
    "trusted label": lambda data: pem(data, "X509 CERTIFICATE").encode(),
    "bare base64": base64.b64encode,
    "bare base64, lines, utf-16": lambda data: b"\xff\xfe" + base64.encodebytes(data).decode().encode("utf-16-le"),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_text_shapes_of_a_certificate(leaf: Any, shape: Any) -> None:
    """Text is read whatever has been done to it on its way."""
    assert read_certificates(shape(leaf.der)).certificates == (leaf.cert,)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_text_shapes_of_a_chain_under_the_certificate_label(forge: Any, root: Any, leaf: Any, shape: Any) -> None:
    """certsrv's base64 chain calls PKCS#7 a CERTIFICATE."""
    result = read_certificates(shape(forge.pkcs7(leaf.der, root.der)))
    assert (result.kind, result.certificates) == ("pkcs7", (leaf.cert, root.cert))


@pytest.mark.parametrize("label", [None, "PKCS7", "CERTIFICATE", "CMS"])
def test_pkcs7_in_any_order(forge: Any, root: Any, leaf: Any, label: str | None) -> None:
    """Windows does not sort the SET; either order is read, and kept."""
    for first, second in ((root, leaf), (leaf, root)):
        data = forge.pkcs7(first.der, second.der, first.der)
        shaped = data + b"\r\n" if label is None else pem(data, label, end="\r\n").encode()
        assert read_certificates(shaped).certificates == (first.cert, second.cert)


def test_pkcs7_of_indefinite_length(forge: Any, root: Any) -> None:
    """BER, as some tools write it."""
    tlv = forge.tlv
    fields = (
        forge.integer(1) + tlv(0x31) + tlv(0x30, forge.oid("1.2.840.113549.1.7.1")) + tlv(0xA0, root.der) + tlv(0x31)
    )
    end = b"\0\0"
    ber = b"\x30\x80" + forge.oid("1.2.840.113549.1.7.2") + b"\xa0\x80\x30\x80" + fields + 3 * end
    assert read_certificates(ber).certificates == (root.cert,)


def test_pem_with_the_private_key(leaf: Any) -> None:
    """The key is passed over; only certificates are wanted."""
    assert read_certificates(leaf.key_pem() + pem(leaf.der).encode()).certificates == (leaf.cert,)


def test_certificates_and_chain_in_one_text(forge: Any, root: Any, leaf: Any) -> None:
    """Blocks of both kinds."""
    result = read_certificates((pem(leaf.der) + pem(forge.pkcs7(root.der, leaf.der), "PKCS7")).encode())
    assert (result.kind, result.certificates) == ("pkcs7", (leaf.cert, root.cert))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"\r\n \0", "is empty"),
        (b"hello", "text without a certificate"),
        (b"0 certificates were found", "text without a certificate"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\0\0\0\0CERT\0\0", "serialized certificate store"),
        (b"\x89\x01\x02\x00\xff", "binary data"),
        (b'[Version]\r\nSignature="$Windows NT$"\r\n[NewRequest]\r\nSubject="CN=a"', "INF file"),
        ('[NewRequest]\r\nSubject="CN=a"'.encode("utf-16"), "INF file"),
        (b"<html><head><title>401 -\n Unauthorized</title></head></html>", "HTML page titled '401 - Unauthorized'"),
        (b"<!DOCTYPE html><p>x", "an HTML page"),
        (
            b'<HTML><TITLE>Microsoft AD CS</TITLE>The disposition message is "Denied by x"',
            "says: Denied by x",
        ),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "no line END CERTIFICATE"),
        (b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n", "no base64"),
        (b"-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAw==\n-----END CERTIFICATE-----\n", "damaged"),
        (b"-----BEGIN PUBLIC THING-----\n%%\n-----END PUBLIC THING-----\n", "no certificate"),
        (b"\x30\x82\x10\x00\x00\x01\xff\xff", "cut short"),
        (b"\x30\x03\x02\x01\x05", "no certificate"),
    ],
)
def test_what_is_no_certificate_is_named(data: bytes, expected: str) -> None:
    """One line that tells what it is instead."""
    assert expected in refusal(data)


def test_a_request_is_named(forge: Any) -> None:
    """The usual mistake: the request in place of the answer."""
    data = forge.request("a", forge.rsa_keys[0])
    assert "holds a certificate request (PKCS#10)" in refusal(data)
    assert "holds a certificate request (PKCS#10)" in refusal(pem(data, "NEW CERTIFICATE REQUEST").encode())


def test_cmc_and_renewal_requests_are_named(forge: Any, leaf: Any) -> None:
    """certreq can wrap requests; the certificates inside are not an answer."""
    cmc = forge.pkcs7(leaf.der, content_type="1.3.6.1.5.5.7.12.2", content=b"x")
    renewal = forge.pkcs7(leaf.der, content=forge.request("a", forge.rsa_keys[0]))
    for data in (cmc, pem(cmc, "NEW CERTIFICATE REQUEST").encode(), renewal):
        assert "CMC or PKCS#7 request" in refusal(data)


def test_private_keys_are_named(leaf: Any) -> None:
    """In each encoding, encrypted or not, never quoted."""
    formats = serialization.PrivateFormat
    plain, locked = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"x")
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        for form, lock in ((formats.PKCS8, plain), (formats.PKCS8, locked), (formats.TraditionalOpenSSL, plain)):
            assert "holds a private key" in refusal(leaf.key.private_bytes(encoding, form, lock))


def test_other_objects_are_named(forge: Any, leaf: Any) -> None:
    """Public key, revocation list, PKCS#7 without certificates."""
    assert "holds a public key" in refusal(leaf.cert.public_key_der)
    when = (
        x509.CertificateRevocationListBuilder().issuer_name(x509.Name([])).last_update(forge.NOW.replace(tzinfo=None))
    )
    crl = when.next_update(forge.NOW.replace(tzinfo=None, year=2027)).sign(leaf.key, hashes.SHA256())
    assert "revocation list" in refusal(crl.public_bytes(serialization.Encoding.DER))
    assert "PKCS#7 file without any certificate" in refusal(forge.pkcs7())


def test_a_broken_certificate_in_a_chain(forge: Any, root: Any) -> None:
    """The place is told."""
    broken = forge.tlv(0x30, forge.tlv(0x30), forge.tlv(0x30), forge.tlv(3, b"\0"))
    assert "object 1 of answer.cer cannot be read" in refusal(forge.pkcs7(root.der, broken))


# --- PFX


@pytest.mark.parametrize("encryption", ["compatible", "modern"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 8])
def test_pfx(root: Any, leaf: Any, encryption: Any, tail: bytes) -> None:
    """Key, chain and name come back; Windows leaves zeros at the end."""
    made = build_pfx(
        leaf.key,
        leaf.cert,
        [leaf.cert, root.cert],
        passphrase="s3cr\u00e4t",
        friendly_name="Edge 2026",
        encryption=encryption,
    )
    result = read_certificates(made + tail, passphrase="s3cr\u00e4t", name="edge.pfx")
    assert result.kind == "pkcs12"
    assert result.certificates == (leaf.cert, root.cert)
    assert (result.key_certificate, result.friendly_name) == (leaf.cert, "Edge 2026")
    assert "wrong passphrase or damaged" in refusal(made, passphrase="other")
    assert "needs a passphrase" in refusal(made)
    assert read_certificates(base64.b64encode(made), passphrase="s3cr\u00e4t").key_certificate == leaf.cert


def library(der: bytes) -> x509.Certificate:
    """The library's object of a certificate."""
    return x509.load_der_x509_certificate(der)


@pytest.mark.parametrize(("written", "read"), [(b"mycert\0", "mycert"), (b"\0", None), (None, None)])
def test_friendly_names_of_windows(leaf: Any, written: bytes | None, read: str | None) -> None:
    """Windows writes the final NUL of the text into the file."""
    made = pkcs12.serialize_key_and_certificates(
        written, leaf.key, library(leaf.der), None, serialization.NoEncryption()
    )
    assert read_certificates(made).friendly_name == read


def test_pfx_with_the_same_certificate_twice(root: Any, leaf: Any) -> None:
    """As in files with two key bags; each certificate once."""
    others = [library(leaf.der), library(root.der)]
    made = pkcs12.serialize_key_and_certificates(
        None, leaf.key, library(leaf.der), others, serialization.NoEncryption()
    )
    assert read_certificates(made).certificates == (leaf.cert, root.cert)


def test_pfx_without_certificate_or_key(root: Any, leaf: Any) -> None:
    """A key alone is refused, certificates alone are read."""
    key_only = pkcs12.serialize_key_and_certificates(None, leaf.key, None, None, serialization.NoEncryption())
    assert "a private key but no certificate" in refusal(key_only)
    no_key = pkcs12.serialize_key_and_certificates(None, None, None, [library(root.der)], serialization.NoEncryption())
    result = read_certificates(no_key)
    assert (result.kind, result.certificates, result.key_certificate) == ("pkcs12", (root.cert,), None)


@pytest.mark.parametrize("passphrase", [None, "right"])
def test_pfx_whose_key_is_of_an_unknown_kind(forge: Any, leaf: Any, passphrase: str | None) -> None:
    """With a MAC that fits, the reason is not called a wrong passphrase; without MAC it stays open."""
    tlv, oid, integer = forge.tlv, forge.oid, forge.integer

    def data_content(data: bytes) -> Any:
        return tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(4, data)))

    key = tlv(0x30, integer(0), tlv(0x30, oid("1.2.643.7.1.1.1.1"), tlv(5)), tlv(4, tlv(4, b"x" * 32)))
    bag = tlv(0x30, oid("1.2.840.113549.1.12.10.1.1"), tlv(0xA0, key))
    safe = tlv(0x30, data_content(tlv(0x30, bag)))
    derived = mac_key(passphrase, salt=b"12345678", iterations=10, digest="sha1")
    digest = tlv(0x30, tlv(0x30, oid("1.3.14.3.2.26"), tlv(5)), tlv(4, hmac.new(derived, safe, "sha1").digest()))
    mac = tlv(0x30, digest, tlv(4, b"12345678"), integer(10))
    assert "though the passphrase is right" in refusal(
        tlv(0x30, integer(3), data_content(safe), mac), passphrase=passphrase
    )
    assert "key is of an unknown kind" in refusal(tlv(0x30, integer(3), data_content(safe)), passphrase=passphrase)


@pytest.mark.parametrize("encryption", ["compatible", "modern"])
def test_the_mac_of_a_pfx_knows_the_passphrase(leaf: Any, encryption: Any) -> None:
    """Against files that the library made."""
    made = build_pfx(leaf.key, leaf.cert, passphrase="s3cr\u00e4t", encryption=encryption)
    assert passphrase_fits(made, "s3cr\u00e4t") is True
    assert passphrase_fits(made, "secret") is False
    assert passphrase_fits(made, None) is False
    assert passphrase_fits(b"\x30\x03\x02\x01\x03", "x") is None


def test_damaged_pfx(leaf: Any) -> None:
    """Cut short anywhere: one line, no traceback."""
    made = build_pfx(leaf.key, leaf.cert, passphrase="x")
    for length in range(1, len(made), 97):
        assert refusal(made[:length], passphrase="x")


# --- any input


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=100).map(lambda data: bytes([0x30, len(data)]) + data),
        st.binary(max_size=100).map(lambda data: pem(data).encode()),
        st.text(max_size=100).map(lambda text: text.encode("utf-16")),
    )
)
def test_arbitrary_content_raises_nothing_else(data: bytes) -> None:
    """Certificates and requests: the errors of the collection or a result."""
    for read in (read_certificates, SigningRequest.from_bytes):
        message = "some file"
        try:
            read(data, name="some file")
        except CertificatesError as error:
            message = error.message
        assert "some file" in message
        assert "\n" not in message


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_changed_bytes_raise_nothing_else(forge: Any, root: Any, leaf: Any, data: st.DataObject) -> None:
    """Some bytes of good files changed: facts or the errors of the collection."""
    request = forge.request("a", forge.rsa_keys[0], extensions=[forge.dns("a.b")])
    content = bytearray(data.draw(st.sampled_from([root.der, forge.pkcs7(leaf.der, root.der), request])))
    for _change in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    message = "some file"
    for read in (
        lambda: [cert.facts() for cert in read_certificates(bytes(content), name="some file").certificates],
        lambda: SigningRequest.from_bytes(bytes(content), name="some file").facts(),
    ):
        try:
            read()
        except CertificatesError as error:
            message = error.message
        assert "some file" in message


_NOISE = st.text(st.characters(codec="utf-8", exclude_characters="-\ufeff"), max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    noise=st.tuples(_NOISE, _NOISE),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \r\n"]),
    indent=st.sampled_from(["", " ", "\t", "\u00a0\u200b"]),
    width=st.integers(1, 200),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_round_trip(leaf: Any, noise: tuple[str, str], end: str, indent: str, width: int, encoding: str) -> None:
    """PEM with anything around, any indent, width, line end and encoding gives the DER back."""
    text = noise[0] + "\n" + pem(leaf.der, end=end, indent=indent, width=width) + noise[1]
    assert read_certificates(text.encode(encoding)).certificates[0].der == leaf.der
