# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it means that a server cannot be reached, and what to do. **PRIVATE** to the collection."""

from __future__ import annotations

import ssl

from ansible.errors import AnsibleConnectionFailure, AnsibleError

#: Libraries of Ansible's connections to Windows. Their errors come through the connection as they are.
_LIBRARIES = ("pypsrp", "psrp", "requests", "requests_ntlm", "spnego", "urllib3", "winrm")
_AGAIN = "the server may have carried the call out all the same; run again, what is done there is found"
#: Words of a message, in lower case, and what to do then. The first that fits is taken.
_ADVICE = (
    ("credentials were rejected", "check ansible_user, ansible_password and the logins that the server allows"),
    (
        "certificate_verify_failed",
        "name the authority of the server's certificate in ansible_winrm_ca_trust_path, and the server as that certificate does",
    ),
    ("connection refused", "check ansible_host, ansible_port and that the server listens there"),
    ("name or service not known", "check ansible_host"),
    ("failed to resolve", "check ansible_host"),
    ("timed out", "look whether the server hangs; " + _AGAIN),
)


def is_connection_error(error: Exception) -> bool:
    """True for an error of the way to the server: Ansible's own, of a socket, or of a library of a connection."""
    if isinstance(error, AnsibleError):
        return isinstance(error, AnsibleConnectionFailure)
    if isinstance(error, (ConnectionError, TimeoutError, ssl.SSLError)):
        return True
    return type(error).__module__.partition(".")[0] in _LIBRARIES


def explain_connection(error: Exception) -> str:
    """One line: what happened on the way to the server, and what to do next.

    :param error: one that L{is_connection_error} is true for.
    """
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    advice = next((advice for words, advice in _ADVICE if words in text.lower()), None)
    if isinstance(error, AnsibleConnectionFailure):
        return f"{text} ({advice})" if advice else text
    return f"the connection to the server broke: {text} ({advice or _AGAIN})"
