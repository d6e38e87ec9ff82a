# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote call whose connection was cut, carried out late: `python -m ...late FILE`."""

from __future__ import annotations

import pathlib
import pickle
import sys

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import LabFolder

from . import watch


def main(path: pathlib.Path) -> None:
    """Carries the call out; nobody gets the answer."""
    args, pool, folder, host, user = pickle.loads(path.read_bytes())
    path.unlink()
    watch.install(path.parent.parent)
    run_contract(args, pool, LabFolder(folder), host, become_user=user)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
