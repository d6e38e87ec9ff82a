# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several operations on an emulated server: one remote call, in order, and what goes wrong in the middle of it."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action.cs_certificate_operations import ActionModule
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call
from ansible_collections.sfb.certificates.plugins.module_utils._state.claim import Claim, Owner, claim_path
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import WORK_FOLDER, request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._steps.plan import Plan
from ansible_collections.sfb.certificates.plugins.module_utils._steps.steps import Step, cmdlet, write_file
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from ansible_collections.sfb.certificates.plugins.plugin_utils import _operation_kinds
from ansible_collections.sfb.certificates.plugins.plugin_utils._action import CertificatesAction, RemoteError
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server import clock
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription
from ansible_collections.sfb.certificates.plugins.plugin_utils._operation_kinds import Context, operations_of
from ansible_collections.sfb.certificates.plugins.plugin_utils._operations import Batch, Operation
from ansible_collections.sfb.certificates.plugins.plugin_utils._owner import this_run
from ansible_collections.sfb.certificates.plugins.plugin_utils._services import ServiceRun
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

INTERNAL = ["Internal"]
POOL = "edgepool.example.com"
CLAIM = claim_path(WORK_FOLDER)
NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
STOP, START, ASSIGN = "Stop-CsWindowsService -Graceful", "Start-CsWindowsService", "Set-CsCertificate"


class Authority:
    """A CA with one certificate above what it issues."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Example Root CA")])
        self.root = self._sign(name, self.key.public_key(), name, ca=True)

    def _sign(self, subject: x509.Name, public_key: Any, issuer: x509.Name, *, ca: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW - dt.timedelta(days=9)).not_valid_after(NOW + dt.timedelta(days=700))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(POOL)]), critical=False)
            usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(usage, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, csr: str) -> str:
        """The certificate that a request asks for, as PEM."""
        request = x509.load_pem_x509_csr(csr.encode("ascii"))
        return pem(self._sign(request.subject, request.public_key(), self.root.subject, ca=False))


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


class Bench:
    """An emulated server that counts its calls, and a clock that only waiting moves."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = LabFolder(folder)
        self.authority = Authority()
        self.switches: dict[str, Any] = {}
        self.waited = 0.0
        #: the steps of each call, as the server got them
        self.calls: list[list[dict[str, Any]]] = []
        #: what somebody else does right before a call with steps
        self.meanwhile: Callable[[], None] | None = None
        real = clock.real_time
        monkeypatch.setattr(clock, "real_time", lambda: real() + dt.timedelta(seconds=self.waited))
        patient = functools.partial(ServiceRun, pause=self.pause, clock=lambda: self.waited)
        monkeypatch.setattr(_operation_kinds, "ServiceRun", patient)

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def action(self, *, check_mode: bool = False) -> CertificatesAction:
        """An action whose remote calls the emulated server gets."""
        made = CertificatesAction.__new__(CertificatesAction)
        made._task = MagicMock(check_mode=check_mode)
        made._connection = MagicMock(become=None)
        made.task_vars = {}
        made._execute_module = self.answer  # type: ignore[method-assign]
        return made

    def answer(self, *, module_args: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        """Carries a call out."""
        if any(step["op"] != "read_file" for step in module_args["steps"]) and self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        self.calls.append(list(module_args["steps"]))
        pool = PoolDescription(pool_fqdn=POOL, fqdn="edge1.example.com", switches=dict(self.switches))
        return run_contract(module_args, pool, self.lab, "edge1")

    def state(self) -> State:
        """The server, read with all that operations look at; that is no call that counts."""
        files = [request_files(usages) for usages in (INTERNAL, ["AccessEdgeExternal"])]
        state = self.action().call(Call(files=files, topology=True, services=True, claim=CLAIM)).state
        self.calls.pop()
        return state

    def run(self, *rows: dict[str, Any], check_mode: bool = False, state: State | None = None) -> dict[str, Any]:
        """The result of operations as users write them."""
        made = operations_of(list(rows), Context("edge1", str, check_mode, WORK_FOLDER))
        return Batch(self.action(check_mode=check_mode), state or self.state()).run(made)

    def steps(self) -> list[list[str]]:
        """What each call did, in short."""
        return [[step.get("name") or step["op"] for step in call if step["op"] != "read_file"] for call in self.calls]

    def status(self) -> set[str]:
        return {row.status for row in self.state().services or ()}

    @property
    def chain(self) -> dict[str, Any]:
        return {"chain": {"content": pem(self.authority.root)}}

    def requested(self) -> str:
        """Has a request made; gives what the CA issues for it."""
        asked = {"type": INTERNAL, "names": [POOL], "private_key_exportable": True}
        csr = self.run({"request": asked})["outcomes"][0]["csr"]
        self.calls.clear()
        return self.authority.issue(csr)

    def imported(self) -> str:
        """Has a certificate that can be assigned; gives its thumbprint."""
        thumbprint = self.run(self.chain, {"import": {"content": self.requested()}})["outcomes"][1]["thumbprint"]
        self.calls.clear()
        return str(thumbprint)


@pytest.fixture
def bench(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, key_pool: pathlib.Path) -> Bench:
    """A server without certificates whose services run."""
    monkeypatch.setenv(KEY_POOL_VARIABLE, str(key_pool))
    return Bench(tmp_path, monkeypatch)


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

TURN: list[dict[str, Any]] = [
    {"claim": {"purpose": "edge_site1", "turn": True}},
    {"services": {"state": "stopped", "timeout": 60, "on_timeout": "force"}},
]


def turn(thumbprint: str) -> list[dict[str, Any]]:
    """A server is taken out of service for a certificate."""
    back = {"services": {"state": "started", "remembered": True}}
    return [*TURN, {"assign": {"type": INTERNAL, "thumbprint": thumbprint}}, back, {"release": {}}]


def test_a_turn_is_one_call(bench: Bench) -> None:
    result = bench.run(*turn(bench.imported()))
    assert bench.steps() == [
        ["write_file", "Stop-CsWindowsService", "Set-CsCertificate", "Start-CsWindowsService", "delete_file"]
    ]
    assert [row["operation"] for row in result["outcomes"]] == ["claim", "services", "assign", "services", "release"]
    assert "warnings" not in result
    assert bench.status() == {"Running"}
    state = bench.state()
    assert (state.claim, len(state.assignments)) == (None, 1)


def test_a_graceful_stop_that_takes_too_long_is_forced_and_the_rest_follows(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.switches = {"graceful_stop_seconds": 90}
    result = bench.run(*turn(thumbprint))
    assert bench.steps() == [
        ["write_file", "Stop-CsWindowsService", "Set-CsCertificate", "Start-CsWindowsService", "delete_file"],
        ["Stop-CsWindowsService"],
        ["Set-CsCertificate", "Start-CsWindowsService", "delete_file"],
    ]
    assert result["warnings"] == ["the graceful stop did not end within 60 s; services were stopped without -Graceful"]
    assert [row["operation"] for row in result["outcomes"]] == ["claim", "services", "assign", "services", "release"]
    assert bench.status() == {"Running"}
    assert (bench.state().claim, len(bench.state().assignments)) == (None, 1)


def test_a_graceful_stop_that_takes_too_long_is_undone_and_nothing_follows(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.switches = {"graceful_stop_seconds": 90}
    rows = turn(thumbprint)
    rows[1] = {"services": {"state": "stopped", "timeout": 60}}
    with pytest.raises(CertificatesError, match="did not end within 60 s, so they were started again"):
        bench.run(*rows)
    assert bench.steps()[1:] == [["Start-CsWindowsService"]]
    assert bench.status() == {"Running"}
    state = bench.state()
    assert state.assignments == ()
    assert state.claim
    assert state.claim.turn


def test_a_start_is_waited_for_and_the_state_that_was_read_last_counts(bench: Bench) -> None:
    thumbprint = bench.imported()
    bench.run({"services": {"state": "stopped"}})
    bench.calls.clear()
    bench.switches = {"start_pending_seconds": 20}
    rows = [{"services": {"state": "started"}}, {"assign": {"type": INTERNAL, "thumbprint": thumbprint}}]
    state = State.from_dict(bench.run(*rows)["server"])
    assert 18 <= bench.waited <= 24
    assert bench.steps()[0] == ["Start-CsWindowsService", "Set-CsCertificate"]
    assert {row.status for row in state.services or ()} == {"Running"}
    assert [row.use for row in state.assignments] == INTERNAL


@pytest.mark.parametrize("seconds", [0, 90], ids=["in time", "forced"])
def test_only_what_had_run_is_started_again(bench: Bench, seconds: int) -> None:
    bench.run({"services": {"state": "stopped", "names": ["RTCCLSAGT"]}})
    bench.switches = {"graceful_stop_seconds": seconds}
    bench.calls.clear()
    result = bench.run(*TURN, {"services": {"state": "started", "remembered": True}})
    started = [command for command in result["commands"] if command.startswith(START)]
    assert len(started) > 1
    assert not any("RTCCLSAGT" in command for command in started)
    stopped = {row.name for row in bench.state().services or () if row.stopped}
    assert stopped == {"RTCCLSAGT"}


# ---- claims ----


def test_a_claim_that_another_run_was_faster_with(bench: Bench) -> None:
    other = Claim(Owner("controller2", "there", 7), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    step = write_file(CLAIM, other.to_bytes(), make_folder=True)
    bench.meanwhile = lambda: bench.action().call(Call(steps=(step,))) and None
    with pytest.raises(CertificatesError, match=r"edge1 is claimed by the run on controller2 \(process 7\)") as caught:
        bench.run(*TURN)
    assert "\n" not in str(caught.value)
    assert bench.status() == {"Running"}
    assert [name for call in bench.steps() for name in call][-2:] == ["write_file", "Stop-CsWindowsService"]
    bench.calls.clear()
    with pytest.raises(InputError, match="is claimed by the run on controller2"):
        bench.run(*TURN)
    assert bench.calls == []


def test_a_claim_that_fails_for_another_reason(bench: Bench) -> None:
    mine = Claim(this_run(), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    step = write_file(CLAIM, mine.to_bytes(), make_folder=True)
    bench.meanwhile = lambda: bench.action().call(Call(steps=(step,))) and None
    with pytest.raises(RemoteError, match="write_file|exists"):
        bench.run(*TURN)
    assert bench.status() == {"Running"}


def test_the_claim_of_another_run_is_not_released(bench: Bench) -> None:
    other = Claim(Owner("controller2", "there", 7), "edge_site1", NOW, NOW + dt.timedelta(hours=2))
    bench.action().call(Call(steps=(write_file(CLAIM, other.to_bytes(), make_folder=True),)))
    bench.calls.clear()
    assert bench.run({"release": {}})["changed"] is False
    assert bench.state().claim == other


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


def test_a_turn_in_check_mode_has_the_commands_of_the_run(bench: Bench) -> None:
    rows = turn(bench.imported())
    told = bench.run(*rows, check_mode=True)
    done = bench.run(*rows)
    assert told["commands"] == done["commands"]
    assert told["diff"] == done["diff"]
    assert [row["changed"] for row in told["outcomes"]] == [True] * 5


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
