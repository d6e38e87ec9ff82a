# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate of a web server, made by an authority of its own, for tests."""

from __future__ import annotations

import datetime as dt
import ipaddress
import pathlib
import ssl
from dataclasses import dataclass

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv_login import channel_hash
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Identity:
    """Files of a server's certificate with its key, and of its authority; both PEM.

    :ivar channel: what NTLM is bound to over TLS.
    """

    file: pathlib.Path
    authority: pathlib.Path
    channel: bytes

    def context(self) -> ssl.SSLContext:
        """Settings of the server's side."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context


def make_identity(folder: pathlib.Path) -> Identity:
    """Makes a certificate for localhost and 127.0.0.1 in an existing folder, and the authority that it is from."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    signing = x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage)
    serving = x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage)
    root = _certificate(
        "Wire Root", "Wire Root", root_key, root_key, (x509.BasicConstraints(ca=True, path_length=None), signing)
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = _certificate(
        "localhost", "Wire Root", key, root_key, (x509.BasicConstraints(ca=False, path_length=None), serving, names)
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "winrm.pem").write_bytes(pem + leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "winrm-ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    channel = channel_hash(leaf.public_bytes(serialization.Encoding.DER))
    return Identity(folder / "winrm.pem", folder / "winrm-ca.pem", channel)


def _certificate(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    extensions: tuple[x509.ExtensionType, ...],
) -> x509.Certificate:
    now = dt.datetime.now(dt.timezone.utc)
    names = [x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)]) for text in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=2))
    identifiers = (
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
    )
    for extension in (*extensions, *identifiers):
        critical = isinstance(extension, (x509.BasicConstraints, x509.KeyUsage))
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())
