# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate usages (C(CertType)) of the product. **PRIVATE** to the collection."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from .._errors import InputError

#: The letters under which the table below names the cmdlets' help pages.
_CMDLETS = {
    "Request-CsCertificate": "R",
    "Set-CsCertificate": "S",
    "Get-CsCertificate": "G",
    "Remove-CsCertificate": "D",
    "Import-CsCertificate": "I",
}


@dataclass(frozen=True)
class Usage:
    """One value of the product's C(CertType).

    Source: product.md#certificate-types.

    :ivar name: as the cmdlets spell it.
    :ivar documented: letters of the cmdlets whose help names it (R, S, G, D, I).
    :ivar meaning: what it is for, in a few words.
    """

    name: str
    documented: str
    meaning: str


_TABLE = (
    Usage("Internal", "RSGDI", "Edge Server, internal interface"),
    Usage("AccessEdgeExternal", "RSGDI", "Edge Server, Access Edge service"),
    Usage("DataEdgeExternal", "RSGDI", "Edge Server, Web Conferencing Edge service"),
    Usage("AudioVideoAuthentication", "RSGDI", "Edge Server, A/V Authentication service"),
    Usage("External", "RSGDI", "external interface, role not documented"),
    Usage("Default", "RSGDI", "Front End, Standard Edition, Director, Mediation: server default"),
    Usage("WebServicesInternal", "RSGDI", "Front End and Director, internal web site"),
    Usage("WebServicesExternal", "RSGDI", "Front End and Director, external web site"),
    Usage("OAuthTokenIssuer", "I", "server-to-server authentication, once for each deployment"),
    Usage("XmppServer", "I", "Edge Server, XMPP proxy (until 2015)"),
    Usage("WsFedTokenTransfer", "RSGDI", "not described"),
    Usage("iPhoneAPNService", "RSGD", "push notification, hosted"),
    Usage("iPadAPNService", "RSGD", "push notification, hosted"),
    Usage("MPNService", "RSGD", "push notification, hosted"),
    Usage("PICWebService", "RSGDI", "online service only"),
    Usage("ProvisionService", "RSGDI", "online service only"),
    Usage("LogRetentionService", "I", "not described"),
    Usage("SMPDNSWebService", "I", "not described"),
    Usage("TenantAdmin", "I", "not described"),
    Usage("UpgradeEngineService", "I", "not described"),
)
USAGES = {usage.name: usage for usage in _TABLE}

#: What every Edge Server needs (product.md#edge-internal-interface, product.md#edge-external-interface).
EDGE_USAGES = ("Internal", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication")

#: What the external interface of an Edge Server has its certificates for (product.md#edge-certificates).
EXTERNAL_USAGES = ("AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication", "External")

#: Used by everybody for these cmdlets though their help does not list it (product.md#certificate-types,
#: product.md#oauth-certificate).
_KNOWN_IN_PRACTICE = {"OAuthTokenIssuer": "RSGD", "XmppServer": "R"}

#: Other spellings that the documents use (product.md#certificate-types).
_SPELLINGS = {"xmppserver": "XmppServer"}


def resolve_usages(names: list[str] | tuple[str, ...], cmdlet: str | None = None) -> tuple[tuple[str, ...], list[str]]:
    """Turns what a user wrote into the product's names, without doubles, in the order given.

    Source: product.md#certificate-types; rules.md#accepted-certificate-types.

    :param names: usages in any case.
    :param cmdlet: the cmdlet that will get them; one that its help does not name gives a warning.
    :returns: the usages and the warnings.
    :raises InputError: no usage given, or an unknown one (the nearest is named).
    """
    if not names:
        raise InputError("type: no usage is given; name at least one, for example Internal")
    known = {usage.lower(): usage for usage in USAGES} | _SPELLINGS
    found: list[str] = []
    warnings = []
    for name in names:
        usage = known.get(name.strip().lower())
        if usage is None:
            raise InputError(f"type: unknown usage '{name}'; did you mean {known[_nearest(name, list(known))]}?")
        if usage in found:
            continue
        found.append(usage)
        letter = _CMDLETS.get(cmdlet or "")
        if letter and letter not in USAGES[usage].documented + _KNOWN_IN_PRACTICE.get(usage, ""):
            warnings.append(f"type: the help of {cmdlet} does not name the usage {usage}")
    return tuple(found), warnings


def _nearest(name: str, known: list[str]) -> str:
    """The known spelling that a wrong one is nearest to: one that begins so, else the most alike."""
    wrong = name.strip().lower()
    beginning = [usage for usage in known if wrong and usage.startswith(wrong)]
    return beginning[0] if beginning else difflib.get_close_matches(wrong, known, n=1, cutoff=0.0)[0]
