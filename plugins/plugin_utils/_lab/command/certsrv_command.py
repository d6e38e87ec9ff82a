# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of a lab for its web enrolment: run it, list its requests, approve and deny them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from ..ca.certsrv import FAULTS, PAGES, Settings, serve
from ..ca.certsrv_login import METHODS
from ..ca.certsrv_pages import LANGUAGES
from ..ca.enrollment_queue import DENIED, ISSUED, PENDING, Desk, Policy
from ..server.folder import LabFolder
from .serving import Add, tell_and_wait

_WORDS = {ISSUED: "issued", DENIED: "denied", PENDING: "pending"}


def add_commands(add: Add) -> None:
    """Add the commands to the parser of a lab."""
    defaults = Settings()
    run = add("certsrv", _run, "run web enrolment on loopback until standard input ends; prints its address")
    run.add_argument("--port", type=int, default=0, help="port (a free one)")
    run.add_argument("--http", action="store_true", help="without TLS")
    run.add_argument("--auth", action="append", choices=METHODS, help=f"login ({' and '.join(defaults.auth)})")
    run.add_argument("--user", action="append", type=_pair, metavar="NAME=PASSWORD", help="who may come in")
    run.add_argument("--epa", action="store_true", help="demand channel binding of NTLM (Extended Protection)")
    run.add_argument("--language", choices=LANGUAGES, default=defaults.language, help="of the pages (%(default)s)")
    run.add_argument("--renewals", type=int, default=0, help="how often the authority was renewed (%(default)s)")
    run.add_argument("--template", action="append", metavar="NAME", help="publish this template")
    run.add_argument("--stand-alone", action="store_true", help="publish no template")
    run.add_argument("--hold", action="store_true", help="leave requests pending")
    run.add_argument("--deny", default="", metavar="WORDS", help="deny all requests with these words")
    run.add_argument("--drop", action="append", default=[], metavar="NAME", help="leave a DNS name out")
    faults = f"{', '.join(PAGES)} = {', '.join(FAULTS)}"
    run.add_argument("--fault", action="append", default=[], type=_pair, metavar="PAGE=KIND", help=faults)
    add("requests", _list, "list the requests that came through web enrolment")
    add("approve", _approve, "issue a pending request").add_argument("number", type=int, metavar="NUMBER")
    add("deny", _deny, "deny a pending request").add_argument("number", type=int, metavar="NUMBER")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"'{text}' has not the form NAME=VALUE")
    return name, value


def _settings(options: argparse.Namespace) -> Settings:
    defaults = Settings()
    templates = () if options.stand_alone else tuple(options.template or defaults.policy.templates)
    policy = Policy(templates=templates, hold=options.hold, deny=options.deny, drop=tuple(options.drop))
    users: Mapping[str, str] = dict(options.user) if options.user else defaults.users
    return Settings(
        port=options.port,
        tls=not options.http,
        auth=tuple(options.auth or defaults.auth),
        users=users,
        epa=options.epa,
        language=options.language,
        renewals=options.renewals,
        policy=policy,
        faults=dict(options.fault),
    )


def _run(lab: LabFolder, options: argparse.Namespace) -> int:
    with serve(lab, _settings(options)) as certsrv:
        tell_and_wait(certsrv.url)
    return 0


def _list(lab: LabFolder, options: argparse.Namespace) -> int:
    for row in Desk(lab).rows():
        told = f"{row.request_id}: {_WORDS[row.disposition]}: {row.subject or '-'} by {row.user}"
        sys.stdout.write(f"{told}{'' if row.disposition != DENIED else ': ' + row.message}\n")
    return 0


def _approve(lab: LabFolder, options: argparse.Namespace) -> int:
    sys.stdout.write(f"issued: {Desk(lab).approve(options.number).subject}\n")
    return 0


def _deny(lab: LabFolder, options: argparse.Namespace) -> int:
    sys.stdout.write(f"denied: {Desk(lab).deny(options.number).subject}\n")
    return 0
