# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether services must be restarted after certificates were assigned. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._errors import InputError
from .usages import EXTERNAL_USAGES

POLICIES = ("auto", "always", "never")

#: Old and new certificate coexist when staged with -Roll: the service takes over by itself (product.md#staging,
#: product.md#staged-rollover, product.md#oauth-certificate).
ROLLING = frozenset({"AudioVideoAuthentication", "OAuthTokenIssuer"})
_EXTERNAL = frozenset({*EXTERNAL_USAGES, "XmppServer"})
_WEB = frozenset({"WebServicesInternal", "WebServicesExternal"})


@dataclass(frozen=True)
class Restart:
    """The verdict for one server.

    It is about all services of the server: the documented restart names none, and which service loads which
    certificate is not documented (product.md#restart-after-a-change).

    :ivar needed: all services of the product on the server are to be restarted.
    :ivar reasons: one line for each usage, also for those that need no restart.
    """

    needed: bool
    reasons: tuple[str, ...] = ()


def restart_after(usages: Iterable[str], staged: Collection[str] = (), policy: str = "auto") -> Restart:
    """Whether a server's services must be restarted after these usages got another certificate.

    Source: product.md#restart-after-a-change, with its safe default (restart) for what is not documented.

    :param usages: those whose assignment has changed; none of them, no restart.
    :param staged: those of them that were assigned with C(-Roll) and an effective date.
    :param policy: C(auto) by the rules, C(always) or C(never) whatever was changed.
    :raises InputError: an unknown policy.
    """
    if policy not in POLICIES:
        raise InputError(f"restart: unknown policy '{policy}'; it takes {', '.join(POLICIES)}")
    changed = tuple(dict.fromkeys(usages))
    if not changed:
        return Restart(False)
    if policy != "auto":
        return Restart(policy == "always", (f"{', '.join(changed)}: the policy is {policy}",))
    verdicts = [_verdict(usage, usage in staged) for usage in changed]
    return Restart(any(needed for needed, _why in verdicts), tuple(why for _needed, why in verdicts))


def _verdict(usage: str, staged: bool) -> tuple[bool, str]:
    if staged and usage in ROLLING:
        return False, f"{usage}: staged, the service takes over at the effective date without a restart"
    if staged:
        return True, f"{usage}: staged, but only {' and '.join(sorted(ROLLING))} take over without a restart"
    if usage in _EXTERNAL:
        return True, f"{usage}: the vendor restarts all services of an Edge Server after its external certificate"
    if usage in _WEB:
        return True, f"{usage}: whether the web server takes it at once is not documented; a restart is safe"
    return True, f"{usage}: not documented; a restart is safe"
