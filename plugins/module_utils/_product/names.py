# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that a certificate must carry for its usages. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from .._state.state import Topology
from .usages import EXTERNAL_USAGES


class Named(Protocol):
    """A certificate or a request for one."""

    @property
    def common_names(self) -> Sequence[str]:
        """Common names of the subject."""

    @property
    def dns_names(self) -> Sequence[str]:
        """DNS names of the subject alternative name."""


def needed_names(usages: Iterable[str], topology: Topology, computer: str = "") -> tuple[str, ...]:
    """The FQDNs that clients and servers look for, in the order subject, then others.

    Source: product.md#edge-certificates, product.md#certificates-of-internal-servers. The A/V Authentication service
    looks at no name.

    :param topology: of the pool; what it does not say cannot be asked for.
    :param computer: FQDN of the server; needed for what is not the same on all servers of the pool.
    """
    names: list[str] = []
    for usage in usages:
        if usage == "Internal":
            names.append(topology.pool_fqdn)
        elif usage == "AccessEdgeExternal":
            names += [topology.access_edge_fqdn, *(f"sip.{domain}" for domain in topology.sip_domains if domain)]
        elif usage == "DataEdgeExternal":
            names.append(topology.data_edge_fqdn)
        elif usage == "Default" and topology.pool_fqdn:
            names += [topology.pool_fqdn, computer]
    return tuple(dict.fromkeys(name.lower() for name in names if name))


def missing_names(certificate: Named, names: Iterable[str], usages: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that a certificate does not carry.

    Only the internal interface is content with the subject's common name; elsewhere TLS looks at the subject
    alternative names alone (product.md#edge-certificates). Wildcards do not count for Edge Servers.
    """
    carried = {name.lower() for name in certificate.dns_names}
    if set(usages) <= {"Internal"}:
        carried |= {name.lower() for name in certificate.common_names}
    elif not carried:
        carried = {name.lower() for name in certificate.common_names}
    return tuple(name for name in names if name.lower() not in carried)


#: Parts of the subject after the common name, in the order in which Windows shows them.
_SUBJECT = (("OU", "OU"), ("Organization", "O"), ("City", "L"), ("State", "S"), ("Country", "C"))


def foretold_request(
    usages: Sequence[str], topology: Topology, parameters: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]] | None:
    """Subject and DNS names of a request that an Edge Server will make, None if the topology does not tell.

    The product takes them from the topology and adds what is asked for. Source: product.md#edge-certificates,
    product.md#parameters-of-a-request (AllSipDomain, DomainName).

    :param parameters: of Request-CsCertificate, by the cmdlet's names; C(DomainName) is a tuple.
    """
    if not topology.is_edge or not topology.pool_fqdn or parameters.get("ComputerFqdn"):
        return None
    common_name, names = topology.pool_fqdn, []
    if any(usage in EXTERNAL_USAGES for usage in usages):
        domains = topology.sip_domains if parameters.get("AllSipDomain") else topology.sip_domains[:1]
        common_name = topology.access_edge_fqdn
        names = [common_name, topology.data_edge_fqdn, *(f"sip.{domain}" for domain in domains)]
    names += parameters.get("DomainName", ())
    parts = [f"CN={common_name}"]
    parts += [f"{short}={parameters[name]}" for name, short in _SUBJECT if parameters.get(name)]
    return ", ".join(parts), tuple(dict.fromkeys(name for name in names if name))


def names_to_add(
    usages: Sequence[str], topology: Topology, parameters: Mapping[str, Any], needed: Iterable[str]
) -> tuple[str, ...]:
    """The names that are needed and that the product will not put into a request by itself.

    Such as those of the second SIP domain, C(sip.<domain>), which it takes with -AllSipDomain only
    (product.md#parameters-of-a-request, product.md#edge-certificates). None if it cannot be foretold what the product
    will put in.
    """
    told = foretold_request(usages, topology, parameters)
    if told is None or set(usages) <= {"Internal"}:
        return ()
    carried = {name.lower() for name in told[1]}
    return tuple(name for name in needed if name.lower() not in carried)
