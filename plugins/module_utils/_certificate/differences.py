# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an authority made of a request. **PRIVATE** to the collection."""

from __future__ import annotations

from .._state.stored import format_time
from .._x509.certificate import Certificate
from .._x509.request import SigningRequest
from .checks import SERVER_AUTH
from .requirements import renewal_time

#: A certificate that is due for renewal sooner than this many days after its beginning is worth a word.
_SHORT = 14


def differences(asked: SigningRequest | None, issued: Certificate) -> list[str]:
    """In what a certificate differs from its request, one text each; reported, and no reason for anything.

    Source: rules.md#identity-of-a-request.

    :param asked: the request, None if it is not known.
    """
    found = []
    if asked:
        wanted, given = _lower(asked.dns_names), _lower(issued.dns_names)
        found += [f"the name {name} was asked for and is missing" for name in sorted(wanted - given)]
        found += [f"the name {name} was added" for name in sorted(given - wanted)]
        if asked.subject != issued.subject:
            found.append(f"the subject is {issued.subject or 'empty'}, asked for was {asked.subject or 'none'}")
        # a request without any leaves the usage to the template, which for servers is this one
        wanted_use = set(asked.extended_key_usage or (SERVER_AUTH,))
        given_use = set(issued.extended_key_usage or ())
        found += [
            f"the extended key usage {oid} was asked for and is missing" for oid in sorted(wanted_use - given_use)
        ]
        found += [f"the extended key usage {oid} was added" for oid in sorted(given_use - wanted_use)]
    usable = (renewal_time(issued, None) - issued.not_before).days
    if usable < _SHORT:
        found.append(
            f"it is valid until {format_time(issued.not_after)} only, and due for renewal {usable} days after its beginning"
        )
    return found


def _lower(names: tuple[str, ...]) -> set[str]:
    return {name.lower() for name in names}
