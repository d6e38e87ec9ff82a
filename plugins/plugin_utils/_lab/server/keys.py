# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New private keys and the key containers that hold them.

**PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import ec, rsa, serialization

from .content import pem_of_key
from .folder import LabFolder
from .state import CSP_SCHANNEL, KSP_SOFTWARE, ServerState


def new_key(lab: LabFolder, *, algorithm: str = "RSA", size: int = 2048) -> bytes:
    """A new key as PEM: RSA of `size` bits, or one of the curves ECDH_P256, ECDH_P384, ECDH_P521."""
    curves: dict[str, Any] = {"ECDH_P256": ec.SECP256R1, "ECDH_P384": ec.SECP384R1, "ECDH_P521": ec.SECP521R1}
    if algorithm in curves:
        return pem_of_key(ec.generate_private_key(curves[algorithm]()))
    ready = lab.next_pool_key(size)
    return ready or pem_of_key(rsa.generate_private_key(public_exponent=65537, key_size=size))


def load_key(pem: bytes) -> Any:
    """The key object of a PEM that the lab has written; that its numbers are primes is not proved again, which takes 40 ms."""
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def store_key(state: ServerState, pem: bytes, *, exportable: bool, ksp: bool = False) -> str:
    """Put a key into a container: RSA into the SChannel CSP unless `ksp`, EC always into the KSP [I].

    Source: product.md#certreq.

    Gives the name of the container.
    """
    is_rsa = isinstance(load_key(pem), rsa.RSAPrivateKey)
    if is_rsa and not ksp:
        return state.add_key(pem, kind="RSACryptoServiceProvider", provider=CSP_SCHANNEL, exportable=exportable)
    kind = "RSACng" if is_rsa else "ECDsaCng"
    return state.add_key(pem, kind=kind, provider=KSP_SOFTWARE, exportable=exportable)
