# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of cs_certificate_request become the parameters of the cmdlet."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.module_utils._product.usages import USAGES
from ansible_collections.sfb.certificates.plugins.module_utils._remote.wire import Call, decode
from ansible_collections.sfb.certificates.plugins.module_utils._request.online import plan_online
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import State
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import (
    AuthorityDescription,
    PoolDescription,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._request_options import (
    ARGUMENT_SPEC,
    check_options,
    new_spec_of,
)

CA = "atl-ca-001.litwareinc.com\\myca"
#: All parameters of the set -New (product.md#parameters-of-a-request) with an option, a value, and how the command
#: shows it.
PARAMETERS: dict[str, tuple[str, Any, str]] = {
    "AllSipDomain": ("all_sip_domain", True, ""),
    "CA": ("ca", CA, CA),
    "CaAccount": ("ca_account", "litwareinc\\kenmyer", "litwareinc\\kenmyer"),
    "CaPassword": ("ca_password", "Nobody knows", "********"),
    "City": ("city", "Redmond", "Redmond"),
    "ClientEKU": ("client_eku", True, "$true"),
    "ComputerFqdn": ("computer_fqdn", "atl-cs-001.litwareinc.com", "atl-cs-001.litwareinc.com"),
    "Country": ("country", "US", "US"),
    "DomainName": ("domain_names", ["a.example", "b.example"], "'a.example,b.example'"),
    "FriendlyName": ("friendly_name", "Web", "Web"),
    "GlobalCatalog": ("global_catalog", "gc.example", "gc.example"),
    "GlobalSettingsDomainController": ("global_settings_domain_controller", "dc.example", "dc.example"),
    "KeyAlg": ("key_alg", "RSA", "RSA"),
    "KeySize": ("key_size", 2048, "2048"),
    "Organization": ("organization", "Litwareinc", "Litwareinc"),
    "OU": ("organizational_unit", "IT", "IT"),
    "PrivateKeyExportable": ("private_key_exportable", True, "$true"),
    "State": ("state_or_province", "WA", "WA"),
    "Template": ("template", "WebServer", "WebServer"),
    "Force": ("cmdlet_force", True, ""),
}
EMPTY = State(computer={"time": "2026-11-21T10:00:00Z"}, pending=())


def options(**given: Any) -> dict[str, Any]:
    """Validated arguments: defaults, and those given."""
    return {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()} | {"type": ["Default"]} | given


def command(**given: Any) -> str:
    """The command that options lead to on an empty server."""
    spec, _warnings = new_spec_of(options(**given))
    return (plan_online if spec.ca else plan_request)(spec, EMPTY).commands[-1]


Try = Callable[..., tuple[str, str | None]]


@pytest.fixture
def on_lab(tmp_path: pathlib.Path, key_pool: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Runs what options lead to on an emulated server of some role; gives the command, and the error if there was one."""
    monkeypatch.setenv(KEY_POOL_VARIABLE, str(key_pool))

    def run(role: str, **given: Any) -> tuple[str, str | None]:
        ca = AuthorityDescription(config=CA, account=given.get("ca_account"), password=given.get("ca_password"))
        server = PoolDescription(pool_fqdn="pool1.litwareinc.com", fqdn="atl-cs-001.litwareinc.com", role=role, ca=ca)
        spec, _warnings = new_spec_of(options(**given))
        lab = LabFolder(tmp_path)
        read = Call(requests=True)
        state = decode(run_contract(read.arguments(), server, lab, "s"), read).state
        plan = (plan_online if spec.ca else plan_request)(spec, state)
        call = Call(steps=plan.steps)
        return plan.commands[-1], decode(run_contract(call.arguments(), server, lab, "s"), call).error

    return run


def shows(*rows: str) -> pytest.MarkDecorator:
    """Marks a test with what it shows of the cmdlet."""
    return pytest.mark.shows(*(f"Request-CsCertificate {row}" for row in rows))


@pytest.mark.parametrize(
    "parameter", [pytest.param(name, marks=shows(f"parameter {name}")) for name in sorted(PARAMETERS)]
)
def test_parameter_is_taken_by_the_product(on_lab: Try, parameter: str) -> None:
    needed = ("CA", "CaAccount", "CaPassword") if parameter == "CaPassword" else ("CA", parameter)
    given = {PARAMETERS[name][0]: PARAMETERS[name][1] for name in needed}
    told, error = on_lab("front_end", **given)
    assert error is None
    assert f"-{parameter} {PARAMETERS[parameter][2]}".strip() in told


@shows("set ByNew", "parameter New", "parameter Type", "parameter Output", "parameter Report")
def test_offline_request_with_a_log_is_taken_by_the_product(on_lab: Try) -> None:
    told, error = on_lab("front_end", output="C:\\Windows\\Temp\\x.req", report=True)
    assert error is None
    assert told == (
        "Request-CsCertificate -New -Type Default -Output C:\\Windows\\Temp\\x.req -Report <tmp>\\request.html"
    )


#: Roles of the emulated servers that need a usage; the others are for hosted servers and the like.
ROLES = dict.fromkeys(("Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"), "edge")
ROLES |= {"External": "edge"}
ROLES |= dict.fromkeys(("Default", "WebServicesInternal", "WebServicesExternal", "OAuthTokenIssuer"), "front_end")


@pytest.mark.parametrize("usage", [pytest.param(name, marks=shows(f"usage {name}")) for name in USAGES])
def test_usage_is_asked_for_where_it_belongs(on_lab: Try, usage: str) -> None:
    told, error = on_lab(ROLES.get(usage, "front_end"), type=[usage.upper()], ca=CA)
    assert f"-Type {usage} " in told
    if usage in ROLES:
        assert error is None
    else:
        assert "does not need a certificate" in str(error)
        assert "role of this server" in str(error)


def test_every_parameter_has_an_option() -> None:
    told = command(**{option: value for option, value, _shown in PARAMETERS.values()})
    for parameter, (_option, _value, shown) in PARAMETERS.items():
        assert f"-{parameter} {shown}".strip() + " " in told + " ", parameter
    assert set(re.findall(r" -([A-Z]\w+)", told)) == {"New", "Type", *PARAMETERS}
    assert "-Confirm" not in told
    assert "-WhatIf" not in told


@pytest.mark.parametrize("parameter", sorted(set(PARAMETERS) - {"CA", "CaAccount", "CaPassword"}))
def test_parameter_is_sent_only_if_it_is_set(parameter: str) -> None:
    option, value, _shown = PARAMETERS[parameter]
    sent = re.findall(r" -([A-Z]\w+)", command(ca=CA, **{option: value}))
    assert sorted(sent) == sorted({"New", "Type", "CA", parameter})


def test_nothing_but_the_authority_or_the_file() -> None:
    assert command(ca=CA) == f"Request-CsCertificate -New -Type Default -CA {CA}"
    assert command(output="C:\\x.req") == "Request-CsCertificate -New -Type Default -Output C:\\x.req"
    assert (
        command() == "Request-CsCertificate -New -Type Default -Output C:\\ProgramData\\sfb.certificates\\default.req"
    )


def test_a_false_option_is_told_where_the_cmdlet_has_a_value_for_it() -> None:
    told = command(private_key_exportable=False, client_eku=False, all_sip_domain=False, cmdlet_force=False)
    assert "-PrivateKeyExportable $false" in told
    assert "-ClientEKU $false" in told
    assert "-AllSipDomain" not in told
    assert "-Force" not in told


def test_how_a_request_is_made_is_no_reason_for_a_new_one() -> None:
    way = {option: value for option, value, _shown in PARAMETERS.values()}
    asked = new_spec_of(options(**way))[0].need.asked
    assert not set(asked) & {"ca", "ca_account", "ca_password", "cmdlet_force", "global_catalog", "friendly_name"}
    assert "Nobody knows" not in str(dict(asked))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"state": "absent"}, "all_requests: true"),
        ({"request_id": 7}, "request_id: is not for state present"),
        ({"wait": True}, "set ca, or leave wait out"),
        ({"state": "listed", "wait": True}, "set ca, or leave wait out"),
        ({"ca": CA, "wait_timeout": -1}, "wait_timeout: -1 is too small"),
        ({"ca": CA, "wait_sleep": 0}, "wait_sleep: 0 is too small"),
        ({"ca": "myca"}, "certutil tells it as Config"),
        ({"ca": "host\\"}, "certutil tells it as Config"),
    ],
)
def test_options_that_do_not_go_together(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        check_options(options(**given))


@pytest.mark.parametrize(
    "given", [{"ca": CA, "wait": True}, {"state": "retrieved", "wait": True}, {"state": "absent", "all_requests": True}]
)
def test_options_that_go_together(given: dict[str, Any]) -> None:
    check_options(options(**given))
