# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a usage of a server has. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .._state.stored import format_time
from .server import Server, days, mapping, moment, texts


@dataclass(frozen=True)
class Use:
    """A usage of a server with its certificate, and the time for which it is judged.

    :ivar row: what cs_certificate_info told of the usage.
    :ivar facts: the facts of its certificate, empty if that is not in the store My.
    :ivar previous: the facts of the certificate that the usage had before, empty if it is not there.
    """

    row: Mapping[str, Any]
    facts: Mapping[str, Any]
    previous: Mapping[str, Any]
    now: datetime

    @property
    def type(self) -> str:
        """The usage."""
        return str(self.row["type"])

    @property
    def assigned(self) -> bool:
        """Whether it has a certificate."""
        return bool(self.row.get("assigned")) and bool(self.row.get("thumbprint"))

    @property
    def thumbprint(self) -> str:
        """The thumbprint of its certificate, empty if it has none."""
        return str(self.row["thumbprint"]) if self.assigned else ""

    @property
    def not_before(self) -> datetime | None:
        """Begin of validity."""
        return moment(self.facts.get("not_before"))

    @property
    def not_after(self) -> datetime | None:
        """End of validity."""
        return moment(self.facts.get("not_after") or self.row.get("not_after"))

    @property
    def effective_date(self) -> datetime | None:
        """Since when, or from when on, the certificate is used."""
        return moment(self.row.get("effective_date"))

    @property
    def staged(self) -> bool:
        """Whether a certificate takes over at a time to come."""
        return self.effective_date is not None and self.effective_date > self.now

    @property
    def days_left(self) -> int | None:
        """Whole days until the end of validity, negative after it."""
        return days(self.now, self.not_after)

    @property
    def lifetime_days(self) -> int | None:
        """Whole days from the begin to the end of validity."""
        return days(self.not_before, self.not_after)

    def brief(self) -> Use:
        """The usage with what its servers are compared by; the facts of its certificates can go."""
        kept = {name: self.row.get(name) for name in ("type", "assigned", "effective_date")}
        return replace(self, row=kept | {"thumbprint": self.thumbprint}, facts={}, previous={})

    def to_dict(self) -> dict[str, Any]:
        """Gives the facts that the report shows as plain data, times as C(2026-12-01T10:00:00Z)."""
        facts = self.facts
        return {
            "type": self.type,
            "assigned": self.assigned,
            "thumbprint": self.thumbprint,
            "previous_thumbprint": str(self.row.get("previous_thumbprint") or ""),
            "scope": str(self.row.get("scope") or ""),
            "effective_date": format_time(self.effective_date),
            "staged": self.staged,
            "subject": str(facts.get("subject") or self.row.get("subject") or ""),
            "issuer": str(facts.get("issuer") or self.row.get("issuer") or ""),
            "friendly_name": str(facts.get("friendly_name") or self.row.get("friendly_name") or ""),
            "dns_names": texts(facts.get("dns_names")),
            "not_before": format_time(self.not_before),
            "not_after": format_time(self.not_after),
            "days_left": self.days_left,
            "lifetime_days": self.lifetime_days,
            "key": " ".join(str(facts[name]) for name in ("key_type", "key_size") if facts.get(name)),
            "signature_algorithm": str(facts.get("signature_algorithm") or ""),
        }


def uses_of(server: Server, now: datetime) -> list[Use]:
    """The usages of a server by name.

    :param now: aware.
    """
    found = [
        Use(
            row=mapping(row),
            facts=server.certificate(row.get("thumbprint")),
            previous=server.certificate(row.get("previous_thumbprint")),
            now=now,
        )
        for row in server.usages
    ]
    return sorted(found, key=lambda use: use.type)
