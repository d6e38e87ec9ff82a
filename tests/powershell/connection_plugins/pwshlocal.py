# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection for tests: a local process behaves like a host with a PowerShell command shell."""

from __future__ import annotations

import shlex

from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.plugins.shell.powershell import _parse_clixml

DOCUMENTATION = """
name: pwshlocal
short_description: Run PowerShell modules on the control machine
description:
  - Runs commands locally like the built-in local connection, but prefers PowerShell modules
    and feeds them through a pipe, as a connection to a Windows host does.
  - Needs C(ansible_shell_type=powershell) and programs C(PowerShell) and C(chcp.com) on the path.
  - Meant for tests only.
options:
  home:
    description: Home folder of the emulated host; its temporary folder is C(tmp) in there.
    type: path
    vars:
      - name: ansible_pwshlocal_home
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(LocalConnection):
    """The local connection, as one to Windows."""

    transport = "pwshlocal"
    module_implementation_preferences = (".ps1", ".exe", "")
    always_pipeline_modules = True
    has_native_async = True

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Run a command in the home of the emulated host."""
        home = self.get_option("home")
        if home:
            cmd = f"HOME={shlex.quote(home)}; TMPDIR=$HOME/tmp; export HOME TMPDIR; {cmd}"
        rc, out, err = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        if err.startswith(b"#< CLIXML"):
            err = _parse_clixml(err)
        return rc, out, err
