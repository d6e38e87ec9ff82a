# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of requests, also as earlier builds have left them on servers."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_record import RequestRecord
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import RequestFile

# As build 89a44b4 wrote them: an offline request, one that replaced it, a note, and an online request.
OFFLINE = b"""{
  "asked": {
    "key_size": 2048
  },
  "friendly_name": "internal",
  "names": [
    "edgepool.example.com"
  ],
  "requested": "2026-11-20T10:00:00Z",
  "usages": [
    "Internal"
  ]
}
"""
REPLACING = b"""{
  "asked": {
    "key_size": 4096
  },
  "friendly_name": "internal (2)",
  "names": [],
  "previous": {
    "asked": {
      "key_size": 2048
    },
    "friendly_name": "internal",
    "names": [
      "edgepool.example.com"
    ],
    "public_key_sha256": "AB12",
    "requested": "2026-11-20T10:00:00Z",
    "usages": [
      "Internal"
    ]
  },
  "requested": "2026-11-21T10:00:00Z",
  "usages": [
    "Internal"
  ]
}
"""
NOTE = b"""{
  "made_by": "edge1",
  "public_key_sha256": "AB12",
  "requested": "2026-11-20T10:00:00Z"
}
"""
ONLINE = b"""{
  "asked": {},
  "ca": "ca1.example.com\\\\Issuing CA",
  "friendly_name": "",
  "known_certificates": [
    "AA",
    "BB"
  ],
  "known_requests": [
    7
  ],
  "names": [],
  "requested": "2026-11-20T10:00:00Z",
  "usages": [
    "Default"
  ]
}
"""
TIME = dt.datetime(2026, 11, 20, 10, tzinfo=dt.timezone.utc)
FIRST = RequestRecord(
    usages=("Internal",),
    names=("edgepool.example.com",),
    asked={"key_size": 2048},
    requested=TIME,
    friendly_name="internal",
)


@pytest.mark.parametrize("data", [OFFLINE, REPLACING, NOTE, ONLINE], ids=["offline", "replacing", "note", "online"])
def test_records_of_earlier_builds_are_read_and_written_as_they_were(data: bytes) -> None:
    record = RequestRecord.from_bytes(data)
    assert record is not None
    assert record.to_bytes() == data
    assert RequestRecord.from_dict(json.loads(json.dumps(record.to_dict()))) == record
    entry = RequestFile("internal", record)
    assert RequestFile.from_dict(json.loads(json.dumps(entry.to_dict()))) == entry


def test_what_the_records_of_earlier_builds_say() -> None:
    assert RequestRecord.from_bytes(OFFLINE) == FIRST
    replacing = RequestRecord.from_bytes(REPLACING)
    assert replacing is not None
    assert replacing.previous is not None
    assert (replacing.asked, replacing.previous.public_key_sha256) == ({"key_size": 4096}, "AB12")
    note = RequestRecord.from_bytes(NOTE)
    assert note == RequestRecord(made_by="edge1", public_key_sha256="AB12", requested=TIME)
    assert note.is_note
    assert not FIRST.is_note
    online = RequestRecord.from_bytes(ONLINE)
    assert online is not None
    assert (online.ca, online.friendly_name) == ("ca1.example.com\\Issuing CA", "")
    assert (online.known_certificates, online.known_requests) == (("AA", "BB"), (7,))


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b'"text"', b"null"])
def test_a_damaged_file_is_no_record(data: bytes) -> None:
    assert RequestRecord.from_bytes(data) is None


@pytest.mark.parametrize(
    "row",
    [
        {"usages": "Internal"},
        {"asked": ["key_size"]},
        {"requested": "yesterday"},
        {"requested": 5},
        {"friendly_name": None},
        {"previous": "text"},
        {"previous": {}},
        {"a field of a later build": 1},
    ],
    ids=str,
)
def test_a_field_in_another_form_counts_as_missing(row: dict[str, Any]) -> None:
    assert RequestRecord.from_dict(row) == RequestRecord()
