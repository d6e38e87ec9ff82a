# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures ahead of the step runner: those of Ansible's own wrapper, and their cures. **PRIVATE** to the collection."""

from __future__ import annotations

from .known_failures import Failure

#: Failures of Ansible's own wrapper, ahead of the step runner. Its words are English on every Windows.
WRAPPER_FAILURES = (
    Failure(
        meaning="PowerShell is too old",
        cure="install Windows Management Framework 5.1 on the server",
        source="ansible-core, exec_wrapper.ps1",
        texts=("requires a minimum powershell version",),
    ),
    Failure(
        meaning="PowerShell is far too old",
        cure="install Windows Management Framework 5.1 on the server",
        source="ansible-core, bootstrap_wrapper.ps1",
        texts=("ansible requires powershell",),
    ),
    Failure(
        meaning="become fails: wrong password",
        cure="check ansible_become_user and ansible_become_password",
        source="ansible-core, become_wrapper.ps1; [MS-ERREF] ERROR_LOGON_FAILURE",
        texts=("win32errorcode 1326",),
    ),
    Failure(
        meaning="become fails: the account may not log on like this",
        cure="give ansible_become_user the right to log on locally, or set become_flags: logon_type=batch",
        source="ansible-core, become_wrapper.ps1; [MS-ERREF] ERROR_LOGON_TYPE_NOT_GRANTED",
        texts=("win32errorcode 1385",),
    ),
    Failure(
        meaning="become fails",
        cure="check ansible_become_user, ansible_become_password and become_flags",
        source="ansible-core, become_wrapper.ps1",
        texts=("failed to become user",),
    ),
    Failure(
        meaning="application control forbids the step runner",
        cure="allow the account to run PowerShell in full language mode (AppLocker, Windows Defender Application Control)",
        source="ansible-core, module_wrapper.ps1; PowerShell's id of errors in this mode",
        texts=("constrainedlanguage",),
    ),
)
