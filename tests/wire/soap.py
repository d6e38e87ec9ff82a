# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes of WS-Management: requests read strictly, replies and faults written.

Sources: [MS-WSMV] (shell messages), DSP0226 (headers, faults), SOAP 1.2.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
MICROSOFT = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
#: The shell of WinRS, the only resource of the emulated server.
CMD = f"{SHELL}/cmd"
_ANONYMOUS = f"{ADDRESSING}/role/anonymous"
_UNDERSTOOD = {
    *(f"{{{ADDRESSING}}}{name}" for name in ("To", "ReplyTo", "MessageID", "Action")),
    *(
        f"{{{WSMAN}}}{name}"
        for name in ("MaxEnvelopeSize", "Locale", "OperationTimeout", "ResourceURI", "SelectorSet", "OptionSet")
    ),
    f"{{{MICROSOFT}}}DataLocale",
}
for _prefix, _uri in (("s", SOAP), ("a", ADDRESSING), ("w", WSMAN), ("x", TRANSFER), ("rsp", SHELL), ("f", FAULT)):
    ET.register_namespace(_prefix, _uri)


class Fault(Exception):
    """A SOAP fault.

    :ivar subcode: local name of the subcode in the namespace of WS-Management or WS-Addressing.
    :ivar code: number of the WSManFault (winerror.h, wsmerror.h).
    """

    def __init__(self, subcode: str, reason: str, code: int, *, namespace: str = WSMAN, sender: bool = True) -> None:
        super().__init__(reason)
        self.subcode, self.reason, self.code = subcode, reason, code
        self.namespace, self.sender = namespace, sender


def malformed(reason: str) -> Fault:
    """What is no valid message (0x80338041)."""
    return Fault("SchemaValidationError", reason, 0x80338041)


@dataclass(frozen=True)
class Request:
    """One request.

    :ivar action: last word of the URI of the action: Create, Command, Send, Receive, Signal, Delete.
    :ivar timeout: of the operation, in seconds.
    :ivar envelope_size: the largest answer that the client takes, in bytes.
    """

    action: str
    message_id: str
    shell_id: str
    options: dict[str, str]
    timeout: float
    envelope_size: int
    body: ET.Element

    def part(self, name: str) -> ET.Element:
        """The element of the shell namespace that the body must consist of."""
        found = list(self.body)
        if [element.tag for element in found] != [f"{{{SHELL}}}{name}"]:
            raise malformed(f"the body of {self.action} has to be one element {name}")
        return found[0]


_ACTIONS = {
    f"{TRANSFER}/Create": "Create",
    f"{TRANSFER}/Delete": "Delete",
    **{f"{SHELL}/{name}": name for name in ("Command", "Send", "Receive", "Signal")},
}


def parse(data: bytes) -> Request:
    """Reads an envelope.

    :raises Fault: it is malformed, not understood, or about another resource or action.
    """
    root = _envelope(data)
    header, body = root[0], root[1]
    known: dict[str, ET.Element] = {}
    for element in header:
        must = any(element.get(f"{space}mustUnderstand") == "true" for space in ("", f"{{{SOAP}}}"))
        if element.tag not in _UNDERSTOOD and must:
            raise Fault("MustUnderstand", f"the header {element.tag} is not understood", 0x80338043, namespace=SOAP)
        if element.tag in known:
            raise malformed(f"the header {element.tag} is there twice")
        known[element.tag] = element

    def text(space: str, name: str) -> str:
        found = known.get(f"{{{space}}}{name}")
        if found is None or not (found.text or "").strip():
            raise malformed(f"the header {name} is missing")
        return (found.text or "").strip()

    reply_to = known.get(f"{{{ADDRESSING}}}ReplyTo")
    if reply_to is None or (reply_to.findtext(f"{{{ADDRESSING}}}Address") or "").strip() != _ANONYMOUS:
        raise malformed("the header ReplyTo has to be anonymous")
    text(ADDRESSING, "To")
    message_id = text(ADDRESSING, "MessageID")
    if not _is_uuid(message_id.removeprefix("uuid:")):
        raise malformed("the header MessageID has to be uuid: and a UUID")
    if text(WSMAN, "ResourceURI") != CMD:
        raise Fault(
            "DestinationUnreachable",
            "the resource URI does not exist on this server",
            0x80338000,
            namespace=ADDRESSING,
        )
    action = _ACTIONS.get(text(ADDRESSING, "Action"))
    if action is None:
        raise Fault("ActionNotSupported", "the resource has no such action", 0x80338001, namespace=ADDRESSING)
    selectors = _named(known.get(f"{{{WSMAN}}}SelectorSet"), "Selector")
    if set(selectors) != (set() if action == "Create" else {"ShellId"}):
        raise Fault("InvalidSelectors", f"{action} takes other selectors", 0x8033805A)
    return Request(
        action,
        message_id,
        selectors.get("ShellId", ""),
        _named(known.get(f"{{{WSMAN}}}OptionSet"), "Option"),
        _seconds(text(WSMAN, "OperationTimeout")),
        _size(text(WSMAN, "MaxEnvelopeSize")),
        body,
    )


def _envelope(data: bytes) -> ET.Element:
    if b"<!DOCTYPE" in data:
        raise malformed("a message has no document type")
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError):
        raise malformed("the message is no XML") from None
    if root.tag != f"{{{SOAP}}}Envelope" or [part.tag for part in root] != [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]:
        raise malformed("the message is no envelope of SOAP 1.2 with header and body")
    return root


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) is not None


def _named(element: ET.Element | None, child: str) -> dict[str, str]:
    found = [] if element is None else element.findall(f"{{{WSMAN}}}{child}")
    return {entry.get("Name", ""): (entry.text or "").strip() for entry in found}


def _seconds(duration: str) -> float:
    found = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", duration)
    if found is None:
        raise malformed("OperationTimeout has to be a duration in seconds")
    return float(found[1])


def _size(text: str) -> int:
    if not text.isdigit() or int(text) < 8192:
        raise malformed("MaxEnvelopeSize has to be at least 8192")
    return int(text)


def element(parent: ET.Element, space: str, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Adds an element."""
    made = ET.SubElement(parent, f"{{{space}}}{name}", attributes)
    made.text = text or None
    return made


def reply(request: Request, fill: Callable[[ET.Element], None]) -> bytes:
    """Writes the answer to a request; `fill` adds to its body."""
    space = TRANSFER if request.action in ("Create", "Delete") else SHELL
    root, body = _answer(f"{space}/{request.action}Response", request.message_id)
    fill(body)
    return bytes(ET.tostring(root, encoding="utf-8"))


def fault_reply(fault: Fault, message_id: str) -> bytes:
    """Writes a fault as Windows does: the number, and the words once more, in the detail."""
    root, body = _answer(f"{WSMAN}/fault", message_id)
    told = element(body, SOAP, "Fault")
    code = element(told, SOAP, "Code")
    element(code, SOAP, "Value", "s:Sender" if fault.sender else "s:Receiver")
    prefix = {WSMAN: "w", ADDRESSING: "a", SOAP: "s"}[fault.namespace]
    element(element(code, SOAP, "Subcode"), SOAP, "Value", f"{prefix}:{fault.subcode}")
    reason = element(element(told, SOAP, "Reason"), SOAP, "Text", fault.reason)
    reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    detail = element(element(told, SOAP, "Detail"), FAULT, "WSManFault", Code=str(fault.code), Machine="localhost")
    element(detail, FAULT, "Message", fault.reason)
    return bytes(ET.tostring(root, encoding="utf-8"))


def _answer(action: str, message_id: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(f"{{{SOAP}}}Envelope")
    header = element(root, SOAP, "Header")
    element(header, ADDRESSING, "Action", action)
    element(header, ADDRESSING, "MessageID", f"uuid:{uuid.uuid4()}".upper().replace("UUID:", "uuid:"))
    element(header, ADDRESSING, "To", _ANONYMOUS)
    if message_id:
        element(header, ADDRESSING, "RelatesTo", message_id)
    return root, element(root, SOAP, "Body")
