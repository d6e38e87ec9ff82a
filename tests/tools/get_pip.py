# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-in for the get-pip.py that ansible-test downloads, for networks that reach nothing but a package index.

ansible-test fills empty environments with pip by ``get-pip.py --disable-pip-version-check pip==X``. This does the same
with the pip that comes with Python (``ensurepip``): it installs the asked version from the index.
"""

from __future__ import annotations

import runpy
import subprocess
import sys

_ONLY_FOR_GET_PIP = ("--no-setuptools", "--no-wheel")


def main() -> int:
    """Install the packages of the command line with pip into the running environment, which may lack pip."""
    wanted = [argument for argument in sys.argv[1:] if argument not in _ONLY_FOR_GET_PIP]
    ensurepip = [sys.executable, "-m", "ensurepip", "--default-pip"]
    made = subprocess.run(ensurepip, stdout=subprocess.DEVNULL, check=False)
    if made.returncode:
        return made.returncode
    sys.argv[1:] = ["install", "--upgrade", *wanted]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
