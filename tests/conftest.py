# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by all tests."""

from __future__ import annotations

import fcntl
import pathlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
_KEYS = 16


def make_keys() -> pathlib.Path:
    """A folder with RSA keys that labs take in order; they are made once."""
    folder = REPOSITORY / ".cache" / "lab-keys"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in range(len(list(folder.glob("*.pem"))), _KEYS):
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            (folder / f"{number:02}.pem").write_bytes(pem)
    return folder


@pytest.fixture(scope="session")
def key_pool() -> pathlib.Path:
    """RSA keys that labs take in order, so that tests do not make their own; kept between runs."""
    return make_keys()
