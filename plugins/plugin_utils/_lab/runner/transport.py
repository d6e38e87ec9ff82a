# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A payload that the connection plugin was handed, answered by the emulated server that its options describe.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import require_cryptography
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError

from ..server.errors import LabError, LabInterruption
from ..server.folder import LabFolder
from ..server.pool import AuthorityDescription, PoolDescription
from ..server.roles import computers_from_variable
from .payload import decode_payload
from .runner import run_contract


def answer(host: str, option: Callable[[str], Any], in_data: bytes | None) -> dict[str, Any]:
    """The result of the step runner on an emulated server; `option` gives the options of the connection.

    Raises AnsibleConnectionFailure where the inventory asks for a broken connection, AnsibleError for what the lab cannot do.
    """
    try:
        require_cryptography()
        payload = decode_payload(in_data)
        pool, folder = _describe(host, option), LabFolder(option("path"))
        return run_contract(payload.module_args, pool, folder, host, become_user=payload.become_user)
    except LabInterruption as error:
        raise AnsibleConnectionFailure(str(error)) from None
    except (LabError, CertificatesError) as error:
        raise AnsibleError(error.message) from None
    except OSError as error:
        raise AnsibleError(f"the lab folder cannot be used: {error.strerror}: {error.filename}") from None


def _describe(host: str, option: Callable[[str], Any]) -> PoolDescription:
    pool_fqdn = option("pool_fqdn")
    ca = option("ca")
    suffix = pool_fqdn.partition(".")[2]
    return PoolDescription(
        pool_fqdn=pool_fqdn,
        fqdn=option("fqdn") or (host if "." in host else f"{host}.{suffix}"),
        access_edge_fqdn=option("access_edge_fqdn") or "",
        data_edge_fqdn=option("data_edge_fqdn") or "",
        av_edge_fqdn=option("av_edge_fqdn") or "",
        sip_domains=tuple(option("sip_domains") or ()),
        product=option("product"),
        role=option("role"),
        web_internal_fqdn=option("web_internal_fqdn") or "",
        web_external_fqdn=option("web_external_fqdn") or "",
        simple_urls=tuple(option("simple_urls") or ()),
        computers=computers_from_variable(option("computers") or ()),
        clock_offset=option("clock_offset"),
        domain=option("domain"),
        elevated=option("elevated"),
        switches=option("switches") or {},
        interrupt_after=option("interrupt_after"),
        ca=AuthorityDescription.from_variable(ca) if ca else None,
    )
