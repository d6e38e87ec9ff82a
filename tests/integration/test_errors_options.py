# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong options and wrong ways to run a module: one clear line, before a server is touched.

All cases run in one playbook; each test looks at the row of its case.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

MODULES = ("assign", "chain", "export", "folder", "import", "info", "plan", "request")
#: What each module needs at least; the values are never looked at.
REQUIRED: dict[str, dict[str, Any]] = {
    "assign": {"type": ["Internal"], "thumbprint": "0" * 40},
    "chain": {"content": "x"},
    "export": {"thumbprint": "0" * 40},
    "folder": {"folder": "x", "csr": "x"},
    "import": {"content": "x"},
    "info": {},
    "plan": {"type": ["Internal"], "servers": {}},
    "request": {"type": ["Internal"]},
}


def task(module: str, **options: Any) -> dict[str, Any]:
    """A task with what the module needs and these options."""
    return {f"cs_certificate_{module}": REQUIRED[module] | options}


NO_STATE = "is not what a module of this collection returned as 'server'"
#: A task that must fail, and parts of its message in order.
CASES: dict[str, tuple[Any, ...]] = {
    "an unknown usage": (
        task("info", type=["AcessEdgeExternal"]),
        "type: unknown usage 'AcessEdgeExternal'",
        "did you mean AccessEdgeExternal?",
    ),
    "an unknown usage to assign": (
        task("assign", type=["Internal", "Extern"]),
        "type: unknown usage 'Extern'",
        "did you mean External?",
    ),
    "no usage": (task("request", type=[]), "type: no usage is given; name at least one"),
    "type is missing": ({"cs_certificate_request": {}}, "state is present but all of the following are missing: type"),
    "a bad renew_before": (task("request", renew_before="2 months"), "renew_before: '2 months' is no duration", "45d"),
    "a bad renew_before of a plan": (task("plan", renew_before="-1"), "renew_before: '-1' is no duration"),
    "a bad key_size": (task("request", key_size=3000), "value of key_size must be one of: 1024, 2048, 4096, got: 3000"),
    "a bad key_alg": (task("request", key_alg="DSA"), "value of key_alg must be one of: RSA", "got: DSA"),
    "a relative work_folder": (task("request", work_folder="temp"), "work_folder: 'temp' is no absolute Windows path"),
    "a work_folder of another system": (
        task("info", type=["Internal"], work_folder="/tmp"),
        "work_folder: '/tmp' is no absolute Windows path",
    ),
    "a thumbprint that is too long": (
        task("assign", thumbprint="0" * 41),
        "bad thumbprint: it has 41 hexadecimal digits",
        "must have 40",
    ),
    "a thumbprint of SHA-256": (task("export", thumbprint="AB" * 32), "bad thumbprint: it has 64", "that of SHA-256"),
    "a thumbprint that is none": (
        task("assign", thumbprint="edge1"),
        "bad thumbprint",
        "no hexadecimal digits (U+0067",
    ),
    "a thumbprint of check mode": (
        task("assign", thumbprint="(known after issue)"),
        "thumbprint: is (known after issue), a value that only check mode shows",
    ),
    "a thumbprint of check mode to export": (
        task("export", thumbprint="(known after issue)"),
        "thumbprint: is (known after issue)",
        "run the step that makes it first",
    ),
    "a date without zone": (
        task("assign", roll=True, effective_date="2026-12-01T22:00:00"),
        "effective_date: '2026-12-01T22:00:00' names no time zone; write it as 2026-12-01T22:00:00Z",
    ),
    "a date that is none": (
        task("import", roll=True, effective_date="Sunday", identity="global"),
        "effective_date: 'Sunday' is no time; write it as",
    ),
    "roll without date": (task("assign", roll=True), "roll: needs effective_date"),
    "a date without roll": (
        task("assign", effective_date="2026-12-01T22:00:00Z"),
        "effective_date: plays a part with roll: true only",
    ),
    "roll for one server": (
        task("import", roll=True, effective_date="2026-12-01T22:00:00Z"),
        "roll: plays a part with identity: global only",
        "cs_certificate_assign",
    ),
    "thumbprint and match": (task("assign", match={"subject": "x"}), "mutually exclusive: thumbprint|match"),
    "neither thumbprint nor match": (
        {"cs_certificate_assign": {"type": ["Internal"]}},
        "state is present but any of the following are missing: thumbprint, match",
    ),
    "an empty match": ({"cs_certificate_assign": {"type": ["Internal"], "match": {}}}, "match: is empty; give"),
    "previous with state present": (task("assign", previous=True), "previous: plays a part with state: absent only"),
    "roll with state absent": (task("assign", state="absent", roll=True), "roll: plays no part with state: absent"),
    "nothing to place nor to mend": (
        {"cs_certificate_chain": {}},
        "one of the following is required: path, content, mend",
    ),
    "an unknown mend": ({"cs_certificate_chain": {"mend": ["expired"]}}, "value of mend must be one or more of"),
    "a CSR of check mode": (task("folder", csr="(known after request)"), "csr: is empty; give the request"),
    "a PFX of check mode": (task("import", content="(known after export)"), "content: is empty"),
    "a CSR that is none": (task("folder", csr="text"), "csr holds no certificate data"),
    "a bad state of a server": (task("info", server={"stores": {}}), NO_STATE, "leave it out to read the server"),
    "a state that is a text": (task("info", server="edge1"), "server", "dict"),
    "a state that is empty": (task("export", server={}), NO_STATE),
    "path and content": (task("chain", path="x"), "mutually exclusive: path|content"),
    "neither path nor content": ({"cs_certificate_import": {}}, "one of the following is required: path, content"),
    "content that is none": (task("import", content="no certificate at all"), "content holds no certificate data"),
    "a plan without servers": (task("plan"), "host: 'edge1' is not one of the servers"),
    "a plan of no state": (
        task("plan", servers={"edge1": "on"}),
        "servers: what is given for edge1 is no state of a server",
    ),
    "a plan of a bad state": (task("plan", servers={"edge1": {"stores": 1}}), f"servers: edge1: server: {NO_STATE}"),
    "a plan of servers that are down": (
        task("plan", servers={"edge1": {}}),
        "none of the servers edge1 can be reached",
    ),
    "a plan for another host": (
        task("plan", servers={"edge1": {}}, host="edge7"),
        "host: 'edge7' is not one of the servers edge1",
    ),
    **{
        f"an unknown option of {name}": (
            task(name, thumprint="x"),
            f"Unsupported parameters for (sfb.certificates.cs_certificate_{name}) module: thumprint. ",
            "Supported parameters include: ",
        )
        for name in MODULES
    },
    **{
        f"async of {name}": (
            task(name) | {"async": 10, "poll": 1},
            f"sfb.certificates.cs_certificate_{name} takes no async",
            "leave async out",
        )
        for name in MODULES
    },
}
#: These reach a server, which has to tell.
ON_A_SERVER: dict[str, tuple[Any, ...]] = {
    "a bad query": (task("info", query="certificates[?"), "query: 'certificates[?' is no valid JMESPath expression"),
    "a query for an unknown function": (
        task("info", query="size(@)"),
        "query: 'size(@)' is no valid JMESPath expression",
        "size",
    ),
    "a server without the product": (
        task("info") | {"vars": {"sfb_lab_switches": {"module_name": "Exchange"}}},
        *("none of these PowerShell modules is installed: SkypeForBusiness, Lync", "install the administrative tools"),
    ),
}


@pytest.fixture(scope="module")
def outcome(once: Callable[..., pathlib.Path], new_pool: Callable[..., Any]) -> dict[str, Any]:
    """The results of all cases by name, and whether the lab is as before."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        first, untouched = pool.refused({"edge1": {name: case[0] for name, case in CASES.items()}})
        calls = len(pool.journal())
        second, same = pool.refused({"edge1": {name: case[0] for name, case in ON_A_SERVER.items()}})
        rows = {row["task"]: row for row in (*first.rows, *second.rows)}
        (folder / "outcome.json").write_text(json.dumps({"rows": rows, "same": untouched and same, "calls": calls}))

    found: dict[str, Any] = json.loads((once("errors-options", fill) / "outcome.json").read_text())
    return found


@pytest.mark.parametrize(("name", "message"), [(name, case[1:]) for name, case in (CASES | ON_A_SERVER).items()])
def test_error_is_one_clear_line(outcome, name: str, message: tuple[str, ...]) -> None:
    row = outcome["rows"][name]
    text = row["result"]["msg"]
    assert row["outcome"] == "failed"
    assert "\n" not in text.strip()
    assert not row["result"].get("changed")
    rest = text
    for part in message:
        assert part in rest, text
        rest = rest.partition(part)[2]


def test_no_case_has_touched_a_server(outcome) -> None:
    assert outcome["calls"] == 0
    assert outcome["same"] is True


def test_kept_remote_files_are_refused_before_a_server_is_touched(pool) -> None:
    tasks = [{f"sfb.certificates.cs_certificate_{name}": REQUIRED[name], "ignore_errors": True} for name in MODULES]
    play = [{"hosts": "edge1", "gather_facts": False, "tasks": tasks}]
    run = pool.play(play, ANSIBLE_KEEP_REMOTE_FILES="1")
    assert [row["outcome"] for row in run.rows] == ["failed"] * len(MODULES)
    for row in run.rows:
        assert "ANSIBLE_KEEP_REMOTE_FILES is set; modules of sfb.certificates may carry secrets" in row["result"]["msg"]
        assert "\n" not in row["result"]["msg"]
    assert pool.journal() == []
