# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a certificate of My by what it says. **PRIVATE** to the collection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import InputError
from .._product.names import missing_names
from .._state.state import State
from .._state.stored import StoredCertificate, format_time
from .._state.unknown import is_unknown
from .checks import failed, key_check, validity_check

_COMMON_NAME = re.compile(r'CN=("(?:[^"]|"")*"|[^,+]*)')


@dataclass(frozen=True)
class Match:
    """What a certificate has to say of itself; empty for anything.

    :ivar friendly_name, issuer, subject: texts in any case, in which C(*) stands for any characters and C(?) for one.
        Names of issuer and subject fit as a whole or by their common name.
    :ivar names: FQDNs, all of which it must carry.
    """

    friendly_name: str = ""
    issuer: str = ""
    subject: str = ""
    names: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What is looked for, for messages."""
        parts = [f"{name} '{value}'" for name, value in vars(self).items() if value and name != "names"]
        return ", ".join([*parts, *([f"names {', '.join(self.names)}"] if self.names else [])])


def find_match(match: Match, usages: Sequence[str], state: State) -> str:
    """The thumbprint of the newest certificate that fits, is valid now and has a key that can be used.

    In check mode one that does not exist yet fits if its friendly name does; it will be the newest.

    :raises InputError: nothing fits, or two are equally new; the candidates are named.
    """
    fitting = [row for row in state.store("My") if _fits(match, usages, row)]
    coming = [row.thumbprint for row in fitting if is_unknown(row.thumbprint)]
    if coming:
        return coming[-1]
    usable = [row for row in fitting if not _problems(row, state)]
    if not usable:
        raise InputError(
            f"match: no certificate of My fits {match.told} and can be used; {_candidates(fitting, state)}"
        )
    newest = max(_begin(row) for row in usable)
    best = [row for row in usable if _begin(row) == newest]
    if len(best) > 1:
        told = ", ".join(f"{row.subject} ({row.thumbprint})" for row in best)
        raise InputError(
            f"match: {len(best)} certificates fit {match.told} and are equally new: {told}; name one by its thumbprint"
        )
    return best[0].thumbprint


def _begin(row: StoredCertificate) -> str:
    """Texts of this form sort as the times that they tell; the end decides between two of the same begin."""
    certificate = row.certificate
    return f"{format_time(certificate.not_before)} {format_time(certificate.not_after)}" if certificate else ""


def _fits(match: Match, usages: Sequence[str], row: StoredCertificate) -> bool:
    if match.friendly_name and not _like(match.friendly_name, row.friendly_name):
        return False
    if row.certificate is None:
        return is_unknown(row.thumbprint)
    if missing_names(row.certificate, match.names, usages):
        return False
    pairs = ((match.subject, row.subject), (match.issuer, row.issuer))
    return all(not wanted or _like_name(wanted, given) for wanted, given in pairs)


def _like_name(wanted: str, given: str) -> bool:
    common = [found[1].strip('"').replace('""', '"') for found in _COMMON_NAME.finditer(given)]
    return any(_like(wanted, text) for text in (given, *common))


def _like(wanted: str, given: str) -> bool:
    pattern = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, given, re.IGNORECASE | re.DOTALL) is not None


def _problems(row: StoredCertificate, state: State) -> tuple[str, ...]:
    if row.certificate is None:
        return ("its bytes are not known",)
    return failed((key_check(row), validity_check(row.certificate, state)))


def _candidates(fitting: Sequence[StoredCertificate], state: State) -> str:
    """Those that fit but cannot be used, with the reason; else all that are there."""
    if fitting:
        return "these fit: " + ", ".join(
            f"{row.subject} ({row.thumbprint}): {'; '.join(_problems(row, state))}" for row in fitting
        )
    rows = state.store("My")
    if not rows:
        return "My is empty on this server; import a certificate first (cs_certificate_import)"
    return "in My are " + ", ".join(
        f"{row.subject} ({row.thumbprint}, '{row.friendly_name}', issued by {row.issuer})" for row in rows
    )
