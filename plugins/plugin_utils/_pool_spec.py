# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options ask of a pool: its request, its chain, what was issued, and when usages take it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._pool.cutover_date import LEAD, Roll
from ..module_utils._pool.draft import Answer, SetSpec
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.request import SigningRequest
from ._chain import chain_spec
from ._content import decode_content, read_content
from ._options import REQUEST, duration_of, moment_of, request_spec_of
from ._pool import MEMBERS, MEMBERS_CONSTRAINTS
from ._request_options import authority_of

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **REQUEST,
    "ca": {"type": "str"},
    **MEMBERS,
    "host": {"type": "str"},
    "predict": {"type": "bool", "default": True},
    "public_ca": {"type": "bool", "default": False},
    "leader": {"type": "str"},
    "limit": {"type": "list", "elements": "str"},
    "requester": {"type": "str"},
    "requester_server": {"type": "dict"},
    "answers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "content": {"type": "str", "required": True, "no_log": True},
            "pfx": {"type": "bool", "default": False},
        },
    },
    "answer_passphrase": {"type": "str", "no_log": True},
    "csrs": {"type": "list", "elements": "str", "default": []},
    "chain_path": {"type": "path"},
    "chain_content": {"type": "str"},
    "allow_expired": {"type": "bool", "default": False},
    "roll": {"type": "bool", "default": True},
    "effective_date": {"type": "str"},
    "roll_lead": {"type": "str", "default": "4h"},
}
CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [["chain_path", "chain_content"]], **MEMBERS_CONSTRAINTS}


def pool_spec(params: Mapping[str, Any], find_file: Callable[[str], str]) -> tuple[SetSpec, list[str]]:
    """What options ask of a pool, and warnings.

    :param find_file: finds a file on the controller.
    :raises InputError: options that do not go together, or a file that cannot be read.
    """
    request, warnings = request_spec_of(params)
    request = replace(request, ca=authority_of(params["ca"]))
    chain = None
    if params["chain_path"] or params["chain_content"]:
        data, name = read_content({"path": params["chain_path"], "content": params["chain_content"]}, find_file)
        chain = chain_spec(data, name, params["allow_expired"])
    csrs = [SigningRequest.from_bytes(text.encode("utf-8"), name="csrs") for text in params["csrs"]]
    spec = SetSpec(
        request=request,
        chain=chain,
        leader=params["leader"] or "",
        requester=params["requester"] or "",
        acting=None if params["limit"] is None else frozenset(params["limit"]),
        answers=tuple(_answer(row, params["answer_passphrase"]) for row in params["answers"]),
        elsewhere={csr.public_key_sha256: csr for csr in csrs},
        roll=_roll(params),
    )
    return spec, warnings


def _roll(params: Mapping[str, Any]) -> Roll | None:
    """How usages turn over that can be staged, None if they are not to be."""
    date = moment_of(params["effective_date"])
    if not params["roll"] and date:
        raise InputError("effective_date: plays a part with roll: true only; without it the assignment counts at once")
    lead = duration_of(params["roll_lead"], "roll_lead")
    return Roll(date, lead or LEAD) if params["roll"] else None


def _answer(row: Mapping[str, Any], passphrase: str | None) -> Answer:
    """Reads an answer; the passphrase is for a PFX."""
    data = decode_content(row["content"])
    passphrase = passphrase if row["pfx"] else None
    return Answer(read_certificates(data, passphrase=passphrase, name=row["name"]), data, row["name"], passphrase)
