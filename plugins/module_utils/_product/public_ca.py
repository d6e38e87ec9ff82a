# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What public authorities may issue for TLS, and when that changes. **PRIVATE** to the collection.

Source: product.md#lifetimes-of-public-certificates (CA/Browser Forum, Baseline Requirements, 6.3.2). An authority of
one's own is bound by none of this.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .._x509.certificate import Certificate, format_time

#: Longest lifetime in days of certificates whose validity begins at this time or later, the latest rule first.
LIFETIMES = (
    (datetime(2029, 3, 15, tzinfo=timezone.utc), 47),
    (datetime(2027, 3, 15, tzinfo=timezone.utc), 100),
    (datetime(2026, 3, 15, tzinfo=timezone.utc), 200),
)
#: In days; before the first of these rules.
_BEFORE = 398
_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
_NO_CLIENT_AUTH = (
    "public authorities no longer give the usage client authentication, and the product asks for it nowhere"
)


def longest_lifetime(not_before: datetime) -> int:
    """Days that a public certificate may last whose validity begins then (aware)."""
    return next((days for since, days in LIFETIMES if not_before >= since), _BEFORE)


def certificate_warnings(certificate: Certificate) -> list[str]:
    """What about a certificate no public authority may issue, one text each.

    The last second of the validity counts (Baseline Requirements, 1.6.1, "Validity Period").
    """
    found = []
    allowed = longest_lifetime(certificate.not_before)
    lifetime = certificate.not_after - certificate.not_before + timedelta(seconds=1)
    if lifetime > timedelta(days=allowed):
        found.append(
            f"{certificate} is valid for {lifetime.days} days; one that begins on {format_time(certificate.not_before)} may "
            f"last {allowed} days if it is to be trusted publicly, and browsers refuse it else"
        )
    if _CLIENT_AUTH in (certificate.extended_key_usage or ()):
        found.append(f"{certificate} has the usage client authentication; its renewal will not: {_NO_CLIENT_AUTH}")
    return found


def request_warnings(*, client_eku: bool, renew_before: timedelta | None, now: datetime) -> list[str]:
    """What about a request a public authority will not follow, one text each.

    :param client_eku: the usage client authentication is asked for.
    :param renew_before: how long before its end a certificate is to be renewed, None for the default, which always fits.
    :param now: when the certificate would begin.
    """
    found = [f"client_eku: {_NO_CLIENT_AUTH}; leave it out"] if client_eku else []
    allowed = longest_lifetime(now)
    if renew_before is not None and renew_before > timedelta(days=allowed) / 2:
        found.append(
            f"renew_before: {renew_before.days} days are more than half of the {allowed} days that a public certificate may "
            f"last, so that each is renewed at its half; give at most {allowed // 2}d, or leave it out"
        )
    return found
