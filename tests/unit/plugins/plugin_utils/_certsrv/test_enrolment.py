# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never a second submission by accident: what is done with each record, and what the authority's own log says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.client import Certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.enrolment import (
    DeniedError,
    Enrolment,
    Outcome,
    enrol,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.failures import CertsrvError
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.record import Record, RecordFile
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Certsrv as Emulated
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.enrollment_queue import Policy
from ansible_collections.sfb.certificates.plugins.plugin_utils._patience import Patience

WEB = {"CertificateTemplate": "WebServer"}


@dataclass
class Case:
    """A request with its record, and the authority that it goes to."""

    emulate: Callable[..., Emulated]
    connect: Callable[..., Certsrv]
    wanted: Enrolment
    server: Any = None

    @property
    def file(self) -> RecordFile:
        assert self.wanted.record is not None
        return self.wanted.record

    @property
    def rows(self) -> int:
        """How many submissions the authority has seen."""
        return len(self.server.desk.rows())

    def start(self, **settings: Any) -> None:
        self.server = self.emulate(**settings)

    def run(
        self, *, check_mode: bool = False, patience: Patience | None = None, timeout: int = 10, **changes: Any
    ) -> Outcome:
        client = self.connect(self.server.url, timeout=timeout)
        wanted = replace(self.wanted, **changes)
        return enrol(client, wanted, patience=patience or Patience(), check_mode=check_mode)


@pytest.fixture
def case(emulate: Any, connect: Any, request_for: Any, tmp_path: Path) -> Case:
    record = RecordFile(str(tmp_path / "new folder" / "edge1.json"))
    return Case(emulate, connect, Enrolment(csr=request_for("a.test", "b.test"), attributes=WEB, record=record))


def test_first_run_and_rerun(case: Case) -> None:
    case.start()
    first = case.run()
    assert (first.submitted, first.request_id) == (True, 1)
    assert first.result is not None
    assert first.result.disposition == "issued"
    record = case.file.load()
    assert record is not None
    assert (record.request_id, record.lost, record.attributes) == (1, False, WEB)
    again = case.run()
    assert (again.submitted, again.result) == (False, first.result)
    assert case.rows == 1


def test_check_mode_submits_and_writes_nothing(case: Case) -> None:
    case.start()
    planned = case.run(check_mode=True)
    assert (planned.submitted, planned.request_id, planned.result, planned.warnings) == (True, None, None, ())
    assert not Path(case.file.path).parent.exists()
    assert case.server.calls == ["GET certrqxt.asp"]
    case.run()
    found = case.run(check_mode=True)
    assert (found.submitted, found.request_id) == (False, 1)
    assert case.rows == 1


def test_pending_then_approved(case: Case) -> None:
    case.start(policy=Policy(hold=True))
    for submitted in (True, False):
        outcome = case.run()
        assert outcome.result is not None
        assert (outcome.submitted, outcome.result.disposition) == (submitted, "pending")
    case.server.desk.approve(1)
    outcome = case.run()
    assert outcome.result is not None
    assert outcome.result.disposition == "issued"
    assert case.rows == 1


def test_waiting_ends_with_the_approval(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.start(policy=Policy(hold=True))
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            case.server.desk.approve(1)

    monkeypatch.setattr("time.sleep", sleep)
    outcome = case.run(patience=Patience(timeout=60, pause=7))
    assert outcome.result is not None
    assert (outcome.submitted, outcome.result.disposition) == (True, "issued")
    assert naps == [7, 7]


def test_waiting_ends_with_the_time(case: Case) -> None:
    case.start(policy=Policy(hold=True))
    outcome = case.run(patience=Patience(timeout=1, pause=30))
    assert outcome.result is not None
    assert outcome.result.disposition == "pending"


def test_waiting_bears_a_failure_that_passes(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = {"certnew.cer": "500"}
    case.start(faults=faults)
    monkeypatch.setattr("time.sleep", lambda _seconds: faults.clear())
    outcome = case.run(patience=Patience(timeout=60, pause=5))
    assert outcome.result is not None
    assert outcome.result.disposition == "issued"


# ---- lost answers ----


@pytest.mark.parametrize("fault", ["hang", "cut", "500", "html"])
def test_lost_answer_stops_the_next_run(case: Case, fault: str) -> None:
    case.start(faults={"certfnsh.asp": fault})
    with pytest.raises(
        CertsrvError, match="the authority may have the request all the same.*request_id.*resubmit: true"
    ):
        case.run(timeout=1)
    for check_mode in (False, True):
        with pytest.raises(InputError, match="answer was lost.*set request_id to its number, or resubmit: true"):
            case.run(check_mode=check_mode)
    assert case.rows == 1


def test_lost_answer_taken_up_by_number(case: Case) -> None:
    faults = {"certfnsh.asp": "cut"}
    case.start(faults=faults)
    with pytest.raises(CertsrvError):
        case.run()
    outcome = case.run(request_id=1)
    assert (outcome.submitted, outcome.request_id) == (False, 1)
    assert case.run().request_id == 1  # the record has the number now
    assert case.rows == 1


def test_resubmit_submits_at_each_run(case: Case) -> None:
    case.start()
    assert [case.run(resubmit=True).request_id for _run in range(2)] == [1, 2]
    assert case.run().request_id == 2


@pytest.mark.parametrize("fault", ["401", "403"])
@pytest.mark.parametrize("before", [False, True])
def test_what_certainly_did_not_arrive_leaves_no_mark(case: Case, fault: str, before: bool) -> None:
    faults: dict[str, str] = {}
    case.start(faults=faults)
    if before:
        case.run()
    kept = case.file.load()
    faults["certfnsh.asp"] = fault
    with pytest.raises(CertsrvError, match=f"HTTP {fault}"):
        case.run(resubmit=before)
    assert case.file.load() == kept
    faults.clear()
    assert case.run().submitted is not before


def test_unreachable_before_the_submission_leaves_no_mark(case: Case) -> None:
    case.start(faults={"certrqxt.asp": "500"})
    with pytest.raises(CertsrvError, match="HTTP 500"):
        case.run()
    assert case.file.load() is None
    assert case.rows == 0


# ---- denials ----


def test_denied_at_once_and_again(case: Case) -> None:
    case.start(policy=Policy(deny="Denied by Policy Module  0x80094012, no right"))
    for _run in range(2):
        with pytest.raises(DeniedError, match="request 1 .template WebServer.: Denied by .*the right Enroll") as caught:
            case.run()
        assert caught.value.request_id == 1
    assert case.rows == 1


def test_another_template_after_a_denial_is_submitted(case: Case) -> None:
    case.start()
    with pytest.raises(DeniedError, match="by its name and not its display name; it offers WebServer, User; to submit"):
        case.run(attributes={"CertificateTemplate": "Web Server"})
    assert case.run().request_id == 2


def test_denied_by_hand_later(case: Case) -> None:
    case.start(policy=Policy(hold=True))
    case.run()
    case.server.desk.deny(1)
    for _run in range(2):
        with pytest.raises(
            DeniedError, match=r"Denied by LAB\\Administrator \(change what it names; to submit the same"
        ):
            case.run()
    assert case.run(attributes={"CertificateTemplate": "User"}).request_id == 2
    assert case.rows == 2


def test_denial_taken_back_by_hand(case: Case) -> None:
    case.start(policy=Policy(deny="No"))
    with pytest.raises(DeniedError):
        case.run()
    case.server.desk.approve(1)
    outcome = case.run()
    assert outcome.result is not None
    assert (outcome.submitted, outcome.result.disposition) == (False, "issued")


# ---- proofs ----


def test_number_of_another_request(case: Case, request_for: Any) -> None:
    case.start()
    case.server.desk.submit(request_for("other.test").pem, user="x", attributes="CertificateTemplate:WebServer")
    with pytest.raises(CertsrvError, match=r"request 1 is that of another key \(CN=other.test\); check request_id"):
        case.run(request_id=1)
    assert case.file.load() is None


def test_number_without_a_record(case: Case) -> None:
    case.start()
    case.run()
    assert case.run(request_id=1, record=None).submitted is False
    with pytest.raises(InputError, match="record: is missing"):
        case.run(record=None)


def test_record_of_another_address(case: Case) -> None:
    case.start()
    case.run()
    case.start()
    with pytest.raises(InputError, match="was submitted at http://localhost.*and not at http://localhost"):
        case.run()
    assert case.run(resubmit=True).submitted is True


def test_new_request_replaces_the_record(case: Case, request_for: Any) -> None:
    case.start()
    case.run()
    assert case.run(csr=request_for("c.test")).request_id == 2


def test_record_changed_in_between_is_not_overrun(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.start()
    other = replace(case.wanted, record=RecordFile(case.file.path))

    def templates(client: Certsrv) -> tuple[str, ...]:
        monkeypatch.undo()
        enrol(client, other, patience=Patience(), check_mode=False)
        return ()

    monkeypatch.setattr(Certsrv, "templates", templates)
    with pytest.raises(InputError, match="another task uses it, too"):
        case.run()
    assert case.rows == 1


def test_warnings(case: Case) -> None:
    case.start()
    outcome = case.run(check_mode=True, attributes={"CertificateTemplate": "Web2", "san": "dns=x"})
    assert [text.partition(":")[0] for text in outcome.warnings] == ["template", "attributes"]
    assert "only WebServer, User" in outcome.warnings[0]


# ---- the file ----


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"format": 2}', b"-----BEGIN CERTIFICATE REQUEST-----", b"\xff"]
)
def test_what_is_no_record_is_left_alone(case: Case, data: bytes) -> None:
    case.start()
    path = Path(case.file.path)
    path.parent.mkdir()
    path.write_bytes(data)
    for resubmit in (False, True):
        with pytest.raises(InputError, match="is no record of a submission"):
            case.run(resubmit=resubmit)
    assert path.read_bytes() == data
    assert case.rows == 0


@pytest.mark.parametrize("change", [{"request_id": "7"}, {"attributes": None}, {"more": 1}])
def test_damaged_record(case: Case, change: dict[str, Any]) -> None:
    case.start()
    case.run()
    path = Path(case.file.path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match="or a damaged one"):
        case.run()


def test_record_that_cannot_be_written(case: Case, tmp_path: Path) -> None:
    case.start()
    (tmp_path / "new folder").write_text("a file")
    with pytest.raises(CertificatesError, match="record: .*(cannot be|Not a directory)"):
        case.run()
    assert case.rows == 0


def test_record_holds_no_secret_and_is_whole(tmp_path: Path) -> None:
    file = RecordFile(str(tmp_path / "r.json"))
    record = Record(
        url="https://ca/certsrv",
        csr_sha256="A",
        public_key_sha256="B",
        subject="CN=\u00e4",
        attributes=WEB,
        marked="now",
    )
    file.save(record)
    assert file.load() == record
    assert record.lost
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    assert set(json.loads(Path(file.path).read_text())) == {"format", *vars(record)}
    file.remove()
    file.remove()
    assert file.load() is None
