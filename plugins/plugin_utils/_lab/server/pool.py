# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated pool as its inventory describes it.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .errors import LabError
from .roles import INTERNAL_ROLES, ROLES, Computer, complete, usages_of

# Behaviour that no source settles (unverified, [U]): name -> default. A default of None is derived.
SWITCHES: dict[str, Any] = {
    "request_returns_object": True,  # Request -New writes an object (product.md#output-of-a-request)
    "key_exportable_default": False,  # Request without -PrivateKeyExportable (product.md#parameters-of-a-request)
    # look-up through the CMS fails; derived: in a workgroup (product.md#edge-server-in-a-workgroup)
    "cms_inaccessible": None,
    "topology_inaccessible": False,  # Get-CsService and the like fail on this Edge, too (product.md#topology-cmdlets)
    # Get after a staged -Roll shows the new or still the 'old' certificate (product.md#get-cscertificate)
    "staged_row": "new",
    "p7b_leaf_only": True,  # Import of a .p7b puts only the bound certificate into My (product.md#file-formats)
    # Import of a .pfx: its CA certificates are 'dropped' or go to 'my' (product.md#file-formats)
    "pfx_chain": "dropped",
    # Request -CA warns when the chain does not build (product.md#errors-of-a-request,
    # product.md#missing-ca-certificate)
    "request_warns_chain": True,
    # a non-self-signed certificate in Root breaks chains (product.md#misplaced-ca-certificate)
    "misplaced_root_breaks_chain": True,
    "external_usage_on_edge": True,  # the usage External is accepted on an Edge (product.md#certificate-types)
    "ksp_accepted": None,  # RSA keys of a KSP can be assigned; derived: not in 2013 (product.md#ksp-key)
    "pfx_provider": "csp",  # a PFX key lands in a 'csp' or a 'ksp' (powershell.md#import-of-a-pfx)
    "module_name": None,  # derived: Lync in 2013, else SkypeForBusiness (product.md#common-parameters)
    "module_version": None,  # derived from the product
    "request_for_other_computer": True,  # Request -ComputerFqdn takes the usages of that computer's role (2.1, 1.1)
    # what an internal server tells of replication (product.md#replication-cmdlets, product.md#replica-out-of-date)
    "replicas_up_to_date": True,
    # how long a graceful stop takes; at the step's limit it is given up (product.md#service-cmdlets)
    "graceful_stop_seconds": 0,
    # Start brings a service back whose graceful stop has not ended (product.md#service-cmdlets,
    # product.md#taking-a-server-out-of-service)
    "start_ends_draining": True,
    # how long a service is StartPending after Start has returned (product.md#service-cmdlets)
    "start_pending_seconds": 0,
    # RTCSRV does not start with a SHA-512 signature, as without a hotfix (product.md#sha-512-signature)
    "sha512_stops_rtcsrv": False,
    # the other services of the role stop and start with RTCSRV (product.md#service-cmdlets)
    "services_depend_on_rtcsrv": False,
    # a running service keeps the certificate it has loaded (product.md#restart-after-a-change)
    "assignment_needs_restart": True,
}

_PRODUCTS = {
    "2013": ("Lync", "5.0.8308.0", "6.3.9600.0", "5.1.14409.1005"),
    "2015": ("SkypeForBusiness", "6.0.9319.0", "6.3.9600.0", "5.1.14409.1005"),
    "2019": ("SkypeForBusiness", "7.0.2046.0", "10.0.17763.0", "5.1.17763.1"),
    "se": ("SkypeForBusiness", "7.0.2046.0", "10.0.20348.0", "5.1.20348.1"),
}

_CHOICES: dict[str, tuple[Any, ...]] = {
    "staged_row": ("new", "old"),
    "pfx_chain": ("dropped", "my"),
    "pfx_provider": ("csp", "ksp"),
}
_FREE = ("module_name", "module_version")
_SECONDS = ("graceful_stop_seconds", "start_pending_seconds")


def _check_switch(name: str, value: Any) -> None:
    """Raise LabError unless a switch has a value that it can have."""
    choices = _CHOICES.get(name)
    if name in _SECONDS:
        fits, takes = isinstance(value, (int, float)), "a number of seconds"
    elif choices:
        fits, takes = value in choices, " or ".join(choices)
    else:
        fits, takes = isinstance(value, bool), "true or false"
    if value is not None and name not in _FREE and not fits:
        raise LabError(f"sfb_lab_switches: {name} takes {takes}, not '{value}'")


class AuthorityDescription(NamedTuple):
    """The CA that `Request-CsCertificate -CA` reaches.

    `config` is `fqdn\\name`; `policy` one of issued, pending, denied, template, revoked, unreachable.
    """

    config: str
    policy: str = "issued"
    account: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"AuthorityDescription({self._replace(password=None)._asdict()})"

    @classmethod
    def from_variable(cls, value: Mapping[str, Any]) -> AuthorityDescription:
        """Make it from the inventory variable; raises LabError."""
        unknown = set(value) - {"config", "policy", "account", "password"}
        if unknown or not value.get("config"):
            raise LabError("sfb_lab_ca takes config (fqdn\\name; required), policy, account and password")
        policies = ("issued", "pending", "denied", "template", "revoked", "unreachable")
        if value.get("policy", "issued") not in policies:
            raise LabError(f"sfb_lab_ca: unknown policy '{value['policy']}'; it takes {', '.join(policies)}")
        return cls(**{str(k): str(v) for k, v in value.items() if v is not None})


@dataclass(kw_only=True, eq=False)
class PoolDescription:
    """What the inventory says of one server and its pool.

    `clock_offset` is in seconds, `domain` None in a workgroup; internal roles are members of a domain, for they cannot
    be installed elsewhere. `computers` are others that the topology has. Raises LabError for values that no pool can have.
    """

    pool_fqdn: str
    fqdn: str
    access_edge_fqdn: str = ""
    data_edge_fqdn: str = ""
    av_edge_fqdn: str = ""
    sip_domains: tuple[str, ...] = ()
    product: str = "2019"
    role: str = "edge"
    clock_offset: float = 0
    domain: str | None = None
    elevated: bool = True
    switches: Mapping[str, Any] = field(default_factory=dict)
    ca: AuthorityDescription | None = None
    interrupt_after: int | None = None
    web_internal_fqdn: str = ""
    web_external_fqdn: str = ""
    simple_urls: tuple[str, ...] = ()
    computers: tuple[Computer, ...] = ()

    def __post_init__(self) -> None:
        if "." not in self.pool_fqdn.strip("."):
            raise LabError(f"sfb_lab_pool_fqdn: '{self.pool_fqdn}' is no fully qualified name")
        if self.product not in _PRODUCTS:
            raise LabError(f"sfb_lab_product: unknown product '{self.product}'; it takes {', '.join(_PRODUCTS)}")
        if self.role not in ROLES:
            raise LabError(f"sfb_lab_role: unknown role '{self.role}'; it takes {', '.join(ROLES)}")
        for name in self.switches:
            if name not in SWITCHES:
                near = difflib.get_close_matches(str(name), SWITCHES, 1)
                hint = f"did you mean {near[0]}? " if near else ""
                known = ", ".join(sorted(SWITCHES))
                raise LabError(f"sfb_lab_switches: unknown switch '{name}'; {hint}known are {known}")
            _check_switch(name, self.switches[name])
        suffix = self.pool_fqdn.partition(".")[2]
        for name, value in self._own_computer()._asdict().items():
            setattr(self, name, value)
        if not self.sip_domains:
            self.sip_domains = (suffix,)
        if self.domain is None and self.role in INTERNAL_ROLES:
            self.domain = suffix

    def _own_computer(self) -> Computer:
        return complete(Computer(**{name: getattr(self, name) for name in Computer._fields}))

    @property
    def topology(self) -> tuple[Computer, ...]:
        """All computers that the topology has, this one first."""
        return (self._own_computer(), *self.computers)

    def computer(self, name: str) -> Computer | None:
        """The computer of the topology that a name means."""
        return next((computer for computer in self.topology if computer.is_called(name)), None)

    def switch(self, name: str) -> Any:
        """The value of a switch: from the inventory, else its default."""
        value = self.switches.get(name)
        if value is None:
            value = SWITCHES[name]
        if value is not None:
            return value
        module, version, _os, _ps = _PRODUCTS[self.product]
        return {
            "cms_inaccessible": self.domain is None,
            "ksp_accepted": self.product != "2013",
            "module_name": module,
            "module_version": version,
        }[name]

    @property
    def os_version(self) -> str:
        """Version of Windows that the product is usually found on."""
        return _PRODUCTS[self.product][2]

    @property
    def ps_version(self) -> str:
        """Version of Windows PowerShell."""
        return _PRODUCTS[self.product][3]

    @property
    def required_usages(self) -> tuple[str, ...]:
        """Usages that this role needs (product.md#certificate-types)."""
        return usages_of(self.role, self.product)

    def accepted_usages(self, role: str | None = None) -> tuple[str, ...]:
        """Usages that a role takes, by default this one's."""
        role = role or self.role
        extra = ("External",) if role == "edge" and self.switch("external_usage_on_edge") else ()
        return (*usages_of(role, self.product), *extra)
