# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain among certificates that come in any order. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .certificate import Certificate
from .chain import Chain, build_chain


@dataclass(frozen=True)
class Ordered:
    """The chain of the first leaf, and what does not belong to it.

    :ivar others: the certificates that are no part of the chain, in the order given.
    """

    chain: Chain
    others: tuple[Certificate, ...]


def order_chain(certificates: Sequence[Certificate], now: datetime) -> Ordered:
    """The chain that certificates make up, from the leaf to the root.

    The leaf is the first certificate that issued none of the others, one of a server before one of an authority. All
    self-signed certificates count as trusted, since whom a server trusts cannot be told from a file.

    :param certificates: at least one, in any order.
    """
    leaf = min(certificates, key=lambda item: (_issues(item, certificates), item.may_issue))
    trusted = [item for item in certificates if item.self_signed]
    chain = build_chain(leaf, candidates=certificates, trusted=trusted, now=now)
    return Ordered(chain, tuple(item for item in certificates if item not in chain.certificates))


def _issues(certificate: Certificate, others: Sequence[Certificate]) -> bool:
    return any(certificate.issued(other) for other in others if other != certificate)
