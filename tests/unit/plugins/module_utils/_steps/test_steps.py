# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps and the PowerShell that they stand for."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.unknown import Unknown, is_unknown, parse_unknown
from ansible_collections.sfb.certificates.plugins.module_utils._steps import steps
from ansible_collections.sfb.certificates.plugins.module_utils._steps.render import quote, render_step
from hypothesis import given
from hypothesis import strategies as st

THUMBPRINT = "4FF500128AB572EFF08AA4762D844511616622E8"


def test_cmdlet_is_typed_and_omits_what_is_not_set() -> None:
    step = steps.cmdlet(
        "Request-CsCertificate",
        New=True,
        AllSipDomain=False,
        Type=["Internal"],
        City=None,
        KeySize=2048,
        PrivateKeyExportable=False,
        Output="C:\\x.req",
        CaPassword="geheim",
    )
    assert step.wire["parameters"] == {
        "New": {"t": "switch", "v": True},
        "Type": {"t": "list", "v": ["=Internal"]},
        "KeySize": {"t": "int", "v": 2048},
        "PrivateKeyExportable": {"t": "bool", "v": False},
        "Output": {"t": "path", "v": "=C:\\x.req"},
        "CaPassword": {"t": "secret", "v": "=geheim"},
    }
    assert step.commands == [
        "Request-CsCertificate -New -Type Internal -KeySize 2048 -PrivateKeyExportable $false -Output C:\\x.req -CaPassword ********"
    ]


@pytest.mark.parametrize(("name", "parameter"), [("Request-CsCertificate", "Nonsense"), ("Get-Process", "Name")])
def test_what_is_not_in_the_table_is_refused(name: str, parameter: str) -> None:
    with pytest.raises(KeyError):
        steps.cmdlet(name, **{parameter: "x"})


def test_date_is_utc() -> None:
    when = dt.datetime(2026, 12, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    step = steps.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=THUMBPRINT, EffectiveDate=when)
    assert step.wire["parameters"]["EffectiveDate"] == {"t": "date", "v": "20261201T100000Z"}


@pytest.mark.parametrize(
    ("step", "writes", "commands"),
    [
        (steps.read_file("C:\\a.req"), False, []),
        (steps.write_file("<tmp>/a.cer", b"x"), True, []),
        (
            steps.write_file("C:\\My Files\\a.json", b"x", replace=True),
            True,
            ["Set-Content -LiteralPath 'C:\\My Files\\a.json'"],
        ),
        (steps.delete_file("C:\\a.req"), True, ["Remove-Item -LiteralPath C:\\a.req"]),
        (steps.cmdlet("Get-CsCertificate"), False, ["Get-CsCertificate"]),
        (
            steps.cert_import(b"x", {THUMBPRINT: "Root"}),
            True,
            [f"Import-Certificate -FilePath <tmp>\\{THUMBPRINT}.cer -CertStoreLocation Cert:\\LocalMachine\\Root"],
        ),
        (
            steps.cert_import(b"x", {THUMBPRINT: "My"}, password="geheim", exportable=True),
            True,
            [
                f"Import-PfxCertificate -FilePath <tmp>\\{THUMBPRINT}.pfx -CertStoreLocation Cert:\\LocalMachine\\My -Password ******** -Exportable"
            ],
        ),
        (
            steps.cert_export(THUMBPRINT, password="geheim"),
            True,
            [
                f"Export-PfxCertificate -Cert Cert:\\LocalMachine\\My\\{THUMBPRINT}"
                f" -FilePath <tmp>\\{THUMBPRINT}.pfx -ChainOption BuildChain -Password ********"
            ],
        ),
        (
            steps.cert_remove(THUMBPRINT, store="Root"),
            True,
            [f"Remove-Item -LiteralPath Cert:\\LocalMachine\\Root\\{THUMBPRINT}"],
        ),
    ],
)
def test_commands(step: steps.Step, writes: bool, commands: list[str]) -> None:
    assert step.writes is writes
    assert step.commands == commands
    assert "geheim" not in "".join(step.commands)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1))
def test_quoted_text_is_one_powershell_argument(text: str) -> None:
    quoted = quote(text)
    if quoted.startswith("'"):
        assert quoted.endswith("'")
        assert quoted[1:-1].replace("''", "").count("'") == 0
        assert quoted[1:-1].replace("''", "'") == text
    elif not is_unknown(text) and not text.startswith("<tmp>"):
        assert quoted == text
        assert not set(text) & set(" \t\n;|&$()`\"'{}@,#<>")


@given(st.text())
def test_secrets_never_show(secret: str) -> None:
    step = steps.cmdlet("Import-CsCertificate", Path="<tmp>/a.pfx", Password=secret)
    assert step.commands == ["Import-CsCertificate -Path <tmp>\\a.pfx -Password ********"]


def test_a_step_with_a_placeholder_is_unknown() -> None:
    step = steps.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=Unknown("issue"))
    assert step.unknown
    assert step.commands == ["Set-CsCertificate -Type Internal -Thumbprint (known after issue)"]
    assert not steps.cmdlet("Set-CsCertificate", Type=["Internal"], Thumbprint=THUMBPRINT).unknown
    assert steps.cert_import(str(Unknown("export")), {"(known after issue)": "My"}, password="x").unknown


def test_placeholders_survive_json() -> None:
    assert parse_unknown(str(Unknown("issue"))).origin == "issue"
    assert parse_unknown(THUMBPRINT) is THUMBPRINT
    assert not is_unknown(THUMBPRINT)


def test_rendering_of_a_journal_row_with_a_date_and_a_list() -> None:
    row = {
        "op": "cmdlet",
        "name": "Set-CsCertificate",
        "parameters": {
            "Type": {"t": "list", "v": ["=Internal", "=Default"]},
            "EffectiveDate": {"t": "date", "v": "20261201T100000Z"},
            "Roll": {"t": "switch", "v": True},
        },
    }
    assert render_step(row) == [
        "Set-CsCertificate -Type Internal,Default -EffectiveDate ([datetime]::ParseExact('20261201T100000Z', 'yyyyMMddTHHmmssZ', $null)) -Roll"
    ]
