# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so after a run that was cut short, and after the next ones. Each rule gives one line for each breach."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.certificates.tests.integration.conftest import Play
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from .site import Site
from .watch import CLAIM

#: PEM of any private key; PKCS#8 and PFX in DER and in base64.
_KEYS = (
    rb"PRIVATE KEY-----",
    rb"\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04",
    rb"IBADANBgkqhkiG9w0BAQEFAAS",
    rb"\x02\x01\x03\x30[\x80-\x84].{0,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07",
    rb"MII[A-Za-z0-9+/]{3}IBAz[A-Za-z0-9+/]{2,12}(?:SqGSIb3DQEHA|KoZIhvcNAQcB|qhkiG9w0BBw)",
)
_HOLDS_KEY = re.compile(b"|".join(_KEYS), re.DOTALL)
#: In names of files: thumbprints, key containers, numbers of requests and processes.
RANDOM = re.compile(r"[0-9A-Fa-f]{8}[0-9A-Fa-f-]*|(?<=ansible-local-)\S+|(?<=ansible-tmp/)\S+")
#: A factor of each key in use is looked for by this many of its bytes.
_PROBE = 30


def public_keys(server: pathlib.Path) -> set[str]:
    """The key pairs that a server has, each told by the hash of its public key; only those that a certificate or request uses."""
    state = json.loads((server / "server.json").read_text())
    used = {row["container"] for store in ("My", "REQUEST") for row in state["stores"][store]}
    return {_name(path) for path in (server / "keys").glob("*.pem") if path.stem in used}


def _name(path: pathlib.Path) -> str:
    key = _key(path.read_bytes()).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


@functools.cache
def _key(pem: bytes) -> PrivateKeyTypes:
    """A private key; each is read once, for that takes as long as all the rest of a judgement."""
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def keys_of(site: Site) -> dict[str, set[str]]:
    """The key pairs of all servers."""
    return {host: public_keys(site.server(host)) for host in site.hosts}


def lost_keys(before: Mapping[str, set[str]], now: Mapping[str, set[str]]) -> Iterator[str]:
    """Every key pair that a server had is still there."""
    for host, names in before.items():
        for name in sorted(names - now[host]):
            yield f"{host} has lost the private key {name[:12]}"


def lost_requests(site: Site, since: int, before: Mapping[str, set[str]]) -> Iterator[str]:
    """Every request that was made since then has its key on some server, so that an answer to it is of use, however late."""
    made = 0
    for call in site.pool.journal()[since:]:
        pairs = zip(call["steps"], call["results"], strict=False)
        made += sum(step.get("name") == "Request-CsCertificate" and result["ok"] for step, result in pairs)
    new = set().union(*keys_of(site).values()) - set().union(*before.values())
    if len(new) < made:
        yield f"{made} requests were made, {len(new)} of their keys are there"


def leaks(site: Site) -> Iterator[str]:
    """No private key is on any disk but in the key containers of the emulated servers and of the authority."""
    probes = _probes(site)
    for path in sorted(site.pool.folder.rglob("*")):
        if path.parent.name == "keys" or not path.is_file():
            continue
        data = path.read_bytes()
        if _HOLDS_KEY.search(data) or any(probe in data for probe in probes):
            yield f"{path.relative_to(site.pool.folder)} holds a private key"


def _probes(site: Site) -> set[bytes]:
    """A piece of a factor of each key, as it is and in base64 at each of the three offsets."""
    found = set()
    for path in site.pool.lab.rglob("keys/*.pem"):
        factor: int = _key(path.read_bytes()).private_numbers().p  # type: ignore[union-attr]
        raw = factor.to_bytes((factor.bit_length() + 7) // 8, "big")[:_PROBE]
        found.add(raw)
        found |= {base64.b64encode(raw[shift:-3])[:24] for shift in range(3)}
    return found


def unclear(play: Play) -> Iterator[str]:
    """What a run tells of a failure is one line; a traceback anywhere in its output is an error of its own, see L{Pool.play}."""
    for row in play.rows:
        text = str(row["result"].get("msg", "")).strip()
        if row["outcome"] in ("failed", "unreachable") and "\n" in text:
            yield f"'{row['task']}' tells more than one line: {text.splitlines()[0]}"


def leftovers(site: Site) -> Iterator[str]:
    """No temporary folder and no claim is left on a server."""
    for host in site.hosts:
        root = site.server(host)
        for path in [*root.rglob("sfbcert-*"), *(root / CLAIM).parent.glob(f"{CLAIM.name}*")]:
            yield f"{host} has {path.relative_to(root / 'files')} left"


def outline(site: Site, old: set[str]) -> dict[str, Any]:
    """The end state without what is another one in each run: thumbprints, times, and certificates made in vain.

    :param old: thumbprints of the certificates in use before.
    """
    now = datetime.now(timezone.utc)
    states = {host: site.pool.server(host) for host in site.hosts}
    names: dict[str, str] = dict.fromkeys(old, "old")
    found: dict[str, Any] = {}
    dates: set[str] = set()
    for host, state in states.items():
        assigned = {}
        for usage, row in sorted(state["assignments"].items()):
            for thumbprint in filter(None, (row["thumbprint"], row["previous"])):
                names.setdefault(thumbprint, f"new {usage}")
            staged = datetime.strptime(row["effective"], "%Y-%m-%dT%H:%M:%S%z") > now
            dates |= {row["effective"]} if staged else set()
            assigned[usage] = (names[row["thumbprint"]], names.get(row["previous"]), "staged" if staged else "in use")
        found[host] = {
            "assignments": assigned,
            "services": {row["name"]: row["status"] for row in state["services"]},
            "requests": len(state["requests"]) + len(state["stores"]["REQUEST"]),
        }
    return found | {"dates": len(dates)}


def left(site: Site, old: set[str]) -> str:
    """All that is there in the end but for what is another one in each run: L{outline}, what was made in vain, and all files."""
    stores = {host: {name: len(rows) for name, rows in site.pool.server(host)["stores"].items()} for host in site.hosts}
    files = sorted(
        RANDOM.sub("", str(path.relative_to(site.pool.folder)))
        for folder in (site.pool.lab, site.pool.inbox)
        for path in folder.rglob("*")
    )
    return json.dumps([outline(site, old), stores, files], sort_keys=True)


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """The end state is that of a run that nothing happened to."""
    for name in [*wanted, *(name for name in found if name not in wanted)]:
        one, other = wanted.get(name), found.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from differences(one, other, f"{where}{name} ")
        elif one != other:
            yield f"{where}{name} is {json.dumps(other)} in the end, not {json.dumps(one)}"


def used(site: Site) -> set[str]:
    """Thumbprints of all certificates that are assigned."""
    return {row["thumbprint"] for host in site.hosts for row in site.pool.server(host)["assignments"].values()}


def ended(site: Site) -> Iterator[str]:
    """Each certificate in use has its key on its server."""
    for host in site.hosts:
        keys = public_keys(site.server(host))
        state = site.pool.server(host)
        for usage, row in state["assignments"].items():
            (stored,) = [item for item in state["stores"]["My"] if item["thumbprint"] == row["thumbprint"]]
            spki = x509.load_pem_x509_certificate("\n".join(stored["pem"]).encode()).public_key()
            der = spki.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            if hashlib.sha256(der).hexdigest() not in keys:
                yield f"{host} has no private key for the certificate of {usage}"
