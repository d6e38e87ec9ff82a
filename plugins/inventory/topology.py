# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory from the topology of a deployment."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology
short_description: Servers of a Lync or Skype for Business deployment, from its topology
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Makes an inventory from a file that a command on an internal server of the deployment writes; it stands ahead of the
    examples. Nothing is read from servers when the inventory is loaded.
  - Hosts are the computers of pools of the roles Edge, Front End, Director and Mediation. Each has the variables
    C(ansible_host) (its FQDN), C(sfb_role) (V(edge), V(front_end), V(director) or V(mediation)), C(sfb_pool) and
    C(sfb_site).
  - Edge Servers also have C(edge_set), the name of the group of their load-balanced set, and C(edge_fqdns), the FQDNs of
    their pool, as the roles of this collection take them. Each Edge pool is one set.
  - Groups are C(site_*) for each site, with C(pool_*) for each of its pools; C(front_end), C(director) and C(mediation);
    and C(edge) with C(edge_*) for each set. Names of groups are in lower case, with C(_) for all but letters and digits.
  - The name of the configuration file ends with C(sfb_topology.yml) or C(sfb_topology.yaml).
notes:
  - The command was written after the vendor's documentation of the cmdlets, and has not been run on a real deployment yet.
  - Run it again when the topology has changed.
extends_documentation_fragment:
  - ansible.builtin.constructed
options:
  plugin:
    description: The name of this plugin, V(sfb.certificates.topology).
    type: str
    required: true
    choices:
      - sfb.certificates.topology
  source:
    description: The file that the command wrote. A relative path is looked for beside the configuration file.
    type: path
    required: true
  host_suffix:
    description:
      - Domain that is taken off the names of hosts, so that with V(contoso.net) the host of C(edge1.contoso.net) is
        C(edge1). Other hosts keep their FQDN as a name. C(ansible_host) is always the FQDN.
    type: str
    default: ''
  other_pools:
    description: Takes the computers of all other pools too, such as databases and gateways. Their C(sfb_role) is empty.
    type: bool
    default: false
seealso:
  - plugin: ansible.builtin.constructed
    plugin_type: inventory
"""

EXAMPLES = r"""
# The file topology.json is written by this command, in the Management Shell of a server that reaches the Central Management Store:
#
#   @{
#     sites = @(Get-CsSite | ForEach-Object { @{
#       DisplayName = "$($_.DisplayName)"
#       Pools = @(Get-CsPool -Site $_.DisplayName | ForEach-Object { "$($_.Identity)" }) } })
#     pools = @(Get-CsPool | ForEach-Object { @{
#       Identity = "$($_.Identity)"; Services = @($_.Services | ForEach-Object { "$_" }) } })
#     computers = @(Get-CsComputer | ForEach-Object { @{ Fqdn = "$($_.Fqdn)"; Pool = "$($_.Pool)" } })
#     edge_services = @(Get-CsService -EdgeServer | ForEach-Object { @{
#       PoolFqdn = "$($_.PoolFqdn)"
#       AccessEdgeExternalFqdn = "$($_.AccessEdgeExternalFqdn)"
#       DataEdgeExternalFqdn = "$($_.DataEdgeExternalFqdn)"
#       AVEdgeExternalFqdn = "$($_.AVEdgeExternalFqdn)" } })
#   } | ConvertTo-Json -Depth 4 | Set-Content -Encoding UTF8 topology.json
#
# The configuration file contoso.sfb_topology.yml lies beside it:
plugin: sfb.certificates.topology
source: topology.json
host_suffix: contoso.net
compose:
  # only the Edge Servers are in a workgroup
  ansible_winrm_transport: "'ntlm' if sfb_role == 'edge' else 'kerberos'"
groups:
  internal: sfb_role != 'edge'
keyed_groups:
  - key: sfb_role
    prefix: role
"""

import os
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._product.deployment import Host, deployment_of, read_topology

#: Larger files are no topologies.
_LIMIT = 64 * 1024 * 1024


class InventoryModule(BaseInventoryPlugin, Constructable):
    """Reads the file and adds hosts and groups."""

    NAME = "sfb.certificates.topology"

    def verify_file(self, path: str) -> bool:
        """Whether the name of a file says that it is for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("sfb_topology.yml", "sfb_topology.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Adds what the topology says.

        Raises C(AnsibleParserError), one line, if that cannot be read.
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        source = os.path.join(os.path.dirname(os.path.abspath(path)), self.get_option("source"))
        try:
            topology = read_topology(_read(source), source)
            deployment = deployment_of(topology, self.get_option("host_suffix"), self.get_option("other_pools"))
        except CertificatesError as error:
            raise AnsibleParserError(f"sfb.certificates.topology: {error}") from error
        for host in deployment.hosts:
            self._add(host)
        for child, parent in deployment.parents:
            self.inventory.add_group(parent)
            self.inventory.add_child(parent, child)

    def _add(self, host: Host) -> None:
        for group in host.groups:
            self.inventory.add_group(group)
            self.inventory.add_host(host.name, group=group)
        # the only free text; it is no template, whatever it looks like
        variables = {**host.variables, "sfb_site": wrap_var(host.variables["sfb_site"])}
        for name, value in variables.items():
            self.inventory.set_variable(host.name, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host.name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host.name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host.name, strict=strict)


def _read(path: str) -> bytes:
    try:
        if os.path.getsize(path) > _LIMIT:
            raise InputError(f"source: {path} is larger than 64 MB and no topology")
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"source: {path} cannot be read: {error.strerror or error}") from error
