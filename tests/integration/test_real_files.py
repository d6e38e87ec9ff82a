# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains and PFX files that Windows and AD CS made, on emulated servers; and the same cases made by code.

The folder of real files is no part of the project: the environment variable SFB_CORPUS names it. The emulated
servers have the clock of the day on which it was gathered.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import pathlib
import textwrap
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

CORPUS = pathlib.Path(os.environ.get("SFB_CORPUS") or pathlib.Path(__file__).resolve().parents[3] / "shared/data/x509")
DAY = dt.datetime(2026, 11, 21, 12, tzinfo=dt.timezone.utc)
real_files = pytest.mark.skipif(
    not (CORPUS / "INDEX.md").exists(),
    reason="the corpus of real certificate files is not beside this repository (set SFB_CORPUS)",
)

#: File, authorities for Root, for CA, and leaves, each by subject; that of the two-tier lab PKI is in DER.
TWO_TIERS = "p7b/nwlterry__certificarte_management__certnew.p7b"
WITH_LEAF = "p7b/pkanand73__logs__certnew.p7b"
EXPIRED = "p7b/hvasudeva__cert__certnew.p7b"
PFX = "pfx/dotnet__runtime-assets__contoso.com.pfx"
TWO_KEYS = "pfx/dotnet__runtime-assets__TestDataCertificates-testservereku.contoso.com.pfx"


@pytest.fixture
def then(pool):
    """The pool, with the clock of the day of the corpus."""
    offset = (DAY - dt.datetime.now(dt.timezone.utc)).total_seconds()
    pool.describe({"edge_site1": ["edge1", "edge2"]}, sfb_lab_clock_offset=offset)
    return pool


def stored(pool, store: str, host: str = "edge1") -> list[str]:
    """Subjects of the certificates of a store."""
    return [row["subject"] for row in pool.server(host)["stores"][store]]


def run_and_again(pool, task: dict[str, Any], hosts: str = "edge1") -> dict[str, Any]:
    """Runs a task, which changes every host once; a rerun and check mode change nothing."""
    run = pool.tasks(task, hosts=hosts)
    assert (run.rc, run.total("changed")) == (0, len(hosts.split(","))), run.output
    state, mark = pool.digest(), len(pool.journal())
    again = pool.tasks(task, task | {"check_mode": True}, hosts=hosts)
    assert (again.rc, again.total("changed")) == (0, 0), again.output
    assert (pool.digest(), pool.writing(mark)) == (state, [])
    return run.result("task 1")


def check_expired_chain(pool, path: pathlib.Path, issuing: str, root: str) -> None:
    """A chain with an expired issuing CA is refused by its name unless that is allowed."""
    state = pool.digest()
    refused = pool.tasks({"cs_certificate_chain": {"path": str(path)}})
    message = refused.message()
    assert f"CN={issuing}" in message
    assert "expired on 20" in message
    assert pool.digest() == state
    run_and_again(pool, {"cs_certificate_chain": {"path": str(path), "allow_expired": True}})
    assert [subject.partition(",")[0] for subject in stored(pool, "Root")] == [f"CN={root}"]
    assert [subject.partition(",")[0] for subject in stored(pool, "CA")] == [f"CN={issuing}"]


def check_pfx(pool, path: pathlib.Path, passphrase: str, thumbprint: str) -> None:
    """A PFX is imported with its key, and found by cs_certificate_info."""
    task = {"cs_certificate_import": {"path": str(path), "passphrase": passphrase}}
    assert run_and_again(pool, task)["thumbprint"] == thumbprint
    query = f"certificates[?thumbprint=='{thumbprint}'] | [0].[has_private_key, private_key_exportable]"
    assert pool.tasks({"cs_certificate_info": {"query": query}}).result("task 1")["query_result"] == [True, True]
    assert "wrong passphrase" in pool.tasks({"cs_certificate_import": {"path": str(path), "passphrase": "x"}}).message()


# ---- files that Windows made ----


@real_files
def test_chain_of_two_tiers(then) -> None:
    result = run_and_again(then, {"cs_certificate_chain": {"path": str(CORPUS / TWO_TIERS)}}, "edge1,edge2")
    for host in ("edge1", "edge2"):
        assert [subject.partition(",")[0] for subject in stored(then, "Root", host)] == ["CN=LABROOTCA-CA"]
        assert [subject.partition(",")[0] for subject in stored(then, "CA", host)] == ["CN=devops-LABDC01-CA"]
    assert (len(result["root"]), len(result["intermediate"]), result["leaves"]) == (1, 1, [])


@real_files
def test_chain_with_a_leaf(then) -> None:
    result = run_and_again(then, {"cs_certificate_chain": {"path": str(CORPUS / WITH_LEAF)}})
    assert [subject.partition(",")[0] for subject in stored(then, "Root")] == ["CN=PDC-CISDCS-001-CA"]
    assert (stored(then, "CA"), stored(then, "My")) == ([], [])
    (leaf,) = result["leaves"]
    assert "CN=hcpdc.obc.co.in" in leaf["subject"]
    (warning,) = result["warnings"]
    assert f"{leaf['subject']} ({leaf['thumbprint']}) is no authority and is not stored" in warning


@real_files
def test_chain_whose_issuing_authority_has_expired(then) -> None:
    check_expired_chain(then, CORPUS / EXPIRED, "CapgeminiPKIIssuingCA1", "CapgeminiPKIRootCA")


@real_files
@pytest.mark.parametrize(("file", "passphrase"), [(PFX, "testcertificate"), (TWO_KEYS, "PLACEHOLDER")])
def test_pfx_made_by_windows(then, file: str, passphrase: str) -> None:
    data = (CORPUS / file).read_bytes()
    own = pkcs12.load_pkcs12(data.rstrip(b"\0"), passphrase.encode()).cert.certificate
    check_pfx(then, CORPUS / file, passphrase, own.fingerprint(hashes.SHA1()).hex().upper())


# ---- the same, made by code ----


class Maker:
    """A small PKI of two tiers that issued a server certificate."""

    def __init__(self, *, issuing_ends: dt.datetime = DAY + dt.timedelta(days=900)) -> None:
        self.root_key, self.issuing_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for number in range(3))
        self.root = self._issue("Made Root CA", self.root_key, None, DAY + dt.timedelta(days=3650))
        self.issuing = self._issue("Made Issuing CA", self.issuing_key, (self.root, self.root_key), issuing_ends)
        issuer = (self.issuing, self.issuing_key)
        self.leaf = self._issue("edge.example.com", self.key, issuer, DAY + dt.timedelta(days=365), authority=False)

    @staticmethod
    def _issue(title: str, key: Any, issuer: Any, ends: dt.datetime, *, authority: bool = True) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, title)])
        builder = x509.CertificateBuilder().subject_name(name).public_key(key.public_key()).serial_number(1000)
        builder = builder.issuer_name(issuer[0].subject if issuer else name)
        builder = builder.not_valid_before(DAY - dt.timedelta(days=3000)).not_valid_after(ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        return builder.sign(issuer[1] if issuer else key, hashes.SHA256())

    def p7b(self, *certificates: x509.Certificate) -> bytes:
        """As certsrv gives it in "Base 64": the label is that of a certificate, the content is PKCS#7."""
        data = pkcs7.serialize_certificates(certificates, serialization.Encoding.DER)
        lines = textwrap.wrap(base64.b64encode(data).decode("ascii"), 64)
        return "\r\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode("ascii")

    def pfx(self, passphrase: str) -> bytes:
        """As Windows exports it: 3DES and SHA-1, and 8 zero bytes at the end."""
        builder = serialization.PrivateFormat.PKCS12.encryption_builder().hmac_hash(hashes.SHA1())
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        protection = builder.build(passphrase.encode())
        others = [self.issuing, self.root]
        return pkcs12.serialize_key_and_certificates(b"mycert\0", self.key, self.leaf, others, protection) + bytes(8)


def write(pool, name: str, data: bytes) -> pathlib.Path:
    """A file beside the playbook."""
    path = pool.folder / name
    path.write_bytes(data)
    return path


def test_made_chain_of_two_tiers_with_a_leaf(then) -> None:
    pki = Maker()
    path = write(then, "certnew.p7b", pki.p7b(pki.leaf, pki.issuing, pki.root))
    result = run_and_again(then, {"cs_certificate_chain": {"path": str(path)}}, "edge1,edge2")
    for host in ("edge1", "edge2"):
        assert (stored(then, "Root", host), stored(then, "CA", host)) == (["CN=Made Root CA"], ["CN=Made Issuing CA"])
        assert stored(then, "My", host) == []
    (leaf,) = result["leaves"]
    assert leaf["thumbprint"] == pki.leaf.fingerprint(hashes.SHA1()).hex().upper()
    assert f"CN=edge.example.com ({leaf['thumbprint']}) is no authority and is not stored" in result["warnings"][0]


def test_made_chain_whose_issuing_authority_has_expired(then) -> None:
    pki = Maker(issuing_ends=DAY - dt.timedelta(days=30))
    path = write(then, "certnew.p7b", pki.p7b(pki.leaf, pki.issuing, pki.root))
    check_expired_chain(then, path, "Made Issuing CA", "Made Root CA")


def test_made_pfx_with_its_chain(then) -> None:
    pki = Maker()
    thumbprint = pki.leaf.fingerprint(hashes.SHA1()).hex().upper()
    check_pfx(then, write(then, "server.pfx", pki.pfx("testcertificate")), "testcertificate", thumbprint)
    assert (stored(then, "Root"), stored(then, "CA")) == (["CN=Made Root CA"], ["CN=Made Issuing CA"])
    assert then.server("edge1")["stores"]["My"][0]["friendly_name"] == "mycert"
