# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An estate as cs_certificate_info tells it: two Edge pools, a Front End, and servers that did not answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=timezone.utc)
EXTERNAL = ["AccessEdgeExternal", "AudioVideoAuthentication", "DataEdgeExternal"]


def at(days: float) -> str:
    """A time so many days from now."""
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(name: str, left: float = 400, lifetime: float = 730, **more: Any) -> dict[str, Any]:
    """The facts of a certificate with a name, as they come from a server."""
    return {
        "thumbprint": hashlib.sha1(f"{name} {left}".encode(), usedforsecurity=False).hexdigest().upper(),
        "subject": f"CN={name}, O=Example, C=DE",
        "issuer": "CN=Example Issuing CA 1, O=Example, C=DE",
        "dns_names": [name],
        "not_before": at(left - lifetime),
        "not_after": at(left),
        "key_type": "RSA",
        "key_size": 2048,
        "signature_algorithm": "sha256WithRSAEncryption",
        "extended_key_usage": ["1.3.6.1.5.5.7.3.1"],
        "friendly_name": name,
    } | more


def usage(type_: str, facts: dict[str, Any], *problems: str, **more: Any) -> dict[str, Any]:
    """What is told of a usage that has a certificate."""
    return {
        "type": type_,
        "assigned": True,
        "thumbprint": facts["thumbprint"],
        "previous_thumbprint": None,
        "effective_date": facts["not_before"],
        "scope": "Local",
        "subject": facts["subject"],
        "not_after": facts["not_after"],
        "problems": list(problems),
    } | more


def info(
    fqdn: str, pool: str, usages: list[dict[str, Any]], certificates: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A result of cs_certificate_info."""
    return {
        "changed": False,
        "failed": False,
        "computer": {"fqdn": fqdn, "module": "SkypeForBusiness", "module_version": "7.0.2046.0"},
        "topology": {"pool_fqdn": pool, "problem": ""},
        "usages": usages,
        "required": [],
        "certificates": certificates,
        "requests": [],
        "clock_skew": 1,
    } | more


def edge(host: str, pool: str, internal: dict[str, Any], external: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An Edge Server with a certificate for each interface."""
    usages = [usage("Internal", internal), *(usage(name, external) for name in EXTERNAL)]
    return info(f"{host}.example.com", pool, usages, [internal, external], **more)


@pytest.fixture
def now() -> datetime:
    """The time of all reports here."""
    return NOW


@pytest.fixture
def single() -> Callable[..., dict[str, Any]]:
    """Makes the result of a server with one usage; keywords change the certificate, C(row) and C(more) the rest."""

    def make(type_: str = "Internal", *problems: str, row: Any = (), more: Any = (), **facts: Any) -> dict[str, Any]:
        made = certificate("edgepool1.example.com", **facts)
        rows = [usage(type_, made, *problems, **dict(row))]
        return info("edge1.example.com", "edgepool1.example.com", rows, [made], **dict(more))

    return make


def example() -> dict[str, Any]:
    """Results by host, each with something else to tell."""
    internal, external = certificate("edgepool1.example.com"), certificate("sip.example.com", left=30)
    other = certificate("sip.example.com", left=900, lifetime=930)
    default = certificate("frontends.example.com", left=-3)
    third = edge("edge10", "edgepool2.example.com", internal, other)
    third["usages"][2] |= {"effective_date": at(10), "previous_thumbprint": external["thumbprint"]}
    third["certificates"].append(external)
    return {
        "edge1": edge("edge1", "edgepool1.example.com", internal, external),
        "edge2": edge("edge2", "edgepool1.example.com", internal, other, clock_skew=-900),
        "edge10": third,
        "fe1": info(
            "fe1.example.com",
            "frontends.example.com",
            [usage("Default", default, "it expired on " + default["not_after"])],
            [default],
            required=[{"type": "WebServicesInternal", "done": False, "problems": ["no certificate is assigned"]}],
        ),
        "edge3": {"unreachable": True, "changed": False, "msg": "Connection timed out\nafter 10 s"},
        "edge4": {"failed": False, "failed_when_result": False, "changed": False, "msg": "the step runner is gone"},
    }


@pytest.fixture
def estate() -> dict[str, Any]:
    """The example."""
    return example()
