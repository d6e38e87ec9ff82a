# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract: steps, sections, files, errors of the runner."""

from __future__ import annotations

import base64
import json
import os
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError, LabInterruption
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import hold
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_nothing_to_do(lab: Any) -> None:
    result = lab.call()
    assert list(result) == ["contract", "failed_step", "steps", "read", "cleanup_errors", "fatal"]
    assert (result["contract"], result["failed_step"], result["steps"], result["read"]) == (1, None, [], {})


def test_sections_of_a_new_server(lab: Any, forms: SimpleNamespace) -> None:
    read = lab.done(read=forms.ALL)["read"]
    assert list(read) == ["My", "Root", "CA", "REQUEST", "assignments", "requests", "services", "computer", "topology"]
    assert all(section["ok"] for section in read.values())
    assert {s["Status"] for s in read["services"]["output"]} == {"Running"}
    assert read["topology"]["computer"]["output"][0] == {
        "_type": "Microsoft.Rtc.Management.Xds.DisplayComputer",
        "Identity": "edge1.example.test",
        "Pool": "edgepool.example.test",
        "Fqdn": "edge1.example.test",
    }
    assert [d["Name"] for d in read["topology"]["sip_domains"]["output"]] == ["example.test", "example.org"]
    computer = read["computer"]
    assert (computer["fqdn"], computer["joined"], computer["domain"]) == ("edge1.example.test", False, "WORKGROUP")
    assert set(computer) == {
        *("ok", "fqdn", "joined", "domain", "elevated", "os_version", "ps_version", "module", "module_version"),
        *("time", "time_zone", "utc_offset", "errors"),
    }


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"product": "2013"}, {"module": "Lync"}),
        ({"product": "se"}, {"module": "SkypeForBusiness"}),
        ({"product": "2013", "switches": {"module_name": "SkypeForBusiness"}}, {"module": "SkypeForBusiness"}),
        ({"switches": {"module_version": "9.9"}}, {"module_version": "9.9"}),
        ({"domain": "example.test"}, {"joined": True, "domain": "example.test"}),
        ({"elevated": False}, {"elevated": False}),
    ],
)
def test_computer_follows_the_inventory(lab: Any, variables: dict[str, Any], expected: dict[str, Any]) -> None:
    lab.variables = variables
    computer = lab.done(read=["computer"])["read"]["computer"]
    assert {k: computer[k] for k in expected} == expected


def test_clock_offset(lab: Any) -> None:
    times = []
    for offset in (0, 3 * 86400):
        lab.variables = {"clock_offset": offset}
        times.append(lab.done(read=["computer"])["read"]["computer"]["time"])
    assert int(times[1][8:10]) != int(times[0][8:10])


def test_files(lab: Any, forms: SimpleNamespace) -> None:
    write, read = forms.write, forms.read
    away = {"op": "delete_file", "path": "=<tmp>/a.bin"}
    outside = "C:\\ProgramData\\outside.bin"
    result = lab.call(
        *(write("<tmp>/a.bin", b"\x00\xff"), read("<tmp>/a.bin"), away, away, read("<tmp>/a.bin")),
        *(write(outside, b"out"), read(outside.upper()), write(outside.lower(), b"")),
    )
    steps = result["steps"]
    assert [s["ok"] for s in steps] == [True] * 7 + [False]
    assert base64.b64decode(steps[1]["data"]) == b"\x00\xff"
    assert steps[4] == {"ok": True, "exists": False, "data": None}
    assert base64.b64decode(steps[6]["data"]) == b"out"
    assert (steps[7]["errors"][0]["id"], steps[7]["errors"][0]["chain"][1]["hresult"]) == ("IOException", "0x80070050")


def test_replace_and_make_folder(lab: Any, forms: SimpleNamespace) -> None:
    record = "C:\\ProgramData\\collection\\set\\request.json"
    assert lab.error(forms.write(record, b"1"))["id"] == "DirectoryNotFoundException"
    steps = [forms.write(record, b"2", make_folder=True, replace=True), forms.write(record, b"three", replace=True)]
    result = lab.done(*steps, forms.read(record))
    assert base64.b64decode(result["steps"][2]["data"]) == b"three"
    folder = lab.folder.server("edge1").files / "C/ProgramData/collection/set"
    assert [p.name for p in folder.iterdir()] == ["request.json"]
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("path", ["<tmp>/../x", "<tmp>/a/b", "<tmp>/.x", "<tmp>/", "relative.bin", "<tmp>x"])
def test_paths_that_are_refused(lab: Any, forms: SimpleNamespace, path: str) -> None:
    assert lab.error(forms.read(path))["id"] == "CsInvoke.Path"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("D:\\x", "DirectoryNotFoundException"),
        ("\\\\server\\share\\x", "IOException"),
        ("C:\\nowhere\\x", "DirectoryNotFoundException"),
        ("C:\\a|b", "ArgumentException"),
        ("C:\\Windows", "UnauthorizedAccessException"),
    ],
)
def test_paths_that_windows_refuses(lab: Any, forms: SimpleNamespace, path: str, expected: str) -> None:
    assert lab.error(forms.write(path, b"x"))["id"] == expected
    assert not (lab.folder.path / "x").exists()


def test_no_path_leaves_the_lab(lab: Any, forms: SimpleNamespace) -> None:
    lab.done(forms.write("C:\\..\\..\\..\\Windows\\..\\escape.bin", b"x"))
    assert (lab.folder.server("edge1").files / "C/escape.bin").exists()


def test_too_large_a_file(lab: Any, forms: SimpleNamespace) -> None:
    path = "C:\\ProgramData\\large.bin"
    lab.done(forms.write(path, b"\0" * (8 * 1024 * 1024 + 1)))
    assert lab.error(forms.read(path))["id"] == "CsInvoke.Path"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [({"contract": 2}, "CsInvoke.Contract"), ({"store_location": "Everywhere"}, "CsInvoke.Protocol")],
)
def test_fatal(lab: Any, forms: SimpleNamespace, arguments: dict[str, Any], expected: str) -> None:
    result = lab.call(forms.read("<tmp>/x"), **arguments)
    assert result["fatal"]["id"] == expected
    assert (result["steps"], result["read"]) == ([], {})


@pytest.mark.parametrize(
    ("step", "expected", "part"),
    [
        ({"op": "$(x)"}, "CsInvoke.Protocol", "$(x)"),
        ({"op": "cmdlet", "name": "Get-Process"}, "CsInvoke.Forbidden", "Get-Process"),
        ({"op": "cmdlet", "name": "get-cscertificate"}, "CsInvoke.Forbidden", "get-cscertificate"),
        ({"op": "write_file", "path": "=<tmp>/x", "data": "%%%"}, "FormatException", "Base-64"),
        ({"op": "write_file", "path": "=<tmp>/x"}, "CsInvoke.Protocol", "data"),
        ({"op": "read_file", "path": "C:\\x"}, "CsInvoke.Protocol", "="),
        ("text", "MethodNotFound", "System.String"),
        (5, "MethodNotFound", "System.Int32"),
    ],
)
def test_steps_that_the_runner_refuses(lab: Any, step: Any, expected: str, part: str) -> None:
    error = lab.error(step)
    assert (error["id"], error["command"]) == (expected, "")
    assert part in error["message"]


def test_nothing_follows_a_failed_step_and_earlier_ones_stay(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    result = lab.call(ca.chain_step, {"op": "none"}, ca.leaf_step, read=["Root:brief", "My:brief"])
    assert (result["failed_step"], len(result["steps"])) == (1, 2)
    assert len(result["read"]["Root"]["certificates"]) == 1
    assert result["read"]["My"]["certificates"] == []


def test_check_mode_refuses_what_writes(lab: Any, forms: SimpleNamespace) -> None:
    steps = [forms.cmdlet("Get-CsCertificate"), forms.read("<tmp>/x"), forms.write("<tmp>/x", b"x")]
    result = lab.call(*steps, _ansible_check_mode=True)
    assert [s["ok"] for s in result["steps"]] == [True, True, False]
    assert result["steps"][2]["errors"][0]["id"] == "CsInvoke.CheckMode"
    assert lab.files() == {}


def test_reading_leaves_the_folder_as_it_is(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    steps = [forms.read("<tmp>/x"), forms.cmdlet("Get-CsCertificate"), forms.cmdlet("Test-CsCertificateConfiguration")]
    lab.done(*steps, read=forms.ALL)
    assert lab.files() == {}
    lab.done(ca.leaf_step, *forms.request())
    before = lab.files()
    stamps = {p: p.stat().st_mtime_ns for p in lab.folder.path.rglob("*") if p != lab.folder.journal}
    lab.done(*steps, read=forms.ALL)
    assert lab.files() == before
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps


def test_module_missing_leaves_the_rest(lab: Any, forms: SimpleNamespace) -> None:
    result = lab.call(
        forms.cmdlet("Get-CsPool"), read=["services", "computer", "My:brief"], modules=["NotThere", "NeitherThis"]
    )
    assert result["steps"][0]["errors"][0]["id"] == "CsInvoke.Module"
    assert "NotThere, NeitherThis" in result["read"]["services"]["errors"][0]["message"]
    assert (result["read"]["computer"]["ok"], result["read"]["computer"]["module"]) == (True, None)
    assert result["read"]["computer"]["errors"]
    assert result["read"]["My"]["ok"]


def test_unknown_section(lab: Any) -> None:
    section = lab.done(read=["Store:full"])["read"]["Store"]
    assert (section["ok"], section["errors"][0]["id"]) == (False, "CsInvoke.Protocol")


def test_a_call_waits_for_its_turn(lab: Any, forms: SimpleNamespace) -> None:
    steps = [forms.write("<tmp>/a", b"1"), forms.read("<tmp>/a")]
    lab.done(*steps)
    with hold(lab.folder.server("edge1").path) as mine:
        assert mine
        busy = lab.call(*steps, read=["computer"], lock_timeout=0)
        assert (busy["fatal"]["id"], busy["steps"], busy["read"]) == ("CsInvoke.Busy", [], {})
        assert lab.done(forms.read("<tmp>/a"), lock_timeout=0)
        assert lab.done(*steps, lock_timeout=0, host="edge2")
    assert lab.done(*steps, lock_timeout=0)


def test_private_folder_is_gone_and_leftovers_are_swept(lab: Any, forms: SimpleNamespace) -> None:
    temp = lab.folder.server("edge1").files / "C/Windows/Temp"
    lab.done(forms.write("<tmp>/x.pfx", b"x"))
    assert list(temp.iterdir()) == []
    reused = temp / f"sfbcert-{os.getpid()}-133500000000000000-{'a' * 32}"
    gone = temp / f"sfbcert-4194304999-133500000000000000-{'b' * 32}"
    other = temp / "sfbcert-notes"
    for folder in (reused, gone, other):
        folder.mkdir()
        (folder / "x.pfx").write_text("x")
    lab.done()
    assert list(temp.iterdir()) == [other]


def test_interruption_keeps_what_is_done(lab: Any, forms: SimpleNamespace, ca: Any) -> None:
    lab.variables = {"interrupt_after": 1}
    with pytest.raises(LabInterruption, match="after step 1"):
        lab.call(ca.chain_step, ca.leaf_step)
    lab.variables = {}
    read = lab.done(read=["Root:brief", "My:brief"])["read"]
    assert len(read["Root"]["certificates"]) == 1
    assert read["My"]["certificates"] == []


def test_secrets_do_not_come_back(lab: Any, forms: SimpleNamespace) -> None:
    secret = {"t": "secret", "v": f"=C:\\none\\{forms.SECRET}"}
    error = lab.error(forms.cmdlet("Import-CsCertificate", Path=secret))
    assert "********" in error["message"]
    assert forms.SECRET not in json.dumps(error)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "is no JSON"),
        ("{}", "last_request_id"),
        ('{"last_request_id": 1, "stores": {"My": [{"pem": 5}]}}', "TypeError"),
    ],
)
def test_a_damaged_state_is_named(lab: Any, forms: SimpleNamespace, text: str, part: str) -> None:
    lab.done(*forms.request())
    lab.folder.server("edge1").state.write_text(text)
    with pytest.raises(LabError, match=part) as caught:
        lab.call()
    assert "server.json" in caught.value.message


def test_host_names_stay_in_the_folder(lab: Any) -> None:
    with pytest.raises(LabError, match="cannot make a folder"):
        lab.call(host="../edge1")


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["=x", "=<tmp>/x", "My", "AB" * 20]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "v", "x"]), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = [
    "path",
    "data",
    "stores",
    "store",
    "password",
    "thumbprint",
    "chain",
    "parameters",
    "timeout",
    "friendly_name",
]
_OPERATIONS = [
    "cmdlet",
    "write_file",
    "read_file",
    "delete_file",
    "cert_import",
    "cert_export",
    "cert_remove",
    "cert_set",
]
_NAMES = ["Request-CsCertificate", "Set-CsCertificate", "Import-CsCertificate", "Get-CsComputer", "x"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.builds(
            lambda op, name, more: {**more, "op": op, "name": name},
            st.sampled_from(_OPERATIONS),
            st.sampled_from(_NAMES),
            st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=5),
        )
        | _VALUES,
        max_size=3,
    ),
    read=st.lists(st.text(max_size=9), max_size=2),
)
def test_whatever_comes_is_answered(lab: Any, steps: Any, read: Any) -> None:
    arguments = {"contract": 1, "steps": steps, "read": read, "lock_timeout": 1}
    result = run_contract(arguments, lab.pool("edge1"), lab.folder, "edge1")
    assert json.loads(json.dumps(result)) == result
    for step in result["steps"]:
        assert step["ok"] or step["errors"][0]["id"]
