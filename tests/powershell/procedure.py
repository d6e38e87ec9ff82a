# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the internal procedure, of what can go wrong in it, and the example of the contract.

They are made by the core's encoder, each from what the earlier ones brought.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._remote import wire
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from .forms import SECRETS, b64, der, make_pfx, thumb, utc_now
from .servers import REPOSITORY

CONFIG = "ca.example.test\\Test Root"
ALL = sorted({*wire.SECTIONS, wire.TOPOLOGY, "requests", "services"})


@dataclass
class Side:
    """One of the two: how a call is made, and what the calls brought so far."""

    call: Callable[[str, dict[str, Any]], dict[str, Any]]
    authority: dict[str, Any]
    csr: bytes = b""
    answer: x509.Certificate | None = None
    pfx: bytes = b""
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def thumbprint(self) -> str:
        """Thumbprint of the certificate."""
        assert self.answer is not None
        return thumb(self.answer)


def chain(side: Side) -> steps.Step:
    """The import of both authorities."""
    root, sub = side.authority["root"].cert, side.authority["sub"].cert
    data = pkcs7.serialize_certificates([sub, root], serialization.Encoding.DER)
    return steps.cert_import(data, {thumb(root): "Root", thumb(sub): "CA"})


def request(**parameters: Any) -> steps.Step:
    """An offline request."""
    given = {"New": True, "Type": ["Internal"], "PrivateKeyExportable": True, "Output": "<tmp>/a.req"}
    return steps.cmdlet("Request-CsCertificate", **{**given, **parameters})


def assign(side: Side, **parameters: Any) -> steps.Step:
    """An assignment."""
    given = {"Type": ["Internal"], "Thumbprint": side.thumbprint}
    return steps.cmdlet("Set-CsCertificate", **{**given, **parameters})


def answer(side: Side) -> list[steps.Step]:
    """The import of the answer, then the export of the certificate."""
    side.csr = base64.b64decode(side.seen["request"]["steps"][2]["data"])
    side.answer = side.authority["sub"].sign(side.csr)
    names = [der(side.authority[name].cert) for name in ("sub", "root")]
    return [
        steps.write_file("<tmp>/a.cer", der(side.answer)),
        steps.cmdlet("Import-CsCertificate", Path="<tmp>/a.cer"),
        steps.delete_file("<tmp>/a.cer"),
        steps.cert_export(side.thumbprint, password=SECRETS["pfx"], chain=names),
    ]


def copy(side: Side) -> list[steps.Step]:
    """The import of the copy, twice: the second one finds it there."""
    data = base64.b64decode(side.seen["answer"]["steps"][3]["data"])
    key, cert, more = pkcs12.load_key_and_certificates(data, SECRETS["pfx"].encode())
    assert key is not None
    assert cert == side.answer
    assert len(more) == 2
    one = steps.cert_import(data, {side.thumbprint: "My"}, password=SECRETS["pfx"], exportable=True)
    return [chain(side), one, one]


def foreign(side: Side, name: str) -> steps.Step:
    """A certificate that cannot be assigned: of an authority that is not there, or without its key."""
    signer = side.authority["spare" if name == "no chain" else "sub"]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edgepool.example.test")])
    made = side.authority.setdefault(f"made {name}", signer.issue(subject, side.authority["spare"].key.public_key()))
    key = side.authority["spare"].key
    data = make_pfx(key, made, [], SECRETS["pfx"]) if name == "no chain" else der(made)
    password = SECRETS["pfx"] if name == "no chain" else None
    return steps.cert_import(data, {thumb(made): "My"}, password=password)


def example(side: Side) -> dict[str, Any]:
    """The example of the contract, with a real certificate in place of the shortened one."""
    text = (REPOSITORY / "docs" / "CONTRACT.md").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    root = side.authority["root"].cert
    assert found["steps"][0]["data"] == "MIIC..."
    found["steps"][0] |= {"data": b64(der(root)), "stores": {thumb(root): "Root"}}
    return found


def call(*made: steps.Step, read: list[str] | None = None) -> dict[str, Any]:
    """A call of steps, with all sections."""
    return {**wire.Call(steps=made).arguments(), "read": ALL if read is None else read}


WHEN = utc_now().replace(year=utc_now().year + 1, day=1)
#: By label: the server, and the call, made of what the earlier ones brought.
CALLS: dict[str, tuple[str, Callable[[Side], dict[str, Any]]]] = {
    "example of the contract": ("example", example),
    "new server": ("edge1", lambda side: call()),
    "a file that is not there": ("edge1", lambda side: call(steps.read_file("<tmp>/none"), read=[])),
    "request": ("edge1", lambda side: call(chain(side), request(), steps.read_file("<tmp>/a.req"))),
    "request once more": ("edge1", lambda side: call(request(Type=["NoSuchType"]), read=[])),
    "wrong role": ("edge1", lambda side: call(request(Type=["WebServicesInternal"]), read=[])),
    "management store": ("edge1", lambda side: call(request(ComputerFqdn="edge1.example.test"), read=[])),
    "answer": ("edge1", lambda side: call(*answer(side))),
    "copy": ("edge2", lambda side: call(*copy(side))),
    "wrong passphrase": (
        "edge2",
        lambda side: call(
            steps.cert_import(
                base64.b64decode(side.seen["answer"]["steps"][3]["data"]),
                {side.thumbprint: "My"},
                password=SECRETS["wrong"],
            )
        ),
    ),
    "not in the file": (
        "edge2",
        lambda side: call(steps.cert_import(der(side.authority["root"].cert), {"AB" * 20: "CA"})),
    ),
    "assign 1": ("edge1", lambda side: call(assign(side))),
    "assign 2": ("edge2", lambda side: call(assign(side))),
    "rerun": ("edge1", lambda side: call()),
    "staged": (
        "edge1",
        lambda side: call(assign(side, Type=["AudioVideoAuthentication"], Roll=True, EffectiveDate=WHEN)),
    ),
    "without date": ("edge1", lambda side: call(assign(side, Roll=True))),
    "no chain": (
        "edge2",
        lambda side: call(foreign(side, "no chain"), assign(side, Thumbprint=thumb(side.authority["made no chain"]))),
    ),
    "no key": (
        "edge2",
        lambda side: call(foreign(side, "no key"), assign(side, Thumbprint=thumb(side.authority["made no key"]))),
    ),
    "not there": ("edge2", lambda side: call(assign(side, Thumbprint="CD" * 20))),
    "no such export": ("edge2", lambda side: call(steps.cert_export("CD" * 20, password=SECRETS["pfx"]))),
    "in use": ("edge1", lambda side: call(steps.cmdlet("Remove-CsCertificate", Type=["Internal"]))),
    "previous": (
        "edge1",
        lambda side: call(
            steps.cmdlet("Remove-CsCertificate", Type=["AudioVideoAuthentication"], Previous=True, Force=True)
        ),
    ),
    "removed": ("edge1", lambda side: call(steps.cmdlet("Remove-CsCertificate", Type=["Internal"], Force=True))),
    "removed again": ("edge1", lambda side: call(steps.cmdlet("Remove-CsCertificate", Type=["Internal"], Force=True))),
    "taken away": ("edge1", lambda side: call(steps.cert_remove(thumb(side.authority["sub"].cert), store="CA"))),
    "pending": (
        "edge2",
        lambda side: call(
            steps.cmdlet("Request-CsCertificate", New=True, Type=["Internal"], CA=CONFIG, FriendlyName="a pending one")
        ),
    ),
    "cleared": ("edge2", lambda side: call(steps.cmdlet("Request-CsCertificate", Clear=True, RequestId=7))),
    "unreachable": (
        "edge2",
        lambda side: call(steps.cmdlet("Request-CsCertificate", New=True, Type=["Internal"], CA="other\\CA")),
    ),
    "refused": (
        "edge1",
        lambda side: {"contract": 1, "steps": [{"op": "cmdlet", "name": "Get-Process"}], "read": ["nonsense"]},
    ),
    "path": ("edge1", lambda side: call(steps.read_file("relative"), read=[])),
    "wrong contract": ("edge1", lambda side: {"contract": 2}),
    "check mode": ("edge1", lambda side: {**call(request(), read=["assignments"]), "_ansible_check_mode": True}),
}
