# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forms of the contract, and certificates for them."""

from __future__ import annotations

import base64
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

SECRETS = {"pfx": "Pfx-Secret-7319", "ca": "Ca-Secret-5521", "wrong": "Wrong-Secret-8842"}
NASTY = [
    "a;b|c&d`e",
    "$(Get-Date) $env:HOME",
    "'; Remove-Item x; '",
    '"quoted" \\" back\\slash',
    "{{ 7 * 7 }} {% raw %}",
    "2026-12-01T10:00:00Z",
    "/Date(1764583200000)/",
    "=leading",
    "-Force",
    "caf\u00e9 \u4e2d \U0001f512",
    "line1\nline2\ttab",
    "@{a=1}",
    "%PATH% !x! <&>",
    "  spaces  ",
    "#<cs>",
]


def text(value):
    return {"t": "text", "v": "=" + value}


def items(*values):
    return {"t": "list", "v": ["=" + v for v in values]}


def switch(value=True):
    return {"t": "switch", "v": value}


def flag(value=True):
    return {"t": "bool", "v": value}


def number(value):
    return {"t": "int", "v": value}


def secret(value):
    return {"t": "secret", "v": "=" + value}


def when(value):
    return {"t": "date", "v": value.strftime("%Y%m%dT%H%M%SZ")}


def path(value):
    return {"t": "path", "v": "=" + value}


def cmdlet(name, _timeout=None, _properties=None, **parameters):
    step = {"op": "cmdlet", "name": name, "parameters": parameters}
    if _timeout:
        step["timeout"] = _timeout
    if _properties:
        step["properties"] = _properties
    return step


def b64(data):
    return base64.b64encode(data).decode()


def write(name, data):
    return {"op": "write_file", "path": "=<tmp>/" + name, "data": b64(data)}


def read(name):
    return {"op": "read_file", "path": "=<tmp>/" + name}


class Authority:
    def __init__(self, name, parent=None):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.name = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        self.parent = parent
        self.cert = (parent or self).issue(self.name, self.key.public_key(), ca=True)

    def issue(self, subject, public_key, extensions=(), ca=False, days=(-1, 700)):
        now = utc_now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        return builder.sign(self.key, hashes.SHA256())

    def sign(self, csr_bytes, **kwargs):
        csr = x509.load_pem_x509_csr(csr_bytes.replace(b"NEW CERTIFICATE", b"CERTIFICATE"))
        assert csr.is_signature_valid
        return self.issue(csr.subject, csr.public_key(), csr.extensions, **kwargs)


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def not_after(cert):
    """Newer versions of cryptography give an aware time under another name."""
    return cert.not_valid_after_utc if hasattr(cert, "not_valid_after_utc") else cert.not_valid_after


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def thumb(cert):
    return cert.fingerprint(hashes.SHA1()).hex().upper()


def key_id(cert):
    """The key identifier of RFC 7093, section 2, method 1; of RSA keys, whose bits are the key of PKCS #1."""
    bits = cert.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return b64(hashlib.sha256(bits).digest()[:20])


def make_pfx(key, cert, chain, password):
    return pkcs12.serialize_key_and_certificates(
        b"x", key, cert, chain, serialization.BestAvailableEncryption(password.encode())
    )


def error(result, step=-1):
    """The first error of a failed step."""
    assert result["steps"][step]["ok"] is False, result["steps"][step]
    return result["steps"][step]["errors"][0]


def succeeded(result):
    assert result["fatal"] is None, result["fatal"]["message"]
    assert result["failed_step"] is None, (result["failed_step"], error(result)["message"])
    return result["steps"]
