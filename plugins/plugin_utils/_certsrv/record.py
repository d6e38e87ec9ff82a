# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a submission: what keeps a request from being submitted twice. **PRIVATE** to the collection.

It is marked before the request is sent and gets the request's number right after the answer. A mark without a number
says that the answer was lost: the authority may have the request.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...module_utils._errors import InputError

_FORMAT = 1
#: Larger files are no records.
_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Record:
    """One submission; no secret is in it.

    :ivar url: address of web enrolment.
    :ivar csr_sha256: of the request's bytes; the record counts for no other request.
    :ivar marked: when the submission began, C(2026-12-01T10:00:00Z).
    :ivar request_id: number that the authority gave, None if it is not known.
    :ivar disposition: C(denied) once the authority said no; else what is not known to be final: an empty text.
    """

    url: str
    csr_sha256: str
    public_key_sha256: str
    subject: str
    attributes: Mapping[str, str]
    marked: str
    request_id: int | None = None
    disposition: str = ""

    @property
    def lost(self) -> bool:
        """The submission was begun and its end is not known."""
        return self.request_id is None and not self.disposition


class RecordFile:
    """The file of a record, on the controller."""

    def __init__(self, path: str) -> None:
        self.path = path

    def load(self) -> Record | None:
        """The record, None if there is no file.

        :raises InputError: the file cannot be read, or is something else.
        """
        try:
            with open(self.path, "rb") as stream:
                data = stream.read(_LIMIT)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(
                f"record: {self.path} cannot be read on the controller: {error.strerror or error}"
            ) from error
        try:
            found = json.loads(data)
            if found.pop("format") != _FORMAT:
                raise ValueError("another format")
            record = Record(**found)
            if type(record.request_id) not in (int, type(None)) or not isinstance(record.attributes, dict):
                raise ValueError("wrong types")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"record: {self.path} is no record of a submission, or a damaged one; name another file, or give"
                " request_id if the request was submitted, and delete this one"
            ) from error
        return record

    def save(self, record: Record) -> None:
        """Replaces the record in one move, and sees to it that it is on the disk.

        :raises InputError: it cannot be written.
        """
        data: dict[str, Any] = {"format": _FORMAT, **asdict(record)}
        draft = f"{self.path}.{os.getpid()}.new"
        try:
            with open(draft, "w", encoding="utf-8") as stream:
                json.dump(data, stream, indent=2, sort_keys=True)
                stream.write("\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, self.path)
            self._sync_folder()
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise InputError(
                f"record: {self.path} cannot be written on the controller: {error.strerror or error}"
            ) from error

    def remove(self) -> None:
        """Removes the record, since nothing was submitted."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Keeps other tasks that look for records in this folder waiting; makes the folder if it is missing.

        :raises InputError: the folder cannot be used.
        """
        folder = os.path.dirname(os.path.abspath(self.path))
        try:
            os.makedirs(folder, mode=0o750, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise InputError(f"record: the folder {folder} cannot be used: {error.strerror or error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        descriptor = os.open(os.path.dirname(os.path.abspath(self.path)), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
