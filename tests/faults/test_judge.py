# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules by which a run that was cut short is judged: each finds what breaks it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from ansible_collections.sfb.certificates.tests.integration.conftest import Play
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from . import judge, watch
from .site import Site
from .tap import place


def private_key(site: Site, form: serialization.PrivateFormat) -> bytes:
    """The key of edge1 in DER."""
    path = next((site.server("edge1") / "keys").glob("*.pem"))
    key = load_key(path.read_bytes())
    return key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())


def pfx(site: Site) -> bytes:
    """The key of edge1, encrypted."""
    path = next((site.server("edge1") / "keys").glob("*.pem"))
    key: Any = load_key(path.read_bytes())
    encryption = serialization.BestAvailableEncryption(b"passphrase")
    return pkcs12.serialize_key_and_certificates(b"Edge", key, None, None, encryption)


FORMS: dict[str, Callable[[Site], bytes]] = {
    "PEM": lambda site: next((site.server("edge1") / "keys").glob("*.pem")).read_bytes(),
    "PKCS#8": lambda site: private_key(site, serialization.PrivateFormat.PKCS8),
    "PKCS#8 in base64": lambda site: base64.b64encode(private_key(site, serialization.PrivateFormat.PKCS8)),
    "PKCS#1": lambda site: private_key(site, serialization.PrivateFormat.TraditionalOpenSSL),
    "PKCS#1 in base64": lambda site: base64.b64encode(
        private_key(site, serialization.PrivateFormat.TraditionalOpenSSL)
    ),
    "PFX": pfx,
    "PFX in base64": lambda site: base64.b64encode(pfx(site)),
}


def test_private_keys_are_found_in_every_form(site: Site) -> None:
    assert list(judge.leaks(site)) == []
    path = site.pool.folder / "ansible-tmp" / "left"
    path.parent.mkdir(exist_ok=True)
    for name, form in FORMS.items():
        path.write_bytes(b"something " + form(site) + b" else")
        assert list(judge.leaks(site)) == ["ansible-tmp/left holds a private key"], name


def test_what_is_lost_or_left_is_found(site: Site) -> None:
    before, end = judge.keys_of(site), judge.outline(site, judge.used(site))
    assert [*judge.lost_keys(before, judge.keys_of(site)), *judge.leftovers(site), *judge.ended(site)] == []
    assert list(judge.lost_requests(site, 0, {host: set() for host in site.hosts})) == []
    claim = site.server("edge1") / watch.CLAIM
    claim.with_name("claim.json.0123").write_text("{}")
    assert [line.split()[0] for line in judge.leftovers(site)] == ["edge1"]
    shutil.rmtree(site.server("edge2") / "keys")
    assert [line.split()[0] for line in judge.lost_keys(before, judge.keys_of(site))] == ["edge2"]
    assert list(judge.ended(site)) == ["edge2 has no private key for the certificate of Internal"]
    shutil.rmtree(site.server("edge1") / "keys")
    (lost,) = judge.lost_requests(site, 0, {host: set() for host in site.hosts})
    assert lost == "1 requests were made, 0 of their keys are there"
    site.pool.edit("edge2", lambda state: state["services"][0].update(status="Stopped"))
    found = list(judge.differences(end, judge.outline(site, judge.used(site))))
    assert found == ['edge2 services RTCSRV is "Stopped" in the end, not "Running"']


def test_why_a_server_is_out(site: Site) -> None:
    server, usages = site.server("edge1"), ["Internal"]
    (server / watch.CLAIM).parent.mkdir(parents=True, exist_ok=True)
    assert watch.why_out(server, usages) == ""
    (server / watch.CLAIM).write_text(json.dumps({"turn": False}))
    assert watch.why_out(server, usages) == ""
    (server / watch.CLAIM).write_text(json.dumps({"turn": True}))
    assert watch.why_out(server, usages) == "it has its turn"
    assert watch.why_out(server, ["AccessEdgeExternal"]) == "AccessEdgeExternal has no certificate"
    changes: dict[str, Callable[[dict[str, Any]], Any]] = {
        "Internal has a certificate that has expired": lambda state: [
            row.update(not_after="2020-01-01T00:00:00Z") for row in state["stores"]["My"]
        ],
        "Internal has no private key": lambda state: [row.update(container="gone") for row in state["stores"]["My"]],
        "RTCSRV rests": lambda state: state["services"][0].update(status="Stopped"),
    }
    for why, change in changes.items():
        site.pool.edit("edge1", change)
        assert watch.why_out(server, usages) == why


def test_more_than_one_line_is_unclear() -> None:
    def failed(text: str) -> Play:
        return Play(2, "", {}, [{"task": "Stop", "host": "edge1", "outcome": "failed", "result": {"msg": text}}])

    assert list(judge.unclear(failed("one line\n"))) == []
    assert list(judge.unclear(failed("one\ntwo"))) == ["'Stop' tells more than one line: one"]


def test_two_servers_out_at_once() -> None:
    def event(host: str, why: str) -> dict[str, str]:
        return {"host": host, "why": why}

    good = [event("edge1", "it has its turn"), event("edge1", ""), event("edge2", "RTCSRV rests"), event("edge2", "")]
    assert watch.too_few(good, ["edge1", "edge2"]) == ""
    bad = [event("edge1", "it has its turn"), event("edge2", "RTCSRV rests")]
    assert watch.too_few(bad, ["edge1", "edge2"]) == "edge1: it has its turn; edge2: RTCSRV rests"


def test_place_of_a_fault() -> None:
    calls = [{"steps": []}, {"steps": ["write_file"]}, {"steps": ["write_file", "Set-CsCertificate"]}]
    assert [place(calls, at) for at in (0, 1, 3, 4, "write_file", "Set-CsCertificate", "missing")] == [
        None,
        0,
        2,
        None,
        1,
        2,
        None,
    ]
