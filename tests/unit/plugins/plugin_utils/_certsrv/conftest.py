# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated web enrolment for each test, clients for it, and a request."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._x509.request import SigningRequest
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.client import Certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.options import SITE, open_certsrv
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Certsrv as Emulated
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Settings, serve
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "LAB\\clerk", "Lab-Password-1"


def new_request(*names: str) -> SigningRequest:
    """A request of a new key for these names."""
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, names[0])])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return SigningRequest.from_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def request_for() -> Callable[..., SigningRequest]:
    """Makes requests."""
    return new_request


@pytest.fixture(scope="session")
def authority(key_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority of a lab, to be copied."""
    folder = tmp_path_factory.mktemp("authority")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_POOL_VARIABLE, str(key_pool))
        with serve(LabFolder(folder), Settings(auth=("none",))):
            pass
    return folder


@pytest.fixture
def lab(tmp_path: Path, authority: Path, monkeypatch: pytest.MonkeyPatch) -> LabFolder:
    """A lab with its authority; without the settings of the caller for proxies and trust."""
    shutil.copytree(authority, tmp_path / "lab")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NTLM_USER_FILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return LabFolder(tmp_path / "lab")


@pytest.fixture
def emulate(lab: LabFolder) -> Iterator[Callable[..., Emulated]]:
    """Starts an emulated web enrolment; plain HTTP without a login unless told otherwise."""
    with contextlib.ExitStack() as stack:

        def start(**settings: Any) -> Emulated:
            given = {"tls": False, "auth": ("none",), **settings}
            return stack.enter_context(serve(lab, Settings(**given)))

        yield start


@pytest.fixture
def connect(lab: LabFolder) -> Iterator[Callable[..., Certsrv]]:
    """Opens a client with options of the modules; the login and trust that the emulated server needs are defaults."""
    with contextlib.ExitStack() as stack:

        def start(url: str, **options: Any) -> Certsrv:
            given = {name: option.get("default") for name, option in SITE.items()} | {"url": url, "timeout": 10}
            if url.startswith("https"):
                given["ca_bundle"] = str(lab.adcs / "certnew.p7b")
            else:
                given |= {"allow_http": True, "auth": "none"}
            given |= options
            if given["auth"] in ("ntlm", "basic"):
                given = {"username": USER, "password": PASSWORD} | {k: v for k, v in given.items() if v is not None}
                given = {name: given.get(name) for name in SITE}
            return stack.enter_context(open_certsrv(given, str))

        yield start
