# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a chain file asks for. **PRIVATE** to the collection."""

from __future__ import annotations

from ..module_utils._errors import InputError
from ..module_utils._store.chain import ChainSpec
from ..module_utils._x509.files import read_certificates


def chain_spec(data: bytes | None, name: str, allow_expired: bool) -> ChainSpec:
    """What a chain file asks for.

    :raises InputError: it holds no certificate.
    """
    if data is None:
        raise InputError("content: is empty; give the chain of the authority as path or content")
    return ChainSpec(
        certificates=read_certificates(data, name=name).certificates, name=name, allow_expired=allow_expired
    )
