# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step runner and the emulator answer the same calls alike.

What must differ is taken out before they are compared: keys and so thumbprints, times, what Linux has no key containers and
friendly names for, and the words of .NET.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import (
    AuthorityDescription,
    PoolDescription,
)

from .forms import key_id, thumb
from .procedure import CALLS, CONFIG, Side
from .servers import Lab

POOL, DOMAINS = "edgepool.example.test", ("example.test", "example.org")
HOSTS = {name: f"like-{name}" for name in ("edge1", "edge2", "example")}
SWITCHES = {"cms_inaccessible": True}
#: Usages that an Edge Server takes, for the doubles.
USAGES = ("Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication", "External")
#: Ids whose message is that of .NET: of the platform, that is, not ours.
PLATFORM = (
    "Exception",
    "MethodNotFound",
    "CannotConvert",
    "ParameterArgument",
    "AmbiguousParameterSet",
    "MissingMandatory",
)


def comparable(value: Any, side: Side, key: str = "") -> Any:
    """A result without what must differ."""
    if isinstance(value, dict) and {"id", "chain", "category"} <= set(value):
        name = value["id"].partition(",")[0]
        if name.startswith("Host"):
            # which of two ids a question gets depends on who asks
            return {"id": "a question", "command": value["command"]}
        known = not any(part in name for part in PLATFORM)
        told = comparable(value["message"], side) if known else "of the platform"
        return {"id": name, "command": value["command"], "message": told}
    if key == "key":
        return sorted(value or ()) if "error" in (value or ()) else bool(value)
    if isinstance(value, dict) and "ps_version" in value:
        return sorted(value)
    if isinstance(value, dict):
        return {name: comparable(item, side, name) for name, item in value.items()}
    if isinstance(value, list):
        rows = [comparable(item, side, key) for item in value]
        return sorted(rows, key=json.dumps) if key == "certificates" else rows
    if key in ("der", "data") and isinstance(value, str):
        return "content"
    if key in ("subject", "issuer", "Subject", "Issuer"):
        # order and names of the parts are those of the platform
        return sorted(re.split(r",\s*", str(value).replace("ST=", "S=")))
    if key == "key_id":
        return {key_id(entry.cert): name for name, entry in side.authority.items() if hasattr(entry, "cert")}.get(value)
    if key in ("friendly_name", "SerialNumber", "UpdateTime"):
        return "differs"
    if isinstance(value, str):
        value = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "time", value)
        return re.sub(r"\b[0-9A-F]{40}\b", lambda found: _label(found[0], side), value)
    return value


def _label(thumbprint: str, side: Side) -> str:
    """A thumbprint, by whose it is."""
    known = {thumb(entry.cert): name for name, entry in side.authority.items() if not name.startswith("made")}
    known |= {thumb(entry): name for name, entry in side.authority.items() if name.startswith("made")}
    if side.answer is not None:
        known[side.thumbprint] = "answer"
    return known.get(thumbprint, "another" if len(set(thumbprint)) > 2 else thumbprint)


@pytest.fixture(scope="module")
def emulated(authority: dict[str, Any], key_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Side:
    """What the emulator answers."""
    folder = LabFolder(tmp_path_factory.mktemp("emulator"))
    asked = AuthorityDescription(config=CONFIG, policy="pending")
    pools = {
        name: PoolDescription(
            pool_fqdn=POOL, fqdn=f"{host}.example.test", sip_domains=DOMAINS, switches=SWITCHES, ca=asked
        )
        for name, host in HOSTS.items()
    }

    def run(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return run_contract(arguments, pools[name], folder, HOSTS[name])

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_POOL_VARIABLE, str(key_pool))
        return played(run, authority)


@pytest.fixture(scope="module")
def real(lab: Lab, authority: dict[str, Any], emulated: Side) -> Side:
    """What the step runner answers, on servers whose doubles are described as the emulator does."""
    described = emulated.seen["new server"]["read"]
    edge = described["topology"]["edge"]["output"][0]
    services = described["services"]["output"]
    for host in HOSTS.values():
        lab.host(
            host,
            computer={"fqdn": f"{host}.example.test", "pool": POOL},
            edge={name: value for name, value in edge.items() if name not in ("_type", "Identity", "PoolFqdn")},
            sip_domains=list(DOMAINS),
            services=[{name: row[name] for name in ("Name", "DisplayName", "Status", "RoleName")} for row in services],
            needs=list(USAGES),
            ca={"config": CONFIG, "policy": "pending"},
            switches=SWITCHES,
        )
    numbers = itertools.count()

    def run(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        check = arguments.pop("_ansible_check_mode", False)
        label = f"like {next(numbers)}"
        return lab.run([(label, HOSTS[name], arguments, check)])[label]

    return played(run, authority)


def played(run: Callable[[str, dict[str, Any]], dict[str, Any]], authority: dict[str, Any]) -> Side:
    """All calls, in order."""
    side = Side(run, dict(authority))
    for label, (name, make) in CALLS.items():
        side.seen[label] = side.call(name, make(side))
    return side


@pytest.mark.parametrize("label", CALLS)
def test_same_answer(real: Side, emulated: Side, label: str) -> None:
    expected = comparable(emulated.seen[label], emulated)
    found = comparable(real.seen[label], real)
    assert {name: value for name, value in found.items() if name in expected} == expected


@pytest.mark.parametrize(
    ("label", "path", "value"),
    [
        ("request", ("steps", 0, "certificates", 0, "added"), False),
        ("request", ("steps", 1, "output", 0, "RequestStatus"), "Issued"),
        ("answer", ("read", "My", "certificates", 0, "has_key"), False),
        ("answer", ("read", "My", "certificates", 0, "key"), None),
        ("assign 1", ("read", "assignments", "output", 0, "Thumbprint"), "AB" * 20),
        ("assign 1", ("read", "assignments", "output", 0, "Use"), "Default"),
        ("not there", ("steps", 0, "errors", 0, "id"), "Other,Set-CsCertificate"),
        ("not there", ("steps", 0, "errors", 0, "message"), "something else"),
        ("removed again", ("steps", 0, "warnings"), []),
        ("taken away", ("steps", 0, "key_deleted"), True),
        ("refused", ("failed_step",), None),
        ("wrong contract", ("fatal", "id"), "CsInvoke.Protocol"),
    ],
)
def test_the_comparison_sees_a_difference(emulated: Side, label: str, path: tuple[Any, ...], value: Any) -> None:
    changed = copy.deepcopy(emulated.seen[label])
    inner = changed
    for part in path[:-1]:
        inner = inner[part]
    assert inner[path[-1]] != value
    inner[path[-1]] = value
    assert comparable(changed, emulated) != comparable(emulated.seen[label], emulated)


def test_the_calls_reach_what_they_are_for(emulated: Side) -> None:
    failed = {label for label, result in emulated.seen.items() if result["failed_step"] is not None}
    assert failed == {
        *("example of the contract", "request once more", "wrong role", "management store", "wrong passphrase"),
        *("not in the file", "without date", "no chain", "no key", "not there", "no such export", "in use"),
        *("unreachable", "refused", "path", "check mode"),
    }
    assert [label for label, result in emulated.seen.items() if result["fatal"]] == ["wrong contract"]
