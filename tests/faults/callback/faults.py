# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callback for the tests: the remote calls of a run are counted, and one of them goes wrong; see L{tap}."""

from __future__ import annotations

import os
import pathlib

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: faults
type: notification
short_description: A run whose remote calls are counted, one of which goes wrong
description: Loaded before the workers are made, which inherit what it does. The folder that FAULTS_RUN names says what.
"""


class CallbackModule(CallbackBase):
    """Puts the tap between connection and emulated servers."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "faults"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        from ansible_collections.sfb.certificates.tests.faults import tap

        tap.install(pathlib.Path(os.environ["FAULTS_RUN"]))
