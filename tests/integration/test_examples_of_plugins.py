# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the filters, of the step runner and of the modules for web enrolment run as they stand.

Those of the other modules are in test_examples.py, that of the inventory with its tests.
"""

from __future__ import annotations

import shutil
from typing import Any

import yaml

from .book import FOLDER, REPOSITORY, THUMBPRINT, examples_of
from .conftest import CERTSRV_SECRETS
from .test_examples import describe

URL, ACCOUNT, NUMBER = "https://ca01.contoso.net/certsrv", "CONTOSO\\enrol", "4711"
FILTERS = sorted(path.stem for path in (REPOSITORY / "plugins" / "filter").glob("*.py"))


def run_all(pool: Any, text: str, before: list[dict[str, Any]], skipped: str = "", **variables: Any) -> Any:
    """Runs the tasks of examples after others; none fails, none is left out but the one whose condition is not met."""
    tasks = yaml.safe_load(text)
    trusted = {"ca_bundle": str(pool.chain)}  # the certificate of the emulated site is nobody else's
    play = {
        "hosts": "edge1",
        "gather_facts": False,
        "module_defaults": {"sfb.certificates.certsrv_certificate": trusted},
        "vars": variables,
        "tasks": [*before, *tasks],
    }
    run = pool.play([play])
    assert run.rc == 0, run.output
    done = {row["task"] for row in run.rows}
    assert [task["name"] for task in tasks if task["name"] not in done] == ([skipped] if skipped else [])
    return run


def site(pool: Any, module: str, url: str) -> str:
    """The examples of a module, with the emulated site in the place of the one that they name."""
    text = examples_of(REPOSITORY / "plugins" / "modules" / f"{module}.py")
    return text.replace(URL, url).replace(ACCOUNT, "LAB\\clerk").replace(FOLDER, str(pool.inbox))


def test_certsrv_chain(emulate, pool) -> None:
    describe(pool)
    (pool.folder / "files").mkdir()
    shutil.copy(pool.chain, pool.folder / "files" / "contoso-root.cer")
    text = site(pool, "certsrv_chain", emulate().url)
    run = run_all(pool, text, [], vault_enrol_password=CERTSRV_SECRETS["certsrv_password"])
    assert run.result("Name the roots")["msg"] == ["CN=Lab Root CA, DC=lab, DC=example"]
    assert [len(pool.server("edge1")["stores"][name]) for name in ("CA", "Root")] == [1, 1]


def test_certsrv_certificate(emulate, pool) -> None:
    describe(pool)
    server = emulate()
    text = site(pool, "certsrv_certificate", server.url).replace(NUMBER, "1")
    request = {"sfb.certificates.cs_certificate_request": {"type": ["Internal"], "private_key_exportable": True}}
    lying = {"content": "{{ early.csr }}", "dest": str(pool.inbox / "edge1-internal.req"), "mode": "0644"}
    before = [request | {"register": "early"}, {"ansible.builtin.copy": lying, "delegate_to": "localhost"}]
    # the authority issues at once
    run_all(pool, text, before, "Say what to do next", vault_enrol_password=CERTSRV_SECRETS["certsrv_password"])
    assert len(pool.server("edge1")["stores"]["My"]) == 1
    assert len(server.desk.rows()) == 1


def test_filters(pool, stages) -> None:
    pool.take(stages / "imported")
    (answer,) = pool.inbox.glob("*.cer")
    shutil.copy(answer, pool.folder / "edge1.cer")
    shutil.copy(pool.lab / "adcs" / "Lab Root CA.cer", pool.folder / "root.cer")
    parts = [
        answer.read_text(),
        *((pool.lab / "adcs" / f"Lab {name} CA.cer").read_text() for name in ("Issuing", "Root")),
    ]
    (pool.folder / "chain.pem").write_text("".join(parts))
    (thumbprint,) = (row["thumbprint"] for row in pool.server("edge1")["stores"]["My"])
    text = "".join(examples_of(REPOSITORY / "plugins" / "filter" / f"{name}.py") for name in FILTERS)
    text = text.replace(THUMBPRINT, thumbprint)
    read = {"sfb.certificates.cs_certificate_info": {}, "register": "info"}
    copied = ":".join(thumbprint[i : i + 2].lower() for i in range(0, 40, 2))
    ends = "Warn of a chain file that ends within a year"
    run = run_all(pool, text, [read], ends, copied=copied, usages="internal,accessedgeexternal")
    found = run.result("Look for a certificate by the thumbprint that somebody copied from a dialog")["msg"]
    assert [row["thumbprint"] for row in found] == [thumbprint]
    (line,) = run.result("Tell what has changed")["msg"]
    assert line.startswith(f"Internal  none->{thumbprint[:8]}  20")


def test_step_runner(pool, stages) -> None:
    pool.take(stages / "imported")
    (thumbprint,) = (row["thumbprint"] for row in pool.server("edge1")["stores"]["My"])
    documentation = yaml.safe_load((REPOSITORY / "plugins" / "modules" / "cs_invoke.yml").read_text(encoding="utf-8"))
    run_all(pool, documentation["EXAMPLES"].replace(THUMBPRINT, thumbprint), [])
    assert pool.server("edge1")["assignments"]["Internal"]["thumbprint"] == thumbprint
