# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP to AD CS web enrolment: authentication, limits, errors. **PRIVATE** to the collection."""

from __future__ import annotations

import os
import ssl
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._requests_dep import kerberos_auth, ntlm_auth, requests, require_requests
from .failures import CertsrvError, explain_failure, explain_status

AUTHS = ("ntlm", "basic", "kerberos", "certificate", "none")
#: certsrv gives certificates with a wrong content type to what it takes for no browser
#: (product.md#calls-of-web-enrollment).
USER_AGENT = "Mozilla/5.0 (compatible; sfb.certificates)"
#: No page and no chain is larger.
_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where web enrolment is, and how to get in.

    :ivar base: address without a final slash, see L{base_url}.
    :ivar auth: one of L{AUTHS}.
    :ivar ca_bundle: PEM file of trusted certificates; None for those of the system.
    :ivar timeout: in seconds, for the connection and for each wait for data; an answer has four times as long.
    """

    base: str
    auth: str = "ntlm"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None
    validate_certs: bool = True
    client_cert: str | None = None
    client_key: str | None = None
    timeout: int = 30
    use_proxy: bool = True


@dataclass(frozen=True)
class Answer:
    """An answer with status 200: its content type in lower case without parameters, its bytes."""

    content_type: str
    data: bytes


class Session:
    """A session of one account: NTLM and client certificates belong to a connection, so each account has its own.

    :raises CertificatesError: a library or a part of the login is missing.
    """

    def __init__(self, site: Site) -> None:
        require_requests()
        self.site = site
        self._session = requests.Session()
        self._session.trust_env = site.use_proxy
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.auth = _login(site)
        self._verify: bool | str = _trust(site)
        self._cert = _client_certificate(site)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, page: str, **query: object) -> Answer:
        """Gets a page with these parameters.

        :raises CertsrvError: there is no answer with status 200.
        """
        return self._exchange("GET", page, params={key: str(value) for key, value in query.items()})

    def post(self, page: str, form: Mapping[str, str]) -> Answer:
        """Posts a form once; it is never sent a second time, except by NTLM to a server that has refused the first.

        :raises CertsrvError: there is no answer with status 200; its C(sent) tells whether the form may have arrived.
        """
        return self._exchange("POST", page, data=dict(form))

    def _exchange(self, method: str, page: str, **more: Any) -> Answer:
        site = self.site
        place = f"{site.base}/{page}"
        end = time.monotonic() + 4 * site.timeout
        try:
            with warnings.catch_warnings():
                # that validate_certs is off is said in the result; requests would say so for each page
                warnings.simplefilter("ignore")
                response = self._session.request(
                    method,
                    place,
                    timeout=(site.timeout, site.timeout),
                    verify=self._verify,
                    cert=self._cert,
                    allow_redirects=False,
                    stream=True,
                    **more,
                )
                data = _read(response, place, end)
        except CertsrvError:
            raise
        except Exception as error:
            # the libraries of authentication raise all kinds of errors at unexpected answers
            raise explain_failure(error, place=place, timeout=site.timeout) from None
        headers = response.headers
        if response.status_code != 200:
            raise explain_status(
                response.status_code,
                place=place,
                auth=site.auth,
                offered=headers.get("WWW-Authenticate", ""),
                target=headers.get("Location", ""),
            )
        return Answer(headers.get("Content-Type", "").partition(";")[0].strip().lower(), data)


def _read(response: Any, place: str, end: float) -> bytes:
    """The body of an answer, not longer and not slower than allowed.

    :param end: time (monotonic) at which it must be there.
    """
    data = bytearray()
    with response:
        for part in response.iter_content(65536):
            data += part
            if len(data) > _LIMIT:
                raise CertsrvError(f"{place}: the answer is larger than 8 MB and no page of certsrv; check url")
            if time.monotonic() > end:
                raise CertsrvError(f"{place}: the answer comes too slowly; set a longer timeout", passing=True)
    return bytes(data)


def _login(site: Site) -> Any:
    """What requests needs to log in.

    :raises CertificatesError: a part of the login, or a library, is missing.
    """
    if site.auth in ("ntlm", "basic"):
        missing = [name for name in ("username", "password") if not getattr(site, name)]
        if missing:
            raise InputError(f"{missing[0]}: is missing; auth: {site.auth} needs username and password")
        if site.auth == "ntlm":
            return ntlm_auth(site.username or "", site.password or "")
        # requests would write other characters in Latin-1, IIS reads UTF-8
        return requests.auth.HTTPBasicAuth(*(str(part).encode("utf-8") for part in (site.username, site.password)))
    if site.username or site.password:
        raise InputError(f"username: auth: {site.auth} takes no username and password; leave them out or set auth")
    return kerberos_auth() if site.auth == "kerberos" else _anonymous


def _anonymous(request: Any) -> Any:
    """Sends a request as it is, where requests would look for a password in C(.netrc)."""
    return request


def _client_certificate(site: Site) -> str | tuple[str, str] | None:
    """:raises InputError: it is missing, or cannot be used."""
    if not site.client_cert:
        if site.auth == "certificate":
            raise InputError(
                "client_cert: is missing; auth: certificate needs it, and client_key unless it is in there"
            )
        if site.client_key:
            raise InputError("client_key: is of no use without client_cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # with a password, or else OpenSSL would ask for one on the terminal
        context.load_cert_chain(site.client_cert, site.client_key, password="")
    except (OSError, ValueError) as error:
        files = " and ".join(filter(None, (site.client_cert, site.client_key)))
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        raise InputError(
            f"client_cert: {files} cannot be used ({' '.join(str(reason).split())}); give a certificate and its key as PEM,"
            " the key without a passphrase"
        ) from error
    return (site.client_cert, site.client_key) if site.client_key else site.client_cert


def _trust(site: Site) -> bool | str:
    """What requests checks the server against; by default what the system trusts, as private authorities need it."""
    if not site.validate_certs:
        return False
    if site.ca_bundle:
        return site.ca_bundle
    if site.use_proxy and (os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")):
        return True
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True
