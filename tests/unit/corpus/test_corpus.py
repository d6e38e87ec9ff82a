# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Windows- and AD CS-made files, when they are there.

The folder is no part of the project: the environment variable SFB_CORPUS names it. Every case that matters is also made by code in the tests of the X.509 core.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.chain import check_chain_file, store_for
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import CertificateFile, read_certificates
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

FOLDER = Path(os.environ.get("SFB_CORPUS") or Path(__file__).resolve().parents[4] / "shared" / "data" / "x509")
FILES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file() and path.name != "INDEX.md"
)
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)

pytestmark = pytest.mark.skipif(
    not FILES, reason="the corpus of real certificate files is not beside this repository (set SFB_CORPUS)"
)


def _passphrases() -> dict[str, str]:
    """Passwords of the PFX files, from the table of the corpus."""
    index = FOLDER / "INDEX.md"
    rows = index.read_text(encoding="utf-8").splitlines() if index.is_file() else []
    found: dict[str, str] = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        if cells and cells[0].startswith("pfx/"):
            match = re.fullmatch(r"`([^`(]+)`", cells[-2])
            if match:
                found[cells[0]] = match[1]
    return found


PASSPHRASES = _passphrases()


def load(file: str) -> CertificateFile:
    """The certificates of a file of the corpus."""
    return read_certificates((FOLDER / file).read_bytes(), passphrase=PASSPHRASES.get(file), name=file)


def agrees_with_the_library(cert: Certificate) -> None:
    """Compare with the library's own reading of the same bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = x509.load_der_x509_certificate(cert.der)
        serial_number = other.serial_number
    assert cert.thumbprint == other.fingerprint(hashes.SHA1()).hex().upper()
    assert (cert.not_before, cert.not_after) == (other.not_valid_before_utc, other.not_valid_after_utc)
    assert int.from_bytes(bytes.fromhex(cert.serial_number), "big", signed=True) == serial_number
    assert (cert.subject_der, cert.issuer_der) == (other.subject.public_bytes(), other.issuer.public_bytes())
    assert cert.unreadable_extensions == ()
    try:
        basic = other.extensions.get_extension_for_class(x509.BasicConstraints).value
        assert (cert.is_ca, cert.path_length) == (basic.ca, basic.path_length)
    except x509.ExtensionNotFound:
        assert not cert.is_ca


def outcome_as_request(file: str, refusal: str) -> str:
    """What a file gives that holds no certificate: the request in it, or why it is refused."""
    try:
        request = SigningRequest.from_bytes((FOLDER / file).read_bytes(), name=file)
    except CertificatesError:
        return f"refused: {refusal}"
    return f"request: {request.subject}{'' if request.signature_valid else ' BAD SIGNATURE'}"


def outcome_of(file: str) -> str:
    """What a file gives, in one line."""
    try:
        found = load(file)
    except CertificatesError as error:
        return outcome_as_request(file, error.message)
    for cert in found.certificates:
        agrees_with_the_library(cert)
    stores = ", ".join(store_for(cert) or "leaf" for cert in found.certificates)
    return f"{found.kind}: {stores}{' + key' if found.key_certificate else ''}"


@pytest.mark.parametrize("file", FILES or ["(no corpus)"])
def test_every_file_gives_certificates_a_request_or_a_reason(
    file: str, record_property: Callable[[str, object], None]
) -> None:
    """Never a traceback, never a warning; the outcome goes into the table at the end of the run."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = outcome_of(file)
    assert "\n" not in outcome
    assert "BAD SIGNATURE" not in outcome
    if file in REFUSED:
        assert outcome.startswith("refused: ")
        assert file in outcome
    else:
        assert outcome.startswith(("certificates: ", "pkcs7: ", "pkcs12: ", "request: "))
    record_property("corpus", f"{file:<90} {outcome}")


REFUSED = {
    "awkward/decoyjoe__dotnet-x509-certificate-bug__certreq-is-an-inf.txt",
    "awkward/excerpt-40416192261__iis7-truncated.txt",
    "awkward/excerpt-7880761538__certenroll-docs-csr-labelled-certificate.pem",
    "awkward/webprofusion__certify__badcert.pfx",
    "p7b/dotnet__runtime-assets__empty.p7b",
    "p7b/dotnet__runtime-assets__empty.p7c",
}


@pytest.mark.parametrize(
    ("file", "stores", "leaves"),
    [
        ("p7b/nwlterry__certificarte_management__certnew.p7b", {"LABROOTCA-CA": "Root", "devops-LABDC01-CA": "CA"}, 0),
        ("awkward/DERIVED__nwlterry-certnew-trailing-crlf.p7b", {"LABROOTCA-CA": "Root", "devops-LABDC01-CA": "CA"}, 0),
        ("p7b/pkanand73__logs__certnew.p7b", {"PDC-CISDCS-001-CA": "Root"}, 1),
        (
            "awkward/hvasudeva__cert__sdhonaz_capgemini_com_interm.cer",
            {
                "AAA Certificate Services": "Root",
                "USERTrust RSA Certification Authority": "CA",
                "Sectigo RSA Organization Validation Secure Server CA": "CA",
            },
            0,
        ),
    ],
)
def test_chain_files_are_split(file: str, stores: dict[str, str], leaves: int) -> None:
    """Roots to Root, other CAs to CA, leaves nowhere, and nothing speaks against it."""
    result = check_chain_file(load(file).certificates, now=NOW)
    assert {item.certificate.common_names[0]: item.store for item in result.placements} == stores
    assert len(result.leaves) == leaves
    assert result.problems == ()


def test_chain_with_sha_1() -> None:
    """Signed with SHA-1 throughout: verified all the same; the issuing CA has expired since 2025."""
    result = check_chain_file(load("p7b/qiuwangxu__learn-react__certnew.p7b").certificates, now=NOW, allow_expired=True)
    assert {item.certificate.common_names[0]: item.store for item in result.placements} == {
        "SFCA": "Root",
        "CNSZ20VW0113-CA": "CA",
    }
    assert result.problems == ()


def test_expired_issuing_ca_is_refused_by_name() -> None:
    """The leaf has expired too, but a leaf is not judged here."""
    certs = load("p7b/hvasudeva__cert__certnew.p7b").certificates
    result = check_chain_file(certs, now=NOW)
    assert len(result.problems) == 1
    assert result.problems[0].startswith("CN=CapgeminiPKIIssuingCA1, ")
    assert "expired on 2026-02-12T" in result.problems[0]
    assert check_chain_file(certs, now=NOW, allow_expired=True).problems == ()
    assert len(result.leaves) == 1


def test_directory_path_subject() -> None:
    """The most specific common name is the first one."""
    cert = load("cer/puckiestyle__ruby__certnew.cer").certificates[0]
    assert cert.common_names == ("amanda", "Users")


@pytest.mark.parametrize(
    ("file", "friendly_name"),
    [
        ("pfx/dotnet__runtime-assets__DummyTcpServer.pfx", "mycert"),
        ("pfx/dotnet__runtime-assets__testselfsignedservereku.contoso.com.pfx", None),
        ("pfx/PowerShell__PowerShell__ServerCert.pfx", "ClientCertTest"),
    ],
)
def test_friendly_names(file: str, friendly_name: str | None) -> None:
    """Without the final NUL of Windows."""
    found = load(file)
    assert found.key_certificate is not None
    assert found.friendly_name == friendly_name


def test_two_key_bags() -> None:
    """Two bags with the same certificate: one certificate, and its key is there."""
    found = load("pfx/dotnet__runtime-assets__TestDataCertificates-testservereku.contoso.com.pfx")
    assert len(found.certificates) == 1
    assert found.key_certificate == found.certificates[0]
