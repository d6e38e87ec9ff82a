# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong variables of roles are refused with a clear message, before a server is touched.

All cases run in one playbook; each test looks at the message of its case.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

EDGE = {"edge_type": ["Internal"]}
PLAN = {"edge_plan_set": "edge_site1", "edge_plan_type": ["Internal"]}
SIGN = {"edge_sign_csr": "(known after request)", "edge_sign_folder": "x"}
COPY = {"edge_copy_content": "x", "edge_copy_passphrase": "x", "edge_copy_thumbprint": "0" * 40}
LB_CUSTOM = {
    "load_balancer_kind": "custom",
    "load_balancer_drain_tasks": "out.yml",
    "load_balancer_restore_tasks": "/nowhere/back.yml",
}
#: Role, its variables, and parts of the message in order. C(edge9) is a host without C(edge_set).
CASES: dict[str, tuple[Any, ...]] = {
    "edge_type is missing": ("edge", {}, "missing required arguments: edge_type"),
    "edge_set is unknown": (
        "edge",
        EDGE | {"edge_set": "edge_site9"},
        "edge_set: edge1 is in no inventory group 'edge_site9'",
    ),
    "edge_set is of others": (
        "edge",
        EDGE | {"edge_set": "loose"},
        "edge_set: edge1 is in no inventory group 'loose'",
        "same load balancer",
    ),
    "edge_type is unknown": (
        "edge",
        {"edge_type": ["Internl"]},
        "type: unknown usage 'Internl'; did you mean Internal?",
    ),
    "edge_signer": ("edge", EDGE | {"edge_signer": "mail"}, "value of edge_signer must be one of: folder", "got: mail"),
    "edge_folder": ("edge", EDGE | {"edge_folder": ""}, "edge_folder: is empty; name the folder on the controller"),
    "edge_pending": (
        "edge",
        EDGE | {"edge_pending": "wait"},
        "value of edge_pending must be one of: end, fail, got: wait",
    ),
    "edge_key_size": (
        "edge",
        EDGE | {"edge_key_size": 3000},
        "value of edge_key_size must be one of: 1024, 2048, 4096, got: 3000",
    ),
    "edge_key_size is no number": ("edge", EDGE | {"edge_key_size": "big"}, "edge_key_size", "int"),
    "edge_key_alg": ("edge", EDGE | {"edge_key_alg": "DSA"}, "value of edge_key_alg must be one of", "RSA", "got: DSA"),
    "edge_force": ("edge", EDGE | {"edge_force": "perhaps"}, "edge_force", "bool"),
    "edge_fqdns": ("edge", EDGE | {"edge_fqdns": "edge.example.com"}, "edge_fqdns", "dict"),
    "edge_fqdns of what": (
        "edge",
        EDGE | {"edge_fqdns": {"poll": "x"}},
        "fqdns.poll",
        "access_edge, av_edge, data_edge, pool",
    ),
    "edge_work_folder": (
        "edge",
        EDGE | {"edge_work_folder": "/tmp"},
        "work_folder: '/tmp' is no absolute Windows path",
    ),
    "edge_plan_set is missing": (
        "edge_plan",
        {"edge_plan_type": ["Internal"]},
        "missing required arguments: edge_plan_set",
    ),
    "edge_plan_type is missing": (
        "edge_plan",
        {"edge_plan_set": "edge_site1"},
        "missing required arguments: edge_plan_type",
    ),
    "edge_plan_sip_domains": ("edge_plan", PLAN | {"edge_plan_sip_domains": {"a": 1}}, "edge_plan_sip_domains", "list"),
    "edge_chain_file is empty": (
        "edge_chain",
        {"edge_chain_file": ""},
        "one of the following is required: path, content",
    ),
    "edge_chain_file is not there": (
        "edge_chain",
        {"edge_chain_file": "nowhere.p7b"},
        "nowhere.p7b: there is no such file",
    ),
    "edge_chain_server": (
        "edge_chain",
        {"edge_chain_server": {"a": 1}},
        "server: is not what a module of this collection returned",
    ),
    "edge_request_type is missing": ("edge_request", {}, "missing required arguments: edge_request_type"),
    "edge_request_renew_before": (
        "edge_request",
        {"edge_request_type": ["Internal"], "edge_request_renew_before": "soon"},
        *("renew_before: 'soon' is no duration", "45d"),
    ),
    "edge_sign_csr is missing": ("edge_sign", {}, "missing required arguments: edge_sign_csr"),
    "edge_sign_signer": (
        "edge_sign",
        SIGN | {"edge_sign_signer": "mail"},
        "value of edge_sign_signer must be one of: folder",
    ),
    "edge_sign_csr of check mode": ("edge_sign", SIGN, "csr: is empty; give the request"),
    "edge_import_content is empty": ("edge_import", {}, "content: is empty; give the answer of the authority"),
    "edge_copy without anything": (
        "edge_copy",
        {},
        "missing required arguments: edge_copy_content, edge_copy_passphrase",
    ),
    "edge_copy_content": ("edge_copy", COPY, "content holds no certificate data"),
    "edge_export without anything": ("edge_export", {}, "missing required arguments: edge_export_thumbprint"),
    "edge_export_thumbprint": ("edge_export", {"edge_export_thumbprint": "xy"}, "bad thumbprint"),
    "edge_assign without anything": (
        "edge_assign",
        {},
        "missing required arguments: edge_assign_thumbprint, edge_assign_type",
    ),
    "edge_assign_thumbprint": (
        "edge_assign",
        {"edge_assign_type": ["Internal"], "edge_assign_thumbprint": "xy"},
        "bad thumbprint",
    ),
    "edge_verify without anything": (
        "edge_verify",
        {},
        "missing required arguments: edge_verify_thumbprint, edge_verify_type",
    ),
    "load_balancer_kind": (
        "load_balancer",
        {"load_balancer_kind": "f5"},
        "value of load_balancer_kind must be one of: none, manual, haproxy, custom, got: f5",
    ),
    "load_balancer_on_timeout": (
        "load_balancer",
        {"load_balancer_on_timeout": "wait"},
        "value of load_balancer_on_timeout must be one of: force, fail, got: wait",
    ),
    "load_balancer_member is empty": (
        "load_balancer",
        {"load_balancer_member": ""},
        "load_balancer_member: is empty; the load balancer none needs it",
    ),
    "load_balancer_drain_timeout": (
        "load_balancer",
        {"load_balancer_drain_timeout": -1},
        *("load_balancer_drain_timeout", "-1 and 120 must be seconds, or 0 not to wait"),
    ),
    "load_balancer_restore_tasks is missing": (
        "load_balancer",
        {"load_balancer_kind": "custom", "load_balancer_drain_tasks": "out.yml"},
        "load_balancer_restore_tasks: is empty; the load balancer custom needs it",
    ),
    "load_balancer_drain_tasks are not there": (
        "load_balancer",
        LB_CUSTOM,
        *("/out.yml, /nowhere/back.yml: there is no such file", "beside the playbook, or absolute"),
    ),
    "load_balancer_socket is not there": (
        "load_balancer",
        {"load_balancer_kind": "haproxy", "load_balancer_socket": "/nowhere/admin.sock"},
        "socket: /nowhere/admin.sock: there is no such file on this host",
    ),
    "estate_report_fail_on": (
        "estate_report",
        {"estate_report_fail_on": "always"},
        "value of estate_report_fail_on must be one of: critical, warning, never, got: always",
    ),
    "estate_report_formats": (
        "estate_report",
        {"estate_report_formats": ["html", "pdf"]},
        *("estate_report_formats", "json, csv, html, prometheus", "pdf"),
    ),
}
#: What only a plan can tell; the servers have been read, and are as before.
AFTER_READING: dict[str, tuple[Any, ...]] = {
    "edge_leader": (
        "edge",
        EDGE | {"edge_leader": "edge7"},
        "leader: 'edge7' is not one of the servers edge1, edge2, edge3",
    ),
    "edge_renew_before": ("edge", EDGE | {"edge_renew_before": "soon"}, "renew_before: 'soon' is no duration"),
    "edge_chain_file": ("edge", EDGE | {"edge_chain_file": "nowhere.p7b"}, "nowhere.p7b: there is no such file"),
    "edge_type is empty": ("edge", {"edge_type": []}, "type: no usage is given; name at least one"),
    "estate_report_mode": (
        "estate_report",
        {"estate_report_mode": "rw"},
        "mode: 'rw' is no mode of a file; write it in quotes as '0644'",
    ),
}


def block(name: str, role: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Includes a role; the message of its failure becomes the result of a task of that name."""
    return {
        "block": [{"ansible.builtin.include_role": {"name": f"sfb.certificates.{role}"}, "vars": variables}],
        "rescue": [{"name": name, "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
    }


@pytest.fixture(scope="module")
def outcome(once: Callable[..., pathlib.Path], new_pool: Callable[..., Any]) -> dict[str, Any]:
    """The messages of all cases by name, and the remote calls."""

    def fill(folder: pathlib.Path) -> None:
        pool = new_pool(folder)
        before = pool.digest()
        runs = []
        for cases in (CASES, AFTER_READING):
            tasks = [block(name, *case[:2]) for name, case in cases.items()]
            run = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": tasks}])
            assert run.rc == 0, run.output
            runs.append((run, len(pool.journal()), pool.digest() == before and pool.writing(0) == []))
        messages = {
            row["task"]: row["result"]["msg"]
            for run, _calls, _same in runs
            for row in run.rows
            if row["outcome"] == "ok" and "msg" in row["result"]
        }
        found = {
            "messages": messages,
            "calls": [calls for _run, calls, _same in runs],
            "same": [same for _run, _calls, same in runs],
        }
        (folder / "outcome.json").write_text(json.dumps(found))

    found: dict[str, Any] = json.loads((once("errors-roles", fill) / "outcome.json").read_text())
    return found


@pytest.mark.parametrize(("name", "message"), [(name, case[2:]) for name, case in (CASES | AFTER_READING).items()])
def test_message_is_clear(outcome, name: str, message: tuple[str, ...]) -> None:
    text = rest = outcome["messages"][name].removeprefix("Validation of arguments failed:\n")
    assert len(text.splitlines()) <= 3  # ansible-core gives each fault of a variable its own line
    for part in message:
        assert part in rest, text
        rest = rest.partition(part)[2]


def test_no_server_is_touched(outcome) -> None:
    assert outcome["calls"][0] == 0
    assert outcome["calls"][1] > 0
    assert outcome["same"] == [True, True]


def test_host_without_a_set(pool) -> None:
    inventory = yaml.safe_load(pool.inventory.read_text())
    loose = {"hosts": {"edge9": {"sfb_lab_pool_fqdn": "edge.example.com"}}}
    inventory["edge"]["children"]["loose"] = loose
    pool.inventory.write_text(yaml.safe_dump(inventory))
    run = pool.role("edge", hosts="edge9", **EDGE)
    assert run.rc != 0
    assert "missing required arguments: edge_set" in run.output
    assert pool.journal() == []
