# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remote calls: what is sent, and what is made of the answer."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, decode
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import encode_record, request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._state.unknown import Unknown
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps

EMPTY = {"ok": True, "certificates": []}
COMPUTER = {
    "ok": True,
    "fqdn": "edge1.example.com",
    "time": "2026-11-21T10:00:00Z",
    "module": "SkypeForBusiness",
    "errors": [],
}


def result(**changes: Any) -> dict[str, Any]:
    """An answer of the step runner to a call that only reads."""
    read = {
        "My": EMPTY,
        "Root": EMPTY,
        "CA": EMPTY,
        "REQUEST": EMPTY,
        "assignments": {"ok": True, "output": []},
        "computer": COMPUTER,
    }
    answer = {"contract": 1, "failed_step": None, "steps": [], "read": read, "cleanup_errors": [], "fatal": None}
    return copy.deepcopy(answer | changes)


def failed(message: str, **record: Any) -> dict[str, Any]:
    return {"ok": False, "errors": [{"message": message, "id": "X", "chain": []} | record]}


def test_arguments_read_the_state_after_the_steps_and_the_files_of_a_request() -> None:
    call = Call(steps=[steps.delete_file("C:\\x.req")], files=[request_files(["Internal"])], topology=True)
    arguments = call.arguments()
    assert arguments["contract"] == 1
    assert [step["op"] for step in arguments["steps"]] == ["delete_file", "read_file", "read_file"]
    assert arguments["read"][-1] == "topology"
    assert json.loads(json.dumps(arguments)) == arguments


def test_a_placeholder_is_never_sent() -> None:
    step = steps.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=Unknown("issue"))
    with pytest.raises(CertificatesError, match=r"known only after an earlier one.*Set-CsCertificate"):
        Call(steps=[step]).arguments()


def test_state_of_an_empty_server() -> None:
    state = decode(result(), Call()).state
    assert state.certificates == ()
    assert state.computer["fqdn"] == "edge1.example.com"
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state


def test_pending_requests_are_known_until_something_may_have_changed_them() -> None:
    answer = result()
    answer["read"]["requests"] = {"ok": True, "output": [{"RequestId": 7, "Type": ["Default"]}]}
    read = Call(requests=True)
    assert read.arguments()["read"][-1] == "requests"
    state = decode(answer, read).state
    assert [row.request_id for row in state.pending or ()] == [7]
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state
    kept = decode(result(), Call(steps=[]), state).state
    assert kept.pending == state.pending
    retrieve = Call(steps=[steps.cmdlet("Request-CsCertificate", Retrieve=True)])
    ran = result(steps=[{"ok": True, "output": [], "warnings": ["The chain is invalid."]}])
    assert decode(ran, retrieve, state).state.pending is None
    assert "cs_certificate_chain" in decode(ran, retrieve, state).warnings[0]
    answer["read"]["requests"] = failed("no luck")
    with pytest.raises(CertificatesError, match="cannot read requests: no luck"):
        decode(answer, read)


def test_assignments_and_scope() -> None:
    row = {
        "Use": "Internal",
        "Thumbprint": "ab" * 20,
        "PreviousThumbprint": None,
        "EffectiveDate": "2026-11-21T10:00:00Z",
        "SourceScope": "Global",
    }
    answer = result()
    answer["read"]["assignments"]["output"] = [row]
    assignment = decode(answer, Call()).state.assignment("Internal")
    assert assignment is not None
    assert (assignment.thumbprint, assignment.scope, assignment.previous_thumbprint) == ("AB" * 20, "Global", None)


def test_topology_in_order_of_the_default_domain() -> None:
    answer = result()
    answer["read"]["topology"] = {
        "ok": True,
        "computer": {"ok": True, "output": [{"Pool": "pool.example.com"}]},
        "edge": {
            "ok": True,
            "output": [{"PoolFqdn": "pool.example.com", "AccessEdgeExternalFqdn": "sip.example.com"}],
        },
        "sip_domains": {
            "ok": True,
            "output": [{"Name": "b.example", "IsDefault": False}, {"Name": "a.example", "IsDefault": True}],
        },
    }
    topology = decode(answer, Call(topology=True)).state.topology
    assert topology.pool_fqdn == "pool.example.com"
    assert topology.sip_domains == ("a.example", "b.example")


def test_topology_of_several_sites() -> None:
    answer = result()
    rows = [
        {"PoolFqdn": f"{name}.example.com", "AccessEdgeExternalFqdn": f"sip.{name}.example.com"}
        for name in ("east", "West")
    ]
    answer["read"]["topology"] = {
        "ok": True,
        "computer": {"ok": True, "output": [{"Pool": "west.example.com"}]},
        "edge": {"ok": True, "output": rows},
        "sip_domains": {"ok": True, "output": []},
    }
    topology = decode(answer, Call(topology=True)).state.topology
    assert (topology.pool_fqdn, topology.access_edge_fqdn) == ("West.example.com", "sip.West.example.com")
    answer["read"]["topology"]["computer"]["output"] = [{"Pool": "frontends.example.com"}]
    topology = decode(answer, Call(topology=True)).state.topology
    assert (topology.pool_fqdn, topology.is_edge) == ("frontends.example.com", False)


def test_unreadable_topology_is_a_fact_and_not_an_error() -> None:
    answer = result()
    answer["read"]["topology"] = {"ok": False, "computer": failed("no", id="CentralMgmtStoreInaccessible,X")}
    assert "set the names of the pool in the inventory" in decode(answer, Call(topology=True)).state.topology.problem


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"contract": 2}, "another form than contract 1"),
        (result(fatal={"message": "wait", "id": "CsInvoke.Busy"}), "another run is changing this server"),
        (
            result(read={"computer": failed("none of these modules", id="CsInvoke.Module")}),
            "install the administrative tools",
        ),
        (result(read={}), "did not return the section computer"),
    ],
)
def test_calls_that_failed_as_a_whole(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(CertificatesError, match=message):
        decode(answer, Call())


def test_failed_step_tells_cmdlet_message_and_advice() -> None:
    call = Call(steps=[steps.cert_export("A" * 40, password="x")])
    record = failed(
        "Key not valid\nfor use in specified state.", chain=[{"type": "T", "message": "m", "hresult": "0x8009000B"}]
    )
    reply = decode(result(failed_step=0, steps=[record]), call)
    assert reply.error == (
        "Export-PfxCertificate: Key not valid for use in specified state "
        "(the private key is not exportable; request again with private_key_exportable: true)"
    )
    assert reply.record == record["errors"][0]


def test_request_files_are_read_and_damage_counts_as_missing() -> None:
    files = request_files(["Internal"])
    good = base64.b64encode(encode_record({"asked": {}})).decode()
    for data, expected in (
        (good, {"asked": {}}),
        (base64.b64encode(b"{").decode(), None),
        (None, None),
        (base64.b64encode(b"[1]").decode(), None),
    ):
        rows = [{"ok": True, "exists": data is not None, "data": data}, {"ok": True, "exists": False, "data": None}]
        entry = decode(result(steps=rows), Call(files=[files])).state.request_file("internal")
        assert entry is not None
        assert entry.record == expected


def test_cleanup_errors_and_warnings_are_passed_on() -> None:
    row = {"ok": True, "warnings": ["careful"], "output": []}
    reply = decode(result(steps=[row], cleanup_errors=["in use"]), Call(steps=[steps.cmdlet("Get-CsCertificate")]))
    assert reply.warnings == ["careful", "temporary files of this call are left on the server: in use"]


@pytest.mark.parametrize("folder", ["relative", "/unix/path", "C:", ""])
def test_work_folder_must_be_a_windows_path(folder: str) -> None:
    with pytest.raises(InputError, match="no absolute Windows path"):
        request_files(["Internal"], folder)


def test_order_of_usages_does_not_change_the_files() -> None:
    assert request_files(["Internal", "Default"]) == request_files(["Default", "Internal"])
