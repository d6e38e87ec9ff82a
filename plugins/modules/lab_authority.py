# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of lab_authority; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_authority
short_description: The certification authority of an emulated pool
description:
  - Makes the emulated authority of a lab, a root and an issuing authority with new keys, unless it is there.
  - Signs the requests that lie in a folder and have no answer there yet, as the clerk of a real authority would.
  - For tests and training with P(sfb.certificates.lab#connection). The playbook C(sfb.certificates.lab) shows it at work.
    For certificates that anybody is to trust, use M(sfb.certificates.local_ca_certificate) or a real authority.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - Without an authority, RV(chain) is that of a makeshift one, with which a procedure can be planned. It is gone when
        the playbook has ended, and the real one will have other thumbprints.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  folder:
    description:
      - Folder on the controller whose requests (C(.req), C(.csr), C(.txt)) are signed. The answer lies beside its request, with
        the extension C(.cer).
      - A request whose answer lies in the folder under any name, by public key, is left alone. What cannot be read as a
        request, or has a wrong signature, is warned of.
      - Without it, nothing is signed.
    type: path
  path:
    description:
      - Folder of the lab, as O(sfb.certificates.lab#connection:path). It is made if it is missing.
    type: path
    default: .sfb-lab
  valid_for:
    description:
      - Days that the certificates last, beginning an hour ago. None outlasts the authority, which is made for five years.
    type: int
    default: 730
seealso:
  - plugin: sfb.certificates.lab
    plugin_type: connection
  - module: sfb.certificates.cs_certificate_folder
  - module: sfb.certificates.local_ca_certificate
"""

EXAMPLES = r"""
- name: Have an emulated authority
  sfb.certificates.lab_authority:
  register: authority

- name: Put its chain on the emulated server
  sfb.certificates.cs_certificate_chain:
    path: "{{ authority.chain }}"

- name: Let it sign what lies in the folder for requests
  sfb.certificates.lab_authority:
    folder: /srv/pki/edge
"""

RETURN = r"""
chain:
  description: File on the controller with the chain of the authority (PKCS#7), as web enrolment gives it.
  returned: success
  type: str
  sample: /home/me/.sfb-lab/adcs/certnew.p7b
diff:
  description: Whether there is an authority, and what it signs.
  returned: success
  type: dict
  contains:
    before:
      description: As it was.
      returned: always
      type: dict
      sample:
        authority: false
    after:
      description: As it is after the task.
      returned: always
      type: dict
      sample:
        authority: true
        signed: [edge_site1-internal-A6B3A2D4.req]
path:
  description: The folder of the lab, absolute.
  returned: success
  type: str
  sample: /home/me/.sfb-lab
signed:
  description: Names of the requests that were signed; in check mode, of those that would be.
  returned: success
  type: list
  elements: str
  sample: [edge_site1-internal-A6B3A2D4.req]
"""
