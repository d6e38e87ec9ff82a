# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cert_import, cert_export, cert_remove, cert_set and the store sections."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

STORES = ["My:full", "Root:brief", "CA:brief"]


def test_chain_goes_where_it_is_told(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    result = lab.done(ca.chain_step, ca.chain_step, read=["Root:brief", "CA:brief"])
    first, second = (s["certificates"] for s in result["steps"])
    assert [r["added"] for r in first] == [True, True]
    assert [r["added"] for r in second] == [False, False]
    row = {"thumbprint", "subject", "key_id", "not_before", "not_after"}
    assert [set(r) - row for r in first] == [{"has_key", "store", "added"}, {"issuer", "has_key", "store", "added"}]
    # The root issued the other certificate, which issued nothing here: only the root comes whole.
    (root,), (issuing,) = (result["read"][s]["certificates"] for s in ("Root", "CA"))
    assert set(root) == row | {"der"}
    assert set(issuing) == row | {"issuer"}


def test_certificates_without_a_store_are_only_listed(lab: Any, ca: Any) -> None:
    result = lab.done({**ca.chain_step, "stores": {}}, read=["Root:brief", "CA:brief"])
    assert [(r["store"], r["added"]) for r in result["steps"][0]["certificates"]] == [(None, False)] * 2
    assert result["read"]["Root"]["certificates"] == result["read"]["CA"]["certificates"] == []


def test_pfx(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    result = lab.done(ca.leaf_step, ca.leaf_step, read=STORES)
    row = next(r for r in result["steps"][0]["certificates"] if r["has_key"])
    assert (row["store"], row["added"], row["thumbprint"]) == ("My", True, forms.thumb(ca.leaf))
    assert not any(r["added"] for r in result["steps"][1]["certificates"])
    (mine,) = result["read"]["My"]["certificates"]
    assert base64.b64decode(mine["der"]) == forms.der(ca.leaf)
    assert mine["friendly_name"] == "from a file"
    assert mine["key"] == {
        "kind": "RSACryptoServiceProvider",
        "exportable": True,
        "provider": "Microsoft RSA SChannel Cryptographic Provider",
        "container": mine["key"]["container"],
        "machine": True,
    }
    keys = lab.folder.server("edge1").keys
    assert [p.stem for p in keys.iterdir()] == [mine["key"]["container"]]
    assert keys.stat().st_mode & 0o777 == 0o700
    assert next(keys.iterdir()).stat().st_mode & 0o777 == 0o600
    assert "der" in result["read"]["CA"]["certificates"][0]


def test_ksp_switch(lab: Any, ca: Any) -> None:
    lab.variables = {"switches": {"pfx_provider": "ksp"}}
    (mine,) = lab.done(ca.leaf_step, read=STORES)["read"]["My"]["certificates"]
    assert (mine["key"]["kind"], mine["key"]["provider"]) == ("RSACng", "Microsoft Software Key Storage Provider")


def test_key_comes_later(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    bare = {"op": "cert_import", "data": forms.b64(forms.der(ca.leaf)), "stores": {forms.thumb(ca.leaf).lower(): "My"}}
    result = lab.done(bare, read=["My:full"])
    assert result["read"]["My"]["certificates"][0]["key"] is None
    (mine,) = lab.done(ca.leaf_step, read=["My:full"])["read"]["My"]["certificates"]
    assert mine["has_key"]


def test_import_is_all_or_nothing(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    stores = {**ca.leaf_step["stores"], forms.thumb(ca.root.cert): "Nowhere"}
    error = lab.error({**ca.leaf_step, "stores": stores})
    assert error["id"] == "CsInvoke.Store"
    assert lab.files() == {"servers": b"", "servers/edge1": b""}


@pytest.mark.parametrize(
    ("change", "expected", "hresult"),
    [
        ({"password": "=Wrong-Secret-8842"}, "CryptographicException", "0x80070056"),
        ({"password": "="}, "CryptographicException", "0x80070056"),
        ({"data": "Z2FyYmFnZQ=="}, "CryptographicException", "0x80092009"),
        ({"data": ""}, "CryptographicException", "0x80092009"),
        ({"data": "%%%"}, "FormatException", "0x80131537"),
        ({"stores": {"AB" * 20: "My"}}, "CsInvoke.NotFound", "0x80131509"),
        ({"stores": []}, "MethodNotFound", None),
    ],
)
def test_import_refused(lab: Any, ca: Any, change: dict[str, Any], expected: str, hresult: str | None) -> None:
    error = lab.error({**ca.leaf_step, **change})
    assert error["id"] == expected
    if hresult:
        assert error["chain"][-1]["hresult"] == hresult
    if hresult == "0x80070056":
        assert "The specified network password is not correct." in error["message"]


def test_export(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    chain = [forms.b64(forms.der(c)) for c in ca.chain]
    password = f"={forms.SECRET}"
    step = {"op": "cert_export", "thumbprint": forms.thumb(ca.leaf).lower(), "chain": chain, "password": password}
    data = base64.b64decode(lab.done(ca.leaf_step, step)["steps"][1]["data"])
    loaded = pkcs12.load_pkcs12(data, forms.SECRET.encode())
    assert loaded.cert is not None
    assert (loaded.cert.certificate, loaded.cert.friendly_name) == (ca.leaf, b"from a file")
    assert loaded.key.private_numbers() == ca.leaf_key.private_numbers()  # type: ignore[union-attr]
    assert {forms.thumb(c.certificate) for c in loaded.additional_certs} == {forms.thumb(c) for c in ca.chain}


def test_a_key_that_is_not_exportable_stays(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done({**ca.leaf_step, "exportable": False})
    step = {"op": "cert_export", "thumbprint": forms.thumb(ca.leaf), "password": f"={forms.SECRET}"}
    error = lab.error(step)
    assert (error["id"], error["chain"][1]["hresult"]) == ("CryptographicException", "0x8009000B")
    assert "Key not valid for use in specified state." in error["message"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"op": "cert_export", "thumbprint": "AB" * 20, "password": "=x"}, "CsInvoke.NotFound"),
        ({"op": "cert_export", "thumbprint": "AB", "password": "=x"}, "CsInvoke.Protocol"),
        ({"op": "cert_export", "password": "=x"}, "CsInvoke.Protocol"),
        ({"op": "cert_remove", "thumbprint": "AB" * 20}, "CsInvoke.NotFound"),
        ({"op": "cert_remove", "thumbprint": "AB" * 20, "store": "my"}, "CsInvoke.Store"),
        ({"op": "cert_set", "thumbprint": "AB" * 20, "friendly_name": "=x"}, "CsInvoke.NotFound"),
    ],
)
def test_refused(lab: Any, step: dict[str, Any], expected: str) -> None:
    assert lab.error(step)["id"] == expected


def test_export_needs_key_and_password(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step)
    issuing = {"op": "cert_export", "store": "CA", "thumbprint": forms.thumb(ca.issuing.cert), "password": "=x"}
    assert lab.error(issuing)["id"] == "CsInvoke.NoKey"
    assert lab.error({"op": "cert_export", "thumbprint": forms.thumb(ca.leaf)})["id"] == "CsInvoke.Protocol"


def test_a_lost_key_file(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step)
    next(lab.folder.server("edge1").keys.iterdir()).unlink()
    (mine,) = lab.done(read=["My:full"])["read"]["My"]["certificates"]
    assert mine["has_key"]
    assert "Keyset does not exist" in mine["key"]["error"]
    error = lab.error({"op": "cert_export", "thumbprint": forms.thumb(ca.leaf), "password": "=x"})
    assert error["chain"][1]["hresult"] == "0x80090016"


def test_remove(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.done(ca.leaf_step)
    step = {"op": "cert_remove", "thumbprint": forms.thumb(ca.leaf)}
    keys = lab.folder.server("edge1").keys
    assert lab.done(step)["steps"][0]["key_deleted"] is False
    assert len(list(keys.iterdir())) == 1  # the container stays, as on Windows
    lab.done(ca.leaf_step)
    result = lab.done({**step, "delete_key": True}, read=["My:full"])
    assert result["steps"][0]["key_deleted"] is True
    assert result["read"]["My"]["certificates"] == []
    assert len(list(keys.iterdir())) == 1


def test_friendly_name(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    name = "2026-12-01T10:00:00Z caf\u00e9"
    step = {"op": "cert_set", "thumbprint": forms.thumb(ca.leaf), "friendly_name": f"={name}"}
    (mine,) = lab.done(ca.leaf_step, step, read=["My:full"])["read"]["My"]["certificates"]
    assert mine["friendly_name"] == name


def test_stores_need_an_administrator(lab: Any, ca: Any) -> None:
    lab.variables = {"elevated": False}
    error = lab.error(ca.leaf_step)
    assert (error["id"], error["chain"][1]["hresult"]) == ("CryptographicException", "0x80070005")


def test_names_as_windows_shows_them(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    parameters = {"Organization": 'Ex "A", B', "OU": "IT", "City": "Bonn", "State": "NRW", "Country": "DE"}
    (waiting,) = lab.done(*forms.request(**parameters), read=["REQUEST:full"])["read"]["REQUEST"]["certificates"]
    expected = 'CN=edgepool.example.test, OU=IT, O="Ex ""A"", B", L=Bonn, S=NRW, C=DE'
    assert waiting["subject"] == expected
    assert "issuer" not in waiting


def test_nothing_but_key_files_holds_a_key_or_a_secret(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    export = {"op": "cert_export", "thumbprint": forms.thumb(ca.leaf), "password": f"={forms.SECRET}"}
    data = ca.pfx(ca.leaf, ca.leaf_key)
    steps = [
        ca.leaf_step,
        export,
        *(forms.write("<tmp>/x.pfx", data), *forms.request()),
        forms.cmdlet("Import-CsCertificate", Path="<tmp>/x.pfx", Password={"t": "secret", "v": f"={forms.SECRET}"}),
    ]
    result = lab.done(*steps)
    lab.error({**ca.leaf_step, "password": "=Wrong-Secret-8842"})
    key = ca.leaf_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    forbidden = [forms.SECRET, "Wrong-Secret-8842", forms.b64(data), result["steps"][1]["data"], forms.b64(key)[40:90]]
    found = {**lab.files(), "journal.jsonl": lab.folder.journal.read_bytes()}
    for name, content in found.items():
        text = content.decode("utf-8").replace("\n", "")
        if "/keys/" not in name:
            assert not any(f in text for f in [*forbidden, "PRIVATE KEY"]), name
    assert forms.SECRET not in json.dumps(result)
