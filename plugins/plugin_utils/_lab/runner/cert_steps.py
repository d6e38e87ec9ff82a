# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps cert_import, cert_export, cert_remove and cert_set (contract: Steps).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import (
    hashes,
    pkcs12,
    serialization,
    x509,
)

from ..server import facts, keys
from ..server.content import ContentError, FileCertificate, read_content
from ..server.errors import cryptographic_error, stop_step
from ..server.session import Session
from ..server.state import STORES, Entry, ServerState
from ..server.values import decode_base64, get_data, get_field, get_list, get_map, get_text


def _check_store(name: Any) -> str:
    if name not in STORES:
        raise stop_step("Store", f"the store is not allowed: '{name}'")
    return str(name)


def _find(state: ServerState, store: Any, thumbprint: Any) -> Entry | None:
    text = "" if thumbprint is None else str(thumbprint)
    if not re.fullmatch(r"[0-9A-Fa-f]{40}", text):
        raise stop_step("Protocol", f"not a thumbprint: '{text}'")
    return state.find(_check_store(store), text)


def _need(state: ServerState, step: Any) -> tuple[str, Entry]:
    store = get_field(step, "store", "My")
    found = _find(state, store, get_field(step, "thumbprint"))
    if found is None:
        raise stop_step("NotFound", f"no certificate {get_field(step, 'thumbprint')} in the store {store}")
    return str(store), found


def cert_import(session: Session, step: Any) -> dict[str, Any]:
    """Put the certificates of a file into the stores given for them, all or nothing (contract: cert_import)."""
    places = get_map(get_field(step, "stores", {}))
    password = session.secrets.take(get_field(step, "password", "="))
    data = get_data(step)
    try:
        found = read_content(data, password)
    except ContentError as error:
        raise cryptographic_error("Import", 3, error.hresult) from None
    present = {facts.thumbprint(c.der) for c in found}
    for thumbprint in places:
        if str(thumbprint).upper() not in present:
            raise stop_step("NotFound", f"no certificate {thumbprint} in the file")
    exportable = get_field(step, "exportable") is True
    rows = []
    for certificate in found:
        entry = Entry(certificate.der, certificate.friendly_name)
        place = get_field(places, entry.thumbprint)
        row = {**entry.brief(), "has_key": certificate.key_pem is not None, "store": place, "added": False}
        rows.append(row)
        if place is not None:
            row["added"] = _add(session, entry, certificate, store=place, exportable=exportable)
    return {"ok": True, "certificates": rows}


def _add(session: Session, entry: Entry, certificate: FileCertificate, *, store: Any, exportable: bool) -> bool:
    state = session.state
    old = _find(state, store, entry.thumbprint)
    if old and (old.container or certificate.key_pem is None):
        return False
    session.need_administrator()
    container = None
    if certificate.key_pem is not None:
        ksp = session.pool.switch("pfx_provider") == "ksp"
        container = keys.store_key(state, certificate.key_pem, exportable=exportable, ksp=ksp)
    state.add(str(store), Entry(entry.der, entry.friendly_name, container))
    return True


def build_pfx(key_pem: bytes, leaf: Entry, chain: list[x509.Certificate], password: str) -> bytes:
    """A PFX as .NET Framework writes it: 3DES and SHA-1, 2000 rounds (powershell.md#export-to-a-pfx)."""
    encryption: Any = serialization.NoEncryption()
    if password:
        builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2000)
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        encryption = builder.hmac_hash(hashes.SHA1()).build(password.encode("utf-8"))
    name = leaf.friendly_name.encode("utf-8") or None
    return pkcs12.serialize_key_and_certificates(name, keys.load_key(key_pem), leaf.certificate, chain, encryption)


def cert_export(session: Session, step: Any) -> dict[str, Any]:
    """A certificate with its key and the given chain as a PFX (contract: cert_export)."""
    _store, entry = _need(session.state, step)
    if entry.container is None:
        raise stop_step("NoKey", f"certificate {entry.thumbprint} has no private key here")
    chain = []
    for item in get_list(get_field(step, "chain", [])):
        try:
            chain.append(facts.parse(decode_base64(str(item))))
        except ValueError:
            raise cryptographic_error(".ctor", 1, "0x80092009") from None
    password = session.secrets.take(get_field(step, "password"))
    container = session.state.containers[entry.container]
    pem = session.key_pem(container.name)
    if pem is None:
        raise cryptographic_error("Export", 2, "0x80090016")
    if not container.exportable:
        raise cryptographic_error("Export", 2, "0x8009000B")
    data = build_pfx(pem, entry, [c for c in chain if c != entry.certificate], password)
    return {"ok": True, "data": base64.b64encode(data).decode("ascii")}


def cert_remove(session: Session, step: Any) -> dict[str, Any]:
    """Take a certificate out of a store, with its key container if asked for and not shared."""
    store, entry = _need(session.state, step)
    session.need_administrator()
    session.state.remove(store, entry.thumbprint)
    delete = get_field(step, "delete_key") is True
    return {"ok": True, "key_deleted": session.state.drop_key(entry.container) if delete else False}


def cert_set(session: Session, step: Any) -> dict[str, Any]:
    """Set the friendly name of a certificate in its store."""
    store, entry = _need(session.state, step)
    name = get_text(get_field(step, "friendly_name"))
    session.need_administrator()
    renamed = Entry(entry.der, name, entry.container)
    kept = session.state.stores[store]
    session.state.stores[store] = [renamed if e == entry else e for e in kept]
    return {"ok": True}


STEPS = {"cert_import": cert_import, "cert_export": cert_export, "cert_remove": cert_remove, "cert_set": cert_set}
