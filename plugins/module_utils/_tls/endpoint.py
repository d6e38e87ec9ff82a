# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TLS endpoint: which one is asked for, and what it served. **PRIVATE** to the collection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .._errors import InputError
from .._x509.certificate import Certificate, format_time
from .handshake import Served, Target
from .judgement import Verdict


def target_of(params: dict[str, Any]) -> Target:
    if not 1 <= params["port"] <= 65535:
        raise InputError(f"port: {params['port']} is no port; it takes 1 to 65535")
    if params["timeout"] < 1:
        raise InputError(f"timeout: {params['timeout']} is no number of seconds; give at least 1")
    host = params["host"].strip()
    name = host if params["server_name"] is None else params["server_name"].strip()
    return Target(host, params["port"], name, params["timeout"], params["allow_legacy"])


def describe_endpoint(
    target: Target, served: Served, sent: tuple[Certificate, ...], verdict: Verdict | None, now: datetime
) -> dict[str, Any]:
    leaf = sent[0]
    return {
        "changed": False,
        "address": served.address,
        "protocol": served.protocol,
        "cipher": served.cipher,
        "thumbprint": leaf.thumbprint,
        "certificate": leaf.facts(),
        "days_left": leaf.days_left(now),
        "names": sorted(leaf.names()),
        "covers_server_name": leaf.covers(target.server_name) if target.server_name else None,
        "chain_sent": [
            {
                "thumbprint": item.thumbprint,
                "subject": item.subject,
                "issuer": item.issuer,
                "not_after": format_time(item.not_after),
            }
            for item in sent
        ],
        "chain_complete": None if verdict is None else not verdict.problems,
        "chain_problems": list(verdict.problems) if verdict else [],
        "missing_issuer": verdict.missing_issuer if verdict else "",
    }
