# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What errors of the product, of Windows, of the step runner and of Ansible's wrapper mean, and what to do.

**PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._steps.render import MASK
from .._steps.steps import Step
from .known_failures import FAILURES, GLOBAL, ONLINE, ONLINE_AS, Failure
from .wrapper_failures import WRAPPER_FAILURES

_LONGEST = 300


def places_of(step: Step | None) -> set[str]:
    """Where a failure of a step happens, in the words of C(Failure.places); empty if that is not known."""
    if step is None:
        return set()
    if step.wire["op"] != "cmdlet":
        return {str(step.wire["op"])}
    name, parameters = str(step.wire["name"]), step.wire["parameters"]
    found = {name}
    if "Identity" in parameters:
        found.add(GLOBAL)
    if name == "Request-CsCertificate" and not {"Output", "List", "Clear"} & set(parameters):
        found.add(ONLINE_AS if "CaAccount" in parameters else ONLINE)
    return found


def recognise(error: Mapping[str, Any], step: Step | None = None) -> Failure | None:
    """The failure of the table that an error is, None for one that is not in it.

    :param error: an error row of the contract.
    """
    here = places_of(step)
    return next((row for row in FAILURES if (not row.places or here & set(row.places)) and _shows(row, error)), None)


def _shows(failure: Failure, error: Mapping[str, Any]) -> bool:
    """Whether an error has one of the signs of a failure."""
    chain = error.get("chain") or []
    identifier = str(error.get("id") or "")
    words = " ".join([str(error.get("message") or ""), *(str(link.get("message") or "") for link in chain)]).lower()
    codes = {str(link.get("hresult") or "").lower() for link in chain} | set(re.findall(r"0x[0-9a-f]{8}", words))
    return (
        any(part in identifier for part in failure.identifiers)
        or any(code.lower() in codes for code in failure.hresults)
        or any(str(link.get("type") or "").endswith(name) for link in chain for name in failure.exceptions)
        or (bool(failure.texts) and all(text in words for text in failure.texts))
    )


def explain(error: Mapping[str, Any], step: Step | None) -> str:
    """One line: what was tried, what the server said, what to do next.

    :param error: an error row of the contract.
    :param step: the step that failed, None if none did.
    """
    message = " ".join(str(error.get("message") or "no message").split()).rstrip(".")
    known = recognise(error, step)
    tried = f"{step.commands[0].split(' ')[0]}: " if step is not None and step.commands else ""
    return f"{tried}{message}" + (f" ({known.cure})" if known else "")


def explain_warning(text: str) -> str:
    """A warning of the product, with what to do if it is about a chain (product.md#errors-of-a-request)."""
    told = " ".join(text.split())
    if "chain" in told.lower() and "invalid" in told.lower():
        return f"{told.rstrip('.')} (import the chain of the certification authority, cs_certificate_chain)"
    return told


def explain_no_answer(result: Mapping[str, Any], steps: Iterable[Step] = ()) -> str:
    """One line for a remote call that did not bring the step runner's answer.

    What the server wrote is quoted in part only, since PowerShell's words may repeat the payload.

    :param result: what Ansible made of the call; it has no C(contract).
    :param steps: what was sent; their secrets and contents are blanked.
    """
    output = str(result.get("module_stdout") or "").strip()
    stderr = str(result.get("module_stderr") or "").strip()
    everything = " ".join(
        str(result.get(name) or "") for name in ("msg", "exception", "module_stderr", "module_stdout")
    )
    known = next((row for row in WRAPPER_FAILURES if all(text in everything.lower() for text in row.texts)), None)
    if known is None and '"contract"' in output:
        return (
            f"the answer of the step runner is cut off after {len(output)} characters, what it did is not known (run again;"
            " if this stays, raise MaxMemoryPerShellMB of WinRM on the server)"
        )
    told = _quotable(output or stderr if "module_stdout" in result else str(result.get("msg") or ""), steps)
    if known is None and not told:
        return (
            "the step runner ended without an answer, what it did is not known (run again; if this stays, look into the"
            " event log of PowerShell and of the antivirus program on the server)"
        )
    cure = f" ({known.cure})" if known else ""
    return f"the step runner could not be run on this server: {told or 'no message'}{cure}"


def _quotable(text: str, steps: Iterable[Step]) -> str:
    """The beginning of a text of PowerShell or Ansible, without secrets, and without JSON, which may be the payload."""
    for secret in sorted(_confidential(steps), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = " ".join(re.split(r"[{\0]", text)[0].split()).rstrip(".")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _confidential(steps: Iterable[Step]) -> set[str]:
    """Secrets and contents that steps carry, from four characters on (as the contract has it)."""
    found = set()
    for step in steps:
        values = [step.wire.get("password"), step.wire.get("data")]
        values += [value["v"] for value in step.wire.get("parameters", {}).values() if value["t"] == "secret"]
        found |= {str(value).removeprefix("=") for value in values if value}
    return {value for value in found if len(value) >= 4}
