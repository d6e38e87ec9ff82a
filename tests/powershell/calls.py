# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of the step runner that do not depend on each other, in one batch."""

from __future__ import annotations

import os

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from .forms import (
    NASTY,
    SECRETS,
    b64,
    cmdlet,
    der,
    flag,
    items,
    make_pfx,
    number,
    path,
    read,
    secret,
    switch,
    text,
    thumb,
    write,
)
from .servers import process_start


def _folder(started, letter):
    """The name of a private folder of this process."""
    return f"sfbcert-{os.getpid()}-{started}-{letter * 32}"


def make_calls(lab, authority):
    """All independent calls, in one batch."""
    lab.host("one")
    lab.host("two", topology_error=True)
    lab.host("half")
    old = lab.homes["one"] / "tmp" / _folder(process_start() - 600 * 10**7, "a")  # the id was reused
    fresh = lab.homes["one"] / "tmp" / _folder(process_start(), "b")
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "x.pfx").write_text("x")
    # a store that cannot be opened: its folder is a file
    stores = lab.homes["half"] / ".dotnet/corefx/cryptography/x509stores"
    stores.mkdir(parents=True)
    (stores / "root").write_text("not a folder")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = authority["sub"].issue(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf.example.test")]), key.public_key()
    )
    chain = [authority["sub"].cert, authority["root"].cert]
    pfx = make_pfx(key, leaf, chain, SECRETS["pfx"])
    p7b = pkcs7.serialize_certificates(chain + [authority["spare"].cert], serialization.Encoding.DER)
    everything = {thumb(leaf): "My", thumb(chain[0]): "CA", thumb(chain[1]): "Root"}
    all_stores = ["My:full", "Root:full", "CA:full", "REQUEST:full"]
    new = {"New": switch(), "Type": items("Internal"), "Output": path("<tmp>/a.req")}
    pool = lambda value, **more: cmdlet("Get-CsPool", Identity=text(value), **more)  # noqa: E731
    imported = {
        "op": "cert_import",
        "data": b64(pfx),
        "password": "=" + SECRETS["pfx"],
        "stores": everything,
        "exportable": True,
    }
    outside = str(lab.homes["one"] / "outside.bin")
    one, calls = "one", []

    def call(label, steps=(), read=(), host=one, check=False, **more):
        calls.append((label, host, dict(more, steps=list(steps), read=list(read)), check))

    call("nothing")
    call(
        "files",
        [
            write("a.bin", b"\x00\xff"),
            read("a.bin"),
            {"op": "delete_file", "path": "=<tmp>/a.bin"},
            {"op": "delete_file", "path": "=<tmp>/a.bin"},
            read("a.bin"),
            {"op": "write_file", "path": "=" + outside, "data": b64(b"out")},
            {"op": "read_file", "path": "=" + outside},
            {"op": "write_file", "path": "=" + outside, "data": ""},
        ],
    )
    record = str(lab.homes["one"] / "data/set/request.json")
    call(
        "replace",
        [
            {"op": "write_file", "path": "=" + record, "data": b64(b"1")},
            {"op": "write_file", "path": "=" + record, "data": b64(b"2"), "make_folder": True, "replace": True},
        ],
    )
    call(
        "replace again",
        [
            {"op": "write_file", "path": "=" + record, "data": b64(b"2"), "make_folder": True, "replace": True},
            {"op": "write_file", "path": "=" + record, "data": b64(b"three"), "replace": True},
            {"op": "read_file", "path": "=" + record},
        ],
    )
    for number_, bad in enumerate(("<tmp>/../x", "<tmp>/a/b", "<tmp>/.x", "<tmp>/", "relative.bin")):
        call(f"path {number_}", [{"op": "read_file", "path": "=" + bad}])
    call(
        "values",
        [
            cmdlet(
                "Request-CsCertificate",
                New=switch(),
                List=switch(False),
                Type=items("AccessEdgeExternal", "DataEdgeExternal"),
                DomainName=text("x.example.test,y.example.test"),
                AllSipDomain=switch(),
                ClientEKU=flag(),
                PrivateKeyExportable=flag(True),
                KeySize=number(4096),
                Output=path("<tmp>/v.req"),
                Organization=text('Ex "A", B'),
                CaPassword=secret(SECRETS["ca"]),
                Country=text("DE"),
            ),
            read("v.req"),
            pool("x", Secret=secret(SECRETS["ca"])),
            pool("!types"),
            cmdlet("Get-CsPool", _properties=["Identity"], Identity=text("y")),
            cmdlet("Get-CsTopology", AsXml=switch()),
            cmdlet("Test-CsCertificateConfiguration"),
            cmdlet("Get-CsManagementStoreReplicationStatus", ReplicaFqdn=text("edge.example.test")),
            cmdlet("Invoke-CsManagementStoreReplication"),
            pool("!noise"),
        ],
        ["requests"],
    )
    for number_, _nasty in enumerate(NASTY):
        if number_ % 5 == 0:
            call(
                f"nasty {number_ // 5}",
                [cmdlet("Get-CsPool", Identity=text("x" + n), Site=text(n)) for n in NASTY[number_ : number_ + 5]],
                ["?" + n for n in NASTY],
            )
    call("nasty op", [{"op": NASTY[1]}])
    call("nasty cmdlet", [cmdlet(NASTY[2])])
    call("nasty parameter", [cmdlet("Get-CsPool", **{NASTY[3]: text("x")})])
    call("nasty store", [dict(imported, stores={thumb(leaf): NASTY[0]})])
    call("nasty thumbprint", [{"op": "cert_remove", "store": "Root", "thumbprint": NASTY[9]}])
    call("nasty path", [{"op": "read_file", "path": "=<tmp>/" + NASTY[1]}])
    call("nasty module", [pool("x")], modules=[NASTY[0]])
    call(
        "sections",
        [cmdlet("Stop-CsWindowsService", Name=text("RTCSRV"), Graceful=switch())],
        all_stores + ["assignments", "requests", "services", "computer", "topology"],
    )
    call("topology error", [], ["topology", "computer"], host="two")
    call("lync", [], ["computer"], modules=["NotThere", "SkypeForBusiness"])
    call(
        "import p7b",
        [{"op": "cert_import", "data": b64(p7b), "stores": {thumb(chain[0]): "CA", thumb(chain[1]): "Root"}}],
        ["Root:brief", "CA:brief"],
    )
    call(
        "import pfx",
        [
            imported,
            imported,
            {
                "op": "cert_import",
                "data": b64(der(authority["spare"].cert)),
                "stores": {thumb(authority["spare"].cert): "Root"},
            },
        ],
        ["My:full", "Root:brief", "CA:brief"],
    )
    call(
        "export",
        [
            {
                "op": "cert_export",
                "thumbprint": thumb(leaf).lower(),
                "chain": [b64(der(c)) for c in chain],
                "password": "=" + SECRETS["pfx"],
            }
        ],
    )
    call("friendly name", [{"op": "cert_set", "thumbprint": thumb(leaf), "friendly_name": "=2026-12-01T10:00:00Z"}])
    call(
        "remove",
        [
            {"op": "cert_remove", "thumbprint": thumb(leaf), "delete_key": True},
            {"op": "cert_remove", "store": "Root", "thumbprint": thumb(authority["spare"].cert)},
        ],
        ["My:full", "Root:full"],
    )
    call("half-way", [write("x.pfx", pfx), imported], ["My:full", "CA:full"], host="half")
    bare = {"op": "cert_import", "data": b64(der(leaf)), "stores": {thumb(leaf): "My"}}
    call("half-way again", [bare, imported], ["My:full"], host="half")
    call("key comes later", [bare, imported], ["My:full"], host="two")
    # error classes
    call("unknown parameter", [write("x", b"x"), cmdlet("Request-CsCertificate", New=switch(), Typ=items("Internal"))])
    call("ambiguous set", [cmdlet("Request-CsCertificate", List=switch(), **new)])
    call("missing mandatory", [cmdlet("Import-CsCertificate", Password=secret(SECRETS["pfx"]))])
    call("forbidden cmdlet", [cmdlet("Get-Process"), read("x")])
    call("other case", [cmdlet("get-cscertificate")])
    call("bad enum", [cmdlet("Request-CsCertificate", New=switch(), Type=items("Internal,Default"))])
    call("bad value", [cmdlet("Request-CsCertificate", New=switch(), Type=items("NoSuchType"))])
    call("bad types", [cmdlet("Request-CsCertificate", New={"t": "switch", "v": "=True"})])
    call("untagged", [cmdlet("Get-CsPool", Identity={"t": "text", "v": "x"})])
    call("prompt", [pool("!should_continue")])
    call("read host", [pool("!read_host")])
    call("non-terminating", [pool("!write_error"), pool("x")], ["services"])
    call("error action", [cmdlet("Get-CsPool", ErrorAction=text("SilentlyContinue"), Identity=text("!write_error"))])
    call("confirm", [cmdlet("Get-CsPool", Confirm=switch(), Identity=text("x"))])
    call("terminating", [pool("!throw"), pool("x")])
    call("nested", [pool("!nested")])
    call("timeout", [write("x", b"x"), cmdlet("Get-CsPool", _timeout=1, Identity=text("!sleep"))], ["services"])
    call(
        "blocked",
        [cmdlet("Get-CsManagementStoreReplicationStatus"), cmdlet("Get-CsPool", _timeout=1, Identity=text("!block"))],
        ["computer", "services"],
    )
    call("wrong password", [write("x.pfx", pfx), dict(imported, password="=" + SECRETS["wrong"])])
    call(
        "wrong password cmdlet",
        [
            write("x.pfx", pfx),
            cmdlet("Import-CsCertificate", Path=path("<tmp>/x.pfx"), Password=secret(SECRETS["wrong"])),
        ],
    )
    call("secret in error", [cmdlet("Import-CsCertificate", Path=secret("/none/" + SECRETS["wrong"]))])
    call("bad base64", [{"op": "write_file", "path": "=<tmp>/x", "data": "%%%"}])
    call("no certificate", [{"op": "cert_import", "data": b64(b"garbage"), "stores": {}}])
    call("not in file", [dict(imported, stores={"AB" * 20: "My"})])
    call("unknown thumbprint", [{"op": "cert_export", "thumbprint": "AB" * 20, "password": "=x"}])
    call("no key", [{"op": "cert_export", "store": "CA", "thumbprint": thumb(chain[0]), "password": "=x"}])
    call(
        "module missing",
        [read("x"), pool("x")],
        ["services", "computer", "My:brief"],
        modules=["NotThere", "NeitherThis"],
    )
    call("contract", [read("x")], contract=2)
    call("location", [read("x")], store_location="Everywhere")
    call("not steps", ["text", 5])
    call("check mode", [cmdlet("Get-CsPool", Identity=text("!noise")), read("x"), write("x", b"x")], check=True)
    results = lab.run(calls)
    results["_"] = {
        "leaf": leaf,
        "key": key,
        "chain": chain,
        "pfx": pfx,
        "old": old,
        "fresh": fresh,
        "spare": authority["spare"].cert,
    }
    return results
