# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What errors of the product, of Windows and of the step runner mean, and what to do. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .steps import Step


@dataclass(frozen=True)
class _Advice:
    """Recognises an error by id, HRESULT or text, and says what to do next.

    :ivar identifier: part of the error's id, which does not depend on the language.
    :ivar hresult: HRESULT of an exception of its chain.
    :ivar text: part of the (English) message.
    :ivar parameter: parameter of the cmdlet without which the advice is of no use.
    """

    next_step: str
    identifier: str = ""
    hresult: str = ""
    text: str = ""
    parameter: str = ""

    def fits(self, error: Mapping[str, Any], step: Step | None) -> bool:
        if self.parameter and (step is None or self.parameter not in step.wire.get("parameters", {})):
            return False
        chain = error.get("chain") or []
        words = " ".join([str(error.get("message") or ""), *(str(link.get("message")) for link in chain)]).lower()
        return bool(
            (self.identifier and self.identifier in str(error.get("id") or ""))
            or (self.hresult and any(link.get("hresult") == self.hresult for link in chain))
            or (self.text and self.text in words)
        )


#: Sources: reference sections 1.1, 2.6 and 6; contract, "Result".
_ADVICE = (
    _Advice(
        "install the administrative tools of the product there, or take the server out of the group",
        identifier="CsInvoke.Module",
    ),
    _Advice("another run is changing this server; wait for it, then run again", identifier="CsInvoke.Busy"),
    _Advice("look at the server, the cmdlet may still be at work; then run again", identifier="CsInvoke.Timeout"),
    _Advice(
        "identity: global needs the Central Management Store; run this on a Front End Server",
        identifier="CentralMgmtStoreInaccessible",
        parameter="Identity",
    ),
    _Advice(
        "set the names of the pool in the inventory and leave computer_fqdn out",
        identifier="CentralMgmtStoreInaccessible",
    ),
    _Advice(
        "check the passphrase; a PFX with AES-256 is refused with these words before Windows Server 2019",
        hresult="0x80070056",
    ),
    _Advice(
        "check the passphrase; a PFX with AES-256 is refused with these words before Windows Server 2019",
        text="network password is not correct",
    ),
    _Advice("the private key is not exportable; request again with private_key_exportable: true", hresult="0x8009000B"),
    _Advice("connect as a local administrator, or set become: true with become_method: runas", hresult="0x80070005"),
    _Advice(
        "check ca (host\\name as certutil shows it) and the way to it", text="unable to contact certification authority"
    ),
    _Advice("check ca_account and ca_password", text="correct credentials"),
    _Advice(
        "name a template that the CA publishes, by its name and not its display name",
        text="certificate template that is not supported",
    ),
    _Advice(
        "the key lies in a KSP, which this version of the product does not take; request a new certificate with "
        "cs_certificate_request",
        hresult="0x80090028",
    ),
    _Advice("check the rights on the template (Enroll)", text="denied by policy module"),
    _Advice("the usage does not belong to the role of this server", text="does not need a certificate"),
    _Advice("give the request another friendly_name", text="friendly name"),
    _Advice("import the chain of the certification authority first (cs_certificate_chain)", text="chain"),
)


def explain(error: Mapping[str, Any], step: Step | None) -> str:
    """One line: what was tried, what the server said, what to do next.

    :param error: an error row of the contract.
    :param step: the step that failed, None if none did.
    """
    message = " ".join(str(error.get("message") or "no message").split()).rstrip(".")
    advice = next((row.next_step for row in _ADVICE if row.fits(error, step)), None)
    tried = f"{step.commands[0].split(' ')[0]}: " if step is not None and step.commands else ""
    return f"{tried}{message}" + (f" ({advice})" if advice else "")
