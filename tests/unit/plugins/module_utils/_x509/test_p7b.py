# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PKCS#7 files that are written can be read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._x509.files import read_certificates
from ansible_collections.sfb.certificates.plugins.module_utils._x509.p7b import write_p7b


def test_what_is_written_can_be_read(forge: Any) -> None:
    root = forge.issue("Root", ca=True)
    certificates = [forge.issue("leaf", root, key=forge.rsa_keys[0]).cert, root.cert]
    text = write_p7b(item.der for item in certificates)
    assert text.startswith("-----BEGIN PKCS7-----\n")
    found = read_certificates(text.encode())
    assert found.kind == "pkcs7"
    assert {item.thumbprint for item in found.certificates} == {item.thumbprint for item in certificates}


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="."):
        write_p7b([b"text"])
