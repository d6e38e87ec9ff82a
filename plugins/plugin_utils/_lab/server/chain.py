# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chain building on an emulated server.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import x509

from . import facts
from .state import Entry, ServerState


def chain_builds(state: ServerState, leaf: Entry, *, now: dt.datetime, misplaced_breaks: bool) -> bool:
    """Whether a path leads from `leaf` over CA to a self-signed certificate in Root, all of it valid at `now`.

    Source: product.md#misplaced-ca-certificate, product.md#missing-ca-certificate,
    product.md#expired-certificate-in-a-chain. The first one names Schannel (0x800b0109), IIS (403.16) and services that
    do not start once a certificate that is not self-signed lies in Root. The lab takes the strict reading, that no path
    through such a certificate is valid, even if a copy lies in CA; `misplaced_breaks` false is the lenient one.
    """
    roots = {e.thumbprint: e.certificate for e in state.stores["Root"]}
    anchors = {t for t, c in roots.items() if facts.self_signed(c)}
    misplaced = set(roots) - anchors
    pool = dict(roots)
    pool.update({e.thumbprint: e.certificate for e in state.stores["CA"]})
    return _climb(
        leaf.thumbprint, leaf.certificate, (anchors, misplaced if misplaced_breaks else set()), pool, now, frozenset()
    )


def _climb(
    thumbprint: str,
    certificate: x509.Certificate,
    trust: tuple[set[str], set[str]],
    pool: dict[str, x509.Certificate],
    now: dt.datetime,
    seen: frozenset[str],
) -> bool:
    anchors, refused = trust
    if thumbprint in refused or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    if thumbprint in anchors:
        return True
    seen = seen | {thumbprint}
    return any(
        facts.is_authority(issuer)
        and facts.issued_by(certificate, issuer)
        and _climb(other, issuer, trust, pool, now, seen)
        for other, issuer in pool.items()
        if other not in seen
    )
