# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of lab_authority: the certification authority of an emulated pool."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible import constants as C

from ..module_utils._errors import InputError
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._lab.ca.adcs import Authority, Terms
from ..plugin_utils._lab.ca.folder_signer import Outcome, answer_folder
from ..plugin_utils._lab.server.errors import LabError
from ..plugin_utils._lab.server.folder import LabFolder


class ActionModule(CertificatesAction):
    """Works on the controller alone."""

    ARGUMENT_SPEC = {
        "path": {"type": "path", "default": ".sfb-lab"},
        "folder": {"type": "path"},
        "valid_for": {"type": "int", "default": 730},
    }

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Makes the authority if it is not there; its clerk answers the requests of a folder."""
        if params["valid_for"] < 1:
            raise InputError(f"valid_for: {params['valid_for']} is too little; give the days that a certificate lasts")
        lab = LabFolder(params["path"])
        try:
            there = Authority(lab).chain_path.exists()
            authority = Authority(self._rehearsal() if self.check_mode and not there else lab)
            chain = str(authority.prepare())
            terms = Terms(now=datetime.now(timezone.utc), days=params["valid_for"])
            outcomes = self._answer(authority, params["folder"], terms)
        except LabError as error:
            raise InputError(error.message) from error
        except OSError as error:
            raise InputError(f"path: {error.filename} cannot be used on the controller: {error.strerror}") from error
        signed = [outcome.name for outcome in outcomes if outcome.kind in ("signed", "denied")]
        refused = [f"{outcome.name}: {outcome.detail}" for outcome in outcomes if outcome.kind == "refused"]
        result = {
            "changed": not there or bool(signed),
            "path": str(lab.path),
            "chain": chain,
            "signed": signed,
            "diff": {"before": {"authority": there}, "after": {"authority": True, "signed": signed}},
        }
        return result | ({"warnings": refused} if refused else {})

    @staticmethod
    def _rehearsal() -> LabFolder:
        """A folder that Ansible removes when the playbook has ended, so that check mode has a chain to plan with."""
        return LabFolder(tempfile.mkdtemp(prefix="lab-", dir=C.DEFAULT_LOCAL_TMP))

    def _answer(self, authority: Authority, folder: str | None, terms: Terms) -> list[Outcome]:
        """What became of each request of the folder; in check mode none is signed, those that would be are denied."""
        if folder is None or (self.check_mode and not os.path.isdir(folder)):
            return []
        return list(answer_folder(authority, Path(folder), terms, form="cer", deny=self.check_mode))
