# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a server sends, and hands on from task to task: authorities come in brief, however many there are."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, decode
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: As many as a Windows server may have; the product's own limit is 100 (product.md#too-many-root-certificates).
ROOTS = 300
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
NAME = x509.oid.NameOID


def row(subject: str, issuer: str, key: rsa.RSAPrivateKey, number: int) -> dict[str, object]:
    """A certificate as the file of an emulated server has it; one key is that of all, of RSA as most have."""
    by, to = (
        x509.Name(
            [
                x509.NameAttribute(NAME.COUNTRY_NAME, "DE"),
                x509.NameAttribute(NAME.ORGANIZATION_NAME, "Example Trust Services"),
                x509.NameAttribute(NAME.COMMON_NAME, text),
            ]
        )
        for text in (issuer, subject)
    )
    builder = x509.CertificateBuilder().issuer_name(by).subject_name(to).public_key(key.public_key())
    builder = builder.serial_number(number + 1).not_valid_before(BEGIN)
    builder = builder.not_valid_after(BEGIN + dt.timedelta(days=9000))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")
    return {"pem": pem.splitlines(), "friendly_name": "", "container": None}


def read(folder: pathlib.Path, roots: int) -> tuple[int, State]:
    """Bytes of the answer of a server with two own certificates and some more roots, and the state that it gives."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stores = {
        "My": [row(f"edge{number}.example.com", "Example Issuing CA", key, number) for number in range(2)],
        "CA": [row("Example Issuing CA", "Example Root CA", key, 2)],
        "Root": [row("Example Root CA", "Example Root CA", key, 3)],
        "REQUEST": [],
    }
    for number in range(roots):
        name = f"Example Trust Root CA {number}"
        stores["Root"].append(row(name, name, key, number))
    pool = PoolDescription(pool_fqdn="edgepool.example.com", fqdn="edge1.example.com")
    state = {
        "host": "edge1",
        "fqdn": "edge1.example.com",
        "assignments": {},
        "services": [],
        "requests": [],
        "last_request_id": 0,
        "containers": {},
        "stores": stores,
    }
    server = folder / "servers" / "edge1" / "server.json"
    server.parent.mkdir(parents=True)
    server.write_text(json.dumps(state))
    call = Call(topology=True)
    answer = run_contract(call.arguments(), pool, LabFolder(folder), "edge1")
    return len(json.dumps(answer)), decode(answer, call).state


def test_a_server_with_300_roots_stays_small(tmp_path: pathlib.Path) -> None:
    sent, state = read(tmp_path, ROOTS)
    assert len(state.store("Root")) == ROOTS + 1
    assert sent < 100_000
    assert len(json.dumps(state.to_dict())) < 50_000


def test_a_usual_server_stays_small(tmp_path: pathlib.Path) -> None:
    sent, state = read(tmp_path, 0)
    assert [len(state.store(store)) for store in ("My", "CA", "Root")] == [2, 1, 1]
    assert sent < 10_000
    assert len(json.dumps(state.to_dict())) < 8_000
