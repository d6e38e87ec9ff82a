# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a server with very many root certificates sends: authorities come in brief."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._core.wire import Call, decode
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.folder import LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner import run_contract
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: As many as a Windows server may have; the product's own limit is 100 (reference section 6, row 10).
ROOTS = 300
LIMIT = 150_000


@pytest.fixture
def roots() -> dict[str, str]:
    """Self-signed authorities of the usual size, PEM by thumbprint; one key signs all, of RSA as most have."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    found = {}
    for number in range(ROOTS):
        attributes = [
            x509.NameAttribute(x509.oid.NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, "Example Trust Services Corporation"),
            x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, f"Example Global Root Certification Authority {number}"),
        ]
        name = x509.Name(attributes)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(number + 1).not_valid_before(begin)
        builder = builder.not_valid_after(begin + dt.timedelta(days=9000))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        found[certificate.fingerprint(hashes.SHA1()).hex().upper()] = pem
    return found


def test_a_read_of_a_server_with_300_roots_stays_small(tmp_path: pathlib.Path, roots: dict[str, str]) -> None:
    pool = PoolDescription(pool_fqdn="edgepool.example.com", fqdn="edge1.example.com")
    lab = LabFolder(tmp_path)
    stores = {
        "My": [],
        "Root": [{"pem": pem.splitlines(), "friendly_name": "", "container": None} for pem in roots.values()],
    }
    call = Call(topology=True)
    run_contract({"contract": 1, "steps": [], "read": []}, pool, lab, "edge1")
    folder = tmp_path / "servers" / "edge1"
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "host": "edge1",
        "fqdn": "edge1.example.com",
        "assignments": {},
        "services": [],
        "requests": [],
        "last_request_id": 0,
        "containers": {},
        "stores": {"CA": [], "REQUEST": []} | stores,
    }
    (folder / "server.json").write_text(json.dumps(state))
    answer = run_contract(call.arguments(), pool, lab, "edge1")
    read = decode(answer, call).state
    assert len(read.store("Root")) == ROOTS
    assert len(json.dumps(answer)) < LIMIT
    assert len(json.dumps(read.to_dict())) < LIMIT
