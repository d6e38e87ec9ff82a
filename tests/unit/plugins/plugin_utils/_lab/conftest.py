# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated pool, a certification authority outside of it, and short names for the contract's forms."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

SECRET = "Pfx-Secret-7319"
ALL = ["My:full", "Root:full", "CA:full", "REQUEST:full", "assignments", "requests", "services", "computer", "topology"]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def thumb(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA1()).hex().upper()


def typed(value: Any) -> dict[str, Any]:
    """The typed form that a Python value stands for."""
    if isinstance(value, dict):
        return value
    if isinstance(value, bool):
        return {"t": "bool", "v": value}
    if isinstance(value, int):
        return {"t": "int", "v": value}
    if isinstance(value, list):
        return {"t": "list", "v": ["=" + v for v in value]}
    if isinstance(value, dt.datetime):
        return {"t": "date", "v": value.strftime("%Y%m%dT%H%M%SZ")}
    if str(value).startswith("<tmp>"):
        return {"t": "path", "v": f"={value}"}
    return {"t": "text", "v": f"={value}"}


def cmdlet(name: str, **parameters: Any) -> dict[str, Any]:
    return {"op": "cmdlet", "name": name, "parameters": {k: typed(v) for k, v in parameters.items()}}


def write(path: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {"op": "write_file", "path": f"={path}", "data": b64(data), **more}


def read(path: str) -> dict[str, Any]:
    return {"op": "read_file", "path": f"={path}"}


def request(name: str = "a", types: Any = None, **more: Any) -> list[dict[str, Any]]:
    """An offline request and the reading of its file."""
    parameters = {"New": SWITCH, "Type": types or ["Internal"], "PrivateKeyExportable": True, **more}
    return [cmdlet("Request-CsCertificate", Output=f"<tmp>/{name}.req", **parameters), read(f"<tmp>/{name}.req")]


SWITCH = {"t": "switch", "v": True}


class Authority:
    """A certification authority."""

    def __init__(self, name: str, key: Any, parent: Authority | None = None) -> None:
        self.key = key
        self.name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        self.parent = parent
        self.cert = (parent or self).issue(self.name, key.public_key(), ca=True)

    def issue(
        self, subject: x509.Name | str, public_key: Any, *, days: tuple[float, float] = (-1, 700), ca: bool = False
    ) -> x509.Certificate:
        if isinstance(subject, str):
            subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, subject)])
        now = dt.datetime.now(dt.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now + dt.timedelta(days=days[0]))
        builder = builder.not_valid_after(now + dt.timedelta(days=days[1]))
        return builder.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(self.key, hashes.SHA256())

    def answer(self, csr: bytes, **more: Any) -> x509.Certificate:
        found = x509.load_pem_x509_csr(csr.replace(b"NEW CERTIFICATE", b"CERTIFICATE"))
        assert found.is_signature_valid
        return self.issue(found.subject, found.public_key(), **more)


@dataclass
class Lab:
    """An emulated pool in a folder."""

    folder: LabFolder
    variables: dict[str, Any] = field(default_factory=dict)

    def pool(self, host: str) -> PoolDescription:
        given = {"pool_fqdn": "edgepool.example.test", "fqdn": f"{host}.example.test", **self.variables}
        given.setdefault("sip_domains", ("example.test", "example.org"))
        return PoolDescription(**given)

    def call(self, *steps: Any, host: str = "edge1", read: Any = (), **more: Any) -> dict[str, Any]:
        arguments = {"contract": 1, "steps": list(steps), "read": list(read), **more}
        return run_contract(arguments, self.pool(host), self.folder, host)

    def done(self, *steps: Any, **more: Any) -> dict[str, Any]:
        """A call all of whose steps succeed."""
        result = self.call(*steps, **more)
        assert result["fatal"] is None, result["fatal"]
        assert result["failed_step"] is None, result["steps"][-1]
        return result

    def error(self, *steps: Any, **more: Any) -> dict[str, Any]:
        """The error of a call whose last step fails."""
        result = self.call(*steps, **more)
        assert result["fatal"] is None, result["fatal"]
        assert result["failed_step"] == len(steps) - 1, result["steps"][-1]
        found: dict[str, Any] = result["steps"][-1]["errors"][0]
        assert set(found) == {"message", "id", "category", "command", "chain"}
        assert all(set(c) == {"type", "message", "hresult"} for c in found["chain"])
        return found

    def files(self) -> dict[str, bytes]:
        """All files but the journal, by relative path."""
        paths = [p for p in sorted(self.folder.path.rglob("*")) if p != self.folder.journal]
        return {str(p.relative_to(self.folder.path)): p.read_bytes() if p.is_file() else b"" for p in paths}


@pytest.fixture(scope="session")
def key_pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of RSA keys, made once."""
    folder = tmp_path_factory.mktemp("keys")
    for number in range(8):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{number}.pem").write_bytes(pem)
    return folder


@pytest.fixture
def lab(tmp_path: Path, key_pool: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An empty lab whose keys come from the pool."""
    monkeypatch.setenv("SFB_LAB_KEY_POOL", str(key_pool))
    return Lab(LabFolder(tmp_path / "lab"))


@pytest.fixture(scope="session")
def ca(key_pool: Path) -> SimpleNamespace:
    """Root and issuing CA, an unrelated root, a leaf with its key, and forms of them."""
    keys = [load_key(p.read_bytes()) for p in sorted(key_pool.glob("*.pem"))[-4:]]
    root = Authority("Test Root", keys[0])
    issuing = Authority("Test Issuing", keys[1], root)
    spare = Authority("Unused Root", keys[2])
    leaf = issuing.issue("leaf.example.test", keys[3].public_key())
    chain = [issuing.cert, root.cert]

    def pfx(cert: x509.Certificate, key: Any, more: Any = None, password: str = SECRET) -> bytes:
        more = chain if more is None else more
        locked = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"from a file", key, cert, more, locked)

    places = {thumb(root.cert): "Root", thumb(issuing.cert): "CA"}
    return SimpleNamespace(
        root=root,
        issuing=issuing,
        spare=spare,
        leaf=leaf,
        leaf_key=keys[3],
        chain=chain,
        pfx=pfx,
        chain_step={
            "op": "cert_import",
            "data": b64(pkcs7.serialize_certificates(chain, serialization.Encoding.DER)),
            "stores": places,
        },
        leaf_step={
            "op": "cert_import",
            "data": b64(pfx(leaf, keys[3])),
            "password": f"={SECRET}",
            "stores": {thumb(leaf): "My", **places},
            "exportable": True,
        },
    )


@pytest.fixture(scope="session")
def forms() -> SimpleNamespace:
    """Functions that write the contract's forms."""
    return SimpleNamespace(
        ALL=ALL, SECRET=SECRET, SWITCH=SWITCH, Lab=Lab, b64=b64, cmdlet=cmdlet, der=der, read=read, request=request,
        thumb=thumb, typed=typed, write=write,
    )  # fmt: skip
