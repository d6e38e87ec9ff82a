# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several operations on an emulated server: one remote call, in order, and what goes wrong in the middle of it."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action.cs_certificate_operations import ActionModule
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import WORK_FOLDER
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import Step, cmdlet, write_file
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import RemoteError
from ansible_collections.sfb.certificates.plugins.plugin_utils._operation_kinds import Context, operations_of
from ansible_collections.sfb.certificates.plugins.plugin_utils._operations import Batch, Operation

from .bench import ASSIGN, CLAIM, INTERNAL, NOW, POOL, Bench

# ---- one call ----


def test_operations_share_a_call_in_their_order(bench: Bench) -> None:
    result = bench.run(bench.chain, {"key": "mine", "request": {"type": INTERNAL, "names": [POOL]}})
    ((first, *more),) = bench.steps()
    assert first == "cert_import"
    assert "Request-CsCertificate" in more
    assert [(row["operation"], row["key"], row["changed"]) for row in result["outcomes"]] == [
        ("chain", "", True),
        ("request", "mine", True),
    ]
    assert result["outcomes"][1]["request_state"] == "pending"
    assert "BEGIN" in result["outcomes"][1]["csr"]
    assert result["changed"] is True
    assert [command.split()[0] for command in result["commands"]][:1] == ["Import-Certificate"]
    assert len(result["reasons"]) == 2
    assert len(State.from_dict(result["server"]).store("REQUEST")) == 1


def test_what_is_there_already_makes_no_call(bench: Bench) -> None:
    rows = [bench.chain, {"request": {"type": INTERNAL, "names": [POOL]}}]
    csr = bench.run(*rows)["outcomes"][1]["csr"]
    bench.calls.clear()
    result = bench.run(*rows)
    assert bench.calls == []
    assert (result["changed"], result["commands"], result["reasons"]) == (False, [], [])
    assert result["diff"]["before"] == result["diff"]["after"]
    assert [row["changed"] for row in result["outcomes"]] == [False, False]
    assert result["outcomes"][1]["csr"] == csr
    assert bench.run()["outcomes"] == []


def test_each_operation_is_planned_on_what_the_ones_before_lead_to(bench: Bench) -> None:
    answer = bench.requested()
    thumbprint = read_certificates(answer.encode()).certificates[0].thumbprint
    assign = {"assign": {"type": INTERNAL, "thumbprint": thumbprint, "names": [POOL]}}
    with pytest.raises(InputError, match="is in My on this server; import it first"):
        bench.run(assign, {"import": {"content": answer}})
    assert bench.calls == []
    result = bench.run(bench.chain, {"import": {"content": answer}}, assign)
    assert len(bench.calls) == 1
    assert result["diff"]["after"]["Internal"] == thumbprint
    assert State.from_dict(result["server"]).assignments[0].thumbprint == thumbprint


def test_nothing_is_done_if_one_of_them_cannot_be(bench: Bench) -> None:
    with pytest.raises(InputError, match="0{40}"):
        bench.run(bench.chain, {"assign": {"type": INTERNAL, "thumbprint": "0" * 40}})
    assert bench.calls == []
    assert bench.state().store("Root") == ()


# ---- an export needs the bytes of the chain ----


def opened(row: Mapping[str, Any]) -> int:
    """How many certificates are in an exported PFX."""
    assert row["operation"] == "export"
    return len(read_certificates(base64.b64decode(row["content"]), passphrase=row["passphrase"]).certificates)


def test_an_export_shares_the_call_if_the_chain_is_known(bench: Bench) -> None:
    answer = bench.requested()
    result = bench.run(bench.chain, {"import": {"content": answer}}, {"key": "pfx", "export": {}})
    assert len(bench.calls) == 1
    assert opened(result["outcomes"][2]) == 2
    assert result["outcomes"][2]["thumbprint"] == result["outcomes"][1]["thumbprint"]


def test_an_export_waits_for_the_chain_that_the_server_tells(bench: Bench) -> None:
    answer = bench.requested()
    bench.run(bench.chain)
    bench.calls.clear()
    result = bench.run({"import": {"content": answer}}, {"export": {}}, {"release": {}})
    assert bench.steps() == [["write_file", "Import-CsCertificate"], ["cert_export"]]
    assert [row["operation"] for row in result["outcomes"]] == ["import", "export", "release"]
    assert opened(result["outcomes"][1]) == 2


def test_an_export_without_the_chain_needs_none(bench: Bench) -> None:
    answer = bench.requested()
    bench.run(bench.chain)
    bench.calls.clear()
    result = bench.run({"import": {"content": answer}}, {"export": {"chain": False, "passphrase": "of no use"}})
    assert len(bench.calls) == 1
    assert opened(result["outcomes"][1]) == 1
    assert result["outcomes"][1]["passphrase"] == "of no use"


# ---- one fails ----


@dataclass
class Double(Operation):
    """An operation that has steps, and is told of what became of it."""

    name: ClassVar[str] = "double"
    steps: tuple[Step, ...] = ()
    seen: int | None = None

    def plan(self, state: State) -> Plan:
        return Plan(predicted=state, steps=self.steps, facts={"planned": True})

    def conclude(self, action: Any, before: State, plan: Plan, reply: Any) -> tuple[State, dict[str, Any]]:
        self.seen = len(reply.rows)
        return reply.state, {}


def note(name: str) -> Step:
    return write_file(rf"{WORK_FOLDER}\{name}", b"x", replace=True, make_folder=True)


WRONG = cmdlet("Set-CsCertificate", Type="Internal", Thumbprint="0" * 40)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_those_before_one_that_fails_are_done_and_those_after_it_are_not_begun(bench: Bench, failing: int) -> None:
    made = [Double(key=str(number), steps=(note(f"a{number}"), note(f"b{number}"))) for number in range(3)]
    made[failing].steps = (note(f"a{failing}"), WRONG, note(f"b{failing}"))
    with pytest.raises(RemoteError, match="Set-CsCertificate") as caught:
        Batch(bench.action(), bench.state()).run(made)
    assert (caught.value.record or {}).get("command") == "Set-CsCertificate"
    assert len(bench.calls) == 1
    assert [operation.seen for operation in made] == [2] * failing + [None] * (3 - failing)
    there = {path.name.lower() for path in bench.lab.path.rglob("*") if path.is_file()}
    done = [f"{part}{number}" for number in range(failing) for part in "ab"] + [f"a{failing}"]
    assert {name for name in there if len(name) == 2} == set(done)


def test_an_operation_without_steps_is_no_part_of_the_call(bench: Bench) -> None:
    made = [Double(key="1"), Double(key="2", steps=(note("a"),)), Double(key="3"), Double(key="4", steps=(WRONG,))]
    with pytest.raises(RemoteError):
        Batch(bench.action(), bench.state()).run(made)
    assert [operation.seen for operation in made] == [0, 1, 0, None]


# ---- services ----


# ---- check mode ----


def test_check_mode_calls_nothing_and_predicts_all(bench: Bench) -> None:
    rows = [
        bench.chain,
        {"request": {"type": INTERNAL, "names": [POOL], "private_key_exportable": True}},
        {"import": {"content": "(known after issue)", "public_key_sha256": "(known after request)", "type": INTERNAL}},
        {"key": "pfx", "export": {}},
        {"assign": {"type": INTERNAL, "thumbprint": "(known after issue)"}},
    ]
    result = bench.run(*rows, check_mode=True)
    assert bench.calls == []
    assert bench.state().store("REQUEST") == ()
    assert [row["operation"] for row in result["outcomes"]] == ["chain", "request", "import", "export", "assign"]
    assert result["outcomes"][2]["thumbprint"] == result["outcomes"][3]["thumbprint"] == "(known after issue)"
    assert result["outcomes"][3]["content"] == "(known after export)"
    assert result["diff"]["after"]["Internal"] == "(known after issue)"
    assert any(command.startswith(f"{ASSIGN} -Type Internal") for command in result["commands"])
    assert State.from_dict(result["server"]).assignments[0].thumbprint == "(known after issue)"


def test_what_is_not_known_yet_is_refused_in_a_run(bench: Bench) -> None:
    with pytest.raises(InputError, match="a value that only check mode shows"):
        bench.run({"assign": {"type": INTERNAL, "thumbprint": "(known after issue)"}})


# ---- differences ----


def test_differences_of_two_requests_do_not_collide(bench: Bench) -> None:
    rows = [{"request": {"type": usages}} for usages in (INTERNAL, ["AccessEdgeExternal", "DataEdgeExternal"])]
    diff = bench.run(*rows, check_mode=True)["diff"]
    single = [bench.run(row, check_mode=True)["diff"] for row in rows]
    (key,) = single[0]["after"]
    second = f"{key} (AccessEdgeExternal, DataEdgeExternal)"
    assert list(diff["after"]) == [key, second]
    assert diff["after"][key] == single[0]["after"][key]
    assert diff["after"][second] == single[1]["after"][key]
    assert diff["before"][key] == single[0]["before"][key]


def test_differences_of_one_thing_are_from_before_the_first_to_after_the_last(bench: Bench) -> None:
    services = [{"services": {"state": state}} for state in ("stopped", "started")]
    diff = bench.run(*services, check_mode=True)["diff"]
    assert set(diff["before"].values()) == set(diff["after"].values()) == {"Running"}


# ---- options ----

EMPTY = base64.b64encode(b"no certificate").decode("ascii")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{}], "operations[0]: names 0 operations; give one of chain, request,"),
        ([{"release": {}}, {"key": "x", "release": {}, "export": {}}], "operations[1]: names 2 operations"),
        (
            [{"release": {}}, {"assign": {"types": INTERNAL}}],
            "operations[1].assign: has no option types; it takes type, ",
        ),
        ([{"assign": {"type": INTERNAL}}], "operations[0].assign: state is present but"),
        ([{"chain": {}}], "operations[0].chain: one of the following is required: path, content"),
        ([{"chain": {"content": " "}}], "chain: content: is empty"),
        ([{"export": {}}], "operations[0].export: thumbprint: is missing, and nothing is imported before"),
        ([{"request": {"type": INTERNAL, "made_by": "edge2"}}], "operations[0].request: missing parameter(s)"),
        ([{"request": {"type": INTERNAL, "ca": "ca1\\ca"}}], "takes the module cs_certificate_request"),
        ([{"request": {"type": ["Intern"]}}], "did you mean Internal?"),
        ([{"import": {"content": EMPTY, "identity": "global"}}], "takes the module cs_certificate_import"),
        ([{"claim": {"valid_for": "0h"}}], "valid_for: '0h' is no time at all"),
        ([{"claim": {"valid_for": "soon"}}], "valid_for: 'soon' is no duration"),
        ([{"services": {"state": "restarted"}}], "operations[0].services: value of state must be one of"),
        ([{"services": {"state": "stopped", "timeout": 0}}], "services: timeout: 0 is no number of seconds"),
        ([{"services": {"state": "started", "start_timeout": 0}}], "services: start_timeout: 0 is no number"),
        ([{"release": {"force": True}}], "operations[0].release: has no option force; it takes none"),
    ],
)
def test_refusals(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError) as caught:
        operations_of(rows, Context("edge1", str, False, WORK_FOLDER))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_options_that_are_null_are_not_given() -> None:
    row = {"key": None, "chain": None, "services": {"state": "stopped", "names": None, "timeout": "5"}}
    (made,) = operations_of([row], Context("edge1", str, False, WORK_FOLDER))
    assert (made.key, made.name, made.spec.timeout) == ("", "services", 5)  # type: ignore[attr-defined]


# ---- the module ----


def module(bench: Bench, arguments: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
    """The result of the module."""
    task = MagicMock(args=arguments, check_mode=check_mode, async_val=0, delegate_to="edge2")
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    action._execute_module = bench.answer
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "edge1"})
    return result


def test_the_server_is_read_once_if_its_state_is_not_given(bench: Bench) -> None:
    result = module(bench, {"operations": [bench.chain]})
    assert [len(call) for call in bench.calls] == [0, 1]
    assert "_ansible_no_log" not in result
    assert result["server"]["topology"]["pool_fqdn"] == POOL


def test_a_state_that_lacks_what_an_operation_looks_at_is_completed(bench: Bench) -> None:
    state = module(bench, {"operations": []})["server"]
    for operation, reads in (
        (bench.chain, 0),
        ({"request": {"type": INTERNAL}}, 1),
        ({"services": {"state": "started"}}, 1),
        ({"claim": {}}, 1),
    ):
        bench.calls.clear()
        module(bench, {"operations": [operation], "server": state}, check_mode=True)
        assert len(bench.calls) == reads, operation


def test_an_export_is_hidden(bench: Bench) -> None:
    thumbprint = bench.imported()
    result = module(bench, {"operations": [{"export": {"thumbprint": thumbprint}}]})
    assert result["_ansible_no_log"] is True
    assert opened(result["outcomes"][0]) == 2


def test_a_failure_is_one_line_that_names_the_server_of_the_task(bench: Bench) -> None:
    other = Claim(Owner("controller2", "there", 7), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    bench.action().call(Call(steps=(write_file(CLAIM, other.to_bytes(), make_folder=True),)))
    result = module(bench, {"operations": [{"claim": {}}]})
    assert result["failed"]
    assert result["msg"].startswith("edge2 is claimed by the run on controller2")
    refused = module(bench, {"operations": [{"assign": {"type": INTERNAL, "thumbprint": "0" * 40}}]})
    assert refused["failed"]
    assert refused["checks"]
    broken = module(bench, {"operations": [{"chain": {"paths": "x"}}]})
    assert broken["msg"].startswith("operations[0].chain: ")
