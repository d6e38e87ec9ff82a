# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request-CsCertificate (product.md#request-cscertificate).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import serialization

from ..server import facts
from ..server.errors import CERTIFICATE_EXCEPTION, PowerShellError, argument_failure, failure
from ..server.roles import Computer
from ..server.state import Entry, PendingRequest
from ..server.values import Row
from .call import Call
from .parameters import Cmdlet, Parameter

_NEW = ("ByNew",)
_CUSTOM_OBJECT = "System.Management.Automation.PSCustomObject"


def run(call: Call) -> None:
    """Carry out one of the four parameter sets."""
    action = {"ByNew": _new, "ByList": _list, "ByRetrieve": _retrieve, "ByClear": _clear}[call.bound.parameter_set]
    action(call)


def _selected(call: Call) -> list[PendingRequest]:
    """The pending requests meant: the one with -RequestId, else all (product.md#parameters-of-a-request)."""
    wanted = call.bound.get("RequestId")
    return [r for r in call.state.requests if wanted is None or r.request_id == wanted]


def _list(call: Call) -> None:
    for request in _selected(call):
        call.output.append(
            Row(
                _CUSTOM_OBJECT,
                {
                    "RequestId": request.request_id,
                    "RequestStatus": "Pending",
                    "CA": request.ca,
                    "FriendlyName": request.friendly_name,
                    "Type": list(request.types),
                },
            )
        )


def _clear(call: Call) -> None:
    call.need_administrator()
    for request in _selected(call):
        call.state.remove("REQUEST", request.waiting)
        call.state.requests.remove(request)


def _retrieve(call: Call) -> None:
    call.need_administrator()
    for request in _selected(call):
        _receive(call, request)
        call.session.checkpoint()


def _new(call: Call) -> None:
    bound = call.bound
    call.need_administrator()
    computer = _computer(call)
    call.need_usages(bound.get("Type"), computer.role)
    if not bound.get("CA") and not bound.get("Output"):
        raise argument_failure("Neither a certification authority nor an output file was given.")
    if bound.get("CA"):
        _check_authority(call)
    _check_friendly_name(call)
    from .csr import as_file, make_request

    waiting, request = make_request(call, computer)
    if bound.get("Output"):
        call.session.files.overwrite(bound.get("Output"), as_file(request), put=call.session.after_commit.append)
        answer = {"RequestStatus": "Offline", "RequestId": 0, "Thumbprint": None}
    else:
        answer = _submit(call, waiting)
    if call.switch("request_returns_object"):
        call.output.append(Row(_CUSTOM_OBJECT, answer))


def _check_authority(call: Call) -> None:
    """What a CA refuses at once (product.md#errors-of-a-request)."""
    authority = call.session.pool.ca
    name = call.bound.get("CA")
    if authority is None or authority.policy == "unreachable" or name.lower() != authority.config.lower():
        raise argument_failure(f'Unable to contact certification authority "{name}".', error_id="CsCa")
    given = (call.bound.get("CaAccount"), call.bound.get("CaPassword"))
    if authority.account and given != (authority.account, authority.password):
        message = "The request failed; make sure that you are logged on with the correct credentials."
        raise argument_failure(message, error_id="CsCa")
    if authority.policy == "template":
        template = call.bound.get("Template", "WebServer")
        raise failure(
            CERTIFICATE_EXCEPTION, f"The request was for a certificate template that is not supported: {template}"
        )
    if authority.policy == "denied":
        raise failure(CERTIFICATE_EXCEPTION, "Denied by Policy Module 0x80094800")


def _check_friendly_name(call: Call) -> None:
    """A friendly name must be unique in the computer store (product.md#parameters-of-a-request); the message is [U]."""
    name = call.bound.get("FriendlyName")
    taken = [e.friendly_name.lower() for s in ("My", "REQUEST") for e in call.state.stores[s]]
    if name and name.lower() in taken:
        raise argument_failure(f'A certificate with the friendly name "{name}" already exists in the computer store.')


def _computer(call: Call) -> Computer:
    """The computer that the request is for; one that is named is looked up in the CMS.

    Source: product.md#parameters-of-a-request.
    """
    pool, name = call.session.pool, call.bound.get("ComputerFqdn")
    if not name:
        return pool.topology[0]
    call.need_cms()
    found = pool.computer(name)
    if found is None:
        raise argument_failure(f'Cannot find computer "{name}".', error_id="CsTopology", category="ObjectNotFound")
    return found if call.switch("request_for_other_computer") else found._replace(role=pool.role)


def _submit(call: Call, waiting: Entry) -> dict[str, Any]:
    authority = call.session.pool.ca
    policy = authority.policy if authority else "pending"
    request = PendingRequest(
        call.state.last_request_id + 7,
        call.bound.get("CA"),
        waiting.thumbprint,
        call.bound.get("FriendlyName", ""),
        tuple(call.bound.get("Type")),
        policy,
    )
    call.state.last_request_id += 1
    call.state.requests.append(request)
    answer: dict[str, Any] = {"RequestStatus": "Pending", "RequestId": request.request_id, "Thumbprint": None}
    if policy == "issued":
        answer.update(RequestStatus="Issued", Thumbprint=_receive(call, request))
    return answer


def _receive(call: Call, request: PendingRequest) -> str | None:
    """Fetch one request. What was pending when it was made goes by what the CA does now."""
    authority = call.session.pool.ca
    decision = request.decision
    if decision == "pending" and authority is not None:
        decision = authority.policy
    if decision == "revoked":
        message = f"The state of request {request.request_id} is not supported: revoked. Clear the request."
        raise failure(CERTIFICATE_EXCEPTION, message)
    if decision in ("denied", "template"):
        raise failure(CERTIFICATE_EXCEPTION, f"Request {request.request_id}: Denied by Policy Module 0x80094800")
    if authority is None or decision == "unreachable":
        raise argument_failure(f'Unable to contact certification authority "{request.ca}".', error_id="CsCa")
    if decision == "pending":
        return None
    waiting = call.state.find("REQUEST", request.waiting)
    if waiting is None:
        raise _lost(request)
    from ..ca import adcs

    order = adcs.Order.from_certificate(waiting.certificate)
    issued = adcs.Authority(call.session.lab).sign(order, adcs.Terms(now=call.session.now()))
    call.state.requests.remove(request)
    entry = complete(call, issued.public_bytes(serialization.Encoding.DER))
    if entry is None:
        raise _lost(request)
    if call.switch("request_warns_chain") and not call.session.chain_builds(entry):
        call.warnings.append(f'The chain of the certificate "{entry.thumbprint}" is invalid.')
    return entry.thumbprint


def _lost(request: PendingRequest) -> PowerShellError:
    return failure(CERTIFICATE_EXCEPTION, f"The key of request {request.request_id} was not found.")


def complete(call: Call, der: bytes) -> Entry | None:
    """Move the key that waits in REQUEST to an issued certificate, with its friendly name; None if none fits."""
    certificate = facts.parse(der)
    wanted = facts.public_key_info(certificate)
    for waiting in call.state.stores["REQUEST"]:
        if facts.public_key_info(waiting.certificate) == wanted:
            entry = Entry(der, waiting.friendly_name, waiting.container)
            call.state.add("My", entry)
            call.state.remove("REQUEST", waiting.thumbprint)
            return entry
    return None


def _parameters() -> tuple[Parameter, ...]:
    found = [Parameter(n, "switch", (f"By{n}",), (f"By{n}",)) for n in ("New", "List", "Retrieve", "Clear")]
    found += [
        Parameter("RequestId", "int", ("ByList", "ByRetrieve", "ByClear")),
        Parameter("Type", "CertType[]", _NEW, _NEW),
        Parameter("AllSipDomain", "switch", _NEW),
        Parameter("ClientEKU", "bool", _NEW),
        Parameter("KeyAlg", "KeyAlg", _NEW),
        Parameter("KeySize", "int", _NEW, choices=(1024, 2048, 4096)),
        Parameter("PrivateKeyExportable", "bool", _NEW),
    ]
    texts = "CA CaAccount CaPassword ComputerFqdn DomainName FriendlyName Template Output"
    texts += " Organization OU City State Country"
    found += [Parameter(n, "string", _NEW) for n in (*texts.split(), "GlobalCatalog", "GlobalSettingsDomainController")]
    return (*found, Parameter("Report"), Parameter("Force", "switch"))


CMDLETS = (
    Cmdlet(name="Request-CsCertificate", run=run, parameters=_parameters(), default_set="ByNew", should_process=True),
)
