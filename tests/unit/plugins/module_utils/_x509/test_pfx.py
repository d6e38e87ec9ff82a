# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PFX files for Windows."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._x509.pfx import build_pfx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

TRIPLE_DES = bytes.fromhex("060a2a864886f70d010c0103")
AES_256 = bytes.fromhex("060960864801650304012a")
SHA_1_MAC = bytes.fromhex("06052b0e03021a")
SHA_256_MAC = bytes.fromhex("0609608648016503040201")


@pytest.fixture(scope="module")
def chain(forge: Any) -> tuple[Any, Any]:
    """Leaf with an RSA key, and its root."""
    root = forge.issue("Root", ca=True)
    return forge.issue("leaf", root, key=forge.rsa_keys[0]), root


@pytest.mark.parametrize(
    ("encryption", "present", "absent"),
    [("compatible", (TRIPLE_DES, SHA_1_MAC), AES_256), ("modern", (AES_256, SHA_256_MAC), TRIPLE_DES)],
)
def test_algorithms(chain: Any, encryption: Any, present: tuple[bytes, ...], absent: bytes) -> None:
    """What old Windows reads holds no AES, and the other way round."""
    leaf, root = chain
    data = build_pfx(leaf.key_pem(), leaf.cert, [root.cert], passphrase="x", encryption=encryption)
    assert all(part in data for part in present)
    assert absent not in data
    loaded = pkcs12.load_pkcs12(data, b"x")
    assert isinstance(loaded.key, rsa.RSAPrivateKey)
    assert loaded.key.private_numbers() == leaf.key.private_numbers()
    assert len(loaded.additional_certs) == 1


@pytest.mark.skipif(which("openssl") is None, reason="the program openssl is not installed")
def test_openssl_reads_it(chain: Any, tmp_path: Path) -> None:
    """A second implementation finds the same encryption."""
    leaf, root = chain
    path = tmp_path / "edge.pfx"
    path.write_bytes(build_pfx(leaf.key, leaf.cert, [root.cert], passphrase="x", friendly_name="Edge"))
    command = ["openssl", "pkcs12", "-in", str(path), "-passin", "pass:x", "-info", "-noout"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert run.stderr.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2


def test_bad_arguments(forge: Any, chain: Any) -> None:
    """Empty passphrase, foreign key, no key, unknown encryption."""
    leaf, _root = chain
    with pytest.raises(InputError, match="needs a passphrase"):
        build_pfx(leaf.key, leaf.cert, passphrase="")
    with pytest.raises(InputError, match="does not belong to CN=leaf"):
        build_pfx(forge.rsa_keys[1], leaf.cert, passphrase="x")
    with pytest.raises(InputError, match="not an unencrypted PEM key"):
        build_pfx("nonsense", leaf.cert, passphrase="x")
    with pytest.raises(InputError, match="choose compatible or modern"):
        build_pfx(leaf.key, leaf.cert, passphrase="x", encryption="rc4")  # type: ignore[arg-type]
