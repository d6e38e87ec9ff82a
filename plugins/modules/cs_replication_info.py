# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_replication_info; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_replication_info
short_description: Tell whether servers have the present configuration of the deployment
description:
  - Asks an internal server with C(Get-CsManagementStoreReplicationStatus) whether the replicas of the Central Management Store
    are up to date.
  - The replica of an Edge Server is kept up to date over its internal interface, whose certificate this needs. It is a check
    that the interface works after a change.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - It changes nothing and does the same in check mode.
  diff_mode:
    support: none
    details:
      - It changes nothing.
  idempotent:
    support: full
    details:
      - It changes nothing.
options:
  replica_fqdn:
    description: FQDN of the computer whose replica is meant. If not given, all are told.
    type: str
notes:
  - To be run on a server that reaches the Central Management Store, such as a Front End Server, and not on an Edge Server.
seealso:
  - module: sfb.certificates.cs_windows_service
"""

EXAMPLES = r"""
- name: Wait until the Edge Server has the present configuration
  sfb.certificates.cs_replication_info:
    replica_fqdn: edge1.example.com
  delegate_to: fe1
  register: replication
  until: replication.up_to_date
  retries: 20
  delay: 15
"""

RETURN = r"""
commands:
  description: The PowerShell that was run.
  returned: success
  type: list
  elements: str
  sample: [Get-CsManagementStoreReplicationStatus -ReplicaFqdn edge1.example.com]
replicas:
  description: The replicas.
  returned: success
  type: list
  elements: dict
  contains:
    fqdn:
      description: The computer.
      returned: always
      type: str
      sample: edge1.example.com
    up_to_date:
      description: Whether it has the present configuration.
      returned: always
      type: bool
      sample: true
    last_update:
      description: When the configuration that it has was made, UTC; null if that is not known.
      returned: always
      type: str
      sample: '2026-11-21T03:10:16Z'
up_to_date:
  description: Whether all of RV(replicas) are.
  returned: success
  type: bool
  sample: true
"""
