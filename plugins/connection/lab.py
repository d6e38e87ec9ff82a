# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection to an emulated Lync Server 2013 / Skype for Business Server."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab
short_description: Emulated Edge servers for tests and training
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Behaves like a connection to a Windows host that runs Lync Server 2013 or Skype for Business Server, without any
    Windows. It takes module and arguments out of the payload that Ansible would send to the server and answers with
    what the product would do to real certificates, keys and requests, kept as files in a folder.
  - It runs the module C(sfb.certificates.cs_invoke) only, which all actions of this collection use.
    Every other module is refused.
  - It is as strict as Windows. Where the product's behaviour is not documented, a switch chooses it (O(switches)).
    The sources are in the collection's folder C(docs/reference).
  - The names of pool and servers are all it needs; a server starts with empty stores and running services.
requirements:
  - cryptography
options:
  path:
    description: Folder of the lab. It is made when the first call comes; it must not be used by anything else.
    type: path
    default: .sfb-lab
    env:
      - name: SFB_LAB_PATH
    vars:
      - name: sfb_lab_path
  pool_fqdn:
    description: Fully qualified name of the pool that the server belongs to.
    type: str
    required: true
    vars:
      - name: sfb_lab_pool_fqdn
  fqdn:
    description: Fully qualified name of the server. Default is C(inventory_hostname) with the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_fqdn
  host:
    description: Name of the server in the lab folder.
    type: str
    vars:
      - name: inventory_hostname
      # the only name that Ansible sets for a host that a task is delegated to
      - name: ansible_host
  access_edge_fqdn:
    description: External name of the Access Edge service. Default is C(access) in the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_access_edge_fqdn
  data_edge_fqdn:
    description: External name of the Web Conferencing Edge service. Default is C(webconf) in the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_data_edge_fqdn
  av_edge_fqdn:
    description: External name of the A/V Edge service. Default is C(av) in the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_av_edge_fqdn
  web_internal_fqdn:
    description: Internal name of the web services. Default is C(webint) in the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_web_internal_fqdn
  web_external_fqdn:
    description: External name of the web services. Default is C(webext) in the domain of the pool.
    type: str
    vars:
      - name: sfb_lab_web_external_fqdn
  simple_urls:
    description: Host names of the simple URLs. Default is C(dialin) and C(meet) in the domain of the pool.
    type: list
    elements: str
    default: []
    vars:
      - name: sfb_lab_simple_urls
  computers:
    description:
      - Other computers that the topology has. What the cmdlets tell of them comes from here, not from their own variables.
      - Keys are C(fqdn) (required), C(pool_fqdn) (default the same), C(role), C(access_edge_fqdn), C(data_edge_fqdn) and
        C(av_edge_fqdn).
    type: list
    elements: dict
    default: []
    vars:
      - name: sfb_lab_computers
  sip_domains:
    description: SIP domains, the primary one first. Default is the domain of the pool.
    type: list
    elements: str
    default: []
    vars:
      - name: sfb_lab_sip_domains
  product:
    description: Version of the product; V(se) is the Subscription Edition.
    type: str
    choices: ['2013', '2015', '2019', 'se']
    default: '2019'
    vars:
      - name: sfb_lab_product
  role:
    description:
      - Role of the server. One with a role other than V(edge) is a member of a domain.
    type: str
    choices: [edge, front_end, director, mediation]
    default: edge
    vars:
      - name: sfb_lab_role
  clock_offset:
    description: How far the clock of the server is ahead, in seconds; negative if it is behind.
    type: float
    default: 0
    vars:
      - name: sfb_lab_clock_offset
  domain:
    description:
      - Domain that the server is a member of. Without it the server is in a workgroup, as Edge servers normally are.
    type: str
    vars:
      - name: sfb_lab_domain
  elevated:
    description: Whether the remote account is an administrator with all rights.
    type: bool
    default: true
    vars:
      - name: sfb_lab_elevated
  ca:
    description:
      - The certification authority that C(Request-CsCertificate -CA) reaches. None is reached without it.
      - Keys are C(config) (C(fqdn\name), required), C(policy) (V(issued), V(pending), V(denied), V(template),
        V(revoked) or V(unreachable)), C(account) and C(password).
    type: dict
    vars:
      - name: sfb_lab_ca
  switches:
    description:
      - Behaviour that no source documents, by name. A name that is not in this list is an error.
      - C(request_returns_object) (V(true)), whether C(Request-CsCertificate -New) returns an object.
      - C(key_exportable_default) (V(false)), whether a key is exportable without C(-PrivateKeyExportable).
      - C(cms_inaccessible) (V(true) in a workgroup, else V(false)), whether the CMS is out of reach.
      - C(topology_inaccessible) (V(false)), whether C(Get-CsService) and its like fail on this server.
      - C(staged_row) (V(new)), which certificate C(Get-CsCertificate) shows of a staged change, V(new) or V(old).
      - C(p7b_leaf_only) (V(true)), whether the import of a chain file leaves CA certificates out of the store My.
      - C(pfx_chain) (V(dropped)), whether the CA certificates of an imported PFX are V(dropped) or go to V(my).
      - C(request_warns_chain) (V(true)), whether an online request warns of a chain that does not build.
      - C(misplaced_root_breaks_chain) (V(true)), whether one in Root that is not self-signed breaks its chains.
      - C(external_usage_on_edge) (V(true)), whether the usage C(External) is accepted.
      - C(ksp_accepted) (V(false) for V(2013), else V(true)), whether an RSA key of a KSP can be assigned.
      - C(pfx_provider) (V(csp)), whether the key of a PFX lands in a V(csp) or a V(ksp).
      - C(module_name) (C(Lync) for V(2013), else C(SkypeForBusiness)) and C(module_version), the vendor's module.
      - C(request_for_other_computer) (V(true)), whether C(Request-CsCertificate -ComputerFqdn) takes the usages of that
        computer's role, or of the role of the computer where it runs.
      - C(replicas_up_to_date) (V(true)), what C(Get-CsManagementStoreReplicationStatus) tells of all replicas.
      - C(graceful_stop_seconds) (V(0)), how long a graceful stop of services takes. Nothing waits; it ends a step whose
        time limit is shorter.
      - C(start_ends_draining) (V(true)), whether C(Start-CsWindowsService) brings a service back whose graceful stop has
        not ended, or fails.
      - C(start_pending_seconds) (V(0)), how long a service is on its way up after C(Start-CsWindowsService) has returned.
      - C(sha512_stops_rtcsrv) (V(false)), whether C(RTCSRV) does not start with a certificate that is signed with SHA-512.
      - C(services_depend_on_rtcsrv) (V(false)), whether the other services of the role stop with C(RTCSRV), and start
        it.
      - C(assignment_needs_restart) (V(true)), whether a running service goes on with the certificate that it loaded when
        it started.
    type: dict
    default: {}
    vars:
      - name: sfb_lab_switches
  unreachable:
    description: Whether the server does not answer at all.
    type: bool
    default: false
    vars:
      - name: sfb_lab_unreachable
  interrupt_after:
    description:
      - For rehearsing failures. The connection breaks as soon as a call has carried out this many of its steps; they
        stay done, as on a server whose network is cut, and the rest is not started.
    type: int
    vars:
      - name: sfb_lab_interrupt_after
"""

EXAMPLES = r"""
# An inventory of an emulated pool:
#
# edge_internal:
#   hosts:
#     edge1:
#     edge2:
#   vars:
#     ansible_connection: sfb.certificates.lab
#     sfb_lab_pool_fqdn: edgepool.contoso.example
#     sfb_lab_sip_domains: [contoso.example]
#
# One server has a clock that is two days ahead, another one is down:
#
#     edge3:
#       sfb_lab_clock_offset: 172800
#     edge4:
#       sfb_lab_unreachable: true
- name: Show what an emulated server has
  hosts: edge_internal
  gather_facts: false
  tasks:
    - name: Read the server
      sfb.certificates.cs_certificate_info:
"""

import json
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

_REFUSED = "the lab emulates only the module sfb.certificates.cs_invoke, no copying of files; use a real connection"


class Connection(ConnectionBase):
    """A Windows host to Ansible, a folder on this machine in fact."""

    transport = "sfb.certificates.lab"
    module_implementation_preferences = (".ps1", ".exe", "")
    allow_executable = False
    has_pipelining = True
    always_pipeline_modules = True
    has_native_async = True  # so that async comes as a payload, which names the module that is refused

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._shell_type = "powershell"
        super().__init__(*args, **kwargs)

    def _connect(self) -> Connection:
        if self.get_option("unreachable"):
            raise AnsibleConnectionFailure("the emulated server does not answer (sfb_lab_unreachable)")
        self._connected = True
        return self

    def close(self) -> None:
        """Nothing stays open."""
        self._connected = False

    def is_pipelining_enabled(self, wrap_async: bool = False) -> bool:
        """Modules always come through standard input, as with winrm."""
        return True

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Answer a payload; gives return code, standard output and standard error."""
        # Imported late: Ansible loads the connection anew for every task of a host, most of which make no call.
        from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.transport import answer

        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._connect()
        host = self.get_option("host") or self._play_context.remote_addr
        result = answer(host, self.get_option, in_data)
        return 0, json.dumps(result).encode("utf-8"), b""

    def put_file(self, in_path: str, out_path: str) -> None:
        """Refused: the lab has the steps of the runner only."""
        super().put_file(in_path, out_path)
        raise AnsibleError(_REFUSED)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Refused: the lab has the steps of the runner only."""
        super().fetch_file(in_path, out_path)
        raise AnsibleError(_REFUSED)
