# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules have, and what the core makes of them. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..module_utils._certificate.requirements import Need
from ..module_utils._errors import InputError
from ..module_utils._product.usages import resolve_usages
from ..module_utils._request.request import RequestSpec
from ..module_utils._state.request_paths import WORK_FOLDER, request_files
from ..module_utils._state.state import State, Topology
from ..module_utils._state.unknown import parse_unknown
from ..module_utils._x509.text import normalize_thumbprint

SERVER = {"server": {"type": "dict"}}
TYPE = {"type": {"type": "list", "elements": "str", "required": True}}
NAMES = {"names": {"type": "list", "elements": "str", "default": []}}
WORK = {"work_folder": {"type": "str", "default": WORK_FOLDER}}

#: Options of Request-CsCertificate: our name, the cmdlet's, and the option's type.
_REQUEST: dict[str, tuple[str, dict[str, Any]]] = {
    "all_sip_domain": ("AllSipDomain", {"type": "bool"}),
    "city": ("City", {"type": "str"}),
    "client_eku": ("ClientEKU", {"type": "bool"}),
    "computer_fqdn": ("ComputerFqdn", {"type": "str"}),
    "country": ("Country", {"type": "str"}),
    "domain_names": ("DomainName", {"type": "list", "elements": "str", "default": []}),
    "key_alg": ("KeyAlg", {"type": "str", "choices": ["RSA", "ECDH_P256", "ECDH_P384", "ECDH_P521"]}),
    "key_size": ("KeySize", {"type": "int", "choices": [1024, 2048, 4096]}),
    "organization": ("Organization", {"type": "str"}),
    "organizational_unit": ("OU", {"type": "str"}),
    "private_key_exportable": ("PrivateKeyExportable", {"type": "bool"}),
    "state_or_province": ("State", {"type": "str"}),
    "template": ("Template", {"type": "str"}),
}
#: Options that say where the product looks, not what the certificate is to be; another value is no other request.
_LOOKED_UP = ("computer_fqdn",)
REQUEST: dict[str, dict[str, Any]] = {
    **TYPE,
    **{option: spec for option, (_parameter, spec) in _REQUEST.items()},
    **NAMES,
    **WORK,
    "friendly_name": {"type": "str"},
    "renew_before": {"type": "str"},
    "force": {"type": "bool", "default": False},
}
#: For whom an assignment counts, and from when on (product.md#import-cscertificate, product.md#set-cscertificate).
IDENTITY = {"identity": {"type": "str", "choices": ["local", "global"], "default": "local"}}
STAGING: dict[str, dict[str, Any]] = {"effective_date": {"type": "str"}, "roll": {"type": "bool"}}
#: Parameters that the cmdlets have in common (product.md#common-parameters).
COMMON = {"force": {"type": "bool", "default": False}, "report": {"type": "bool", "default": False}}
_DURATION = re.compile(r"(\d+)\s*([dhw]?)")
_UNITS = {"": "days", "d": "days", "h": "hours", "w": "weeks"}


def state_of(value: Mapping[str, Any]) -> State:
    """Reads the state of a server that an earlier task returned.

    :raises InputError: it is something else.
    """
    try:
        return State.from_dict(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"server: is not what a module of this collection returned as 'server' ({type(error).__name__}: {error}); leave it out to read the server"
        ) from error


def thumbprint_of(text: str, check_mode: bool) -> str:
    """A thumbprint as the user gave it; in check mode also one that is not known yet.

    :raises InputError: it has not 40 hex digits, or is not known although the run is for real.
    """
    known = parse_unknown(text)
    if known is not text and not check_mode:
        raise InputError(f"thumbprint: is {text}, a value that only check mode shows; run the step that makes it first")
    return known if known is not text else normalize_thumbprint(text)


def duration_of(text: str | None, option: str = "renew_before") -> timedelta | None:
    """A time span, such as how long before the end a renewal is due: C(45), C(45d), C(6w) or C(12h); None stays None.

    :raises InputError: it is none of these.
    """
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip().lower())
    if not match:
        raise InputError(f"{option}: '{text}' is no duration; write a number of days (45d), weeks (6w) or hours (12h)")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def moment_of(text: str | None) -> datetime | None:
    """The moment that C(effective_date) names, in whole seconds; None stays None.

    Source: ISO 8601. A time without zone is refused: the controller's, the server's and the user's differ.

    :raises InputError: it is no such time, or names no zone.
    """
    if text is None:
        return None
    hint = "write it as 2026-12-01T22:00:00Z or 2026-12-01T22:00:00+01:00, in quotation marks"
    try:
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.strip()))
    except ValueError as error:
        raise InputError(f"effective_date: '{text}' is no time; {hint}") from error
    if moment.tzinfo is None:
        raise InputError(f"effective_date: '{text}' names no time zone; {hint}")
    return moment.astimezone(timezone.utc).replace(microsecond=0)


def staging_of(params: Mapping[str, Any]) -> datetime | None:
    """When a staged assignment takes effect, None if none is asked for.

    :raises InputError: one of C(roll) and C(effective_date) is given without the other (product.md#staging).
    """
    moment = moment_of(params["effective_date"])
    if params["roll"] and moment is None:
        raise InputError("roll: needs effective_date, the time from which on the certificate is used")
    if moment is not None and not params["roll"]:
        raise InputError("effective_date: plays a part with roll: true only; without it the assignment counts at once")
    return moment


def topology_of(fqdns: Mapping[str, str | None] | None, sip_domains: list[str]) -> Topology:
    """What the inventory says of a pool."""
    given = {f"{name}_fqdn": value for name, value in (fqdns or {}).items() if value}
    return Topology(**given, sip_domains=tuple(sip_domains))


def request_spec_of(params: Mapping[str, Any]) -> tuple[RequestSpec, list[str]]:
    """The request that options ask for, and warnings.

    :raises InputError: an unknown usage, a bad duration or folder.
    """
    usages, warnings = resolve_usages(params["type"], "Request-CsCertificate")
    parameters: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    for option, (parameter, _spec) in sorted(_REQUEST.items()):
        value = params[option]
        if value in (None, [], ""):
            continue
        if option not in _LOOKED_UP:
            asked[option] = sorted(value) if isinstance(value, list) else value
        parameters[parameter] = _names_of(value) if isinstance(value, list) else value
    need = Need(
        usages=usages, names=tuple(params["names"]), renew_before=duration_of(params["renew_before"]), asked=asked
    )
    spec = RequestSpec(
        need=need,
        files=request_files(usages, params["work_folder"]),
        friendly_name=params["friendly_name"] or "",
        parameters=parameters,
        force=params["force"],
        report=bool(params.get("report")),
    )
    return spec, warnings


def _names_of(values: Iterable[str]) -> tuple[str, ...]:
    """Domain names of a list, of which an item may hold several with commas between them, as the cmdlet takes them."""
    return tuple(name for value in values for item in str(value).split(",") if (name := item.strip()))
