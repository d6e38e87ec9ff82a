# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a deployment, from what its topology cmdlets say. **PRIVATE** to the collection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors import InputError
from .._x509.text import decode_text

#: Roles by the kinds of services that a pool has (product.md#topology-cmdlets), the one that decides first.
_ROLES = (
    ("EdgeServer", "edge"),
    ("UserServer", "front_end"),
    ("Director", "director"),
    ("Registrar", "front_end"),
    ("MediationServer", "mediation"),
)
#: Host variables and properties of Get-CsService -EdgeServer; the names are those of C(edge_fqdns).
_EDGE_NAMES = {
    "access_edge": "AccessEdgeExternalFqdn",
    "data_edge": "DataEdgeExternalFqdn",
    "av_edge": "AVEdgeExternalFqdn",
}
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
#: The lists of the file with the properties that their rows must have.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "sites": ("DisplayName", "Pools"),
    "pools": ("Identity", "Services"),
    "computers": ("Fqdn", "Pool"),
    "edge_services": ("PoolFqdn", *_EDGE_NAMES.values()),
}


@dataclass(frozen=True)
class Host:
    """A server.

    :ivar name: in the inventory.
    :ivar groups: that it is in, the set of an Edge Server among them.
    """

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Deployment:
    """The servers of the product.

    :ivar parents: groups and the groups that they are in.
    """

    hosts: tuple[Host, ...]
    parents: tuple[tuple[str, str], ...] = field(default=())


def read_topology(data: bytes, name: str) -> dict[str, list[dict[str, Any]]]:
    """The lists of a file as the documented command writes it, in UTF-8 or UTF-16.

    :param name: of the file, for messages.
    :raises InputError: the file is damaged or lacks something.
    """
    try:
        content = json.loads(decode_text(data))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is no JSON ({error}); make it anew with the command of the documentation") from error
    if not isinstance(content, dict):
        raise InputError(f"{name}: holds no object; make it anew with the command of the documentation")
    return {part: list(_rows(content, part, name)) for part in _PARTS}


def _rows(content: Mapping[str, Any], part: str, name: str) -> Iterator[dict[str, Any]]:
    if part not in content:
        raise InputError(f"{name}: lacks the list '{part}'; make it anew with the command of the documentation")
    for number, row in enumerate(_list(content[part]), 1):
        if not isinstance(row, dict):
            raise InputError(f"{name}: {part}[{number}] is no object")
        missing = [key for key in _PARTS[part] if key not in row]
        if missing:
            raise InputError(f"{name}: {part}[{number}] lacks {', '.join(missing)}")
        yield {key: _value(row[key], f"{name}: {part}[{number}].{key}") for key in _PARTS[part]}


def _list(value: Any) -> list[Any]:
    """PowerShell makes a single value of a list with one member, and null of one without any."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _value(value: Any, where: str) -> Any:
    if where.endswith((".Pools", ".Services")):
        return [_text(item, where) for item in _list(value)]
    return _text(value, where)


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{where}: is no text; make the file with the command of the documentation")
    return value.strip()


def deployment_of(topology: Mapping[str, list[dict[str, Any]]], suffix: str = "", others: bool = False) -> Deployment:
    """The servers of a topology with their groups and variables.

    :param topology: what L{read_topology} gave.
    :param suffix: is taken off the end of an FQDN to make the name of the host.
    :param others: also the computers of pools that have no role of the product, such as gateways and databases.
    :raises InputError: there is no server, or a name cannot be that of a host.
    """
    group = _Groups()
    sites = {pool.lower(): site["DisplayName"] for site in topology["sites"] for pool in site["Pools"]}
    edges = {row["PoolFqdn"].lower(): row for row in topology["edge_services"]}
    roles = {row["Identity"].lower(): _role(row["Services"]) for row in topology["pools"]}
    roles |= dict.fromkeys(edges, "edge")
    hosts, parents = [], set()
    rows = {row["Fqdn"].lower(): row for row in topology["computers"] if row["Fqdn"]}
    for _key, row in sorted(rows.items()):
        pool = row["Pool"].lower()
        role, site = roles.get(pool, ""), sites.get(pool, "")
        if not role and not others:
            continue
        fqdn, pool = _checked(row["Fqdn"]), _checked(pool)
        groups = [group("pool", pool)]
        if site:
            parents.add((groups[0], group("site", site)))
        variables: dict[str, Any] = {"ansible_host": fqdn, "sfb_pool": pool, "sfb_site": site, "sfb_role": role}
        if role == "edge":
            groups.append(group("edge", pool))
            parents.add((groups[-1], "edge"))
            variables |= {"edge_set": groups[-1], "edge_fqdns": _names(pool, edges.get(pool, {}))}
        elif role:
            groups.append(role)
        hosts.append(Host(_host_name(fqdn, suffix), tuple(groups), variables))
    if not hosts:
        raise InputError("the topology has no computer in a pool of the product's roles; see what the command wrote")
    return Deployment(tuple(hosts), tuple(sorted(parents)))


def _role(services: list[str]) -> str:
    """The role of a pool by its services, written as C(kind:fqdn); empty if it has none of the product's servers."""
    kinds = {service.partition(":")[0].lower() for service in services}
    return next((role for kind, role in _ROLES if kind.lower() in kinds), "")


def _names(pool: str, row: Mapping[str, Any]) -> dict[str, str]:
    names = {name: row.get(key, "") for name, key in _EDGE_NAMES.items()}
    return {"pool": pool, **{name: _checked(value) for name, value in names.items() if value}}


def _checked(name: str) -> str:
    """A name of a host, since it goes into templates and command lines.

    :raises InputError: it is none.
    """
    if not _HOST_NAME.fullmatch(name):
        raise InputError(f"the topology has '{name}' in place of the name of a host; correct it there")
    return name


def _host_name(fqdn: str, suffix: str) -> str:
    """An FQDN in lower case, without a suffix of the user, which may begin with a dot."""
    name, end = fqdn.lower(), "." + suffix.strip(".").lower()
    return name[: -len(end)] if len(end) > 1 and name.endswith(end) and len(name) > len(end) else name


class _Groups:
    """Names of groups: letters, digits and underscores; two that would become the same get numbers."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def __call__(self, kind: str, name: str) -> str:
        key = (kind, name.lower())
        if key not in self._names:
            plain = f"{kind}_" + re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")
            taken = set(self._names.values())
            candidates = (plain, *(f"{plain}_{number}" for number in range(2, len(taken) + 3)))
            self._names[key] = next(candidate for candidate in candidates if candidate not in taken)
        return self._names[key]
