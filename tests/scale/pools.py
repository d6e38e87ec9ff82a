# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated servers whose certificates are all in order, many of them: two are made so, and one of these is copied.

Servers of a pool share certificate and key, so that a copy with a name of its own is what a run would have made of it.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: The servers that are made by the playbooks of the collection.
SEED_SERVERS = 2
_POOL_FQDN = "edgepool1.example.com"
_COUNTRIES = ("US", "BE", "DE", "ES", "GB", "JP", "CH", "PL", "TW", "ZA")
_ORGANIZATIONS = (
    "Contoso Trust Services, Inc.",
    "Fabrikam Certification Authority GmbH",
    "Northwind Digital Identity",
    "Adventure Works Security Corporation",
    "Tailspin Internet Trust Network",
    "Wingtip Global Authentication Limited",
)
_TITLES = (
    "Global Root CA",
    "Primary Certification Authority",
    "Class 3 Public Root",
    "ECC Root Certificate Authority",
    "Assured ID Root",
)


def pools_of(servers: int, size: int = 0) -> list[tuple[int, int]]:
    """Divides servers into pools.

    :param size: servers of a pool, of which the last one may have fewer; 0 for one pool of all.
    :returns: numbers of the first and the last server of each.
    """
    size = size or servers
    return [(first, min(first + size - 1, servers)) for first in range(1, servers + 1, size)]


def inventory(lab: Path, servers: int, pool_size: int = 0) -> str:
    """The inventory of emulated servers, which have their certificates from a CA whose key is a file."""
    pools = {
        f"edge_site{number}": {
            "hosts": {f"edge[{first}:{last}]": None},
            "vars": {
                "edge_set": f"edge_site{number}",
                "sfb_lab_pool_fqdn": _POOL_FQDN,
                "sfb_lab_access_edge_fqdn": "sip.example.com",
                "sfb_lab_data_edge_fqdn": "webconf.example.com",
                "sfb_lab_av_edge_fqdn": "av.example.com",
            },
        }
        for number, (first, last) in enumerate(pools_of(servers, pool_size), 1)
    }
    shared = {
        "ansible_connection": "sfb.certificates.lab",
        "sfb_lab_path": str(lab),
        "sfb_lab_sip_domains": ["example.com", "example.net"],
        "edge_folder": str(lab / "adcs-inbox"),
        "edge_chain_file": str(lab / "adcs" / "certnew.p7b"),
        "edge_signer": "local_ca",
        "edge_signer_ca_certificate": str(lab / "adcs" / "Lab Issuing CA.cer"),
        "edge_signer_ca_private_key": str(lab / "adcs" / "keys" / "Lab Issuing CA.pem"),
    }
    return yaml.safe_dump({"edge": {"vars": shared, "children": pools}}, sort_keys=False)


def clone_server(source: Path, target: Path) -> None:
    """Copies the folder of an emulated server; the name of the new folder is that of the new server."""
    shutil.copytree(source, target)
    state = _read(target)
    domain = state["fqdn"].partition(".")[2]
    _write(target, {**state, "host": target.name, "fqdn": f"{target.name}.{domain}"})


def clone_lab(seed: Path, lab: Path, servers: int, pool_size: int = 0) -> None:
    """Makes a lab with many servers of one with two.

    The first server of a pool, which has made the requests, is like the first one of the seed, all others are like the second.
    Remote calls of the seed are not in its journal.
    """
    shutil.copytree(seed, lab, ignore=shutil.ignore_patterns("servers", "journal.jsonl"))
    for first, last in pools_of(servers, pool_size):
        for number in range(first, last + 1):
            source = "edge1" if number == first else "edge2"
            clone_server(seed / "servers" / source, lab / "servers" / f"edge{number}")


def root_certificates(number: int) -> list[x509.Certificate]:
    """Self-signed certificates of CAs with names such as those of public ones; their keys are thrown away."""
    now = datetime.now(timezone.utc)
    made = []
    for index, name in enumerate(itertools.islice(_names(), number)):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1000 + index))
            .not_valid_after(now + timedelta(days=5000 + index))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        made.append(builder.sign(key, hashes.SHA256()))
    return made


def _names() -> Iterator[x509.Name]:
    """As many different names as are asked for."""
    for generation in itertools.count(1):
        for title, organization in itertools.product(_TITLES, _ORGANIZATIONS):
            company = organization.partition(" ")[0]
            parts = (
                (NameOID.COUNTRY_NAME, _COUNTRIES[generation % len(_COUNTRIES)]),
                (NameOID.ORGANIZATION_NAME, organization),
                (NameOID.COMMON_NAME, f"{company} {title} G{generation}"),
            )
            yield x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def add_roots(servers: Iterable[Path], certificates: Sequence[x509.Certificate]) -> None:
    """Puts certificates into Root of emulated servers, as another program would do."""
    rows = [_row(certificate) for certificate in certificates]
    for server in servers:
        state = _read(server)
        root = state["stores"]["Root"]
        # what a row has is up to the emulated servers of that version
        root += [{name: row.get(name) for name in root[0]} for row in rows]
        _write(server, state)


def _row(certificate: x509.Certificate) -> dict[str, Any]:
    # as Windows shows a name: the last part first
    subject = ", ".join(
        f"{part.rfc4514_attribute_name}={_quoted(str(part.value))}" for part in reversed(list(certificate.subject))
    )
    return {
        "thumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),
        "subject": subject,
        "issuer": subject,
        "not_after": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "self_issued": True,
        "dns_names": [],
        "friendly_name": "",
        "container": None,
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode("ascii").splitlines(),
    }


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value


def _read(server: Path) -> dict[str, Any]:
    return dict(json.loads((server / "server.json").read_bytes()))


def _write(server: Path, state: Mapping[str, Any]) -> None:
    (server / "server.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
