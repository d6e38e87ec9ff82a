# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States of a pool, taken from what tasks have registered on its members, or handed over."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.sfb.certificates.plugins.action import (
    cs_certificate_folder,
    cs_certificate_plan,
    cs_rollover_plan,
)
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from ansible_collections.sfb.certificates.plugins.plugin_utils._pool import raw_states, states_of_members
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..module_utils.rolling import server


class HostVars:
    """The variables of hosts, as Ansible keeps them; they are not templated when they are taken raw."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known
        self.asked: list[str] = []

    def raw_get(self, host: str) -> Any:
        self.asked.append(host)
        return self.known.get(host)


def options(**given: Any) -> dict[str, Any]:
    return {"members": None, "servers": None, "variable": None, **given}


def states(known: Mapping[str, Any], **given: Any) -> dict[str, State | None]:
    return states_of_members(options(**given), {"hostvars": HostVars(known)})


STATE = server().to_dict()


def test_states_are_what_each_member_has_registered() -> None:
    known = {"edge1": {"info": {"changed": False, "server": STATE}}, "edge2": {"info": {"server": STATE}, "other": 1}}
    found = states(known, members=["edge2", "edge1", "edge2"], variable="info")
    assert list(found) == ["edge2", "edge1"]
    assert set(map(type, found.values())) == {State}
    assert found["edge1"] == State.from_dict(STATE)


@pytest.mark.parametrize(
    "known",
    [
        None,
        {},
        {"info": None},
        {"info": "{{ other }}"},
        {"info": {"unreachable": True}},
        {"info": {"server": None}},
        {"info": {"server": {}}},
        {"info": {"skipped": True}},
    ],
    ids=json.dumps,
)
def test_a_member_without_a_state_is_not_known(known: Any) -> None:
    assert states({"edge1": known}, members=["edge1"], variable="info") == {"edge1": None}


def test_states_that_are_handed_over_come_first() -> None:
    hostvars = HostVars({host: {"info": {"server": STATE}} for host in ("edge1", "edge2")})
    params = options(members=["edge1", "edge2"], variable="info", servers={"edge2": None, "edge3": STATE})
    found = dict(raw_states(params, {"hostvars": hostvars}))
    assert found == {"edge1": STATE, "edge2": None, "edge3": STATE}
    assert hostvars.asked == ["edge1"]


def test_servers_alone_need_no_variables_of_hosts() -> None:
    assert list(states_of_members(options(servers={"edge1": STATE, "edge2": ""}), {}).values())[1] is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("up", "servers: what is given for edge1 is no state of a server; give what a module of this collection"),
        ([STATE], "servers: what is given for edge1 is no state of a server"),
        ({"x": 1}, "servers: edge1: server: is not what a module of this collection returned as 'server'"),
    ],
)
def test_what_is_no_state(value: Any, message: str) -> None:
    for given in ({"servers": {"edge1": value}}, {"members": ["edge1"], "variable": "info"}):
        with pytest.raises(InputError) as caught:
            states({"edge1": {"info": {"server": value}}}, **given)
        assert str(caught.value).startswith(message)


# ---- in the modules ----


def run(module: Any, arguments: dict[str, Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The result of a module that takes members."""
    task = MagicMock(args=arguments, check_mode=False, async_val=0)
    action = module.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    action._load_name = module.__name__
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "edge1", "hostvars": HostVars(known or {})})
    return result


MODULES = {
    cs_certificate_plan: {"type": ["Internal"]},
    cs_rollover_plan: {"certificates": []},
    cs_certificate_folder: {"folder": "/nowhere"},
}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_options_that_go_together(module: Any) -> None:
    for given, message in (
        ({}, "one of the following is required: "),
        ({"members": ["edge1"]}, "parameters are required together: members, variable"),
    ):
        result = run(module, {**MODULES[module], **given})
        assert result["failed"]
        assert message in result["msg"]


def test_a_folder_is_searched_for_the_requests_of_all_members(tmp_path: pathlib.Path) -> None:
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "edgepool.example.com")])
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    csr = SigningRequest.from_bytes(made.public_bytes(serialization.Encoding.PEM), name="made")
    (tmp_path / "edge1.req").write_text(csr.pem, encoding="ascii")
    state = {**STATE, "stores": {**STATE["stores"], "REQUEST": [{"public_key": csr.public_key_sha256}]}}
    known = {"edge1": {"edge_state": {"server": state}}, "edge2": {"edge_state": {"unreachable": True}}}
    arguments = {"folder": str(tmp_path), "members": ["edge1", "edge2"], "variable": "edge_state"}
    result = run(cs_certificate_folder, arguments, known)
    assert (result["found"], result["answers"], result["csrs"]) == (False, [], [csr.pem])
    elsewhere = {**arguments, "members": ["edge2"], "servers": {"edge3": state}}
    assert run(cs_certificate_folder, elsewhere, known)["csrs"] == [csr.pem]
    assert run(cs_certificate_folder, {**arguments, "members": ["edge2"]}, known)["csrs"] == []
    for wrong in ("up", {"x": 1}, {"stores": {"REQUEST": [{}]}}):
        refused = run(cs_certificate_folder, {**arguments, "servers": {"edge2": wrong}}, known)
        assert refused["msg"].startswith("servers: what is given for edge2 is no state of a server")
    refused = run(cs_certificate_folder, {"folder": str(tmp_path), "csr": "x", "servers": {}})
    assert "missing parameter(s) required by 'servers': members" in refused["msg"]
