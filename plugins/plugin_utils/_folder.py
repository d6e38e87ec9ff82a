# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder on the controller into which requests are put, and from which certificates are taken. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._state.unknown import is_unknown
from ..module_utils._x509.content import PKCS12, find_objects
from ..module_utils._x509.files import CertificateFile, read_certificates
from ..module_utils._x509.request import SigningRequest
from ._pool import MEMBERS, raw_states

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "folder": {"type": "path", "required": True},
    "csr": {"type": "str"},
    "name": {"type": "str", "default": "request"},
    "public_keys": {"type": "list", "elements": "str", "no_log": False},
    "passphrase": {"type": "str", "no_log": True},
    **MEMBERS,
}
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["csr", "public_keys", "members"]],
    "required_one_of": [["csr", "public_keys", "members"]],
    "required_together": [["members", "variable"]],
    "required_by": {"servers": ["members"]},
}

#: Larger files are no answers of an authority.
_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class _File:
    """A file of the folder that holds certificates."""

    path: str
    data: bytes
    content: CertificateFile


def _put(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), mode=0o750, exist_ok=True)
    with open(path + ".new", "wb") as stream:
        stream.write(data)
    os.replace(path + ".new", path)


def _contents(folder: str) -> Iterator[tuple[str, bytes]]:
    """The files of a folder that are small enough to be certificates, by name."""
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.path.getsize(path) <= _LIMIT:
            with open(path, "rb") as stream:
                yield path, stream.read()


def _files(folder: str, passphrase: str | None) -> Iterator[_File]:
    """The files of a folder that hold certificates, whatever their names; a PFX only if the passphrase opens it."""
    for path, data in _contents(folder):
        try:
            yield _File(path, data, read_certificates(data, passphrase=passphrase, name=path))
        except CertificatesError:
            continue


def _requests(folder: str) -> Iterator[tuple[str, SigningRequest]]:
    """The files of a folder that hold requests, whatever their names."""
    for path, data in _contents(folder):
        try:
            yield path, SigningRequest.from_bytes(data, name=path)
        except CertificatesError:
            continue


def _unopened(folder: str, passphrase: str | None) -> list[str]:
    """The PFX of a folder that the passphrase does not open."""
    opened = {file.path for file in _files(folder, passphrase)}
    return [path for path, data in _contents(folder) if path not in opened and _is_pfx(path, data)]


def _is_pfx(path: str, data: bytes) -> bool:
    try:
        return any(item.kind == PKCS12 for item in find_objects(data, path))
    except CertificatesError:
        return False


def collect(folder: str, public_keys: set[str], passphrase: str | None) -> dict[str, Any]:
    """All that answers one of the requests, each PFX that the passphrase opens, and the requests that lie there.

    Raises `InputError` if a passphrase is given and opens none of several PFX: without one of them, a request would be made.
    """
    answers = []
    for file in _files(folder, passphrase):
        owned = passphrase is not None and file.content.key_certificate is not None
        if owned or any(item.public_key_sha256 in public_keys for item in file.content.certificates):
            answers.append({"name": file.path, "content": base64.b64encode(file.data).decode("ascii"), "pfx": owned})
    csrs = [request.pem for _path, request in _requests(folder) if request.public_key_sha256 in public_keys]
    unopened = _unopened(folder, passphrase)
    brought_key = any(answer["pfx"] for answer in answers)
    if passphrase is not None and unopened and not brought_key:
        names = ", ".join(os.path.basename(path) for path in unopened)
        raise InputError(
            f"passphrase: opens no PFX in {folder} ({names}); correct it (edge_answer_passphrase in the role), "
            "or take what is not meant out of the folder"
        )
    result: dict[str, Any] = {
        "changed": False,
        "found": bool(answers),
        "answers": answers,
        "csrs": csrs,
        "unopened": unopened,
    }
    if brought_key:
        result["_ansible_no_log"] = True
    return result


def public_keys_of(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> set[str]:
    """Those that are named, or those of the requests that wait on the servers that are.

    :raises InputError: what is known of a server is no state.
    """
    if params["public_keys"] is not None:
        return set(params["public_keys"])
    found: set[str] = set()
    for host, state in raw_states(params, task_vars):
        try:
            found |= {str(row["public_key"]) for row in (state["stores"]["REQUEST"] if state else ())}
        except (KeyError, TypeError) as error:
            raise InputError(
                f"servers: what is given for {host} is no state of a server; "
                "give what a module of this collection returned as 'server'"
            ) from error
    return found


def submit(folder: str, csr: str, name: str, *, check_mode: bool) -> dict[str, Any]:
    """Puts a request into the folder unless it lies there, and looks for what was issued for it."""
    if not csr.strip() or is_unknown(csr):
        if not check_mode:
            raise InputError("csr: is empty; give the request that cs_certificate_request returned")
        waiting_for = "the answer to a request that is not made yet"
        unknown = {"request_file": None, "public_key_sha256": None}
        return {"changed": True, "found": False, **unknown, "waiting_for": waiting_for}
    request = SigningRequest.from_bytes(csr.encode("utf-8"), name="csr")
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "request"
    path = os.path.join(folder, f"{stem}-{request.public_key_sha256[:8]}.req")
    lying = next((path for path, known in _requests(folder) if known.der == request.der), None)
    changed = lying is None
    path = lying or path
    if changed and not check_mode:
        _put(path, request.pem.encode("ascii"))
    result: dict[str, Any] = {"changed": changed, "found": False, "request_file": path, "waiting_for": ""}
    result["public_key_sha256"] = request.public_key_sha256
    result["diff"] = {"before": {"request_file": None if changed else path}, "after": {"request_file": path}}
    found = [
        (certificate, file)
        for file in _files(folder, None)
        for certificate in file.content.certificates
        if certificate.public_key_sha256 == request.public_key_sha256
    ]
    if not found:
        return result | {"waiting_for": f"a certificate in {folder} that answers {path}"}
    certificate, file = max(found, key=lambda pair: (pair[0].not_before, pair[1].path))
    content = base64.b64encode(file.data).decode("ascii")
    return result | {"found": True, "file": file.path, "content": content, "certificate": certificate.facts()}
