# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_verify; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_verify
short_description: Verify that the usages of a server have the certificate that they are to have
description:
  - Fails unless each usage has the certificate that it is to have and nothing is wrong with that. Its private key is there
    and opens, its chain is valid on the server, it is valid now by the clock of the server, it is meant for server
    authentication and it has the names that the usage needs.
  - With O(part) or O(part_host) does so for a server of a pool that M(sfb.certificates.cs_certificate_plan) has nothing planned for. For
    a server that has something to do, it only tells so (RV(busy)). So one task finds the few servers of a large pool that
    the tasks after it are for.
  - A usage that is staged for the right date satisfies it as well.
  - Reads the server if it gets neither O(usages) nor O(server), else makes no remote call.
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
  effective_date:
    description:
      - When a staged certificate takes effect, such as V(2026-12-01T22:00:00Z). A usage that is staged for then counts as
        having it. A part of a plan has it already.
    type: str
  expected:
    description:
      - The thumbprint that each usage is to have, by usage, where they differ. Other usages of O(type) are told in
        RV(usages) and not verified.
      - Exactly one of O(part), O(part_host), O(thumbprint) and O(expected) is needed.
    type: dict
  part:
    description:
      - What a plan has for the server, as RV(sfb.certificates.cs_certificate_plan#module:parts) has it under the name of the
        server, or, if the server is not in there, RV(sfb.certificates.cs_certificate_plan#module:part).
      - A dictionary with the key C(refused) fails the task with that text, for a plan that could not be made.
      - Exactly one of O(part), O(part_host), O(thumbprint) and O(expected) is needed.
    type: dict
  part_host:
    description:
      - Host that has the plan in its variable O(part_variable). The part is taken from there, without handing it on to each
        server through templates, which costs time where pools are large.
      - Exactly one of O(part), O(part_host), O(thumbprint) and O(expected) is needed.
    type: str
  part_variable:
    description:
      - Name of the variable that M(sfb.certificates.cs_certificate_plan) was registered in on O(part_host), or that has the keys
        C(parts) and C(part) of its result.
      - Required with O(part_host).
    type: str
  server:
    description:
      - State of the server as the last task of this run returned it under the key C(server).
      - Saves the remote call that reads the server. Leave it out to have the server read now.
      - Its content is not an interface.
      - Mutually exclusive with O(usages).
    type: dict
  thumbprint:
    description:
      - Thumbprint that each usage is to have, 40 hexadecimal digits; blanks and colons do no harm.
      - In check mode also V((known after issue\)), as earlier tasks return it.
      - Exactly one of O(part), O(part_host), O(thumbprint) and O(expected) is needed.
    type: str
  type:
    description:
      - Usages to verify. If not given, those of O(expected), else all that O(usages) tells of or that have a certificate.
    type: list
    elements: str
    default: []
  usages:
    description:
      - What an earlier task has told of the usages, as RV(sfb.certificates.cs_certificate_info#module:usages). Takes less time
        than O(server), of which all of that is worked out anew.
      - Mutually exclusive with O(server).
    type: list
    elements: dict
seealso:
  - module: sfb.certificates.cs_certificate_info
  - module: sfb.certificates.cs_certificate_plan
  - module: sfb.certificates.tls_endpoint_info
"""

EXAMPLES = r"""
- name: Verify the certificate of the internal interface
  sfb.certificates.cs_certificate_verify:
    type: [Internal]
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
  register: verified

- name: Tell until when it serves
  ansible.builtin.debug:
    msg: "{{ verified.usages | map(attribute='not_after') | first }}"

- name: Verify usages that have different certificates
  sfb.certificates.cs_certificate_verify:
    expected:
      Internal: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
      AccessEdgeExternal: "{{ external_thumbprint }}"

- name: Read each server of the pool
  sfb.certificates.cs_certificate_info:
    type: [Internal]
    describe: [usages]
  register: info

- name: Plan for all of them, once
  sfb.certificates.cs_certificate_plan:
    type: [Internal]
    members: "{{ ansible_play_hosts }}"
    variable: info
  register: plan
  run_once: true

- name: Verify each server, unless there is something to do
  sfb.certificates.cs_certificate_verify:
    type: [Internal]
    part_host: "{{ ansible_play_hosts_all[0] }}"
    part_variable: plan
    usages: "{{ info.usages }}"
  register: verified

- name: Show what is to be done
  ansible.builtin.debug:
    msg: "{{ plan.parts[inventory_hostname].commands }}"
  when: verified.busy
"""

RETURN = r"""
busy:
  description: Whether the plan has something for the server. Nothing was verified then.
  returned: when O(part) or O(part_host) is given
  type: bool
  sample: false
held:
  description: Whether the server keeps the certificate in use, see RV(sfb.certificates.cs_certificate_plan#module:held).
  returned: when O(part) or O(part_host) is given
  type: bool
  sample: false
usages:
  description: The usages and what they have; from RV(sfb.certificates.cs_certificate_info#module:usages).
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: The usage.
      returned: always
      type: str
      sample: Internal
    thumbprint:
      description: Thumbprint of the assigned certificate, null if there is none.
      returned: always
      type: str
      sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    staged:
      description: Whether a certificate takes over on RV(usages[].effective_date), which is still to come.
      returned: always
      type: bool
      sample: false
    problems:
      description: What is wrong, one line each; empty if nothing is.
      returned: always
      type: list
      elements: str
      sample: []
    effective_date:
      description: Since when, or from when on, the certificate is used, UTC.
      returned: when a certificate is assigned
      type: str
      sample: '2026-11-21T03:10:16Z'
    previous_thumbprint:
      description: Certificate that the usage had before, null if the product keeps none.
      returned: when a certificate is assigned
      type: str
      sample: null
    not_after:
      description: End of validity, UTC.
      returned: when the assigned certificate is in the store My
      type: str
      sample: '2028-11-19T09:14:02Z'
verified:
  description: Whether the usages were verified; false if RV(busy) is true.
  returned: success
  type: bool
  sample: true
"""
