# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The library `cryptography`: missing, too old, there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils import _cryptography_dep
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, DependencyError

WITHOUT_LIBRARY = """
import sys, importlib
sys.modules["cryptography"] = None
package = "ansible_collections.sfb.certificates.plugins.module_utils."
for name in "certificate chain content der extensions files keys names pem pfx pfx_mac request text".split():
    importlib.import_module(package + "_x509." + name)
dependency = importlib.import_module(package + "_cryptography_dep")
certificate = importlib.import_module(package + "_x509.certificate").Certificate.from_der(bytes.fromhex(sys.argv[1]))
try:
    certificate.self_signed
except Exception as error:
    print(certificate.subject, type(error).__name__, error)
"""


def test_without_the_library_all_loads_and_the_message_says_what_to_install(forge: Any) -> None:
    """Facts need no library, signatures do."""
    command = [sys.executable, "-c", WITHOUT_LIBRARY, forge.issue("a").der.hex()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert run.stdout.startswith("CN=a DependencyError the Python library cryptography cannot be imported")
    assert "pip install 'cryptography>=42'" in run.stdout


@pytest.mark.parametrize("version", ["41.0.7", "3.4", "unknown"])
def test_too_old(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """The version found and the one needed are told."""
    monkeypatch.setattr(_cryptography_dep, "CRYPTOGRAPHY_VERSION", version)
    with pytest.raises(DependencyError, match=f"is {version}, at least 42"):
        _cryptography_dep.require_cryptography()


@pytest.mark.parametrize("version", ["42.0.0", "50.0.2", "100.0"])
def test_new_enough(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Compared as numbers."""
    monkeypatch.setattr(_cryptography_dep, "CRYPTOGRAPHY_VERSION", version)
    _cryptography_dep.require_cryptography()


def test_messages_are_one_line() -> None:
    """Whatever an inner error brings along."""
    assert str(CertificatesError("a\n  b\r\n\tc ")) == "a b c"
