# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shells of WinRS and the commands in them ([MS-WSMV], 3.1.4: Create, Command, Send, Receive, Signal, Delete)."""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from .soap import ADDRESSING, CMD, SHELL, TRANSFER, WSMAN, Fault, Request, element, malformed

_STATE = f"{SHELL}/CommandState"
_TERMINATE = f"{SHELL}/signal/terminate"
_OVERHEAD = 4096  # of an answer, besides the streams


@dataclass(frozen=True)
class Output:
    """What a process has left: exit code, standard output, standard error."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""


@dataclass
class Process:
    """A command in a shell: its line, its input so far, its output once it has ended."""

    line: str
    number: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    stdin: bytearray = field(default_factory=bytearray)
    closed: bool = False
    output: Output | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    told: int = 0

    def end(self, output: Output) -> None:
        """Lets those go on that wait for the output."""
        self.output = output
        self.ended.set()


class Shells:
    """All shells of one server.

    :param begin: starts a process as soon as its input is complete, and returns at once.
    """

    def __init__(self, begin: Callable[[Process], None]) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._shells: dict[str, dict[str, Process]] = {}
        self._operations: dict[str, Callable[[Request, ET.Element], None]] = {
            "Create": self._create,
            "Command": self._command,
            "Send": self._send,
            "Receive": self._receive,
            "Signal": self._signal,
            "Delete": self._delete,
        }

    @property
    def open(self) -> int:
        """How many shells there are."""
        return len(self._shells)

    def answer(self, request: Request, body: ET.Element) -> None:
        """Carries a request out and fills the body of its answer.

        :raises Fault: it cannot be carried out.
        """
        self._operations[request.action](request, body)

    def ends_input(self, request: Request) -> bool:
        """Whether a request is the last piece of the input of a command."""
        return request.action == "Send" and request.part("Send")[0].get("End", "false").lower() == "true"

    def _processes(self, request: Request) -> dict[str, Process]:
        found = self._shells.get(request.shell_id)
        if found is None:
            reason = f"the shell {request.shell_id} was not found on the server: wrong, or deleted"
            raise Fault("InvalidSelectors", reason, 0x8033805B)
        return found

    def _process(self, request: Request, number: str | None) -> Process:
        found = self._processes(request).get(number or "")
        if found is None:
            raise Fault("InvalidParameter", "the shell has no such command", 87)
        return found

    def _create(self, request: Request, body: ET.Element) -> None:
        asked = request.part("Shell")
        streams = [(asked.findtext(f"{{{SHELL}}}{name}") or "").split() for name in ("InputStreams", "OutputStreams")]
        if streams != [["stdin"], ["stdout", "stderr"]]:
            raise malformed("a shell of cmd has the streams stdin, stdout and stderr")
        number = str(uuid.uuid4()).upper()
        with self._lock:
            self._shells[number] = {}
        made = element(body, TRANSFER, "ResourceCreated")
        element(made, ADDRESSING, "Address", "http://localhost/wsman")
        reference = element(made, ADDRESSING, "ReferenceParameters")
        element(reference, WSMAN, "ResourceURI", CMD)
        element(element(reference, WSMAN, "SelectorSet"), WSMAN, "Selector", number, Name="ShellId")

    def _command(self, request: Request, body: ET.Element) -> None:
        line = request.part("CommandLine")
        words = [line.findtext(f"{{{SHELL}}}Command") or ""]
        words += [argument.text or "" for argument in line.findall(f"{{{SHELL}}}Arguments")]
        if not words[0].strip():
            raise malformed("a command line needs a command")
        process = Process(" ".join(words))
        with self._lock:
            self._processes(request)[process.number] = process
        if request.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE").upper() == "TRUE":
            process.closed = True  # a command that reads no pipe does not wait for one
            self._begin(process)
        element(element(body, SHELL, "CommandResponse"), SHELL, "CommandId", process.number)

    def _send(self, request: Request, body: ET.Element) -> None:
        streams = list(request.part("Send"))
        if len(streams) != 1 or streams[0].tag != f"{{{SHELL}}}Stream" or streams[0].get("Name") != "stdin":
            raise malformed("Send takes one piece of the stream stdin")
        process = self._process(request, streams[0].get("CommandId"))
        if process.closed:
            raise Fault("InvalidParameter", "the input of the command has ended", 87)
        try:
            process.stdin += base64.b64decode(streams[0].text or "", validate=True)
        except (binascii.Error, ValueError):
            raise malformed("a piece of a stream has to be base64") from None
        if self.ends_input(request):
            process.closed = True
            self._begin(process)
        element(body, SHELL, "SendResponse")

    def _receive(self, request: Request, body: ET.Element) -> None:
        wanted = list(request.part("Receive"))
        if len(wanted) != 1 or set((wanted[0].text or "").split()) - {"stdout", "stderr"}:
            raise malformed("Receive takes the streams stdout and stderr")
        process = self._process(request, wanted[0].get("CommandId"))
        if not process.ended.wait(request.timeout) or process.output is None:
            reason = "the operation did not end within the time given in OperationTimeout"
            raise Fault("TimedOut", reason, 0x80338029, sender=False)
        answer = element(body, SHELL, "ReceiveResponse")
        done = self._tell(process, process.output, answer, request.envelope_size)
        state = element(
            answer, SHELL, "CommandState", CommandId=process.number, State=f"{_STATE}/{'Done' if done else 'Running'}"
        )
        if done:
            element(state, SHELL, "ExitCode", str(process.output.code))

    @staticmethod
    def _tell(process: Process, output: Output, answer: ET.Element, size: int) -> bool:
        """Adds as much output as an answer may hold; true if that was the rest."""
        room = (size - _OVERHEAD) * 3 // 4
        both = (("stdout", output.stdout), ("stderr", output.stderr))
        start = 0
        for name, data in both:
            rest = data[max(0, process.told - start) :][:room]
            if rest:
                text = base64.b64encode(rest).decode("ascii")
                element(answer, SHELL, "Stream", text, Name=name, CommandId=process.number)
                process.told += len(rest)
                room -= len(rest)
            start += len(data)
        return process.told == start

    def _signal(self, request: Request, body: ET.Element) -> None:
        signal = request.part("Signal")
        if (signal.findtext(f"{{{SHELL}}}Code") or "").strip() != _TERMINATE:
            raise Fault("InvalidParameter", "the command takes the signal terminate only", 87)
        self._process(request, signal.get("CommandId"))
        with self._lock:
            del self._processes(request)[signal.get("CommandId", "")]
        element(body, SHELL, "SignalResponse")

    def _delete(self, request: Request, body: ET.Element) -> None:
        self._processes(request)
        with self._lock:
            del self._shells[request.shell_id]
