# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command line of a lab: its certification authority, its journal, what its servers have.

`python -m ansible_collections.sfb.certificates.plugins.plugin_utils._lab.command --help`

**PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import require_cryptography
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError

from ..ca import folder_signer as clerk
from ..ca.adcs import HASHES, Authority, Terms
from ..runner import journal
from ..server.errors import LabError
from ..server.folder import LabFolder
from . import report
from .certsrv_command import add_commands
from .endpoints_command import add_endpoints

_CLIENT = "1.3.6.1.5.5.7.3.2"


def _say(lines: Iterable[object]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _init(lab: LabFolder, options: argparse.Namespace) -> int:
    _say([Authority(lab).prepare()])
    return 0


def _time(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.timezone.utc)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no time such as 2026-12-01T10:00:00Z") from None


def _sign(lab: LabFolder, options: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=options.clock_offset)
    terms = Terms(
        now=now,
        days=options.days,
        not_before=options.not_before,
        drop=tuple(options.drop),
        add=tuple(options.add),
        extra_purposes=tuple([_CLIENT] if options.client_eku else ()) + tuple(options.eku),
        hash_name=options.hash,
    )
    outcomes = []
    for outcome in clerk.answer_folder(Authority(lab), options.folder, terms, form=options.format, deny=options.deny):
        outcomes.append(outcome)
        _say([outcome])
    _say([f"signed: {sum(o.kind == 'signed' for o in outcomes)}"])
    return 1 if any(o.kind == "refused" for o in outcomes) else 0


def _summary(lab: LabFolder, options: argparse.Namespace) -> int:
    _say(report.summary(lab, since=options.since))
    return 0


def _journal(lab: LabFolder, options: argparse.Namespace) -> int:
    calls = journal.read(lab, since=options.since)
    _say(map(json.dumps, calls) if options.json else report.listing(calls))
    return 0


def _mark(lab: LabFolder, options: argparse.Namespace) -> int:
    _say([journal.mark(lab)])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sfb-lab", description="The emulated lab of sfb.certificates.")
    default = os.environ.get("SFB_LAB_PATH", ".sfb-lab")
    parser.add_argument("--lab", default=default, metavar="PATH", help="folder of the lab (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[[LabFolder, argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        return found

    add("init", _init, "make the certification authority and print the path of its chain")
    sign = add("sign", _sign, "answer the requests of a folder that have no answer yet")
    sign.add_argument("folder", type=Path, metavar="FOLDER")
    sign.add_argument("--format", choices=clerk.FORMATS, default="cer", help="base64, DER, or chain (%(default)s)")
    sign.add_argument("--days", type=int, default=730, help="validity in days (%(default)s)")
    sign.add_argument("--not-before", type=_time, metavar="TIME", help="start of validity (an hour ago)")
    sign.add_argument(
        "--clock-offset", type=float, default=0, metavar="SECONDS", help="how far the CA's clock is ahead"
    )
    sign.add_argument("--drop", action="append", default=[], metavar="NAME", help="leave a DNS name out")
    sign.add_argument("--add", action="append", default=[], metavar="NAME", help="add a DNS name")
    sign.add_argument("--client-eku", action="store_true", help="add client authentication")
    sign.add_argument("--hash", choices=sorted(HASHES), default="sha256", help="hash of the signature (sha256)")
    sign.add_argument("--eku", action="append", default=[], metavar="OID", help="add a purpose")
    sign.add_argument("--deny", action="store_true", help="deny what would be signed")
    add("summary", _summary, "what is assigned where, and the remote calls").add_argument(
        "--since", type=int, default=0
    )
    calls = add("journal", _journal, "list the remote calls and their commands")
    calls.add_argument("--since", type=int, default=0, metavar="NUMBER", help="only those after this number")
    calls.add_argument("--json", action="store_true", help="as lines of JSON")
    add("mark", _mark, "print the number of the last remote call")
    add_commands(add)
    add_endpoints(add)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; gives the exit status: 0, or 1 with one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        require_cryptography()
        return int(options.run(LabFolder(options.lab), options))
    except (LabError, CertificatesError) as error:
        message = error.message
    except OSError as error:
        message = f"{error.strerror}: {error.filename}"
    sys.stderr.write(f"{message}\n")
    return 1
