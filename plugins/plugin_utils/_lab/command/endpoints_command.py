# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command of a lab that serves the TLS endpoints of its servers.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..server.folder import LabFolder, write_atomically
from .endpoints import serve_endpoints
from .serving import Add, tell_and_wait


def add_endpoints(add: Add) -> None:
    """Add the command to the parser of a lab."""
    run = add("serve-tls", _run, "serve the certificates of servers on loopback until standard input ends")
    run.add_argument("hosts", nargs="*", metavar="HOST", help="servers (all that something was written to)")
    run.add_argument("--port", type=int, default=0, help="first port, the others follow (free ones)")
    run.add_argument("--legacy", action="store_true", help="TLS 1.0 only")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the ports to this file, too")


def _run(lab: LabFolder, options: argparse.Namespace) -> int:
    hosts = options.hosts or [name for name, _folder in lab.servers()]
    with serve_endpoints(lab, hosts, port=options.port, legacy=options.legacy) as ports:
        told = json.dumps(ports)
        if options.json:
            write_atomically(options.json.absolute(), f"{told}\n".encode("ascii"))
        tell_and_wait(told)
    return 0
