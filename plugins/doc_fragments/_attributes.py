# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules have in common apart from options. **PRIVATE** to the collection: it may change at any time."""

from __future__ import annotations


class ModuleDocFragment:
    """Use ahead of ansible.builtin.action_common_attributes and its flow, which bring the descriptions.

    Of two fragments that say something different the first one counts.
    """

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    support: full
  action_group:
    description: Use C(group/sfb.certificates.certificates) in C(module_defaults) to set options for all modules of the
      group.
    support: full
    membership:
      - sfb.certificates.certificates
  async:
    support: none
    details:
      - A task with C(async) is refused, since its arguments would stay on the server in a file.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
  idempotent:
    description: A second run with the same options finds nothing to do, unless the server has changed in between.
requirements:
  - On the controller, the Python library cryptography 42.0.0 or newer, for the Python that runs Ansible.
"""

    WINDOWS = r"""
options: {}
attributes:
  platform:
    support: full
    platforms: windows
requirements:
  - On the server, Windows PowerShell 5.1 and the product's own module C(SkypeForBusiness), or C(Lync) of Lync Server
    2013.
notes:
  - Runs through every connection to Windows that Ansible has (C(winrm), C(psrp), C(ssh)), and through the emulated pool
    of P(sfb.certificates.lab#connection).
  - Needs the rights of a local administrator on the server.
  - Where C(become) is set, calls that handle a private key or ask another server use it, and others do not; what cannot
    be read like that is read again with it. With the variable C(sfb_become_always) all calls use it.
  - The decisions are made on the controller. The server is read once, unless its state is given, and is called once
    more if something has to change.
  - Calls that change the same server take turns; one that waits longer than a minute fails and changes nothing.
  - In check mode, and wherever a value exists only after a later step, a placeholder stands in its place, for example
    V((known after issue\)) for the thumbprint of a certificate that the authority has not issued yet. The modules of
    this collection take such values from each other in check mode, and refuse them in a real run.
  - Refuses to run while E(ANSIBLE_KEEP_REMOTE_FILES) is set, since the arguments may hold secrets.
  - Where module logging of PowerShell is on for all modules (C(*)), events with the ID 4103 record the arguments of
    every Ansible module, C(no_log) or not. Restrict who may read that log.
"""

    POSIX = r"""
options: {}
attributes:
  platform:
    support: full
    platforms: posix
notes:
  - Works on the controller alone and opens no connection to a server.
"""
