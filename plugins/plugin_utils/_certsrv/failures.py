# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures on the way to AD CS web enrolment, as lines for the user. **PRIVATE** to the collection."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from ...module_utils._errors import CertificatesError


class CertsrvError(CertificatesError):
    """The server cannot be used, or its answer cannot.

    :ivar sent: the request may have reached the authority; False only if it certainly has not.
    :ivar passing: it may work a little later.
    """

    def __init__(self, message: str, *, sent: bool = True, passing: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.passing = passing


def explain_failure(error: BaseException, *, place: str, timeout: int) -> CertsrvError:
    """What an exception of requests, or of a library of authentication, means.

    :param place: the address, as messages name it.
    :param timeout: in seconds, as it was set.
    """
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    bad_certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if bad_certificate is not None:
        reason = bad_certificate.verify_message or "not trusted"
        return CertsrvError(
            f"{place}: the certificate of the server is refused ({reason}); check the host name in url, and give the"
            " root of its authority as ca_bundle",
            sent=False,
        )
    if "ConnectTimeout" in names or "ConnectTimeoutError" in names:
        return CertsrvError(f"{place}: cannot be reached within {timeout} seconds", sent=False, passing=True)
    if "NameResolutionError" in names:
        return CertsrvError(f"{place}: the host name cannot be resolved; check url", sent=False, passing=True)
    if "ProxyError" in names:
        return CertsrvError(
            f"{place}: the proxy of the environment refuses ({_reason(causes)}); set use_proxy: false to go without it",
            passing=True,
        )
    if "NewConnectionError" in names:
        return CertsrvError(f"{place}: cannot be reached ({_reason(causes)})", sent=False, passing=True)
    if "ReadTimeout" in names or any(isinstance(cause, TimeoutError) for cause in causes):
        return CertsrvError(f"{place}: gives no answer within {timeout} seconds", passing=True)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return CertsrvError(f"{place}: TLS fails ({_reason(causes)}); check url, client_cert and client_key")
    if names & {"IncompleteRead", "ChunkedEncodingError"}:
        return CertsrvError(f"{place}: the answer is cut off", passing=True)
    if names & {"SpnegoError", "PermissionError", "KeyError"} or "spnego" in type(error).__module__:
        # the login comes before the page does anything
        text = f"{place}: the login is refused ({_reason(causes)}); check auth, username and password"
        return CertsrvError(text, sent=False)
    return CertsrvError(f"{place}: the connection fails ({_reason(causes)})", passing=True)


def explain_status(status: int, *, place: str, auth: str, offered: str, target: str) -> CertsrvError:
    """What an HTTP status other than 200 means.

    An answer 4xx is given by the web server before the page runs; after 5xx the page may have done its work.

    :param auth: option auth.
    :param offered: header WWW-Authenticate.
    :param target: header Location.
    """
    if status == 401:
        schemes = ", ".join(dict.fromkeys(part.split()[0] for part in offered.split(",") if part.split()))
        if auth in ("none", "certificate"):
            advice = "set auth, username and password"
        elif auth == "kerberos":
            advice = "run kinit for an account that may enrol, and use the host name that the ticket is for"
        else:
            advice = (
                r"check username (DOMAIN\user or user@domain), password and auth; a server that demands Extended"
                " Protection lets only ntlm and kerberos over https in"
            )
        return CertsrvError(
            f"{place}: the login is refused (HTTP 401, the server offers {schemes or 'nothing'}); {advice}", sent=False
        )
    if status == 403:
        return CertsrvError(
            f"{place}: access is forbidden (HTTP 403); the account must be allowed to use the site, which may also demand"
            " https or a client certificate (auth: certificate)",
            sent=False,
        )
    if status == 404:
        return CertsrvError(f"{place}: there is no such page (HTTP 404); check url", sent=False)
    if 300 <= status < 400:
        return CertsrvError(f"{place}: the server redirects to {target or 'nowhere'}; give that as url", sent=False)
    return CertsrvError(
        f"{place}: the server fails (HTTP {status}); look into its log", sent=status >= 500, passing=status >= 500
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it came from, the outermost first."""
    queue, seen = [error], set()
    while queue:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        linked = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        queue += [item for item in linked if isinstance(item, BaseException)]


def _reason(causes: list[BaseException]) -> str:
    """The shortest true reason: that of the system, else the last text of the chain."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    texts = [text for cause in causes if (text := " ".join(str(cause).split()))]
    return texts[-1][:200] if texts else type(causes[0]).__name__
