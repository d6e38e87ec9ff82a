# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated CA and the clerk."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.adcs import (
    TEMPLATE_NAME,
    Authority,
    Order,
    Terms,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command import main as command
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.content import read_content
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = dt.datetime.now(dt.timezone.utc)


def make_csr(*names: str) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge.example.test")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())


def pem(csr: x509.CertificateSigningRequest) -> bytes:
    return csr.public_bytes(serialization.Encoding.PEM)


def names_of(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def test_two_tiers(lab: Any) -> None:
    authority = Authority(lab.folder)
    path = authority.prepare()
    issuing, root = authority.chain()
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert {c.fingerprint(hashes.SHA1()) for c in pkcs7.load_der_pkcs7_certificates(path.read_bytes())} == {
        c.fingerprint(hashes.SHA1()) for c in (issuing, root)
    }
    assert 9 < (root.not_valid_after_utc - root.not_valid_before_utc).days / 365.25 < 11
    assert 4 < (issuing.not_valid_after_utc - issuing.not_valid_before_utc).days / 365.25 < 6
    before = lab.files()
    assert Authority(lab.folder).prepare() == path
    assert lab.files() == before
    keys = lab.folder.adcs / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in keys.iterdir()} == {0o600}


def test_what_the_template_adds(lab: Any) -> None:
    csr = make_csr("edge.example.test", "sip.example.test")
    authority = Authority(lab.folder)
    issued = authority.sign(Order.from_csr(pem(csr)), Terms(now=NOW))
    issuing = authority.chain()[0]
    issued.verify_directly_issued_by(issuing)
    assert issued.subject == csr.subject
    assert issued.public_key() == csr.public_key()
    assert names_of(issued) == ["edge.example.test", "sip.example.test"]
    found = issued.extensions
    assert list(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = found.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_encipherment, usage.value.key_cert_sign) == (
        True,
        True,
        False,
    )
    template = found.get_extension_for_oid(x509.ObjectIdentifier(TEMPLATE_NAME)).value
    assert isinstance(template, x509.UnrecognizedExtension)
    assert template.value == b"\x1e\x12" + "WebServer".encode("utf-16-be")
    subject_key = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert found.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == subject_key.digest
    assert found.get_extension_for_class(x509.CRLDistributionPoints)
    assert found.get_extension_for_class(x509.AuthorityInformationAccess)
    (row,) = authority.issued()
    assert (row["request_id"], row["thumbprint"]) == (1, issued.fingerprint(hashes.SHA1()).hex().upper())


def test_terms(lab: Any) -> None:
    start = dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc)
    terms = Terms(
        now=NOW, days=30, not_before=start, drop=("A.test",), add=("c.test",), extra_purposes=("1.3.6.1.5.5.7.3.2",)
    )
    issued = Authority(lab.folder).sign(Order.from_csr(pem(make_csr("a.test", "b.test"))), terms)
    assert names_of(issued) == ["b.test", "c.test"]
    assert (issued.not_valid_before_utc, issued.not_valid_after_utc) == (start, start + dt.timedelta(days=30))
    assert len(issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == 2
    issuing = Authority(lab.folder).chain()[0]
    longest = Authority(lab.folder).sign(Order.from_csr(pem(make_csr())), Terms(now=NOW, days=9999))
    assert longest.not_valid_after_utc == issuing.not_valid_after_utc


def _tampered() -> bytes:
    der = bytearray(make_csr().public_bytes(serialization.Encoding.DER))
    der[der.index(b"edge.example.test")] ^= 1
    return bytes(der)


_EMPTY = b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"


@pytest.mark.parametrize("data", [b"", b"hello", b"\x30\x03\x02\x01\x01", _EMPTY, _tampered()])
def test_what_is_no_request(data: bytes) -> None:
    with pytest.raises(LabError) as caught:
        Order.from_csr(data, name="a.req")
    assert caught.value.message.startswith("a.req")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        lambda data: data.replace(b"CERTIFICATE REQ", b"NEW CERTIFICATE REQ"),
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
        lambda data: base64.b64decode(b"".join(data.splitlines()[1:-1])),
        lambda data: b"".join(data.splitlines()[1:-1]),
    ],
)
def test_forms_of_a_request(change: Callable[[bytes], bytes]) -> None:
    csr = make_csr("a.test")
    assert Order.from_csr(change(pem(csr))).names == ("a.test",)


@pytest.fixture
def run(lab: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], str]]:
    """Run the command; gives exit status, lines, and what it says on standard error."""

    def call(*arguments: object) -> tuple[int, list[str], str]:
        status = command.main(["--lab", str(lab.folder.path), *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err

    return call


def test_init(run: Any, lab: Any) -> None:
    status, (path,), _err = run("init")
    assert (status, Path(path)) == (0, lab.folder.adcs / "certnew.p7b")
    assert len(read_content(Path(path).read_bytes(), "")) == 2


@pytest.mark.parametrize(
    ("form", "suffix", "count", "first"),
    [("cer", "cer", 1, b"-"), ("der", "cer", 1, b"0"), ("p7b", "p7b", 3, b"0")],
)
def test_clerk(run: Any, tmp_path: Path, form: str, suffix: str, count: int, first: bytes) -> None:
    csr = make_csr("a.test")
    (tmp_path / "one.req").write_bytes(pem(csr))
    (tmp_path / "two.txt").write_bytes(pem(make_csr()))
    (tmp_path / "note.txt").write_text("a note")
    status, lines, _err = run("sign", tmp_path, "--format", form, "--days", 10)
    assert (status, lines[-1]) == (0, "signed: 2")
    assert lines[0].startswith("signed: one.req: CN=edge.example.test -> one.")
    data = (tmp_path / f"one.{suffix}").read_bytes()
    assert data[:1] == first
    answers = [x509.load_der_x509_certificate(c.der) for c in read_content(data, "")]
    assert len(answers) == count
    assert csr.public_key() in [c.public_key() for c in answers]
    assert run("sign", tmp_path)[:2] == (0, ["answered: one.req", "answered: two.txt", "signed: 0"])


def test_the_clerk_goes_by_key_not_by_name(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.req").write_bytes(pem(make_csr()))
    run("sign", tmp_path)
    (tmp_path / "a.cer").rename(tmp_path / "renamed.txt")
    assert run("sign", tmp_path)[1] == ["answered: a.req", "signed: 0"]
    old = (tmp_path / "renamed.txt").rename(tmp_path / "a.cer").read_bytes()
    (tmp_path / "a.req").write_bytes(pem(make_csr()))
    assert run("sign", tmp_path)[1][-1] == "signed: 1"
    assert (tmp_path / "a.cer").read_bytes() == old
    assert (tmp_path / "a-2.cer").exists()


def test_clerk_refuses(run: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.csr").write_text("no request")
    (tmp_path / "good.csr").write_bytes(pem(make_csr()))
    status, lines, _err = run("sign", tmp_path)
    assert (status, lines[-1]) == (1, "signed: 1")
    assert lines[0].startswith("refused: bad.csr: is no certificate signing request")


def test_clerk_denies(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.req").write_bytes(pem(make_csr()))
    assert run("sign", tmp_path, "--deny")[:2] == (0, ["denied: a.req: CN=edge.example.test", "signed: 0"])
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".cer"] == []


def test_clerk_options(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.req").write_bytes(pem(make_csr("a.test", "b.test")))
    options = ["--drop", "a.test", "--add", "c.test", "--client-eku", "--not-before", "2027-01-01T00:00:00Z"]
    run("sign", tmp_path, *options)
    issued = x509.load_pem_x509_certificate((tmp_path / "a.cer").read_bytes())
    assert names_of(issued) == ["b.test", "c.test"]
    assert issued.not_valid_before_utc == dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc)
    assert len(issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == 2


@pytest.mark.parametrize("arguments", [("sign", "/nowhere"), ("summary",)])
def test_errors_are_one_line(run: Any, lab: Any, arguments: tuple[str, ...]) -> None:
    if arguments == ("summary",):
        lab.done()
        lab.folder.journal.write_text("{\n")
    status, _lines, err = run(*arguments)
    assert (status, len(err.splitlines())) == (1, 1)


def test_reports(run: Any, lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    assert run("mark")[1] == ["0"]
    assign = forms.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=forms.thumb(ca.leaf))
    lab.done(ca.leaf_step, assign)
    assert run("mark")[1] == ["1"]
    secret = {"t": "secret", "v": f"={forms.SECRET}"}
    lab.error(forms.cmdlet("Import-CsCertificate", Path="C:\\x y.pfx", Password=secret, PrivateKeyExportable=True))
    lab.done(read=["computer"], host="edge2")
    lines = run("summary")[1]
    assert lines[0].split() == ["SERVER", "USAGE", "SUBJECT", "THUMBPRINT", "VALID", "UNTIL", "KEY"]
    until = ca.leaf.not_valid_after_utc.strftime("%Y-%m-%d")
    assert lines[1].split() == ["edge1", "Internal", "CN=leaf.example.test", forms.thumb(ca.leaf), until, "yes"]
    assert [line.split() for line in lines[-2:]] == [["edge1", "2", "1"], ["edge2", "1", "0"]]
    listed = "\n".join(run("journal", "--since", 1)[1])
    assert "Import-CsCertificate -Path 'C:\\x y.pfx' -Password ******** -PrivateKeyExportable $true" in listed
    assert "FAILED CsFile,Import-CsCertificate" in listed
    assert forms.SECRET not in listed
    assert [line[:13] for line in run("journal", "--since", 2, "--json")[1]] == ['{"number": 3,']
