# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TLS handshake as a client makes it: what measures a rollover shares no code with what carries it out."""

from __future__ import annotations

import hashlib
import pathlib
import socket
import ssl


def verifying(roots: pathlib.Path) -> ssl.SSLContext:
    """A client that has these roots (PEM) only, and wants a chain to them that is valid now; names do not count.

    TLS 1.2 at most, since more is not known of the product.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.load_verify_locations(roots)
    return context


def handshake(place: tuple[str, int], context: ssl.SSLContext, timeout: float) -> str:
    """A connection and a full handshake; gives the thumbprint of the certificate, and closes.

    :param timeout: seconds, for connection and handshake each.
    :raises OSError: there is none, or the certificate is not valid.
    """
    with (
        socket.create_connection(place, timeout=timeout) as connection,
        context.wrap_socket(connection) as tls,
    ):
        der = tls.getpeercert(binary_form=True)
    return hashlib.sha1(der or b"").hexdigest().upper()


def reason(error: OSError) -> str:
    """Why there was no handshake, in a few words that are the same each time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    return (error.strerror or type(error).__name__).lower()
