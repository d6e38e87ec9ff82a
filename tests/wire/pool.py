# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated pool whose servers Ansible reaches over WinRM."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import PoolDescription

from ..integration.conftest import Pool
from .server import Server, Settings, serve
from .tls import Identity

USER, PASSWORD = "LAB\\admin", "Wire-Password-1"
SET = "edge_site1"
#: How a server is reached: scheme, login, and whether its service takes messages in the clear over HTTP.
WAYS = {
    "https+basic": ("https", "basic", False),
    "https+ntlm": ("https", "ntlm", False),
    "http+ntlm": ("http", "ntlm", False),
    "http+basic": ("http", "basic", True),
}


@contextlib.contextmanager
def wired(
    pool: Pool,
    ways: Mapping[str, str],
    identity: Identity,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
    pools: Mapping[str, Mapping[str, Any]] | None = None,
    environments: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[dict[str, Server]]:
    """Gives the servers of a pool a WinRM service each, and writes the inventory, while the block runs.

    :param ways: name in WAYS, by server.
    :param variables: variables of single servers, on top.
    :param pools: what the description of the pool says otherwise on single servers.
    :param environments: of single servers that run the command lines they are sent, instead of the emulator.
    """
    settings: dict[str, Settings] = {}
    hosts: dict[str, dict[str, Any]] = {}
    descriptions: dict[str, PoolDescription] = {}
    for host, way in ways.items():
        scheme, auth, clear = WAYS[way]
        settings[host] = Settings(
            identity=identity if scheme == "https" else None,
            users={USER: PASSWORD},
            allow_unencrypted=clear,
            environment=(environments or {}).get(host),
        )
        hosts[host] = {
            "ansible_winrm_scheme": scheme,
            "ansible_winrm_transport": auth,
            **({"ansible_winrm_ca_trust_path": str(identity.authority)} if scheme == "https" else {}),
        }
        descriptions[host] = PoolDescription(
            **{
                "pool_fqdn": f"{SET.replace('_', '-')}.example.com",
                "fqdn": f"{host}.example.com",
                "sip_domains": ("example.com", "example.net"),
                **(pools or {}).get(host, {}),
            }
        )
    with _key_pool(pool), serve(LabFolder(pool.lab), descriptions, settings) as servers:
        for host, server in servers.items():
            hosts[host] |= {"ansible_port": server.port, **(variables or {}).get(host, {})}
        pool.describe(
            {SET: list(ways)},
            hosts,
            ansible_connection="ansible.builtin.winrm",
            ansible_host="localhost",
            ansible_user=USER,
            ansible_password=PASSWORD,
        )
        yield servers


@contextlib.contextmanager
def _key_pool(pool: Pool) -> Iterator[None]:
    """The emulator runs in this process, and takes its keys from where those of the pool come from."""
    before = os.environ.get(KEY_POOL_VARIABLE)
    os.environ[KEY_POOL_VARIABLE] = str(pool.key_pool)
    try:
        yield
    finally:
        del os.environ[KEY_POOL_VARIABLE]
        if before is not None:
            os.environ[KEY_POOL_VARIABLE] = before
