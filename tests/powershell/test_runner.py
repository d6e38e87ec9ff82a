# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner in PowerShell 7: files, values, sections, stores, errors."""

from __future__ import annotations

import base64
import json
import os
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from .forms import NASTY, SECRETS, der, error, key_id, read, succeeded, thumb, write
from .servers import PWSH


def test_nothing_to_do(single):
    assert single["nothing"]["steps"] == []
    assert single["nothing"]["read"] == {}
    assert not single["nothing"].get("failed")


def test_files(single):
    steps = single["files"]["steps"]
    assert [s["ok"] for s in steps] == [True] * 7 + [False]
    assert single["files"]["failed_step"] == 7
    assert base64.b64decode(steps[1]["data"]) == b"\x00\xff"
    assert steps[4]["exists"] is False
    assert base64.b64decode(steps[6]["data"]) == b"out"


@pytest.mark.parametrize("index", range(5))
def test_paths(single, index):
    assert error(single[f"path {index}"])["id"] == "CsInvoke.Path"


def test_replace_in_one_move(single, lab):
    assert single["replace"]["failed_step"] == 0  # the folder was missing
    result = single["replace again"]
    assert result["failed_step"] is None, result
    assert base64.b64decode(result["steps"][2]["data"]) == b"three"
    folder = lab.homes["one"] / "data/set"
    assert [p.name for p in folder.iterdir()] == ["request.json"]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_calls_take_turns(lab):
    """A call waits for another one that changes the server; the lock of a killed process is free."""
    lab.host("turns")
    home = lab.homes["turns"]
    script = "$m=[Threading.Mutex]::new($false,'Global\\sfb.certificates'); $null=$m.WaitOne(); 'held'; Start-Sleep 60"
    holder = subprocess.Popen(
        [PWSH, "-NoProfile", "-Command", script],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ, HOME=str(home), TMPDIR=str(home / "tmp")),
    )
    try:
        assert "held" in holder.stdout.readline()
        steps = [write("a", b"1"), read("a")]
        busy = lab.run(
            [
                ("busy", "turns", {"steps": steps, "read": ["computer"], "lock_timeout": 1}),
                ("reading", "turns", {"steps": [read("a")], "read": [], "lock_timeout": 1}),
            ]
        )
        assert busy["busy"]["fatal"]["id"] == "CsInvoke.Busy"
        assert busy["busy"]["steps"] == []
        assert busy["reading"]["fatal"] is None
    finally:
        holder.kill()
        holder.wait()
    assert lab.run([("free", "turns", {"steps": steps, "read": [], "lock_timeout": 5})])["free"]["fatal"] is None


def test_private_folders(single, lab):
    assert lab.leftovers() == [str(single["_"]["fresh"])]
    assert not single["_"]["old"].exists()


def test_values(single):
    steps = succeeded(single["values"])
    csr = x509.load_pem_x509_csr(base64.b64decode(steps[1]["data"]).replace(b"NEW ", b""))
    assert csr.public_key().key_size == 4096
    assert csr.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == 'Ex "A", B'
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == [
        "access.example.test",
        "conf.example.test",
        "sip.example.test",
        "sip.example.org",
        "x.example.test",
        "y.example.test",
    ]
    assert len(csr.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == 2
    assert steps[2]["output"][0]["SecretLength"] == len(SECRETS["ca"])
    assert list(steps[4]["output"][0]) == ["_type", "Identity"]
    assert "<Site" in steps[5]["output"][0]["text"]
    assert steps[9]["warnings"] == ["a warning"]
    assert "noise on the host" in steps[9]["information"]


def test_output_types(single):
    row = single["values"]["steps"][3]["output"][0]
    expected = {
        "Text": "line1\nline2",
        "Number": 7,
        "Long": 2**63 - 1,
        "Yes": True,
        "Nothing": None,
        "Day": "Monday",
        "Id": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "Url": "https://pool.example.test/",
        "Version": "7.0.2046.0",
        "When": "2026-12-01T10:00:00Z",
        "Bytes": "AQID",
        "Names": ["one"],
        "Empty": [],
        "Hidden": "********",
        "Real": "1.5",
        "Broken": None,
    }
    assert {k: row[k] for k in expected} == expected


def test_nasty_texts(single):
    seen = [s["output"][0] for n in range(3) for s in succeeded(single[f"nasty {n}"])]
    assert [r["Identity"] for r in seen] == ["x" + n for n in NASTY]
    assert [r["Site"] for r in seen] == NASTY
    messages = "".join(r["errors"][0]["message"] for r in single["nasty 0"]["read"].values())
    assert sum(n in messages for n in NASTY) >= len(NASTY) - 1
    for label, part, index in (
        ("op", NASTY[1], "Protocol"),
        ("cmdlet", NASTY[2], "Forbidden"),
        ("parameter", NASTY[3], "Parameter"),
        ("store", NASTY[0], "Store"),
        ("thumbprint", NASTY[9], "Protocol"),
        ("path", NASTY[1], "Path"),
        ("module", NASTY[0], "Module"),
    ):
        row = error(single["nasty " + label])
        assert part in row["message"]
        assert row["id"] == "CsInvoke." + index


def test_sections(single):
    read = single["sections"]["read"]
    assert list(read) == ["My", "Root", "CA", "REQUEST", "assignments", "requests", "services", "computer", "topology"]
    assert all(s["ok"] for s in read.values())
    waiting = read["REQUEST"]["certificates"]
    assert len(waiting) == 1
    assert waiting[0]["has_key"]
    assert waiting[0]["key"]["exportable"] is True
    assert waiting[0]["der"]
    assert [(s["Name"], s["Status"]) for s in read["services"]["output"]] == [
        ("RTCSRV", "Stopped"),
        ("RTCMRAUTH", "Running"),
    ]
    assert read["computer"]["module"] == "SkypeForBusiness"
    assert read["computer"]["module_version"] == "7.0.2046.0"
    assert read["computer"]["ps_version"].startswith("7.")
    assert read["computer"]["time"].endswith("Z")
    assert read["computer"]["fqdn"]
    assert read["topology"]["computer"]["output"][0]["Pool"] == "edgepool.example.test"
    assert read["topology"]["edge"]["output"][0]["AccessEdgeExternalFqdn"] == "access.example.test"
    assert [d["Name"] for d in read["topology"]["sip_domains"]["output"]] == ["example.test", "example.org"]


def test_topology_error_is_reported(single):
    result = single["topology error"]
    assert result["failed_step"] is None
    assert result["read"]["topology"]["ok"] is False
    assert result["read"]["topology"]["edge"]["errors"][0]["id"].startswith("CentralMgmtStoreInaccessible")
    assert result["read"]["topology"]["computer"]["ok"] is True
    assert result["read"]["computer"]["ok"] is True


def test_second_module_is_taken(single):
    assert single["lync"]["read"]["computer"]["module"] == "SkypeForBusiness"


def test_import_p7b(single):
    (step,) = succeeded(single["import p7b"])
    rows = {r["thumbprint"]: r for r in step["certificates"]}
    assert [r["added"] for r in rows.values()].count(True) == 2
    assert rows[thumb(single["_"]["spare"])]["store"] is None
    assert rows[thumb(single["_"]["spare"])]["added"] is False
    # the root issued the other certificate, which issued nothing here: only the root comes whole
    assert "der" in single["import p7b"]["read"]["Root"]["certificates"][0]
    assert "der" not in single["import p7b"]["read"]["CA"]["certificates"][0]


def test_import_pfx(single):
    first, second, third = succeeded(single["import pfx"])
    rows = {r["thumbprint"]: r for r in first["certificates"]}
    leaf = rows[thumb(single["_"]["leaf"])]
    assert leaf["added"]
    assert leaf["has_key"]
    assert leaf["store"] == "My"
    assert all(r["store"] and not r["added"] for r in second["certificates"])
    assert [r["added"] for r in third["certificates"]] == [True]
    read = single["import pfx"]["read"]
    mine = read["My"]["certificates"]
    assert len(mine) == 1
    assert mine[0]["key"]["exportable"] is True
    assert base64.b64decode(mine[0]["der"]) == der(single["_"]["leaf"])
    roots = {r["thumbprint"]: r for r in read["Root"]["certificates"]}
    assert len(roots) == 2
    assert not any("issuer" in r for r in roots.values())
    assert "der" in roots[thumb(single["_"]["chain"][1])]
    assert "der" not in roots[thumb(single["_"]["spare"])]
    assert [("issuer" in r, "der" in r) for r in read["CA"]["certificates"]] == [(True, True)]
    known = {thumb(cert): cert for cert in (single["_"]["leaf"], single["_"]["spare"], *single["_"]["chain"])}
    for row in (*mine, *roots.values(), *read["CA"]["certificates"], *first["certificates"]):
        cert = known[row["thumbprint"]]
        times = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (cert.not_valid_before_utc, cert.not_valid_after_utc)]
        assert [row["key_id"], row["not_before"], row["not_after"]] == [key_id(cert), *times]


def test_export(single):
    data = base64.b64decode(succeeded(single["export"])[0]["data"])
    key, cert, more = pkcs12.load_key_and_certificates(data, SECRETS["pfx"].encode())
    assert cert == single["_"]["leaf"]
    assert key.private_numbers() == single["_"]["key"].private_numbers()
    assert {thumb(c) for c in more} == {thumb(c) for c in single["_"]["chain"]}


def test_friendly_name_needs_windows(single):
    assert "PlatformNotSupported" in json.dumps(error(single["friendly name"])["chain"])


def test_remove(single):
    steps = succeeded(single["remove"])
    assert steps[0]["key_deleted"] is False  # key containers exist on Windows only
    assert single["remove"]["read"]["My"]["certificates"] == []
    assert thumb(single["_"]["spare"]) not in json.dumps(single["remove"]["read"]["Root"])


def test_half_way_import_is_undone(single):
    result = single["half-way"]
    assert result["failed_step"] == 1
    assert result["read"]["My"]["certificates"] == []
    assert result["read"]["CA"]["certificates"] == []


def test_half_way_import_restores_what_was_there(single):
    assert single["half-way again"]["failed_step"] == 1
    assert [c["has_key"] for c in single["half-way again"]["read"]["My"]["certificates"]] == [False]


def test_key_comes_later(single):
    succeeded(single["key comes later"])
    assert [c["has_key"] for c in single["key comes later"]["read"]["My"]["certificates"]] == [True]


def test_no_leftovers(lab, single):
    assert lab.leftovers() == [str(single["_"]["fresh"])]
    assert [str(path) for home in lab.homes.values() for path in (home / "tmp").glob("*.pfx")] == []
