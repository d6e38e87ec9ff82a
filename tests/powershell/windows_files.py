# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what Test-CsInvoke.ps1 needs into a JSON file: a PFX with its key, and the certificate of its authority.

``python tests/powershell/windows_files.py files.json``; needs the Python library cryptography.
"""

from __future__ import annotations

import json
import pathlib
import secrets
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from forms import Authority, b64, der, thumb


def main(target: str) -> None:
    """Write the file."""
    password = secrets.token_urlsafe(18)
    issuing = Authority("sfb.certificates test issuing", Authority("sfb.certificates test root"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge.example.test")])
    leaf = issuing.issue(name, key.public_key())
    # the form that every Windows takes
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2000)
    builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())
    encryption = builder.build(password.encode())
    pfx = pkcs12.serialize_key_and_certificates(b"from a file", key, leaf, [issuing.cert], encryption)
    content = {
        "password": password,
        "pfx": b64(pfx),
        "leaf": thumb(leaf),
        "issuing": thumb(issuing.cert),
        "issuing_der": b64(der(issuing.cert)),
    }
    pathlib.Path(target).write_text(json.dumps(content), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
