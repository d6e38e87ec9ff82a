# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets on their way over WinRM are within the arguments of the payload, and nowhere else, up to -vvvv."""

from __future__ import annotations

import base64
import json
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import AuthorityDescription
from ansible_collections.sfb.certificates.tests.integration.conftest import Pool
from ansible_collections.sfb.certificates.tests.integration.test_secrets import Run, forms, pieces, squeeze
from ansible_collections.sfb.certificates.tests.wire.pool import PASSWORD, wired
from ansible_collections.sfb.certificates.tests.wire.server import Server
from ansible_collections.sfb.certificates.tests.wire.tls import Identity

RIGHT, WRONG, OWN = "Geheim! 'Kein' \"Mensch\" weiss \\es", "Wrong: but {still} nobody's", "Meine eigene, 4 den Export"
IMPORT, EXPORT = "sfb.certificates.cs_certificate_import", "sfb.certificates.cs_certificate_export"


def outside_and_arguments(payload: bytes) -> tuple[str, str]:
    """What a payload says outside of the module's arguments, and in them; of either format (see the lab's payload)."""
    before, _separator, rest = payload.partition(b"\0\0\0\0")
    manifest = json.loads(rest)
    if "scripts" not in manifest:
        found = manifest.pop("module_args")
    else:
        (module,) = (action for action in manifest["actions"] if action["name"] == "module_wrapper.ps1")
        variables = module["params"]["Variables"]
        found = next(variable for variable in variables if variable["Name"] == "complex_args").pop("Value")
    return before.decode() + json.dumps(manifest), json.dumps(found)


def assert_only_in_arguments(server: Server, *secrets: str) -> None:
    """Each secret has come, in the arguments of a payload; not in the rest of one, nor in a command line."""
    parts = [outside_and_arguments(payload) for payload in server.calls.payloads]
    for secret in secrets:
        assert any(squeeze(json.dumps(secret)[1:-1]) in squeeze(arguments) for _outside, arguments in parts)
        for text in (*server.calls.lines, *(outside for outside, _arguments in parts)):
            assert not [form for form in forms(secret) if form in squeeze(text)]


def test_secrets_over_winrm(pool: Pool, identity: Identity) -> None:
    path = pool.pfx(RIGHT, "edge-site1.example.com")
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    variables = pool.folder / "secret.json"
    variables.write_text(json.dumps({"right": RIGHT, "wrong": WRONG, "own": OWN, "pfx": content}))

    def task(passphrase: str, **more: Any) -> dict[str, Any]:
        options = {"content": "{{ pfx }}", "passphrase": f"{{{{ {passphrase} }}}}"}
        return {IMPORT: options, "register": "i", "ignore_errors": True, **more}

    export = {EXPORT: {"thumbprint": "{{ i.thumbprint }}", "passphrase": "{{ own }}"}, "register": "edge_export_result"}
    tasks = [
        task("wrong"),
        task("right", check_mode=True),
        task("right"),
        task("right"),
        export | {"check_mode": True},
        export | {"ignore_unreachable": True},
    ]
    play = {"hosts": "edge", "gather_facts": False, "vars_files": [str(variables)], "tasks": tasks}
    ways = {"edge1": "https+basic", "edge2": "http+ntlm", "edge3": "https+ntlm"}
    # edge2 may not import; the connection of edge3 breaks while it exports
    with wired(pool, ways, identity, pools={"edge2": {"elevated": False}}) as servers:
        servers["edge3"].cut(7)
        run = Run(pool, [play], "--diff")
        assert [len(servers[host].calls.payloads) for host in ways] == [7, 5, 7]
    outcomes = {host: [row["outcome"] for row in run.play.rows if row["host"] == host] for host in ways}
    assert outcomes == {
        "edge1": ["failed", "ok", "ok", "ok", "ok", "ok", "ok"],
        "edge2": ["failed", "ok", "failed", "failed", "failed"],
        "edge3": ["failed", "ok", "ok", "ok", "ok", "unreachable"],
    }
    assert "Access is denied" in run.play.output
    assert "the connection to the server broke" in run.play.output
    assert run.copy()["passphrase"] == OWN
    run.assert_hidden(RIGHT, WRONG, OWN, PASSWORD, *pieces(content), *pieces(run.copy()["content"]))
    assert_only_in_arguments(servers["edge1"], RIGHT, OWN, *pieces(content))
    assert_only_in_arguments(servers["edge2"], RIGHT)
    assert_only_in_arguments(servers["edge3"], RIGHT, OWN)


def test_password_for_the_authority_over_winrm(pool: Pool, identity: Identity) -> None:
    config, account = "ca1.example.com\\Lab Issuing CA", "CONTOSO\\enrol"
    variables = pool.folder / "secret.json"
    variables.write_text(json.dumps({"right": RIGHT, "wrong": WRONG}))

    def task(password: str, **more: Any) -> dict[str, Any]:
        options = {"type": ["Internal"], "ca": config, "ca_account": account, "ca_password": f"{{{{ {password} }}}}"}
        return {"sfb.certificates.cs_certificate_request": options, "ignore_errors": True, **more}

    tasks = [task("wrong"), task("right", check_mode=True), task("right"), task("right")]
    play = {"hosts": "edge", "gather_facts": False, "vars_files": [str(variables)], "tasks": tasks}
    authority = AuthorityDescription(config=config, account=account, password=RIGHT)
    ways = {"edge1": "https+basic", "edge2": "http+ntlm"}
    with wired(pool, ways, identity, pools={host: {"ca": authority} for host in ways}) as servers:
        run = Run(pool, [play], "--diff")
    for host in ways:
        assert [row["outcome"] for row in run.play.rows if row["host"] == host] == ["failed", "ok", "ok", "ok"]
        assert_only_in_arguments(servers[host], RIGHT, WRONG)
    assert "logged on with the correct credentials" in run.play.output
    run.assert_hidden(RIGHT, WRONG, PASSWORD)
