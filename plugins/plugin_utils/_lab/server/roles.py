# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles of the product have: usages, services, names in requests.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .errors import LabError

# A list of its own: what the product puts into a request must not follow what the core takes it for
# (product.md#edge-certificates).
_EXTERNAL = ("AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication", "External")


class Role(NamedTuple):
    """A server role.

    `usages` are those that its wizard asks for (product.md#certificate-types, product.md#edge-internal-interface,
    product.md#edge-external-interface, product.md#front-end-server); `services` are names and what follows the vendor's
    name in the display name (product.md#service-names; the names beyond RTCSRV, REPLICA, RTCCLSAGT, RTCMEDSRV are [U]).
    """

    usages: tuple[str, ...]
    services: tuple[tuple[str, str], ...]
    service_role: str
    xmpp: bool = False


ROLES: Mapping[str, Role] = {
    "edge": Role(
        usages=("Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"),
        services=(
            ("RTCSRV", "Access Edge"),
            ("RTCDATAPROXY", "Web Conferencing Edge"),
            ("RTCMRAUTH", "Audio/Video Authentication"),
            ("RTCMEDIARELAY", "Audio/Video Edge"),
        ),
        service_role="EdgeServer",
        xmpp=True,
    ),
    "front_end": Role(
        usages=("Default", "WebServicesInternal", "WebServicesExternal", "OAuthTokenIssuer"),
        services=(("RTCSRV", "Front-End"), ("RTCMEDSRV", "Mediation")),
        service_role="UserServer",
    ),
    "director": Role(
        usages=("Default", "WebServicesInternal", "WebServicesExternal"),
        services=(("RTCSRV", "Front-End"),),
        service_role="Director",
    ),
    "mediation": Role(
        usages=("Default",),
        services=(("RTCMEDSRV", "Mediation"),),
        service_role="MediationServer",
    ),
}
# Which service answers with the certificate of a usage: Access Edge, Web Conferencing Edge, A/V Authentication and the
# server default by their names (product.md#certificate-types, product.md#service-names); that the internal side of an
# Edge is RTCSRV's is [I].
SERVICE_USAGES: Mapping[str, tuple[str, ...]] = {
    "RTCSRV": ("Internal", "AccessEdgeExternal", "External", "Default"),
    "RTCDATAPROXY": ("DataEdgeExternal",),
    "RTCMRAUTH": ("AudioVideoAuthentication",),
    "RTCMEDSRV": ("Default",),
    "RTCXMPPTGWPROXY": ("XmppServer",),
}
INTERNAL_ROLES = tuple(name for name in ROLES if name != "edge")


def usages_of(role: str, product: str) -> tuple[str, ...]:
    """Usages that a role needs; XMPP was dropped with 2019 (product.md#certificate-types)."""
    known = ROLES[role]
    return (*known.usages, "XmppServer") if known.xmpp and product in ("2013", "2015") else known.usages


def services_of(role: str, product: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """The services of a role: name, display name, roles of the service."""
    known = ROLES[role]
    rows = list(known.services)
    if known.xmpp and product in ("2013", "2015"):
        rows.append(("RTCXMPPTGWPROXY", "XMPP Translating Gateway Proxy"))
    vendor = "Lync Server" if product == "2013" else "Skype for Business Server"
    return [
        *((name, f"{vendor} {text}", (known.service_role,)) for name, text in rows),
        ("REPLICA", f"{vendor} Replica Replicator Agent", ()),
        ("RTCCLSAGT", f"{vendor} Centralized Logging Service Agent", ()),
    ]


class Computer(NamedTuple):
    """A computer of the topology with the names of its pool."""

    fqdn: str
    pool_fqdn: str
    role: str = "edge"
    access_edge_fqdn: str = ""
    data_edge_fqdn: str = ""
    av_edge_fqdn: str = ""
    web_internal_fqdn: str = ""
    web_external_fqdn: str = ""
    simple_urls: tuple[str, ...] = ()

    def is_called(self, name: str) -> bool:
        """Whether a name means this computer; the first label will do (product.md#examples-of-requests)."""
        return name.lower() in (self.fqdn.lower(), self.fqdn.lower().partition(".")[0])

    def names_for(self, usages: Sequence[str], sip_domains: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """Common name and SANs that the product puts into a request by itself.

        Edge: external with SAN, internal the pool's name without (product.md#edge-certificates). Others:
        product.md#certificates-of-internal-servers.
        """
        sip = [f"sip.{domain}" for domain in sip_domains]
        if self.role == "edge":
            if any(usage in _EXTERNAL for usage in usages):
                return self.access_edge_fqdn, (self.access_edge_fqdn, self.data_edge_fqdn, *sip)
            return self.pool_fqdn, ()
        if set(usages) == {"OAuthTokenIssuer"}:
            return sip_domains[0], tuple(
                sip_domains
            )  # the SIP domain is in the subject (product.md#oauth-certificate); the rest is [U]
        names = [self.pool_fqdn, self.fqdn]
        if "Default" in usages:
            names += sip if self.role != "mediation" else []
        if "WebServicesInternal" in usages:
            names += [self.web_internal_fqdn, *self.simple_urls]
        if "WebServicesExternal" in usages:
            names += [self.web_external_fqdn, *self.simple_urls]
        return self.pool_fqdn, tuple(dict.fromkeys(name for name in names if name))


_COMPUTER_KEYS = ("fqdn", "pool_fqdn", "role", "access_edge_fqdn", "data_edge_fqdn", "av_edge_fqdn")


def computers_from_variable(rows: Sequence[Any]) -> tuple[Computer, ...]:
    """The other computers of the topology from the inventory variable.

    Raises LabError.
    """
    found = []
    for row in rows:
        if not isinstance(row, Mapping) or set(row) - set(_COMPUTER_KEYS) or not row.get("fqdn"):
            raise LabError(
                "sfb_lab_computers takes a list of computers with fqdn (required), " + ", ".join(_COMPUTER_KEYS[1:])
            )
        values: dict[str, Any] = {str(key): str(value) for key, value in row.items()}
        if values.get("role", "edge") not in ROLES:
            raise LabError(f"sfb_lab_computers: unknown role '{values['role']}'; it takes {', '.join(ROLES)}")
        found.append(complete(Computer(**{"pool_fqdn": values["fqdn"]} | values)))
    return tuple(found)


def complete(computer: Computer) -> Computer:
    """Gives a computer the names that the inventory leaves out: usual labels in the domain of its pool."""
    suffix = computer.pool_fqdn.partition(".")[2]
    labels = {"access_edge_fqdn": "access", "data_edge_fqdn": "webconf", "av_edge_fqdn": "av"}
    if computer.role in ("front_end", "director"):
        labels = {"web_internal_fqdn": "webint", "web_external_fqdn": "webext"}
    elif computer.role == "mediation":
        labels = {}
    names = {name: f"{label}.{suffix}" for name, label in labels.items() if not getattr(computer, name)}
    urls = computer.simple_urls
    if computer.role in ("front_end", "director") and not urls:
        urls = (f"dialin.{suffix}", f"meet.{suffix}")
    return computer._replace(**names, simple_urls=urls)
